package web

import (
	"context"
	"net/http"
	"raff/internal/lang"
	"strings"
	"time"

	"raff/internal/team"
)

// keysView is the list of API keys.
type keysView struct {
	Rows []team.APIKey
	pager
	Create permit
}

func (p *pages) showKeys(v *visit) (reply, error) {
	rows, total, err := p.svc.ListAPIKeys(v.Context(), v.who, team.APIKeyFilter{Page: v.page()})
	if err != nil {
		return reply{}, err
	}
	l := keysView{Create: v.ask(v.can.CreateKey())}
	l.Rows, l.pager = paged(v, rows, team.Total{N: total}, func(k team.APIKey) (time.Time, string) { return k.CreatedAt, k.ID })
	return reply{status: http.StatusOK, page: keysPage(v, l)}, nil
}

// keyStanding is the status of a key.
func (v *visit) keyStanding(k team.APIKey) standing {
	now := v.p.svc.Now()
	switch {
	case !k.IsActive:
		return standing{"off", v.say("Disabled")}
	case k.Suspended():
		return standing{"off", v.say("Suspended in the account")}
	case k.ExpiresAt.IsZero():
		return standing{"on", v.say("Active")}
	case !now.Before(k.ExpiresAt):
		return standing{"off", v.say("Expired")}
	case k.ExpiresAt.Sub(now) < 7*24*time.Hour:
		return standing{"wait", v.say("Expires soon")}
	}
	return standing{"on", v.say("Active")}
}

// keyRole is the key's account membership, if it has one.
func keyRole(k team.APIKey) (team.Member, bool) {
	for _, m := range k.Memberships {
		if m.ProjectID == "" {
			return m, true
		}
	}
	return team.Member{}, false
}

// keyView is one API key and its actions.
type keyView struct {
	team.APIKey
	Account               *seat
	Seats                 []seat
	Give                  []choice // roles that can be assigned to a key without an account role
	Change, Renew, Revoke permit
	Form                  keyForm
	Typed, TypedError     string
	Wrong                 string
	Once                  string
}

func (p *pages) key(v *visit) (keyView, error) {
	k, err := p.svc.GetAPIKey(v.Context(), v.who, v.PathValue("id"))
	if err != nil {
		return keyView{}, err
	}
	view := keyView{
		APIKey: k, Change: v.ask(v.can.ChangeKey(k)), Renew: v.ask(v.can.RenewKey(k)), Revoke: v.ask(v.can.RevokeKey(k)),
		Form: keyForm{Name: k.Name, Term: "keep", Today: v.today()}, Once: once(),
	}
	for _, m := range k.Memberships {
		s, err := v.seat(m)
		if err != nil {
			return view, err
		}
		if m.ProjectID == "" {
			view.Account = &s
		} else {
			view.Seats = append(view.Seats, s)
		}
	}
	if view.Account == nil && v.can.AddMember() == nil {
		view.Give, err = v.keyChoices("", func(r team.Role) error { return v.can.Give(team.Member{APIKeyID: k.ID}, r) })
	}
	return view, err
}

// lost describes what else is removed together with one of the key's roles, or that the key has no role afterwards.
func (k keyView) lost(ctx context.Context, s seat) string {
	switch {
	case s.ProjectID == "" && len(k.Seats) > 0:
		names := make([]string, len(k.Seats))
		for i, other := range k.Seats {
			names[i] = other.ProjectName
		}
		return say(ctx, "Removing this role also removes the key's project roles ({projects}). The key will then have no permissions.", strings.Join(names, ", "))
	case len(k.Memberships) == 1:
		return say(ctx, "This is the key's only role. Without it, the key has no permissions.")
	}
	return ""
}

func (p *pages) showKey(v *visit) (reply, error) {
	view, err := p.key(v)
	return reply{status: http.StatusOK, page: keyPage(v, view)}, err
}

// keyAgain shows the key's page with an error.
func (p *pages) keyAgain(v *visit, err error, put func(*keyView, string)) (reply, error) {
	_, message, status, ok := refusal(v.Context(), err)
	if !ok {
		return reply{}, err
	}
	view, err := p.key(v)
	put(&view, message)
	return reply{status: status, page: keyPage(v, view)}, err
}

func wrongKey(view *keyView, message string) { view.Wrong = message }

