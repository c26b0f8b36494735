package team

import (
	"context"
	"regexp"
	"strings"
	"time"

	"raff/internal/event"
	"raff/internal/permission"
)

// Role is a named set of permissions of one scope.
type Role struct {
	ID string
	// AccountID is empty for system roles, which every account has.
	AccountID   string
	Name        string
	Slug        string
	Description string
	Scope       permission.Scope
	// Permissions of the Owner role are all permissions of both scopes.
	Permissions permission.Set
	IsSystem    bool
	CreatedBy   string
	CreatedAt   time.Time
	UpdatedAt   time.Time

	// ExternalIDs are only set by Identify, and in the result of a change. A store neither reads nor writes them.
	ExternalIDs ExternalIDs
}

// IsOwner reports whether this is the role that grants everything.
func (r Role) IsOwner() bool {
	return r.IsSystem && r.Scope == permission.ScopeAccount && r.Slug == permission.OwnerSlug
}

// NewRole describes a new custom role. Its slug and scope never change.
type NewRole struct {
	Name, Slug, Description string
	Scope                   permission.Scope
	Permissions             []string
	ExternalIDs             ExternalIDs
}

// RoleChange changes the fields that are not nil. Permissions replaces the whole set; Add and Remove change the set that
// the role has at the time of the change.
type RoleChange struct {
	Name, Description *string
	Permissions       *[]string
	Add, Remove       []string
	// ExternalIDs changes the external ids of the role.
	ExternalIDs ExternalIDChange
	// Base is the version that the change was made for.
	Base Base
}

func (c RoleChange) check() error {
	parts := len(c.Add) > 0 || len(c.Remove) > 0
	switch {
	case c.Name == nil && c.Description == nil && c.Permissions == nil && !parts && len(c.ExternalIDs) == 0:
		return RefusalNoRoleChange.With()
	case c.Permissions != nil && parts:
		return RefusalPermissionsTwoWays.With()
	}
	if c.Name != nil {
		if err := CheckName(*c.Name, 64); err != nil {
			return err
		}
	}
	if c.Description != nil {
		if err := checkDescription(*c.Description, 500); err != nil {
			return err
		}
	}
	return c.ExternalIDs.check()
}

// handOut are the account permissions that allow assigning roles, and therefore viewing them.
var handOut = []string{permission.RolesView, permission.RolesManage, permission.MembersManage, permission.MembersInvite, permission.APIKeysCreate}

// ListRoles lists the roles that the account can use: system roles first, then by name.
func (s *Service) ListRoles(ctx context.Context, p *Principal, f RoleFilter) ([]Role, int, error) {
	f.AccountID = p.AccountID
	if err := s.mayViewRoles(ctx, p); err != nil {
		return nil, 0, err
	}
	switch f.Scope {
	case "", permission.ScopeAccount, permission.ScopeProject:
	default:
		return nil, 0, RefusalUnknownScope.With()
	}
	return s.store.Roles(ctx, f)
}

// RoleUse is the number of people, including invited ones, and API keys that have an account role, or the number of their
// memberships of projects with a project role.
type RoleUse struct{ People, Keys int }

// RoleUse returns how many have each of these roles, by role id: project roles in the projects whose members the caller may see. Roles
// without such holders have no entry.
func (s *Service) RoleUse(ctx context.Context, p *Principal, roleIDs []string) (map[string]RoleUse, error) {
	if err := s.mayViewRoles(ctx, p); err != nil {
		return nil, err
	}
	all, projects, err := s.projectsWith(ctx, p, memberViewers.project...)
	if err != nil {
		return nil, err
	}
	if all {
		return s.store.RoleUse(ctx, p.AccountID, roleIDs)
	}
	return s.store.RoleUseIn(ctx, append(projects, p.AccountID), roleIDs)
}

// GetRole returns a role.
func (s *Service) GetRole(ctx context.Context, p *Principal, id string) (Role, error) {
	if err := s.mayViewRoles(ctx, p); err != nil {
		return Role{}, err
	}
	return s.store.Role(ctx, p.AccountID, id)
}

