package httpapi

import (
	"context"

	"raff/api"
	"raff/internal/permission"
	"raff/internal/rest"
	"raff/internal/team"
)

func (s *server) listRoles(ctx context.Context, c *call) (any, error) {
	var f team.RoleFilter
	var err error
	if f.Page, err = c.Page(defaultLimit); err != nil {
		return nil, err
	}
	if f.Scope, err = c.scope(); err != nil {
		return nil, err
	}
	if f.ExternalID, err = c.ExternalID(); err != nil {
		return nil, err
	}
	rows, total, err := s.svc.ListRoles(ctx, c.who, f)
	if err != nil {
		return nil, err
	}
	if err := team.Identify(ctx, s.svc, c.who, rows); err != nil {
		return nil, err
	}
	return rest.PageOf(f.Page, rows, total, s.role, nil), nil
}

func (c *call) scope() (permission.Scope, error) {
	v, err := c.Choice("scope", api.ScopeAccount, api.ScopeProject)
	return permission.Scope(v), err
}

func (s *server) createRole(ctx context.Context, c *call) (any, error) {
	var b api.CreateRoleRequest
	if err := c.Decode(&b); err != nil {
		return nil, err
	}
	n := team.NewRole{ExternalIDs: team.ExternalIDs(b.ExternalIDs)}
	var err error
	if n.Name, err = rest.Required("name", b.Name); err != nil {
		return nil, err
	}
	if n.Slug, err = rest.Required("slug", b.Slug); err != nil {
		return nil, err
	}
	scope, err := rest.Required("scope", b.Scope)
	if err != nil {
		return nil, err
	}
	n.Scope = permission.Scope(scope)
	if b.Description != nil {
		n.Description = *b.Description
	}
	if b.Permissions != nil {
		n.Permissions = *b.Permissions
	}
	r, err := s.svc.CreateRole(ctx, c.who, n)
	return rest.One(s.role(&r)), err
}

func (s *server) getRole(ctx context.Context, c *call) (any, error) {
	r, err := s.svc.GetRole(ctx, c.who, c.PathID("id"))
	if err == nil {
		err = team.IdentifyOne(ctx, s.svc, c.who, &r)
	}
	return rest.One(s.role(&r)), err
}

func (c *call) roleChange() (change team.RoleChange, err error) {
	var b api.UpdateRoleRequest
	if err := c.Decode(&b); err != nil {
		return change, err
	}
	change = team.RoleChange{Name: b.Name, Description: b.Description, Permissions: b.Permissions, ExternalIDs: changeOf(b.ExternalIDs)}
	if b.AddPermissions != nil {
		change.Add = *b.AddPermissions
	}
	if b.RemovePermissions != nil {
		change.Remove = *b.RemovePermissions
	}
	change.Base, err = c.base(b.UpdatedAt)
	return change, err
}

func (s *server) updateRole(ctx context.Context, c *call) (any, error) {
	change, err := c.roleChange()
	if err != nil {
		return nil, err
	}
	r, err := s.svc.UpdateRole(ctx, c.who, c.PathID("id"), change)
	return rest.One(s.role(&r)), err
}

func (s *server) previewRole(ctx context.Context, c *call) (any, error) {
	change, err := c.roleChange()
	if err != nil {
		return nil, err
	}
	p, err := s.svc.PreviewRole(ctx, c.who, c.PathID("id"), change)
	out := api.RolePreview{
		Added: listed(p.Added), Removed: listed(p.Removed), People: p.People, APIKeys: p.Keys, Total: p.Total, Unchanged: p.Others,
		Changes: make([]api.RolePreviewChange, len(p.Effects)),
	}
	for i, e := range p.Effects {
		out.Changes[i] = api.RolePreviewChange{
			MemberID: e.MemberID, PrincipalType: string(e.Type), Email: e.Email, Name: e.Name, ProjectID: e.ProjectID, ProjectName: e.ProjectName,
			Gains: listed(e.Gains), Loses: listed(e.Loses),
		}
	}
	return rest.One(out), err
}

// listed returns an empty list instead of nil, which would be null.
func listed(all []string) []string {
	if all == nil {
		return []string{}
	}
	return all
}

func (s *server) deleteRole(ctx context.Context, c *call) (any, error) {
	to, err := c.UUID("reassign_to")
	if err != nil {
		return nil, err
	}
	base, err := c.base(nil)
	if err != nil {
		return nil, err
	}
	return rest.Done("Role deleted."), s.svc.DeleteRole(ctx, c.who, c.PathID("id"), to, base)
}

// role converts a role to its API form. The Owner role has the permissions of both scopes; the API shows those of its
// own scope.
func (s *server) role(r *team.Role) api.Role {
	catalog := s.svc.Catalog()
	return api.Role{
		ID: r.ID, AccountID: rest.Filled(r.AccountID), Name: r.Name, Slug: r.Slug, Description: r.Description, Scope: string(r.Scope),
		Permissions: catalog.Names(r.Permissions.Intersect(catalog.GrantableSet(r.Scope))), IsSystem: r.IsSystem,
		CreatedBy: rest.Filled(r.CreatedBy), CreatedAt: rest.Stamp(r.CreatedAt), UpdatedAt: rest.Stamp(r.UpdatedAt),
		ExternalIDs: api.ExternalIDs(r.ExternalIDs),
	}
}
