package web

import (
	"log/slog"
	"net/http"
	"net/url"
	"raff/internal/lang"
	"slices"
	"strings"

	"raff/internal/front"
	"raff/internal/permission"
	"raff/internal/team"
)

// bulk changes the people that were chosen in a list. A change that takes something away is shown first.
func (p *pages) bulk(v *visit) (reply, error) {
	b := bulkView{Do: v.PostForm.Get("do"), KeepKeys: v.keepsKeys(), Back: v.peopleList()}
	do, known := bulkDos[b.Do]
	if !known {
		return reply{}, team.ErrNotFound
	}
	ids, was := v.PostForm["member"], map[string]string{}
	for _, text := range v.PostForm["was"] {
		if id, role, ok := strings.Cut(text, " "); ok {
			ids, was[id] = append(ids, id), role
		}
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if len(ids) == 0 || len(ids) > pageSize {
		return reply{}, refusedNoPeople.With(pageSize)
	}
	var gone []bulkResult
	for _, id := range ids {
		person, err := p.svc.GetPerson(v.Context(), v.who, id)
		switch {
		case team.IsNotFound(err):
			gone = append(gone, bulkResult{Person: team.Person{Member: team.Member{ID: id, Name: v.say("Unknown")}}, Text: v.say("No longer a member.")})
		case err != nil:
			return reply{}, err
		default:
			b.People = append(b.People, person)
		}
	}
	role := v.PostForm.Get("role_id")
	if do.Asks && (v.PostForm.Get("confirm") == "" || b.Do == "role" && role == "") {
		return p.askBulk(v, b, role)
	}
	for _, person := range b.People {
		to := role
		if b.Do == "restore" {
			to = was[person.ID]
		}
		b.Results = append(b.Results, p.bulkOne(v, b, person, to))
	}
	b.Results = append(b.Results, gone...)
	return show(bulkResultsPage(v, b))
}

// askBulk shows what would be changed.
func (p *pages) askBulk(v *visit, b bulkView, role string) (reply, error) {
	var err error
	if b.Do == "role" {
		if b.Roles, err = v.choices(permission.ScopeAccount, role, func(r team.Role) error { return v.can.Give(team.Member{UserID: team.NoID}, r) }); err != nil {
			return reply{}, err
		}
		if v.PostForm.Get("confirm") != "" {
			b.Wrong = v.say("Choose a role.")
		}
		return show(bulkPage(v, b))
	}
	seen := map[string]bool{}
	for _, person := range b.People {
		if person.ProjectID != "" || person.Type != team.TypeUser || !v.ask(v.can.ChangeMember(person.Member)).OK {
			continue
		}
		keys, err := p.svc.KeysOf(v.Context(), v.who, person.Member)
		if err != nil {
			return reply{}, err
		}
		for _, k := range keys {
			if k.Disabled && !seen[k.ID] {
				seen[k.ID] = true
				b.Keys = append(b.Keys, k)
			}
		}
	}
	return show(bulkPage(v, b))
}

// bulkOne changes one person, and says what happened in words. It never fails: the others are changed independently.
func (p *pages) bulkOne(v *visit, b bulkView, person team.Person, role string) bulkResult {
	out := bulkResult{Person: person}
	text, was, err := p.changeOne(v, b, person, role)
	if err == nil {
		out.Text, out.Was, out.OK = text, was, true
		return out
	}
	_, message, _, ok := refusal(v.Context(), err)
	if !ok {
		message = v.say("Not changed, because something went wrong on our side. Try again.")
		if team.IsNotFound(err) {
			message = v.say("No longer a member.")
		} else {
			p.front.Logger.LogAttrs(v.Context(), slog.LevelError, "a row of a bulk change failed", slog.String("request_id", front.Of(v.Context()).ID), slog.Any("error", err))
		}
	}
	out.Text = message
	return out
}

func (p *pages) changeOne(v *visit, b bulkView, person team.Person, role string) (text, was string, err error) {
	m := person.Member
	switch b.Do {
	case "role", "restore":
		if m.ProjectID != "" {
			return "", "", refusedProjectOnly.With()
		}
		if m.Role.ID == role {
			return v.say("Already has this role."), "", nil
		}
		changed, err := p.svc.UpdateMember(v.Context(), v.who, m.ProjectID, m.ID, team.MemberChange{RoleID: &role})
		return v.say("Role changed from {from} to {to}.", m.Role.Name, changed.Role.Name), m.ID + " " + m.Role.ID, err
	case "suspend", "activate":
		to, text := team.StatusSuspended, v.say("Suspended.")
		if b.Do == "activate" {
			to, text = team.StatusActive, v.say("Activated.")
		}
		if b.Do == "suspend" == (m.Status == team.StatusSuspended) {
			return v.say(map[bool]lang.Text{true: "Already suspended.", false: "Not suspended."}[b.Do == "suspend"]), "", nil
		}
		_, err := p.svc.UpdateMember(v.Context(), v.who, m.ProjectID, m.ID, team.MemberChange{Status: &to, KeepKeys: b.KeepKeys})
		return text, m.ID, err
	case "resend":
		if m.Invitation == nil {
			return "", "", refusedNotInvited.With()
		}
		_, err := p.svc.ResendInvitation(v.onceFor("resend", m.ID), v.who, m.Invitation.ID)
		if again(err) {
			return v.say("Already resent with this form."), "", nil
		}
		return v.say("Invitation resent. Earlier links no longer work."), "", err
	}
	_, err = p.svc.RemoveMember(v.Context(), v.who, m.ProjectID, m.ID, team.Removal{KeepKeys: b.KeepKeys})
	if m.Type == team.TypeInvitation {
		return v.say("Invitation cancelled."), "", err
	}
	return v.say("Removed."), "", err
}

// peopleList is the URL of the list of people from which a form was sent, with its filters.
func (v *visit) peopleList() string {
	if back, err := url.Parse(v.PostForm.Get("back")); err == nil && back.Path == "/members" && back.Host == "" {
		return (&url.URL{Path: "/members", RawQuery: back.RawQuery}).String()
	}
	return v.cameFrom("/members")
}

// showMemberActions lists what the user can do with one person, on its own page or as a menu within a list.
func (p *pages) showMemberActions(v *visit) (reply, error) {
	person, err := p.svc.GetPerson(v.Context(), v.who, v.PathValue("id"))
	if err != nil {
		return reply{}, err
	}
	a := actionsView{Person: person, Change: v.ask(v.can.ChangeMember(person.Member)), Remove: v.ask(v.can.RemoveMember(person.Member)), Back: v.cameFrom("/members")}
	if person.Invitation != nil {
		a.Resend = v.ask(v.can.SendInvitation(*person.Invitation))
	}
	return reply{status: http.StatusOK, page: memberActionsPage(v, a)}, nil
}
