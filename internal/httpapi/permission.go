package httpapi

import (
	"context"

	"raff/api"
	"raff/internal/team"
)

func (s *server) listPermissions(_ context.Context, c *call) (any, error) {
	scope, err := c.scope()
	if err != nil {
		return nil, err
	}
	rows := s.svc.Catalog().Permissions(scope)
	return pageOf(team.Page{}, rows, len(rows), permission, nil), nil
}

func permission(p *team.Permission) api.Permission {
	return api.Permission{Name: p.Name, Description: p.Description, Scope: string(p.Scope), Category: p.Category, Removes: p.Removes}
}
