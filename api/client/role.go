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

// RoleService works on the roles the account can use: its own and the system's.
type RoleService struct{ c *Client }

// ListRolesOptions selects roles; an empty Scope means both.
type ListRolesOptions struct {
	Scope string // api.ScopeAccount or api.ScopeProject
	ListOptions
}

// DeleteRoleOptions says what becomes of those who have the role. Without ReassignTo a role in use is not deleted:
// code "role_in_use", with its Holders.
type DeleteRoleOptions struct {
	ReassignTo string // id of another role of the same scope
}

// List returns one page of roles: the system's first, then by name.
func (s *RoleService) List(ctx context.Context, o ListRolesOptions) (*api.Page[api.Role], error) {
	q := o.query()
	set(q, "scope", o.Scope)
	return list[api.Role](ctx, s.c, rolesPath, q)
}

// All walks the roles to the end, a page at a time.
func (s *RoleService) All(ctx context.Context, o ListRolesOptions) iter.Seq2[api.Role, error] {
	return all(o.ListOptions, func(lo ListOptions) (*api.Page[api.Role], error) {
		o := o
		o.ListOptions = lo
		return s.List(ctx, o)
	})
}

// Get returns one role.
func (s *RoleService) Get(ctx context.Context, id string) (*api.Role, error) {
	return get[api.Role](ctx, s.c, rolePath, id)
}

// Create makes a role of the account's own.
func (s *RoleService) Create(ctx context.Context, in api.CreateRoleRequest, opts ...CallOption) (*api.Role, error) {
	return fetch[api.Role](ctx, s.c, request{method: http.MethodPost, path: rolesPath, body: in}, opts...)
}

// Update changes a role for everyone who has it, from their next request on. AddPermissions and RemovePermissions change
// the permissions the role has when the request arrives; Permissions replaces them all, whoever changed them meanwhile,
// unless UpdatedAt says for which version of the role it was made: another one is refused, see IsChanged.
func (s *RoleService) Update(ctx context.Context, id string, in api.UpdateRoleRequest, opts ...CallOption) (*api.Role, error) {
	return write[api.Role](ctx, s.c, http.MethodPatch, in, opts, rolePath, id)
}

// Delete removes a role of the account's own.
func (s *RoleService) Delete(ctx context.Context, id string, o DeleteRoleOptions) (*api.Done, error) {
	q := url.Values{}
	set(q, "reassign_to", o.ReassignTo)
	return del(ctx, s.c, q, rolePath, id)
}
