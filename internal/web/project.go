package web

import (
	"context"
	"net/http"
	"strings"
	"time"

	"raff/internal/permission"
	"raff/internal/team"
)

func (p *pages) showProjects(v *visit) (reply, error) {
	l := projectsView{Query: strings.TrimSpace(v.URL.Query().Get("q")), All: v.ask(v.can.ViewProjects()), Create: v.ask(v.can.CreateProject())}
	rows, total, err := p.svc.FindProjects(v.Context(), v.who, team.ProjectFilter{Query: l.Query, Page: v.page()})
	if err != nil {
		return reply{}, err
	}
	l.Rows, l.pager = paged(v, rows, total, func(pr team.Project) (time.Time, string) { return pr.CreatedAt, pr.ID })
	l.Counts, err = p.svc.CountMembers(v.Context(), v.who, l.Rows)
	return reply{status: http.StatusOK, page: projectsPage(v, l)}, err
}

func (f *projectForm) refuse(ctx context.Context, err error) (status int, ok bool) {
	field, message, status, ok := refusal(ctx, err, "name", "description")
	switch field {
	case "name":
		f.NameError = message
	case "description":
		f.AboutError = message
	default:
		f.Wrong = message
	}
	return status, ok
}

func typedProject(v *visit) projectForm {
	return projectForm{Name: typedName(v.Request), Description: v.PostForm.Get("description")}
}

func (p *pages) showNewProject(v *visit) (reply, error) {
	if err := v.can.CreateProject(); err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusOK, page: newProjectPage(v, projectForm{})}, nil
}

func (p *pages) createProject(v *visit) (reply, error) {
	f := typedProject(v)
	pr, err := p.svc.CreateProject(v.once("project"), v.who, team.NewProject{Name: f.Name, Description: f.Description})
	if err == nil {
		return done("/projects/"+pr.ID, "project-created")
	}
	if again(err) {
		return done("/projects", "project-created")
	}
	status, ok := f.refuse(v.Context(), err)
	if !ok {
		return reply{}, err
	}
	return reply{status: status, page: newProjectPage(v, f)}, nil
}

// searched reports whether the page shows a search field: there are many members, or a search is active.
func (p projectView) searched() bool { return p.Query != "" || p.Total.N > 10 }

// touchable reports whether a membership may have actions, as far as is known without asking the guard for each one.
func (p projectView) touchable(v *visit, m team.Member) bool {
	return m.Type == team.TypeAPIKey || m.UserID != v.who.ID
}

func (p *pages) project(v *visit) (projectView, error) {
	pr, err := p.svc.GetProject(v.Context(), v.who, v.PathValue("id"))
	if err != nil {
		return projectView{}, err
	}
	view := projectView{
		Project: pr, Form: projectForm{Name: pr.Name, Description: pr.Description}, Hidden: v.ask(v.can.ViewMembers(pr.ID)),
		Change: v.ask(v.can.ChangeProject(pr)), Delete: v.ask(v.can.DeleteProject(pr)),
		Query: strings.TrimSpace(v.URL.Query().Get("q")), Remove: v.ask(v.can.RemoveFromProject(pr.ID)),
		Invite: v.ask(v.can.Invite(pr.ID)), Invitations: v.ask(v.can.ViewInvitations(pr.ID)), Add: v.ask(v.can.AddToProject(pr.ID)),
	}
	view.AddPerson = v.mayAddTo(pr.ID)
	if !view.Hidden.OK {
		return view, nil
	}
	rows, total, err := p.svc.ListMembers(v.Context(), v.who, team.MemberFilter{ProjectID: pr.ID, Query: view.Query, Page: v.page()})
	if err != nil {
		return view, err
	}
	view.Members, view.pager = paged(v, rows, total, func(m team.Member) (time.Time, string) { return m.CreatedAt, m.ID })
	return view, v.keysToAdd(&view)
}

// keysToAdd finds the API keys that have no role in the project yet.
func (v *visit) keysToAdd(view *projectView) error {
	if !view.Add.OK || !v.ask(v.can.ViewKeys()).OK || !v.ask(v.can.ViewRoles()).OK {
		return nil
	}
	keys, _, err := v.p.svc.ListAPIKeys(v.Context(), v.who, team.APIKeyFilter{Page: few})
	if err != nil {
		return err
	}
	keys, view.MoreKeys = cut(keys)
	for _, k := range keys {
		in := false
		for _, m := range k.Memberships {
			in = in || m.ProjectID == view.ID
		}
		if !in {
			view.Keys = append(view.Keys, k)
		}
	}
	example := "new"
	if len(view.Keys) > 0 {
		example = view.Keys[0].ID
	} else if !view.MoreKeys {
		return nil
	}
	view.Roles, err = v.choices(permission.ScopeProject, team.SystemRoleID(permission.ScopeProject, "viewer"), func(r team.Role) error {
		return v.can.Give(team.Member{ProjectID: view.ID, APIKeyID: example}, r)
	})
	return err
}

