package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"raff/internal/permission"
	"raff/internal/team"
)

// inviteForm is the page for inviting people, with the values entered so far.
type inviteForm struct {
	Project      team.Project // zero for the account
	Projects     []team.Project
	MoreProjects bool // there are more than are listed
	InAccount    permit
	Addresses    string
	Roles        []choice
	Once         string
	EmailsError  string
	RoleError    string
	Wrong        string
	Results      []inviteResult
}

// inviteResult is the outcome of the invitation for one email.
type inviteResult struct {
	Email, Text string
	OK          bool
	Added       bool `json:",omitempty"` // was already in the account and was added without an invitation
	Status      int  `json:",omitempty"` // HTTP status of the refusal
	// Link leads to what is in the way: the open invitation, or the member.
	Link, LinkText string `json:",omitempty"`
}

func (p *pages) inviteForm(v *visit, projectID, roleID string) (inviteForm, error) {
	f := inviteForm{InAccount: v.ask(v.can.Invite("")), Once: once()}
	projects, more, err := v.someProjects()
	if err != nil {
		return f, err
	}
	f.MoreProjects = more
	for _, pr := range projects {
		if v.ask(v.can.Invite(pr.ID)).OK {
			f.Projects = append(f.Projects, pr)
			if pr.ID == projectID || projectID == "" && !f.InAccount.OK && f.Project.ID == "" {
				f.Project = pr
			}
		}
	}
	if projectID != "" && f.Project.ID == "" { // the user may not see the project, or may not invite to it
		if err := v.can.Invite(projectID); err != nil {
			return f, err
		}
		if f.Project, err = p.svc.GetProject(v.Context(), v.who, projectID); err != nil {
			return f, err
		}
		f.Projects = append(f.Projects, f.Project)
	}
	scope := permission.ScopeProject
	if f.Project.ID == "" {
		if !f.InAccount.OK {
			return f, v.can.Invite("")
		}
		scope = permission.ScopeAccount
	}
	f.Roles, err = v.choices(scope, roleID, func(r team.Role) error { return v.can.InviteAs(r, f.Project.ID) })
	return f, err
}

// showInvite shows the form, and shows it again with the entered values when another place was chosen, because the
// roles depend on the place.
func (p *pages) showInvite(v *visit) (reply, error) {
	if v.Method == http.MethodPost {
		f, err := p.inviteForm(v, v.PostForm.Get("project"), v.PostForm.Get("role_id"))
		f.Addresses = v.PostForm.Get("emails")
		return reply{status: http.StatusOK, page: invitePage(v, f)}, err
	}
	f, err := p.inviteForm(v, v.URL.Query().Get("project"), "")
	return reply{status: http.StatusOK, page: invitePage(v, f)}, err
}

// addresses are the emails entered in the form, separated by commas, semicolons or new lines, without duplicates.
// Spaces separate them only if there is an email on both sides, so that invalid input is shown again as it was entered.
func addresses(text string) []string {
	var all []string
	seen := map[string]bool{}
	add := func(words []string) {
		a := strings.Join(words, " ")
		key, err := team.CanonicalEmail(a)
		if err != nil {
			key = a
		}
		if a != "" && !seen[key] {
			seen[key] = true
			all = append(all, a)
		}
	}
	for _, piece := range pieces(text) {
		words, from := strings.Fields(piece), 0
		for i, word := range words {
			if i == from+1 && strings.Contains(words[from], "@") && strings.Contains(word, "@") {
				add(words[from:i])
				from = i
			}
		}
		add(words[from:])
	}
	return all
}

// tooLong reports whether text is longer than any email can be, and so too long to be repeated beside a message.
func tooLong(email string) bool { return len(email) > 1000 }

