package team

import (
	"errors"
	"math"
)

// Counted is a kind of thing whose number per account is limited.
type Counted string

// The kinds. An invitation counts until it is accepted, cancelled or removed.
const (
	CountedRoles       Counted = "roles"
	CountedProjects    Counted = "projects"
	CountedAPIKeys     Counted = "api_keys"
	CountedInvitations Counted = "invitations"
	CountedExternalIDs Counted = "external_ids"
	// CountedPeople are the active members of the account who are people. They have no quota.
	CountedPeople Counted = "people"
	// CountedMembers are all people who are members of the account or of any of its projects, each counted once, including
	// those who are invited. They have a limit only if the operator sets one; see AccountLimits.
	CountedMembers Counted = "members"
)

// Quotas are the maximum numbers per account, and of sessions per user. They limit the work of lists, pages and checks. The
// operator sets them; each is at least 1.
type Quotas struct{ Roles, Projects, APIKeys, Invitations, ExternalIDs, Sessions int }

// DefaultQuotas returns quotas that are far above what a team needs, and low enough that no account slows down others.
func DefaultQuotas() Quotas {
	return Quotas{Roles: 1000, Projects: 5000, APIKeys: 5000, Invitations: 10_000, ExternalIDs: 100_000, Sessions: 100}
}

// quotas has for each kind its name, its quota, and what frees up space.
var quotas = map[Counted]struct {
	name, relief string
	of           func(Quotas) int
}{
	CountedRoles:       {"custom roles", "Delete unused roles", func(q Quotas) int { return q.Roles }},
	CountedProjects:    {"projects", "Delete unused projects", func(q Quotas) int { return q.Projects }},
	CountedAPIKeys:     {"API keys", "Revoke unused keys", func(q Quotas) int { return q.APIKeys }},
	CountedInvitations: {"open invitations", "Cancel some of them, or wait until they are accepted", func(q Quotas) int { return q.Invitations }},
	CountedMembers:     {"members and invited people", "Remove someone, or cancel an invitation", func(Quotas) int { return math.MaxInt32 }},
	CountedExternalIDs: {"external ids", "Remove unused ones", func(q Quotas) int { return q.ExternalIDs }},
}

// errCrowded means that a concurrent change is so close to a quota that it has to run exclusively.
var errCrowded = errors.New("near a quota: run alone")

// besides is how many changes may run concurrently before one sees what the others added.
const besides = 100

// room checks that one more may be added, and counts it as added. Concurrent changes do not see each other's additions,
// so close to the quota a change has to run exclusively.
func (w *work) room(what Counted) error { return w.roomFor(what, 1) }

// roomFor is room for n more.
func (w *work) roomFor(what Counted, n int) error {
	left, counted := w.left[what]
	if !counted {
		used, err := w.Count(w.ctx, w.p.AccountID, what)
		if err != nil {
			return err
		}
		if w.left == nil {
			w.left = map[Counted]int{}
		}
		left = w.limit(what) - used
		w.left[what] = left
	}
	left -= w.taken[what]
	if left < n {
		limit := w.limit(what)
		e := RefusalLimitReached.With(limit-left, Phrase{Text: quotas[what].name}, limit, Phrase{Text: quotas[what].relief})
		e.Current, e.Limit = limit-left, &limit
		return e
	}
	if left-n < besides*max(1, w.each) && !w.alone {
		return errCrowded
	}
	if w.taken == nil {
		w.taken = map[Counted]int{}
	}
	w.taken[what] += n
	return nil
}

// limit returns the maximum number of things of a kind in the account.
func (w *work) limit(what Counted) int {
	limit := quotas[what].of(w.s.quotas)
	if own := w.p.account.Limits.of(what).Number(); own != nil {
		limit = min(limit, *own)
	}
	return limit
}

// seat checks that the limit of members allows adding a person who is not in the account yet, to it or to a project. Without a limit it reads
// nothing.
func (w *work) seat(m *Member) error {
	if m.Type == TypeAPIKey || w.p.account.Limits.Members == 0 {
		return nil
	}
	there, err := w.MembershipsOf(w.ctx, w.p.AccountID, m.CanonicalEmail)
	if err != nil || len(there) > 0 {
		return err
	}
	return w.room(CountedMembers)
}