// mayViewRoles allows viewing roles to everyone who may assign one, in the account or in any project.
func (s *Service) mayViewRoles(ctx context.Context, p *Principal) error {
	refused := s.Require(p, handOut...)
	if refused == nil {
		return nil
	}
	ms, err := s.store.MembershipsOf(ctx, p.AccountID, p.canonical)
	if err != nil {
		return err
	}
	for _, m := range ms {
		if s.mayAny(p, &m, permission.ProjectMembersManage, permission.ProjectMembersInvite) {
			return nil
		}
	}
	return refused
}

var slugPattern = regexp.MustCompile(`^[a-z0-9-]+$`)

// CreateRole creates a custom role.
func (s *Service) CreateRole(ctx context.Context, p *Principal, n NewRole) (Role, error) {
	if err := s.Require(p, permission.RolesCreate); err != nil {
		return Role{}, err
	}
	if err := CheckName(n.Name, 64); err != nil {
		return Role{}, err
	}
	if len(n.Slug) > 64 || !slugPattern.MatchString(n.Slug) {
		return Role{}, RefusalInvalidSlug.With()
	}
	if err := checkDescription(n.Description, 500); err != nil {
		return Role{}, err
	}
	if n.Scope != permission.ScopeAccount && n.Scope != permission.ScopeProject {
		return Role{}, RefusalUnknownScope.With()
	}
	if err := n.ExternalIDs.change().check(); err != nil {
		return Role{}, err
	}
	set, err := s.permissionSet("permissions", n.Scope, n.Permissions)
	if err != nil {
		return Role{}, err
	}
	var r Role
	err = s.write(ctx, p, Shared, func(w *work) error {
		if err := s.Require(w.p, permission.RolesCreate); err != nil {
			return err
		}
		if err := w.mayCompose(n.Scope, set, nil); err != nil {
			return err
		}
		r = Role{
			ID: s.newID(), AccountID: w.p.AccountID, Name: n.Name, Slug: n.Slug, Description: n.Description, Scope: n.Scope,
			Permissions: set, CreatedBy: w.p.by(), CreatedAt: w.at, UpdatedAt: w.at,
		}
		if err := w.roleFree(r); err != nil {
			return err
		}
		if err := w.room(CountedRoles); err != nil {
			return err
		}
		ok, err := w.InsertRole(ctx, r)
		if err != nil {
			return err
		}
		if !ok {
			if err := w.roleFree(r); err != nil {
				return err
			}
			return RefusalRoleNameJustTaken.With()
		}
		if err := w.recordRole(r, event.RoleCreated{Permissions: s.catalog.Names(set)}); err != nil {
			return err
		}
		_, err = w.identify(&r, n.ExternalIDs.change())
		w.made = r
		return err
	})
	return r, err
}

// permissionSet validates the permissions of a role of this scope, given in a field.
func (s *Service) permissionSet(field string, scope permission.Scope, names []string) (permission.Set, error) {
	if len(names) == 0 {
		return permission.Set{}, RefusalNoPermissions.At(field, scope)
	}
	set, unknown := s.catalog.SetOf(names)
	if unknown >= 0 {
		near := s.catalog.Nearest(names[unknown], scope)
		e := RefusalUnknownPermission.At(field, Shorten(names[unknown]), near)
		e.Suggestion = near
		return permission.Set{}, e
	}
	if other := set.Minus(s.catalog.GrantableSet(scope)); !other.Empty() {
		return permission.Set{}, RefusalPermissionScope.At(field, scope, strings.Join(s.catalog.Names(other), ", "))
	}
	return set, nil
}

// Shorten returns the beginning of a text, for a message that quotes it.
func Shorten(s string) string {
	n := 0
	for at := range s {
		if n++; n > 80 {
			return s[:at] + "…"
		}
	}
	return s
}

// roleFree returns an error that names the existing role if the slug or name of r is taken.
func (w *work) roleFree(r Role) error {
	o, err := w.RoleLike(w.ctx, r)
	switch {
	case err != nil:
		return NotFoundIs(err, nil)
	case o.Slug == r.Slug:
		e := RefusalRoleSlugTaken.With(r.Scope, o.Name, r.Slug)
		e.Field = "slug"
		return e
	}
	e := RefusalRoleNameTaken.With(r.Scope, o.Name)
	e.Field = "name"
	return e
}

