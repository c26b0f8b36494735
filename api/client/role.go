package client

import (
	"context"
	"iter"
	"net/http"
	"net/url"

	"raff/api"
)

const (
	rolesPath = "/api/v1/roles"
	rolePath  = "/api/v1/roles/%s"
)

// RoleService manages the roles of the account: system roles and custom roles.
type RoleService struct{ c *Client }

// ListRolesOptions select roles. An empty Scope means both scopes.
type ListRolesOptions struct {
	Scope      string // api.ScopeAccount or api.ScopeProject
	ExternalID string // SOURCE:ID
	ListOptions
}

// DeleteRoleOptions are the options of Delete. Without ReassignTo, a role in use is not deleted: the error has the code
// "role_in_use" and Holders.
type DeleteRoleOptions struct {
	ReassignTo string // id of another role of the same scope
}

// List returns one page of roles: system roles first, then by name.
func (s *RoleService) List(ctx context.Context, o ListRolesOptions) (*api.Page[api.Role], error) {
	q := o.query()
	set(q, "scope", o.Scope)
	set(q, "external_id", o.ExternalID)
	return list[api.Role](ctx, s.c, rolesPath, q)
}

// All iterates over all roles, fetching one page at a time.
func (s *RoleService) All(ctx context.Context, o ListRolesOptions) iter.Seq2[api.Role, error] {
	return all(o.ListOptions, func(lo ListOptions) (*api.Page[api.Role], error) {
		o := o
		o.ListOptions = lo
		return s.List(ctx, o)
	})
}

// Get returns a role.
func (s *RoleService) Get(ctx context.Context, id string) (*api.Role, error) {
	return get[api.Role](ctx, s.c, rolePath, id)
}

// Create creates a custom role.
func (s *RoleService) Create(ctx context.Context, in api.CreateRoleRequest, opts ...CallOption) (*api.Role, error) {
	return fetch[api.Role](ctx, s.c, request{method: http.MethodPost, path: rolesPath, body: in}, opts...)
}

// Update changes a custom role, which takes effect on the holders' next request. AddPermissions and RemovePermissions
// change the role's current permissions. Permissions replaces them all, including concurrent changes, unless UpdatedAt is
// set: if the role has changed since, the error satisfies IsChanged.
func (s *RoleService) Update(ctx context.Context, id string, in api.UpdateRoleRequest, opts ...CallOption) (*api.Role, error) {
	return write[api.Role](ctx, s.c, http.MethodPatch, in, opts, rolePath, id)
}

// Preview returns what a change of a role would change, and for whom, without changing anything. It also accepts a system
// role.
func (s *RoleService) Preview(ctx context.Context, id string, in api.UpdateRoleRequest) (*api.RolePreview, error) {
	return post[api.RolePreview](ctx, s.c, in, nil, rolePath+"/preview", id)
}

// Delete deletes a custom role.
func (s *RoleService) Delete(ctx context.Context, id string, o DeleteRoleOptions) (*api.Done, error) {
	q := url.Values{}
	set(q, "reassign_to", o.ReassignTo)
	return del(ctx, s.c, q, rolePath, id)
}
