package web

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"raff/internal/permission"
	"raff/internal/team"
)

// maxFrom is how many roles the pages of the list skip at most; a search finds the others.
const maxFrom = 10_000

func (p *pages) showRoles(v *visit) (reply, error) {
	q := v.URL.Query()
	from, err := strconv.Atoi(q.Get("from"))
	if err != nil || from < 0 || from > maxFrom {
		from = 0
	}
	l := rolesView{Create: v.ask(v.can.CreateRole()), SeeHolders: v.can.AddMember() == nil, Query: strings.TrimSpace(q.Get("q"))}
	f := team.RoleFilter{Prefix: l.Query, Page: team.Page{Limit: pageSize, Offset: from}}
	roles, total, err := p.svc.ListRoles(v.Context(), v.who, f)
	if err != nil {
		return reply{}, err
	}
	l.pager = pager{Total: team.Total{N: total}, From: from + 1, To: from + len(roles)}
	if from > 0 {
		l.First = v.with("from", "")
	}
	if l.To < total && l.To <= maxFrom {
		l.Next = v.with("from", strconv.Itoa(l.To))
	}
	ids := make([]string, len(roles))
	for i, r := range roles {
		ids[i] = r.ID
	}
	if l.Use, err = p.svc.RoleUse(v.Context(), v.who, ids); err != nil {
		return reply{}, err
	}
	if total <= pageSize {
		p.byPower(roles)
	}
	for _, r := range roles {
		c := v.choice(r, "", nil)
		if r.Scope == permission.ScopeAccount {
			l.Account = append(l.Account, c)
		} else {
			l.Project = append(l.Project, c)
		}
	}
	return reply{status: http.StatusOK, page: rolesPage(v, l)}, nil
}

func (p *pages) role(v *visit) (roleView, error) {
	r, err := p.svc.GetRole(v.Context(), v.who, v.PathValue("id"))
	if err != nil {
		return roleView{}, err
	}
	all := p.svc.Catalog().GrantableSet(r.Scope)
	own := p.effective(r)
	view := roleView{
		Role: r, Groups: p.groups(r.Scope, own, permission.Set{}), Count: own.Len(), Of: all.Len(),
		Change: v.ask(v.can.ChangeRole(r)), Delete: v.ask(v.can.DeleteRole(r)), Create: v.ask(v.can.CreateRole()),
		SeeHolders: v.can.AddMember() == nil,
	}
	use, err := p.svc.RoleUse(v.Context(), v.who, []string{r.ID})
	if err != nil {
		return view, err
	}
	view.Use = use[r.ID]
	view.Holders, view.HolderCount, err = p.svc.RoleHolders(v.Context(), v.who, r.ID, 20)
	return view, err
}

func (p *pages) showRole(v *visit) (reply, error) {
	view, err := p.role(v)
	return reply{status: http.StatusOK, page: rolePage(v, view)}, err
}

// version identifies the state of an object that a form was made from.
func version(updatedAt time.Time) string { return strconv.FormatInt(updatedAt.UnixMicro(), 10) }

// fill loads what the form shows from the catalog.
func (v *visit) fill(f *roleForm, before permission.Set) {
	set, _ := v.p.svc.Catalog().SetOf(f.Names)
	locked := v.can.Escalations(f.Scope).Minus(before)
	f.Groups = v.p.groups(f.Scope, set, locked)
	f.Locked = !locked.Empty()
}

func typedRole(v *visit) roleForm {
	f := roleForm{
		Name: typedName(v.Request), Slug: v.PostForm.Get("slug"), About: v.PostForm.Get("description"),
		Names: v.PostForm["permission"], Base: v.PostForm.Get("base"),
	}
	if f.Scope = permission.ScopeAccount; v.PostForm.Get("scope") == string(permission.ScopeProject) {
		f.Scope = permission.ScopeProject
	}
	return f
}