// UpdateRole changes a custom role. The change takes effect on the next request of everyone who has it.
func (s *Service) UpdateRole(ctx context.Context, p *Principal, id string, c RoleChange) (Role, error) {
	if err := s.Require(p, permission.RolesManage); err != nil {
		return Role{}, err
	}
	if err := c.check(); err != nil {
		return Role{}, err
	}
	if err := s.checkNames(ctx, p, id, c); err != nil {
		return Role{}, err
	}
	var r Role
	err := s.write(ctx, p, Exclusive, func(w *work) error {
		if err := s.Require(w.p, permission.RolesManage); err != nil {
			return err
		}
		var err error
		if r, err = w.customRole(id); err != nil {
			return err
		}
		if err := c.Base.matches(r.UpdatedAt); err != nil {
			return err
		}
		before := r
		if err := w.updateRole(&r, c); err != nil {
			return err
		}
		return w.reidentify(&r, c.ExternalIDs, before.UpdatedAt, &r.UpdatedAt)
	})
	return r, err
}

func (w *work) updateRole(r *Role, c RoleChange) error {
	before := *r
	if err := w.changeRole(r, c); err != nil {
		return err
	}
	changed, ok := roleDiff(w.s.catalog, before, *r)
	if !ok {
		return nil
	}
	r.UpdatedAt = w.since(before.UpdatedAt)
	if err := w.UpdateRole(w.ctx, *r); err != nil {
		return err
	}
	if r.Scope == permission.ScopeAccount {
		if err := w.managerLeft(); err != nil {
			return err
		}
	}
	return w.recordRole(*r, changed)
}

func (g *guard) customRole(id string) (Role, error) {
	r, err := g.Role(g.ctx, g.p.AccountID, id)
	if err == nil && r.IsSystem {
		return Role{}, RefusalSystemRole.With(r.Name)
	}
	return r, err
}

func (w *work) changeRole(r *Role, c RoleChange) error {
	if c.Name != nil && *c.Name != r.Name {
		r.Name = *c.Name
		if err := w.roleFree(*r); err != nil {
			return err
		}
	}
	if c.Description != nil {
		r.Description = *c.Description
	}
	set, err := w.s.changedSet(*r, c)
	if err != nil || set == r.Permissions {
		return err
	}
	holders, _, err := w.RoleHolders(w.ctx, w.p.AccountID, r.ID, allHolders)
	if err != nil {
		return err
	}
	if err := w.supportMayReshape(holders); err != nil {
		return err
	}
	added := set.Minus(r.Permissions)
	r.Permissions = set
	return w.mayCompose(r.Scope, added, holders)
}

// checkNames validates the permissions of a change before the transaction, so that comparing names does not delay other
// changes.
func (s *Service) checkNames(ctx context.Context, p *Principal, id string, c RoleChange) error {
	given := map[string][]string{"add_permissions": c.Add, "remove_permissions": c.Remove}
	if c.Permissions != nil {
		given["permissions"] = *c.Permissions
	}
	var scope permission.Scope
	for field, names := range given {
		if len(names) == 0 && (field != "permissions" || c.Permissions == nil) {
			continue
		}
		if scope == "" {
			r, err := s.store.Role(ctx, p.AccountID, id)
			if err != nil || r.IsSystem { // the change itself will be refused
				return err
			}
			scope = r.Scope
		}
		if _, err := s.permissionSet(field, scope, names); err != nil {
			return err
		}
	}
	return nil
}

