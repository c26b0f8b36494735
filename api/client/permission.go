package client

import (
	"context"
	"net/url"

	"raff/api"
)

// PermissionService reads the catalog of permissions.
type PermissionService struct{ c *Client }

// List returns the permissions of a scope, or of both if scope is empty, in catalog order.
func (s *PermissionService) List(ctx context.Context, scope string) ([]api.Permission, error) {
	q := url.Values{}
	set(q, "scope", scope)
	p, err := list[api.Permission](ctx, s.c, "/api/v1/permissions", q)
	if err != nil {
		return nil, err
	}
	return p.Data, nil
}
