package team

import "errors"

// Counted is a kind of thing of which an account may not have any number.
type Counted string

// What is counted. An invitation counts until it is accepted, cancelled or removed.
const (
	CountedRoles       Counted = "roles"
	CountedProjects    Counted = "projects"
	CountedAPIKeys     Counted = "api_keys"
	CountedInvitations Counted = "invitations"
)

// Quotas bound how many of each an account may have, and how many sessions a person. They bound what a list, a page or a check
// has to look at. The operator sets them; none is below 1.
type Quotas struct{ Roles, Projects, APIKeys, Invitations, Sessions int }

// DefaultQuotas are far above what a team needs, and far below what slows others down.
func DefaultQuotas() Quotas {
	return Quotas{Roles: 1000, Projects: 5000, APIKeys: 5000, Invitations: 10_000, Sessions: 100}
}

// quotas says of each kind what it is called, which quota holds and what makes room.
var quotas = map[Counted]struct {
	name, relief string
	of           func(Quotas) int
}{
	CountedRoles:       {"custom roles", "Delete unused roles", func(q Quotas) int { return q.Roles }},
	CountedProjects:    {"projects", "Delete unused projects", func(q Quotas) int { return q.Projects }},
	CountedAPIKeys:     {"API keys", "Revoke unused keys", func(q Quotas) int { return q.APIKeys }},
	CountedInvitations: {"open invitations", "Cancel some of them, or wait until they are accepted", func(q Quotas) int { return q.Invitations }},
}

// errCrowded says that a change which runs beside others came so near to a quota that it has to run alone.
var errCrowded = errors.New("near a quota: run alone")

// besides is how many changes may run side by side before one sees what the others added.
const besides = 100

// room makes sure that one more may be added, and counts it as added. Changes that run side by side do not see each
// other's, so near the quota one has to run alone.
func (w *work) room(what Counted) error {
	left, counted := w.left[what]
	if !counted {
		n, err := w.Count(w.ctx, w.p.AccountID, what)
		if err != nil {
			return err
		}
		left = quotas[what].of(w.s.quotas) - n
		if w.left == nil {
			w.left = map[Counted]int{}
		}
	}
	if left < 1 {
		limit := quotas[what].of(w.s.quotas)
		return Conflict("limit_reached", "This account has %d %s, and the limit is %d. %s, or ask the operator of this server for a higher limit.",
			limit-left, quotas[what].name, limit, quotas[what].relief)
	}
	if left-1 < besides*max(1, w.each) && !w.alone {
		return errCrowded
	}
	w.left[what] = left - 1
	return nil
}