// changedSet returns the permissions of the role after the change.
func (s *Service) changedSet(r Role, c RoleChange) (permission.Set, error) {
	if c.Permissions != nil {
		return s.permissionSet("permissions", r.Scope, *c.Permissions)
	}
	set := r.Permissions
	if len(c.Remove) > 0 {
		less, err := s.permissionSet("remove_permissions", r.Scope, c.Remove)
		if err != nil {
			return set, err
		}
		if set = set.Minus(less); set.Empty() && len(c.Add) == 0 {
			return set, RefusalLastPermission.With()
		}
	}
	if len(c.Add) > 0 {
		more, err := s.permissionSet("add_permissions", r.Scope, c.Add)
		if err != nil {
			return set, err
		}
		set = set.Union(more)
	}
	return set, nil
}

// allHolders is larger than the number of holders of any role.
const allHolders = 1 << 30

// roleDiff returns what changed between two versions of a role; ok is false if nothing changed.
func roleDiff(c *permission.Catalog, a, b Role) (d event.RoleUpdated, ok bool) {
	d.Name = event.Changed(a.Name, b.Name)
	d.Description = event.Changed(a.Description, b.Description)
	plus, minus := b.Permissions.Minus(a.Permissions), a.Permissions.Minus(b.Permissions)
	if !plus.Empty() {
		d.Added = c.Names(plus)
	}
	if !minus.Empty() {
		d.Removed = c.Names(minus)
	}
	return d, d.Name != nil || d.Description != nil || d.Added != nil || d.Removed != nil
}

// DeleteRole deletes a custom role without holders. With reassignTo, its holders get that role first, each under the same
// rules as a single change. base is the version of the role that the caller has seen.
func (s *Service) DeleteRole(ctx context.Context, p *Principal, id, reassignTo string, base Base) error {
	return s.write(ctx, p, Exclusive, func(w *work) error {
		if err := s.Require(w.p, permission.RolesDelete); err != nil {
			return err
		}
		r, err := w.customRole(id)
		if err != nil {
			return err
		}
		if err := base.matches(r.UpdatedAt); err != nil {
			return err
		}
		n := 20
		if reassignTo != "" {
			n = allHolders
		}
		holders, total, err := w.RoleHolders(ctx, w.p.AccountID, id, n)
		if err != nil {
			return err
		}
		if total > 0 && reassignTo == "" {
			e := RefusalRoleInUse.With(total)
			e.Holders, e.HolderCount = holders, total
			return e
		}
		if err := w.reassign(r, holders, reassignTo); err != nil {
			return err
		}
		if err := w.DeleteRole(ctx, id); err != nil {
			return err
		}
		return w.recordRole(r, event.RoleDeleted{Permissions: s.catalog.Names(r.Permissions), Reassigned: total})
	})
}

func (w *work) reassign(from Role, holders []Member, to string) error {
	if len(holders) == 0 {
		return nil
	}
	role, err := w.Role(w.ctx, w.p.AccountID, to)
	if err != nil {
		return NotFoundIs(err, invalidReference("reassign_to", "role"))
	}
	if role.Scope != from.Scope {
		return RefusalRoleScope.At("reassign_to", role.Name, role.Scope, from.Scope)
	}
	if role.ID == from.ID {
		return RefusalReassignToItself.With()
	}
	for _, m := range holders {
		if err := w.mayReassign(m); err != nil {
			return err
		}
		before := m
		delegated, err := w.changeMember(&m, MemberChange{RoleID: &role.ID})
		if err != nil {
			return err
		}
		m.UpdatedAt = w.since(before.UpdatedAt)
		if err := w.UpdateMember(w.ctx, m); err != nil {
			return err
		}
		if err := w.standFor(before, &m); err != nil {
			return err
		}
		if err := w.recordMember(m, delegated, memberDiff(before, m)); err != nil {
			return err
		}
	}
	return w.managerLeft()
}

// mayReassign requires the permission to change the membership itself, so that deleting a role cannot bypass it.
func (g *guard) mayReassign(m Member) error {
	if m.ProjectID == "" {
		return g.s.Require(g.p, permission.MembersManage)
	}
	return g.s.requireIn(g.ctx, g, g.p, m.ProjectID, []string{permission.ProjectMembersManage}, permission.MembersManage)
}

func (w *work) recordRole(r Role, p event.Payload) error {
	return w.record(event.Target{TargetType: "role", TargetID: r.ID, TargetName: r.Name}, p)
}
