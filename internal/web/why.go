package web

import (
	"net/http"
	"slices"

	"raff/internal/permission"
	"raff/internal/team"
)

// showWhy explains what a person may do.
func (p *pages) showWhy(v *visit) (reply, error) {
	person, err := p.svc.GetPerson(v.Context(), v.who, v.PathValue("id"))
	if err != nil {
		return reply{}, err
	}
	return p.why(v, whyView{Who: called(person.Name, person.Email), Path: "/members/" + person.ID}, team.TypeUser, person.ID)
}

// showKeyWhy explains what an API key may do.
func (p *pages) showKeyWhy(v *visit) (reply, error) {
	k, err := p.svc.GetAPIKey(v.Context(), v.who, v.PathValue("id"))
	if err != nil {
		return reply{}, err
	}
	return p.why(v, whyView{Who: k.Name, Path: "/keys/" + k.ID}, team.TypeAPIKey, k.ID)
}

func (p *pages) why(v *visit, w whyView, t team.PrincipalType, id string) (reply, error) {
	if err := v.can.Explain(); err != nil {
		return reply{}, err
	}
	var err error
	if w.Projects, w.Project, w.Where, err = v.places(); err != nil {
		return reply{}, err
	}
	w.Groups = append(p.groups(permission.ScopeProject, permission.Set{}, permission.Set{}), p.groups(permission.ScopeAccount, permission.Set{}, permission.Set{})...)
	name := v.URL.Query().Get("permission")
	w.Permission = p.permission(name)
	if w.Permission == nil {
		return reply{status: http.StatusOK, page: whyPage(v, w)}, nil
	}
	if w.Permission.Scope == permission.ScopeAccount {
		w.Project, w.Where = "", v.accountName()
	}
	ctx, done := p.svc.Consult(v.Context())
	defer done()
	asker, err := p.svc.Asker(ctx, v.who)
	if err != nil {
		return reply{}, err
	}
	q := v.question(w.Permission, w.Project)
	q.SubjectType, q.SubjectID = string(t), id
	if w.Answer, err = asker.Evaluate(&q); err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusOK, page: whyPage(v, w)}, nil
}

// permission finds a permission by name; nil if there is none.
func (p *pages) permission(name string) *permission.Permission {
	id, ok := p.svc.Catalog().Find(name)
	if !ok {
		return nil
	}
	return p.svc.Catalog().Permission(id)
}

// places lists the projects to choose from, with the chosen one.
func (v *visit) places() (all []team.Project, id, name string, err error) {
	if all, _, err = v.someProjects(); err != nil {
		return nil, "", "", err
	}
	asked := v.URL.Query().Get("project")
	if asked != "" && !slices.ContainsFunc(all, func(pr team.Project) bool { return pr.ID == asked }) {
		switch pr, err := v.p.svc.GetProject(v.Context(), v.who, asked); {
		case err == nil:
			all = append(all, pr)
		case !team.IsNotFound(err):
			return nil, "", "", err
		}
	}
	for _, pr := range all {
		if pr.ID == asked {
			return all, pr.ID, pr.Name, err
		}
	}
	return all, "", v.accountName(), err
}

// question asks about a permission in a project, or in the account.
func (v *visit) question(p *permission.Permission, projectID string) team.Question {
	q := team.Question{Action: p.Name, ResourceType: permission.TypeAccount, ResourceID: v.who.AccountID}
	if projectID != "" {
		q.ResourceType, q.ResourceID = permission.TypeProject, projectID
	}
	return q
}

// showPermission lists who may do something.
func (p *pages) showPermission(v *visit) (reply, error) {
	if err := v.can.Explain(); err != nil {
		return reply{}, err
	}
	perm := p.permission(v.PathValue("name"))
	if perm == nil {
		return reply{}, team.ErrNotFound
	}
	w := permissionView{Permission: *perm}
	var err error
	if perm.Scope == permission.ScopeProject {
		if w.Projects, w.Project, w.Where, err = v.places(); err != nil {
			return reply{}, err
		}
		if w.Project == "" && len(w.Projects) > 0 {
			w.Project, w.Where = w.Projects[0].ID, w.Projects[0].Name
		}
	} else {
		w.Where = v.accountName()
	}
	if w.Roles, err = p.granting(v, perm); err != nil {
		return reply{}, err
	}
	ctx, done := p.svc.Consult(v.Context())
	defer done()
	asker, err := p.svc.Asker(ctx, v.who)
	if err != nil {
		return reply{}, err
	}
	q := v.question(perm, w.Project)
	after, keysAfter := v.URL.Query().Get("after"), v.URL.Query().Get("keys_after")
	w.Later = after+keysAfter != ""
	q.SubjectType = string(team.TypeUser)
	if w.People, w.MorePeople, err = asker.Who(&q, after, pageSize); err != nil {
		return reply{}, err
	}
	q.SubjectType = string(team.TypeAPIKey)
	w.Keys, w.MoreKeys, err = asker.Who(&q, keysAfter, pageSize)
	return reply{status: http.StatusOK, page: permissionPage(v, w)}, err
}

// granting lists the roles that grant a permission, if the viewer may see roles.
func (p *pages) granting(v *visit, perm *permission.Permission) (all []team.Role, err error) {
	if !v.ask(v.can.ViewRoles()).OK {
		return nil, nil
	}
	roles, _, err := p.svc.ListRoles(v.Context(), v.who, team.RoleFilter{Page: team.Page{Limit: team.CountedRows, SkipTotal: true}})
	for _, r := range roles {
		if c := p.svc.Catalog(); r.IsOwner() || r.Scope == perm.Scope && c.Has(c.Effective(r.Permissions), perm.Name) {
			all = append(all, r)
		}
	}
	return all, err
}
