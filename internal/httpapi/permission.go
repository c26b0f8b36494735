package httpapi

import (
	"context"

	"raff/api"
	"raff/internal/permission"
	"raff/internal/rest"
	"raff/internal/team"
)

func (s *server) listPermissions(_ context.Context, c *call) (any, error) {
	scope, err := c.scope()
	if err != nil {
		return nil, err
	}
	rows := s.svc.Catalog().Permissions(scope)
	return rest.PageOf(team.Page{}, rows, len(rows), permissionOf, nil), nil
}

func permissionOf(p *permission.Permission) api.Permission {
	return api.Permission{Name: p.Name, Description: p.Description, Scope: string(p.Scope), Category: p.Category, Removes: p.Removes}
}