func (p *pages) invite(v *visit) (reply, error) {
	projectID, roleID := v.PostForm.Get("project"), v.PostForm.Get("role_id")
	f, err := p.inviteForm(v, projectID, roleID)
	if err != nil {
		return reply{}, err
	}
	f.Addresses = v.PostForm.Get("emails")
	emails := addresses(f.Addresses)
	switch {
	case len(emails) == 0:
		f.EmailsError = v.say("Enter at least one email.")
	case len(emails) > team.MaxBulk:
		f.EmailsError = v.say("You entered {count} emails; at most {most} people can be invited at once.", len(emails), team.MaxBulk)
	case slices.ContainsFunc(emails, tooLong):
		f.EmailsError = v.say("One of these is too long to be an email. Enter each email on its own line.")
	}
	if !slices.ContainsFunc(f.Roles, func(c choice) bool { return c.Chosen }) {
		f.RoleError = v.say("Choose a role.") // no role, or a role of another scope
	}
	if f.EmailsError != "" || f.RoleError != "" {
		return reply{status: http.StatusBadRequest, page: invitePage(v, f)}, nil
	}
	rows := make([]team.NewMember, len(emails))
	for i := range emails {
		rows[i] = team.NewMember{ProjectID: f.Project.ID, Email: &emails[i], RoleID: roleID, ManagedBy: team.ManagedByDashboard}
	}
	var told []inviteResult
	_, err = p.svc.AddMembers(v.onceKeeping("invite", func(made any) ([]byte, error) {
		told = p.told(v, emails, made)
		return json.Marshal(told)
	}), v.who, rows)
	if old, again := errors.AsType[*team.Replay](err); again {
		err = json.Unmarshal(old.Answer, &told)
	}
	if err != nil {
		_, message, status, ok := refusal(v.Context(), err)
		f.Wrong = message
		if !ok {
			return reply{}, err
		}
		return reply{status: status, page: invitePage(v, f)}, nil
	}
	return p.invited(v, f, told)
}

// invited redirects to the list if all invitations were sent. Otherwise it shows the form again with the failures.
func (p *pages) invited(v *visit, f inviteForm, told []inviteResult) (reply, error) {
	var left []string
	sent, added, status := 0, 0, 0
	for _, r := range told {
		switch {
		case !r.OK:
			left = append(left, r.Email)
			if status == 0 {
				status = r.Status
			} else if status != r.Status {
				status = http.StatusBadRequest
			}
		case r.Added:
			added++
		default:
			sent++
		}
	}
	if len(left) == 0 {
		return done(invitationsURL(f.Project.ID), "invited-"+strconv.Itoa(sent)+"-"+strconv.Itoa(added))
	}
	f.Results, f.Addresses = told, strings.Join(left, "\n")
	f.EmailsError = v.say("{count} of these could not be invited.", len(left))
	if len(left) == 1 {
		f.EmailsError = f.refusals()[0].Text
	}
	if sent+added > 0 {
		status = http.StatusOK
	}
	return reply{status: status, page: invitePage(v, f)}, nil
}

// told is the outcome of the invitation for each email.
func (p *pages) told(v *visit, emails []string, made any) []inviteResult {
	results, _ := made.([]team.BulkResult)
	all := make([]inviteResult, len(results))
	for i, r := range results {
		all[i] = inviteResult{Email: emails[i], Text: v.say("Invited."), OK: true}
		switch {
		case r.Err != nil:
			_, message, status, ok := refusal(v.Context(), r.Err)
			if !ok {
				message, status = v.say("Could not invite this person."), http.StatusBadRequest
			}
			all[i] = inviteResult{Email: emails[i], Text: message, Status: status}
			all[i].explain(v, r.Err)
		case r.Member.Status == team.StatusActive:
			all[i].Text, all[i].Added = v.say("Already in the account, added with the role."), true
		}
	}
	return all
}

// explain says what is in the way of an invitation, and where it is.
func (r *inviteResult) explain(v *visit, err error) {
	e, ok := errors.AsType[*team.Error](err)
	key, wrong := team.CanonicalEmail(r.Email)
	switch {
	case !ok:
	case wrong == nil && key == v.me.User.CanonicalEmail && v.who.MemberID != "" && v.PostForm.Get("project") == "":
		r.Text, r.Link, r.LinkText = v.say("You are a member already."), "/members/"+v.who.MemberID, v.say("Your access")
	case e.Refusal == team.RefusalAlreadyInvited:
		r.Link, r.LinkText = "/invitations?"+url.Values{"state": {"all"}, "q": {r.Email}}.Encode(), v.say("Show the invitation")
	case e.Refusal == team.RefusalAlreadyMember && e.MemberID != "":
		r.Link, r.LinkText = "/members/"+e.MemberID, v.say("Show the member")
	}
}

// refusals are the results of the emails that were not invited.
func (f inviteForm) refusals() []inviteResult {
	return slices.DeleteFunc(slices.Clone(f.Results), func(r inviteResult) bool { return r.OK })
}

func (f inviteForm) successes() []inviteResult {
	return slices.DeleteFunc(slices.Clone(f.Results), func(r inviteResult) bool { return !r.OK })
}