func (p *pages) showProject(v *visit) (reply, error) {
	view, err := p.project(v)
	return reply{status: http.StatusOK, page: projectPage(v, view)}, err
}

func (p *pages) changeProject(v *visit) (reply, error) {
	f := typedProject(v)
	_, err := p.svc.UpdateProject(v.Context(), v.who, v.PathValue("id"), team.ProjectChange{
		Name: &f.Name, Description: &f.Description, Base: v.base(),
	})
	if err == nil {
		return done("/projects/"+v.PathValue("id"), "project-saved")
	}
	status, ok := f.refuse(v.Context(), err)
	if !ok {
		return reply{}, err
	}
	view, err := p.project(v)
	view.Form = f
	return reply{status: status, page: projectPage(v, view)}, err
}

// addKey gives an API key a role in the project.
func (p *pages) addKey(v *visit) (reply, error) {
	key := v.PostForm.Get("api_key_id")
	var err error = refusedNoKey.With()
	if key != "" {
		n := team.NewMember{ProjectID: v.PathValue("id"), APIKeyID: &key, RoleID: v.PostForm.Get("role_id"), ManagedBy: team.ManagedByDashboard}
		_, err = p.svc.AddMember(v.Context(), v.who, n)
	}
	if err == nil {
		return done("/projects/"+v.PathValue("id"), "added")
	}
	_, message, status, ok := refusal(v.Context(), err)
	if !ok {
		return reply{}, err
	}
	view, err := p.project(v)
	view.Key, view.KeyError = key, message
	return reply{status: status, page: projectPage(v, view)}, err
}

func (p *pages) projectDeletion(v *visit) (deletionView, error) {
	pr, err := p.svc.GetProject(v.Context(), v.who, v.PathValue("id"))
	if err != nil {
		return deletionView{}, err
	}
	d := deletionView{Name: pr.Name, Delete: v.ask(v.can.DeleteProject(pr)), projectID: pr.ID}
	if !v.ask(v.can.ViewMembers(pr.ID)).OK {
		return d, nil
	}
	for kind, n := range map[team.PrincipalType]*int{team.TypeUser: &d.People, team.TypeAPIKey: &d.Keys, team.TypeInvitation: &d.Invitations} {
		_, total, err := p.svc.ListMembers(v.Context(), v.who, team.MemberFilter{ProjectID: pr.ID, PrincipalType: kind, Page: team.Page{Limit: 1}})
		if err != nil {
			return d, err
		}
		*n = total.N
	}
	return d, nil
}

// losses lists what is removed together with the project.
func (d deletionView) losses(ctx context.Context) []string {
	var all []string
	if d.People > 0 {
		all = append(all, many(ctx, d.People, "the roles of {n} person in this project", "the roles of {n} people in this project"))
	}
	if d.Keys > 0 {
		all = append(all, many(ctx, d.Keys, "the roles of {n} API key in this project", "the roles of {n} API keys in this project"))
	}
	if d.Invitations > 0 {
		all = append(all, many(ctx, d.Invitations, "{n} open invitation to this project", "{n} open invitations to this project"))
	}
	return all
}

func (p *pages) showProjectDeletion(v *visit) (reply, error) {
	d, err := p.projectDeletion(v)
	return reply{status: http.StatusOK, page: projectDeletionPage(v, d)}, err
}

func (p *pages) deleteProject(v *visit) (reply, error) {
	d, err := p.projectDeletion(v)
	if err != nil {
		return reply{}, err
	}
	d.Typed = v.PostForm.Get("name")
	if d.Typed != d.Name {
		d.TypedError = plainWords(v.Context(), refusedNotTheName.With())
		return reply{status: http.StatusBadRequest, page: projectDeletionPage(v, d)}, nil
	}
	err = p.svc.DeleteProject(v.Context(), v.who, d.projectID, nil)
	if err == nil {
		return done("/projects", "project-deleted")
	}
	_, message, status, ok := refusal(v.Context(), err)
	d.Wrong = message
	if !ok {
		return reply{}, err
	}
	return reply{status: status, page: projectDeletionPage(v, d)}, nil
}
