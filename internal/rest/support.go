package rest

import (
	"time"

	"raff/api"
	"raff/internal/team"
)

// SupportGrant is support access as the APIs write it; nil if there is none.
func SupportGrant(g *team.SupportGrant) *api.SupportGrant {
	if g.ID == "" {
		return nil
	}
	return &api.SupportGrant{Level: string(g.Level), Reason: g.Reason, GrantedBy: g.GrantedByName, GrantedAt: Stamp(g.CreatedAt), ExpiresAt: Stamp(g.ExpiresAt)}
}

// SupportAccess is support access with its sessions as the APIs write them.
func SupportAccess(a *team.SupportAccess) api.SupportAccess {
	out := api.SupportAccess{Grant: SupportGrant(&a.Grant), Sessions: make([]api.SupportSession, len(a.Sessions))}
	for i, s := range a.Sessions {
		out.Sessions[i] = api.SupportSession{
			ID: s.ID, Person: s.Person, Reason: s.Reason, OperatorKey: s.OperatorKeyName, OpenedAt: Stamp(s.CreatedAt), ExpiresAt: Stamp(s.ExpiresAt),
			Requests: s.Requests, LastUsedAt: StampOf(s.LastUsedAt),
		}
	}
	return out
}

// Units is a duration that a request gives as a number; 0 if it gives none. A number that is not positive stays out of every range.
func Units(n *int, unit time.Duration) time.Duration {
	if n == nil {
		return 0
	}
	if *n <= 0 {
		return -1
	}
	return time.Duration(min(*n, 100_000)) * unit
}
