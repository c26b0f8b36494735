package web

import (
	"crypto/sha256"
	"net/http"
	"net/url"
	"strings"
	"time"

	"raff/internal/team"
)

// invitationsView is the list of what is offered and not accepted.
type invitationsView struct {
	Rows []offer
	pager
	Project  team.Project // zero: the account
	Projects []team.Project
	Invite   permit
	All      permit    // may see those into the account
	Link     team.Link // just made, to be copied
	LinkFor  string
	Wrong    string
}

// offer is one invitation and what may be done with it.
type offer struct {
	team.Invitation
	Standing     standing
	Send, Cancel permit
}

func (p *pages) invitations(v *visit) (invitationsView, error) {
	var i invitationsView
	id := v.URL.Query().Get("project")
	if v.Method == http.MethodPost {
		id = v.PostForm.Get("project")
	}
	if id != "" {
		project, err := p.svc.GetProject(v.Context(), v.who, id)
		if err != nil {
			return i, err
		}
		i.Project = project
	}
	rows, total, err := p.svc.ListInvitations(v.Context(), v.who, team.InvitationFilter{ProjectID: id, Page: v.page()})
	if err != nil {
		return i, err
	}
	rows, i.pager = paged(v, rows, total, func(o team.Invitation) (time.Time, string) { return o.CreatedAt, o.ID })
	for _, inv := range rows {
		i.Rows = append(i.Rows, offer{
			Invitation: inv, Standing: v.offered(&inv), Send: v.ask(v.can.SendInvitation(inv)), Cancel: v.ask(v.can.CancelInvitation(inv)),
		})
	}
	i.Invite, i.All = v.ask(v.can.Invite(id)), v.ask(v.can.ViewInvitations(""))
	i.Projects, _, err = p.svc.ListProjects(v.Context(), v.who, team.Page{Limit: allRows})
	return i, err
}

func (p *pages) showInvitations(v *visit) (reply, error) {
	i, err := p.invitations(v)
	return reply{status: http.StatusOK, page: invitationsPage(v, i)}, err
}

// invitationsURL is the list an invitation is in.
func invitationsURL(projectID string) string {
	if projectID == "" {
		return "/invitations"
	}
	return "/invitations?project=" + url.QueryEscape(projectID)
}

// act does something to one invitation and goes back to its list.
func (p *pages) act(v *visit, news string, do func(id string) error) (reply, error) {
	err := do(v.PathValue("id"))
	if err == nil {
		return done(invitationsURL(v.PostForm.Get("project")), news)
	}
	_, message, status, ok := refusal(err)
	if !ok {
		return reply{}, err
	}
	i, err := p.invitations(v)
	i.Wrong = message
	return reply{status: status, page: invitationsPage(v, i)}, err
}

func (p *pages) resendInvitation(v *visit) (reply, error) {
	return p.act(v, "resent", func(id string) error {
		_, err := p.svc.ResendInvitation(v.Context(), v.who, id)
		return err
	})
}

func (p *pages) cancelInvitation(v *visit) (reply, error) {
	return p.act(v, "cancelled", func(id string) error { return p.svc.CancelInvitation(v.Context(), v.who, id) })
}

// linkInvitation shows the link of an invitation, where no mail carries it.
func (p *pages) linkInvitation(v *visit) (reply, error) {
	inv, err := p.svc.GetInvitation(v.Context(), v.who, v.PathValue("id"))
	if err != nil {
		return reply{}, err
	}
	link, err := p.svc.InvitationLink(v.Context(), v.who, inv.ID)
	if err != nil {
		return p.act(v, "", func(string) error { return err })
	}
	i, err := p.invitations(v)
	i.Link, i.LinkFor = link, inv.Email
	return reply{status: http.StatusOK, page: invitationsPage(v, i)}, err
}

// inviteForm is the page on which people are invited, and what was typed into it.
type inviteForm struct {
	Project     team.Project // zero: the account
	Projects    []team.Project
	InAccount   permit
	Addresses   string
	Roles       []choice
	Once        string
	EmailsError string
	RoleError   string
	Wrong       string
	Results     []inviteResult
}

