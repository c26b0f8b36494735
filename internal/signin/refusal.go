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
	pending map[refusal]int
	told    map[refusal]time.Time
}

// refusal is a kind of refused sign-in attempt for one user.
type refusal struct {
	userID string
	action event.Action
}

// told returns the event for this number of attempts.
func (what refusal) told(attempts int) event.Payload {
	if what.action == event.ActionSecondFactorRefused {
		return event.SecondFactorRefused{Attempts: attempts}
	}
	return event.SignInFailed{Attempts: attempts}
}

func (r *refusals) add(what refusal, n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.pending == nil {
		r.pending, r.told = map[refusal]int{}, map[refusal]time.Time{}
	}
	if r.pending[what] > 0 || len(r.pending) < maxRefusals {
		r.pending[what] += n
	}
}

// take removes and returns the refusals that are due, or all of them.
func (r *refusals) take(now time.Time, all bool) map[refusal]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	for what, at := range r.told {
		if !now.Before(at.Add(refusalsEvery)) {
			delete(r.told, what)
		}
	}
	due := map[refusal]int{}
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
func (r *refusals) giveBack(what refusal, n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pending[what] += n
	delete(r.told, what)
}

// refused records a failed sign-in attempt for a user. userID is empty if no user has the email; then there is no log to
// write to.
func (s *Service) refused(ctx context.Context, userID string, action event.Action) {
	if s.onRefused != nil {
		s.onRefused(ctx, action, userID)
	}
	if userID != "" {
		s.refusals.add(refusal{userID, action}, 1)
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
	for what, n := range s.refusals.take(s.team.Now(), all) {
		err := s.aboutPerson(ctx, what.userID, func(tx Tx, logs []string) error {
			u, err := tx.User(ctx, what.userID)
			if err != nil {
				return team.NotFoundIs(err, nil)
			}
			return s.recordPerson(ctx, tx, logs, team.Anonymous, u, what.told(n))
		})
		if err != nil {
			s.refusals.giveBack(what, n)
			failed = errors.Join(failed, err)
		}
	}
	return failed
}
