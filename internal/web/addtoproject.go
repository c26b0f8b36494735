package web

import (
	"net/http"
	"strings"

	"raff/internal/permission"
	"raff/internal/team"
)

// addView is the page for adding a member of the account to a project.
type addView struct {
	Project   team.Project
	People    []team.Person // the first people who match
	Total     team.Total    // how many people match
	Query     string
	Chosen    string // id of a membership
	WhoError  string
	Roles     []choice
	RoleError string
	Wrong     string
	Invite    permit
}

// shownPeople is how many people are listed at once; a search finds the others.
const shownPeople = 20

// mayAddTo reports whether the caller may add members of the account to a project and may search for them.
func (v *visit) mayAddTo(projectID string) permit {
	for _, err := range []error{v.can.AddToProject(projectID), v.can.ViewMembers(""), v.can.ViewRoles()} {
		if may := v.ask(err); !may.OK {
			return may
		}
	}
	return permit{OK: true}
}

func (p *pages) addView(v *visit, query, roleID string) (addView, error) {
	pr, err := p.svc.GetProject(v.Context(), v.who, v.PathValue("id"))
	if err != nil {
		return addView{}, err
	}
	a := addView{Project: pr, Query: strings.TrimSpace(query), Invite: v.ask(v.can.Invite(pr.ID))}
	for _, err := range []error{v.can.AddToProject(pr.ID), v.can.ViewMembers("")} {
		if err != nil {
			return a, err
		}
	}
	// Users cannot add themselves.
	a.People, a.Total, err = p.svc.ListPeople(v.Context(), v.who, team.PersonFilter{
		Status: team.StatusActive, NotIn: pr.ID, ButUser: v.who.ID, Query: a.Query, Page: team.Page{Limit: shownPeople},
	})
	if err != nil {
		return a, err
	}
	a.Roles, err = v.choices(permission.ScopeProject, roleID, func(r team.Role) error {
		return v.can.Give(team.Member{ProjectID: pr.ID, CanonicalEmail: " "}, r)
	})
	return a, err
}

func (p *pages) showAdd(v *visit) (reply, error) {
	a, err := p.addView(v, v.URL.Query().Get("q"), "")
	return reply{status: http.StatusOK, page: addPage(v, a)}, err
}

// addToProjectPage gives a member of the account a role in the project.
func (p *pages) addToProjectPage(v *visit) (reply, error) {
	who, roleID := v.PostForm.Get("member_id"), v.PostForm.Get("role_id")
	var whoError, roleError string
	if who == "" {
		whoError = v.say("Choose a person.")
	}
	if roleID == "" {
		roleError = v.say("Choose a role.")
	}
	status, wrong := http.StatusBadRequest, ""
	if whoError+roleError == "" {
		person, err := p.svc.GetPerson(v.Context(), v.who, who)
		if err != nil {
			return reply{}, err
		}
		n := team.NewMember{ProjectID: v.PathValue("id"), UserID: &person.UserID, RoleID: roleID, ManagedBy: team.ManagedByDashboard}
		if _, err = p.svc.AddMember(v.Context(), v.who, n); err == nil {
			return done("/projects/"+v.PathValue("id"), "added")
		}
		_, message, told, ok := refusal(v.Context(), err)
		if !ok {
			return reply{}, err
		}
		wrong, status = message, told
	}
	a, err := p.addView(v, v.PostForm.Get("q"), roleID)
	a.Chosen, a.WhoError, a.RoleError, a.Wrong = who, whoError, roleError, wrong
	return reply{status: status, page: addPage(v, a)}, err
}
