package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"raff/internal/team"
)

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
	Added       bool `json:",omitempty"` // was in the account already, so that there is no invitation
	Status      int  `json:",omitempty"` // of the refusal
}

func (p *pages) inviteForm(v *visit, projectID, roleID string) (inviteForm, error) {
	f := inviteForm{InAccount: v.ask(v.can.Invite("")), Once: once()}
	projects, _, err := p.svc.ListProjects(v.Context(), v.who, everything)
	if err != nil {
		return f, err
	}
	for _, pr := range projects {
		if v.ask(v.can.Invite(pr.ID)).OK {
			f.Projects = append(f.Projects, pr)
			if pr.ID == projectID || projectID == "" && !f.InAccount.OK && f.Project.ID == "" {
				f.Project = pr
			}
		}
	}
	if projectID != "" && f.Project.ID == "" { // not theirs to see, or not theirs to invite to
		if err := v.can.Invite(projectID); err != nil {
			return f, err
		}
		if f.Project, err = p.svc.GetProject(v.Context(), v.who, projectID); err != nil {
			return f, err
		}
		f.Projects = append(f.Projects, f.Project)
	}
	scope := team.ScopeProject
	if f.Project.ID == "" {
		if !f.InAccount.OK {
			return f, v.can.Invite("")
		}
		scope = team.ScopeAccount
	}
	f.Roles, err = v.choices(scope, roleID, func(r team.Role) error { return v.can.InviteAs(r, f.Project.ID) })
	return f, err
}

// showInvite shows the form, and shows it again with what was typed when another place was chosen, because the roles
// follow the place.
func (p *pages) showInvite(v *visit) (reply, error) {
	if v.Method == http.MethodPost {
		f, err := p.inviteForm(v, v.PostForm.Get("project"), v.PostForm.Get("role_id"))
		f.Addresses = v.PostForm.Get("emails")
		return reply{status: http.StatusOK, page: invitePage(v, f)}, err
	}
	f, err := p.inviteForm(v, v.URL.Query().Get("project"), "")
	return reply{status: http.StatusOK, page: invitePage(v, f)}, err
}

// addresses are those typed into the form, separated by commas, semicolons or lines, each once. Spaces separate them only where
// an address stands on both sides, so that what is no address comes back as it was typed.
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

// tooLong reports what is no address and too long to be repeated beside a message.
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
		f.EmailsError = "Give at least one address."
	case len(emails) > team.MaxBulk:
		f.EmailsError = "These are " + number(len(emails)) + " addresses; at most " + number(team.MaxBulk) + " can be invited at once."
	case slices.ContainsFunc(emails, tooLong):
		f.EmailsError = "One of these is much longer than an address can be. Put each address on a line of its own."
	}
	if !slices.ContainsFunc(f.Roles, func(c choice) bool { return c.Chosen }) {
		f.RoleError = "Choose a role." // none, or one of another place
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
		told = p.told(emails, made)
		return json.Marshal(told)
	}), v.who, rows)
	if old, again := errors.AsType[*team.Replay](err); again {
		err = json.Unmarshal(old.Answer, &told)
	}
	if err != nil {
		_, message, status, ok := refusal(err)
		f.Wrong = message
		if !ok {
			return reply{}, err
		}
		return reply{status: status, page: invitePage(v, f)}, nil
	}
	return p.invited(v, f, told)
}

// invited goes to the list when all went well. Else the form comes again with what did not.
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
	f.EmailsError = number(len(left)) + " of these could not be invited."
	if len(left) == 1 {
		f.EmailsError = f.refusals()[0].Text
	}
	if sent+added > 0 {
		status = http.StatusOK
	}
	return reply{status: status, page: invitePage(v, f)}, nil
}

// told says how the invitation of each address ended.
func (p *pages) told(emails []string, made any) []inviteResult {
	results, _ := made.([]team.BulkResult)
	all := make([]inviteResult, len(results))
	for i, r := range results {
		all[i] = inviteResult{Email: emails[i], Text: "Invited.", OK: true}
		switch {
		case r.Err != nil:
			_, message, status, ok := refusal(r.Err)
			if !ok {
				message, status = "That did not work.", http.StatusBadRequest
			}
			all[i] = inviteResult{Email: emails[i], Text: message, Status: status}
		case r.Member.Status == team.StatusActive:
			all[i].Text, all[i].Added = "Was here already, and has the role now.", true
		}
	}
	return all
}

// refusals are the results of those that were not invited.
func (f inviteForm) refusals() []inviteResult {
	return slices.DeleteFunc(slices.Clone(f.Results), func(r inviteResult) bool { return r.OK })
}

func (f inviteForm) successes() []inviteResult {
	return slices.DeleteFunc(slices.Clone(f.Results), func(r inviteResult) bool { return !r.OK })
}
