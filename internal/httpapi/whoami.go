package httpapi

import (
	"context"

	"raff/api"
	"raff/internal/rest"
	"raff/internal/team"
)

func (s *server) whoami(ctx context.Context, c *call) (any, error) {
	w, err := s.svc.Whoami(ctx, c.who)
	if err != nil {
		return nil, err
	}
	return rest.One(s.whoamiOf(w)), nil
}

func (s *server) whoamiOf(w team.Whoami) api.Whoami {
	p := w.Principal
	out := api.Whoami{
		Principal: api.WhoamiPrincipal{
			Type: string(p.Type), ID: p.ID, Name: p.Name, Email: p.Email, MemberID: rest.Filled(p.MemberID), IsOwner: p.Owner,
		},
		Account:     api.WhoamiAccount{ID: w.Account.ID, Name: w.Account.Name},
		Permissions: w.Permissions,
		Projects:    make([]api.WhoamiProject, len(w.Projects)),
	}
	if w.Role != nil {
		out.Role = &api.WhoamiRole{ID: w.Role.ID, Name: w.Role.Name, Slug: w.Role.Slug}
	}
	for i, a := range w.Projects {
		out.Projects[i] = api.WhoamiProject{
			ID: a.ProjectID, Name: a.ProjectName, Role: a.Role.Slug, Permissions: s.svc.Catalog().Names(a.Role.Permissions),
		}
	}
	return out
}