func (p *pages) changeKey(v *visit) (reply, error) {
	f := typedKey(v)
	c := team.APIKeyChange{Name: &f.Name, Base: v.base()}
	again := func(err error) (reply, error) {
		return p.keyAgain(v, err, func(view *keyView, _ string) { view.Form = f })
	}
	if f.Term != "keep" {
		expires, ok := f.until(p.svc.Now())
		if !ok {
			f.notUntil(v.Context())
			return again(&team.Error{Kind: team.KindInvalid})
		}
		c.ExpiresAt = &expires
	}
	_, err := p.svc.UpdateAPIKey(v.Context(), v.who, v.PathValue("id"), c)
	if err == nil {
		return done("/keys/"+v.PathValue("id"), "key-saved")
	}
	if _, ok := f.refuse(v.Context(), err); !ok {
		return reply{}, err
	}
	return again(err)
}

func (p *pages) switchKey(v *visit) (reply, error) {
	on := v.PostForm.Get("active") == "yes"
	before, err := p.svc.GetAPIKey(v.Context(), v.who, v.PathValue("id"))
	if err != nil {
		return reply{}, err
	}
	k, err := p.svc.UpdateAPIKey(v.Context(), v.who, before.ID, team.APIKeyChange{IsActive: &on})
	switch {
	case err != nil:
		return p.keyAgain(v, err, wrongKey)
	case k.UpdatedAt.Equal(before.UpdatedAt): // it was so before
		return goTo("/keys/" + k.ID)
	case on:
		return done("/keys/"+v.PathValue("id"), "key-on")
	}
	return done("/keys/"+v.PathValue("id"), "key-off")
}

// graces are the grace periods offered for the old secret.
var graces = []struct {
	Value string
	Label lang.Text
	Time  time.Duration
}{
	{"0", "Stops working immediately", 0}, {"hour", "Works for one more hour", time.Hour},
	{"day", "Works for one more day", 24 * time.Hour}, {"week", "Works for one more week", 7 * 24 * time.Hour},
}

func (p *pages) regenerateKey(v *visit) (reply, error) {
	var grace time.Duration
	for _, g := range graces {
		if g.Value == v.PostForm.Get("grace") {
			grace = g.Time
		}
	}
	k, secret, err := p.svc.RegenerateAPIKey(v.once("regenerate key "+v.PathValue("id")), v.who, v.PathValue("id"), team.Regeneration{Grace: grace})
	switch {
	case again(err):
		return reply{status: http.StatusOK, page: secretGonePage(v)}, nil
	case err != nil:
		return p.keyAgain(v, err, wrongKey)
	}
	return reply{status: http.StatusOK, page: secretPage(v, secretView{Key: k, Secret: secret, Grace: grace})}, nil
}

func (p *pages) revokeKey(v *visit) (reply, error) {
	k, err := p.svc.GetAPIKey(v.Context(), v.who, v.PathValue("id"))
	if err != nil {
		return reply{}, err
	}
	if typed := v.PostForm.Get("confirm"); typed != k.Name {
		return p.keyAgain(v, refusedNotTheName.With(), func(view *keyView, message string) { view.Typed, view.TypedError = typed, message })
	}
	if err := p.svc.RevokeAPIKey(v.Context(), v.who, k.ID, nil); err != nil {
		return p.keyAgain(v, err, wrongKey)
	}
	return done("/keys", "key-revoked")
}

// seatOfKey changes or removes one role of a key, or assigns it an account role.
func (p *pages) seatOfKey(v *visit) (reply, error) {
	k, err := p.svc.GetAPIKey(v.Context(), v.who, v.PathValue("id"))
	if err != nil {
		return reply{}, err
	}
	role, news := v.PostForm.Get("role_id"), "key-role"
	var seat team.Member
	for _, m := range k.Memberships {
		if m.ID == v.PostForm.Get("membership") {
			seat = m
		}
	}
	switch {
	case seat.ID == "" && v.PostForm.Get("membership") != "":
		return reply{}, team.ErrNotFound
	case seat.ID == "":
		news = "key-role-given"
		_, err = p.svc.AddMember(v.Context(), v.who, team.NewMember{APIKeyID: &k.ID, RoleID: role, ManagedBy: team.ManagedByDashboard})
	case v.PostForm.Get("remove") != "":
		news = "key-role-removed"
		_, err = p.svc.RemoveMember(v.Context(), v.who, seat.ProjectID, seat.ID, team.Removal{})
	default:
		var changed team.Member
		changed, err = p.svc.UpdateMember(v.Context(), v.who, seat.ProjectID, seat.ID, team.MemberChange{RoleID: &role, Base: v.base()})
		if changed.UpdatedAt.Equal(seat.UpdatedAt) {
			news = "" // it was so before
		}
	}
	if err != nil {
		return p.keyAgain(v, err, wrongKey)
	}
	return done("/keys/"+k.ID, news)
}
