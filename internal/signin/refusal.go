package signin

import (
	"context"
	"errors"
	"sync"
	"time"

	"raff/internal/event"
	"raff/internal/team"
)

const (
	// refusalsEvery is how often the log records refused sign-in attempts of a user, so that attackers cannot fill it.
	refusalsEvery = 15 * time.Minute
	// maxRefusals is the maximum number of users to remember until the next RecordRefusals.
	maxRefusals = 10_000
)

// refusals are refused sign-in attempts that are not recorded yet. They are not written immediately, so that the response
// takes the same time whether or not the email has a user.
type refusals struct {
	mu      sync.Mutex
	pending map[refusal]attempts
	told    map[refusal]time.Time
}

// attempts are refused attempts of one kind for one user: how many, from which network addresses, and the last of them.
type attempts struct {
	n         int
	addresses map[string]bool // at most maxAddresses
	last      team.Origin
}

// maxAddresses is how many network addresses are told apart.
const maxAddresses = 100

// with returns a and b together; b is later.
func (a attempts) with(b attempts) attempts {
	sum := attempts{n: a.n + b.n, addresses: map[string]bool{}, last: b.last}
	for _, from := range []map[string]bool{a.addresses, b.addresses} {
		for address := range from {
			if len(sum.addresses) < maxAddresses {
				sum.addresses[address] = true
			}
		}
	}
	return sum
}

// several is the number of addresses, or 0 for one.
func (a attempts) several() int {
	if len(a.addresses) < 2 {
		return 0
	}
	return len(a.addresses)
}

// refusal is a kind of refused sign-in attempt for one user.
type refusal struct {
	userID string
	action event.Action
}

// told returns the event for these attempts.
func (what refusal) told(a attempts) event.Payload {
	if what.action == event.ActionSecondFactorRefused {
		return event.SecondFactorRefused{Attempts: a.n, Addresses: a.several()}
	}
	return event.SignInFailed{Attempts: a.n, Addresses: a.several()}
}

func (r *refusals) add(what refusal, from team.Origin) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.pending == nil {
		r.pending, r.told = map[refusal]attempts{}, map[refusal]time.Time{}
	}
	if r.pending[what].n > 0 || len(r.pending) < maxRefusals {
		r.pending[what] = r.pending[what].with(attempts{1, map[string]bool{from.Address: true}, from})
	}
}

// take removes and returns the refusals that are due, or all of them.
func (r *refusals) take(now time.Time, all bool) map[refusal]attempts {
	r.mu.Lock()
	defer r.mu.Unlock()
	for what, at := range r.told {
		if !now.Before(at.Add(refusalsEvery)) {
			delete(r.told, what)
		}
	}
	due := map[refusal]attempts{}
	for what, n := range r.pending {
		if _, quiet := r.told[what]; quiet && !all {
			continue
		}
		due[what] = n
		delete(r.pending, what)
		r.told[what] = now
	}
	return due
}

// giveBack adds refusals that could not be recorded, to retry them later.
func (r *refusals) giveBack(what refusal, a attempts) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := r.pending[what]; now.n > 0 {
		a = a.with(now)
	}
	r.pending[what] = a
	delete(r.told, what)
}

// refused records a failed sign-in attempt for a user. userID is empty if no user has the email; then there is no log to
// write to.
func (s *Service) refused(ctx context.Context, userID string, action event.Action) {
	if s.onRefused != nil {
		s.onRefused(ctx, action, userID)
	}
	if userID != "" {
		s.refusals.add(refusal{userID, action}, team.OriginOf(ctx))
	}
}

// refusedBy records an attempt that failed because the credential was wrong, not for another reason.
func (s *Service) refusedBy(ctx context.Context, err error, u team.User, action event.Action) {
	var e *team.Error
	if errors.As(err, &e) && e.Kind == team.KindUnauthenticated {
		s.refused(ctx, u.ID, action)
	}
}

// RecordRefusals writes refused attempts to the logs of the user's accounts: the first one immediately, then every fifteen
// minutes with the number of attempts. A server calls it every few seconds, and with all before it stops.
func (s *Service) RecordRefusals(ctx context.Context, all bool) error {
	var failed error
	for what, tried := range s.refusals.take(s.team.Now(), all) {
		ctx := team.WithOrigin(ctx, team.Origin{Address: tried.last.Address, UserAgent: tried.last.UserAgent})
		err := s.aboutPerson(ctx, what.userID, func(tx Tx, logs []string) error {
			u, err := tx.User(ctx, what.userID)
			if err != nil {
				return team.NotFoundIs(err, nil)
			}
			return s.recordPerson(ctx, tx, logs, team.Anonymous, u, what.told(tried))
		})
		if err != nil {
			s.refusals.giveBack(what, tried)
			failed = errors.Join(failed, err)
		}
	}
	return failed
}