func (f *roleForm) refuse(ctx context.Context, err error) (status int, ok bool) {
	field, message, status, ok := refusal(ctx, err, "name", "slug", "description", "permissions")
	switch field {
	case "name":
		f.NameError = message
	case "slug":
		f.SlugError = message
	case "description":
		f.AboutError = message
	case "permissions":
		f.PermissionsError = message
	default:
		f.Wrong = message
	}
	return status, ok
}

// showNewRole shows an empty form, the entered values after the scope was changed, or a copy of another role.
func (p *pages) showNewRole(v *visit) (reply, error) {
	if err := v.can.CreateRole(); err != nil {
		return reply{}, err
	}
	q := v.URL.Query()
	f := roleForm{Scope: permission.ScopeAccount, Name: q.Get("name"), Slug: q.Get("slug"), About: q.Get("description"), Names: q["permission"]}
	if q.Get("scope") == string(permission.ScopeProject) {
		f.Scope = permission.ScopeProject
	}
	if from := q.Get("from"); from != "" {
		r, err := p.svc.GetRole(v.Context(), v.who, from)
		if err != nil {
			return reply{}, err
		}
		f.Scope, f.Start = r.Scope, r.ID
		if !q.Has("name") { // a copy, not a form that was filled in
			f.Name, f.About = v.say("Copy of {role}", r.Name), r.Description
		}
		own := r.Permissions.Intersect(p.svc.Catalog().GrantableSet(r.Scope)).Minus(v.can.Escalations(r.Scope))
		f.Names = p.svc.Catalog().Names(own)
	}
	if err := v.startingRoles(&f); err != nil {
		return reply{}, err
	}
	v.fill(&f, permission.Set{})
	return reply{status: http.StatusOK, page: roleFormPage(v, f)}, nil
}

// startingRoles lists the roles whose permissions a new role can start with.
func (v *visit) startingRoles(f *roleForm) error {
	all, err := v.choices(f.Scope, f.Start, func(team.Role) error { return nil })
	for _, c := range all {
		f.From = append(f.From, c.Role)
	}
	return err
}

func (p *pages) createRole(v *visit) (reply, error) {
	f := typedRole(v)
	n := team.NewRole{Name: f.Name, Slug: f.Slug, Description: f.About, Scope: f.Scope, Permissions: f.Names}
	if n.Slug == "" {
		n.Slug = team.SlugOf(f.Name)
	}
	r, err := p.svc.CreateRole(v.once("role"), v.who, n)
	if err == nil {
		return done("/roles/"+r.ID, "role-created")
	}
	if again(err) {
		return done("/roles", "role-created")
	}
	status, ok := f.refuse(v.Context(), err)
	if !ok {
		return reply{}, err
	}
	if f.Slug == "" && f.SlugError != "" { // the slug was derived from the name, so the error belongs to the name
		f.NameError, f.SlugError = f.SlugError, ""
	}
	v.fill(&f, permission.Set{})
	return reply{status: status, page: roleFormPage(v, f)}, nil
}

func (p *pages) showRoleForm(v *visit) (reply, error) {
	r, err := p.svc.GetRole(v.Context(), v.who, v.PathValue("id"))
	if err != nil {
		return reply{}, err
	}
	if err := v.can.ChangeRole(r); err != nil {
		return reply{}, err
	}
	f := roleForm{
		ID: r.ID, Scope: r.Scope, Name: r.Name, Slug: r.Slug, About: r.Description, Names: p.svc.Catalog().Names(r.Permissions), Base: version(r.UpdatedAt),
	}
	v.fill(&f, r.Permissions)
	return reply{status: http.StatusOK, page: roleFormPage(v, f)}, nil
}