// inviteResult is how the invitation of one address ended.
type inviteResult struct {
	Email, Text string
	OK          bool
}

func (p *pages) inviteForm(v *visit, projectID, roleID string) (inviteForm, error) {
	f := inviteForm{InAccount: v.ask(v.can.Invite("")), Once: once()}
	projects, _, err := p.svc.ListProjects(v.Context(), v.who, team.Page{Limit: allRows})
	if err != nil {
		return f, err
	}
	for _, pr := range projects {
		if v.ask(v.can.Invite(pr.ID)).OK {
			f.Projects = append(f.Projects, pr)
			if pr.ID == projectID || !f.InAccount.OK && f.Project.ID == "" {
				f.Project = pr
			}
		}
	}
	if projectID != "" && f.Project.ID != projectID {
		return f, v.can.Invite(projectID)
	}
	if f.Project.ID == "" && !f.InAccount.OK {
		return f, v.can.Invite("")
	}
	scope := team.ScopeAccount
	if f.Project.ID != "" {
		scope = team.ScopeProject
	}
	f.Roles, err = v.choices(scope, roleID, func(r team.Role) error { return v.can.InviteAs(r, f.Project.ID) })
	return f, err
}

func (p *pages) showInvite(v *visit) (reply, error) {
	f, err := p.inviteForm(v, v.URL.Query().Get("project"), "")
	return reply{status: http.StatusOK, page: invitePage(v, f)}, err
}

// addresses are those typed into the form, apart by lines, commas, semicolons or spaces, each once.
func addresses(text string) []string {
	var all []string
	seen := map[string]bool{}
	for _, a := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(", ;\r\n\t", r) }) {
		if !seen[strings.ToLower(a)] {
			seen[strings.ToLower(a)] = true
			all = append(all, a)
		}
	}
	return all
}

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
		f.EmailsError = "Give at least one address."
	case roleID == "":
		f.RoleError = "Choose a role."
	}
	if f.EmailsError != "" || f.RoleError != "" {
		return reply{status: http.StatusBadRequest, page: invitePage(v, f)}, nil
	}
	rows := make([]team.NewMember, len(emails))
	for i := range emails {
		rows[i] = team.NewMember{ProjectID: projectID, Email: &emails[i], RoleID: roleID, ManagedBy: team.ManagedByDashboard}
	}
	results, err := p.svc.AddMembers(v.once("invite"), v.who, rows)
	if again(err) {
		return done("/invitations", "added")
	}
	if err != nil {
		_, message, status, ok := refusal(err)
		f.Wrong = message
		if !ok {
			return reply{}, err
		}
		return reply{status: status, page: invitePage(v, f)}, nil
	}
	var left []string
	for i, r := range results {
		f.Results = append(f.Results, p.told(emails[i], r))
		if r.Err != nil {
			left = append(left, emails[i])
		}
	}
	f.Addresses = strings.Join(left, "\n")
	return reply{status: http.StatusOK, page: invitePage(v, f)}, nil
}

// told says how the invitation of one address ended.
func (p *pages) told(email string, r team.BulkResult) inviteResult {
	switch {
	case r.Err != nil:
		_, message, _, _ := refusal(r.Err)
		return inviteResult{Email: email, Text: message}
	case r.Member.Status == team.StatusActive:
		return inviteResult{Email: email, Text: "Was here already, and has the role now.", OK: true}
	case p.svc.MailConfigured:
		return inviteResult{Email: email, Text: "Invited. A mail is on its way.", OK: true}
	}
	return inviteResult{Email: email, Text: "Invited. Copy the link from the list of invitations.", OK: true}
}

// bodyHash tells a form that is sent again from another one.
func bodyHash(v *visit) []byte {
	sum := sha256.Sum256([]byte(v.PostForm.Encode()))
	return sum[:]
}
