package team

import (
	"context"

	"raff/internal/permission"
)

// Whoami describes the caller.
type Whoami struct {
	Principal *Principal
	Account   Account
	Role      *Role
	// Permissions are the effective account permissions in catalog order.
	Permissions []string
	// Projects are the projects in which the caller has a role of their own.
	Projects []Member
}

// Whoami returns the caller with account, role and effective permissions. Every valid credential may ask.
func (s *Service) Whoami(ctx context.Context, p *Principal) (Whoami, error) {
	ms, err := s.store.MembershipsOf(ctx, p.AccountID, p.canonical)
	if err != nil {
		return Whoami{}, err
	}
	account := s.catalog.GrantableSet(permission.ScopeAccount)
	out := Whoami{Principal: p, Account: p.account, Role: p.role, Permissions: s.catalog.Names(p.grants.Account.Permissions.Intersect(account))}
	for _, m := range ms {
		if g := grantOf(&m); m.ProjectID != "" && g.live(s.Now()) {
			out.Projects = append(out.Projects, m)
		}
	}
	return out, nil
}