// changeRole first shows for review who would gain or lose which permissions. Only a reviewed change is saved: if
// someone else changed the role in the meantime, the change is shown for review again.
func (p *pages) changeRole(v *visit) (reply, error) {
	r, err := p.svc.GetRole(v.Context(), v.who, v.PathValue("id"))
	if err != nil {
		return reply{}, err
	}
	if err := v.can.ChangeRole(r); err != nil {
		return reply{}, err
	}
	f := typedRole(v)
	f.ID, f.Scope, f.Slug = r.ID, r.Scope, r.Slug
	set, unknown := p.svc.Catalog().SetOf(f.Names)
	reviewable := unknown < 0 && len(f.Names) > 0
	moved := f.Base != version(r.UpdatedAt) && (set != r.Permissions || f.Name != r.Name || f.About != r.Description)
	if reviewable && (moved || v.PostForm.Get("confirm") == "" && set != r.Permissions) {
		return p.reviewRole(v, f, r, moved)
	}
	change := team.RoleChange{Name: &f.Name, Description: &f.About, Permissions: &f.Names, Base: team.Base{r.UpdatedAt}}
	_, err = p.svc.UpdateRole(v.Context(), v.who, r.ID, change)
	if err == nil {
		return done("/roles/"+r.ID, "role-saved")
	}
	var e *team.Error
	if errors.As(err, &e) && e.Kind == team.KindChanged { // changed between the check above and the write
		if r, err = p.svc.GetRole(v.Context(), v.who, r.ID); err != nil {
			return reply{}, err
		}
		return p.reviewRole(v, f, r, true)
	}
	status, ok := f.refuse(v.Context(), err)
	if !ok {
		return reply{}, err
	}
	v.fill(&f, r.Permissions)
	return reply{status: status, page: roleFormPage(v, f)}, nil
}

func (p *pages) reviewRole(v *visit, f roleForm, r team.Role, moved bool) (reply, error) {
	set, _ := p.svc.Catalog().SetOf(f.Names)
	f.Base = version(r.UpdatedAt)
	w := reviewView{
		roleForm: f, Before: r, Moved: moved,
		Gains: p.permissions(r.Scope, set.Minus(r.Permissions)), Loss: p.permissions(r.Scope, r.Permissions.Minus(set)),
	}
	var err error
	if len(w.Gains)+len(w.Loss) > 0 {
		if w.Effect, err = p.svc.PreviewRole(v.Context(), v.who, r.ID, team.RoleChange{Permissions: &f.Names}); err != nil {
			return reply{}, err
		}
	}
	status := http.StatusOK
	if moved {
		status = http.StatusConflict
	}
	return reply{status: status, page: reviewPage(v, w)}, nil
}

// permissions lists the permissions of a set.
func (p *pages) permissions(scope permission.Scope, set permission.Set) (all []permission.Permission) {
	c := p.svc.Catalog()
	for _, perm := range c.Grantable(scope) {
		if c.Has(set, perm.Name) {
			all = append(all, perm)
		}
	}
	return all
}

func (p *pages) roleDeletion(v *visit) (roleView, error) {
	view, err := p.role(v)
	if err != nil || view.HolderCount == 0 || !view.Delete.OK {
		return view, err
	}
	view.Others, err = v.choices(view.Scope, "", func(r team.Role) error {
		if r.ID == view.ID {
			return errSameRole
		}
		return nil
	})
	return view, err
}

var errSameRole = refusedSameRole.With()

func (p *pages) showRoleDeletion(v *visit) (reply, error) {
	view, err := p.roleDeletion(v)
	return reply{status: http.StatusOK, page: roleDeletionPage(v, view)}, err
}

func (p *pages) deleteRole(v *visit) (reply, error) {
	err := p.svc.DeleteRole(v.Context(), v.who, v.PathValue("id"), v.PostForm.Get("role_id"), nil)
	if err == nil {
		return done("/roles", "role-deleted")
	}
	field, message, status, ok := refusal(v.Context(), err, "reassign_to")
	if !ok {
		return reply{}, err
	}
	var e *team.Error
	inUse := errors.As(err, &e) && e.Code == "role_in_use"
	view, err := p.roleDeletion(v)
	if inUse || field == "reassign_to" {
		view.ReassignError = message
	} else {
		view.Wrong = message
	}
	return reply{status: status, page: roleDeletionPage(v, view)}, err
}
