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
	Also         []alsoIn // other projects in which people can get a role at the same time
	MoreProjects bool     // there are more than are listed
	InAccount    permit
	Addresses    string
	Roles        []choice
	Once         string
	EmailsError  string
	RoleError    string
	AlsoError    string
	Wrong        string
	Results      []inviteResult
}

// inviteResult is the outcome of the invitation for one email.
type inviteResult struct {
	Email, Text string
	Name        string `json:"proposed_name,omitempty"`
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
	if f.Roles, err = v.choices(scope, roleID, func(r team.Role) error { return v.can.InviteAs(r, f.Project.ID) }); err != nil {
		return f, err
	}
	return f, f.alsoIn(v)
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

// tooLong reports whether text is longer than any email can be, and so too long to be repeated beside a message.
func tooLong(p pasted) bool { return len(p.Email) > 1000 }

func (p *pages) invite(v *visit) (reply, error) {
	projectID, roleID := v.PostForm.Get("project"), v.PostForm.Get("role_id")
	f, err := p.inviteForm(v, projectID, roleID)
	if err != nil {
		return reply{}, err
	}
	f.Addresses = v.PostForm.Get("emails")
	emails := people(f.Addresses)
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
	projects, tooMany := f.chosen()
	if tooMany {
		f.AlsoError = v.say("Choose at most {most} projects at once.", team.MaxTogether)
	}
	if f.EmailsError != "" || f.AlsoError != "" || f.RoleError != "" {
		return reply{status: http.StatusBadRequest, page: invitePage(v, f)}, nil
	}
	rows := make([]team.NewMember, len(emails))
	for i := range emails {
		rows[i] = team.NewMember{ProjectID: f.Project.ID, Email: &emails[i].Email, Name: emails[i].Name, RoleID: roleID, Projects: projects, ManagedBy: team.ManagedByDashboard}
	}
	var told []inviteResult
	_, err = p.svc.AddMembers(v.onceKeeping("invite", func(made any) ([]byte, error) {
		told = p.told(v, f, emails, made)
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
			left = append(left, pasted{r.Name, r.Email}.line())
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
func (p *pages) told(v *visit, f inviteForm, emails []pasted, made any) []inviteResult {
	results, _ := made.([]team.BulkResult)
	all := make([]inviteResult, len(results))
	for i, r := range results {
		all[i] = inviteResult{Email: emails[i].Email, Name: emails[i].Name, Text: v.say("Invited."), OK: true}
		switch {
		case r.Err != nil:
			_, message, status, ok := refusal(v.Context(), r.Err)
			if !ok {
				message, status = v.say("Could not invite this person."), http.StatusBadRequest
			}
			all[i] = inviteResult{Email: emails[i].Email, Name: emails[i].Name, Text: message, Status: status}
			all[i].explain(v, f, r.Err)
		case r.Member.Status == team.StatusActive:
			all[i].Text, all[i].Added = v.say("Already in the account, added with the role."), true
		}
	}
	return all
}

// explain says what is in the way of an invitation, and where it is.
func (r *inviteResult) explain(v *visit, f inviteForm, err error) {
	e, ok := errors.AsType[*team.Error](err)
	key, wrong := team.CanonicalEmail(r.Email)
	switch {
	case !ok:
	case wrong == nil && key == v.me.User.CanonicalEmail && v.who.MemberID != "" && v.PostForm.Get("project") == "" && e.ProjectID == "":
		r.Text, r.Link, r.LinkText = v.say("You are a member already."), "/members/"+v.who.MemberID, v.say("Your access")
	case e.Refusal == team.RefusalAlreadyInvited:
		r.Link, r.LinkText = "/invitations?"+url.Values{"state": {"all"}, "q": {r.Email}}.Encode(), v.say("Show the invitation")
	case e.Refusal == team.RefusalAlreadyMember && e.MemberID != "":
		r.Link, r.LinkText = "/members/"+e.MemberID, v.say("Show the member")
	}
	if ok && e.ProjectID != "" {
		r.Text = v.say("{project}: {reason}", f.nameOf(e.ProjectID), r.Text)
	}
}

// refusals are the results of the emails that were not invited.
func (f inviteForm) refusals() []inviteResult {
	return slices.DeleteFunc(slices.Clone(f.Results), func(r inviteResult) bool { return r.OK })
}

func (f inviteForm) successes() []inviteResult {
	return slices.DeleteFunc(slices.Clone(f.Results), func(r inviteResult) bool { return !r.OK })
}

// alsoIn is a project in which the invited people can get a role together with the first one.
type alsoIn struct {
	team.Project
	Roles []choice
}

// Field is the name of the field with the role in the project.
func (a alsoIn) Field() string { return "in_" + a.ID }

// alsoIn lists the other projects to which the user may invite people, with the roles there that the form has.
func (f *inviteForm) alsoIn(v *visit) error {
	for _, pr := range f.Projects {
		if pr.ID == f.Project.ID {
			continue
		}
		also := alsoIn{Project: pr}
		roles, err := v.choices(permission.ScopeProject, v.PostForm.Get(also.Field()), func(r team.Role) error { return v.can.InviteAs(r, pr.ID) })
		if err != nil {
			return err
		}
		if also.Roles = roles; anyAllowed(roles) {
			f.Also = append(f.Also, also)
		}
	}
	return nil
}

// chosen are the projects with a role.
func (f *inviteForm) chosen() (all []team.ProjectRole, tooMany bool) {
	for _, a := range f.Also {
		for _, r := range a.Roles {
			if r.Chosen {
				all = append(all, team.ProjectRole{ProjectID: a.ID, RoleID: r.ID})
			}
		}
	}
	return all, len(all) > team.MaxTogether
}

// nameOf is the name of one of the listed projects.
func (f *inviteForm) nameOf(projectID string) string {
	for _, pr := range f.Projects {
		if pr.ID == projectID {
			return pr.Name
		}
	}
	return ""
}

// understood are the people in the text so far, each with what is wrong with the email.
func (f *inviteForm) understood(v *visit) []inviteResult {
	all := people(f.Addresses)
	out := make([]inviteResult, 0, min(len(all), listed))
	for _, p := range all[:min(len(all), listed)] {
		r := inviteResult{Email: p.Email, Name: p.Name, OK: true}
		if _, err := team.CanonicalEmail(p.Email); err != nil && !tooLong(p) {
			if _, message, _, ok := refusal(v.Context(), err); ok {
				r.OK, r.Text = false, message
			}
		}
		out = append(out, r)
	}
	return out
}

// anyAlso reports whether a role is chosen in any of the other projects.
func anyAlso(f inviteForm) bool {
	all, _ := f.chosen()
	return len(all) > 0
}
