package team

import (
	"context"
	"errors"
	"sync"
	"time"

	"raff/internal/event"
)

const (
	// refusalsEvery is how often the log tells that a person's sign-in was refused: strangers must not be able to fill it.
	refusalsEvery = 15 * time.Minute
	// maxRefusals bounds how many people are remembered until the next RecordRefusals.
	maxRefusals = 10_000
)

// refusals are attempts to sign in that were refused, until they are recorded. They are not written at once, so that the
// answer for an address that someone has takes no longer than for one nobody has.
type refusals struct {
	mu      sync.Mutex
	pending map[refusal]int
	told    map[refusal]time.Time
}

// refusal is what was refused to whoever tried to be this person.
type refusal struct {
	userID string
	action event.Action
}

// told is what an event tells about this many attempts.
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

// take takes those whose time has come, or all of them.
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

// giveBack returns what could not be recorded, to be tried again the next time.
func (r *refusals) giveBack(what refusal, n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pending[what] += n
	delete(r.told, what)
}

// refused notes that an attempt to sign in as a person failed; nobody is called "" and has no log.
func (s *Service) refused(ctx context.Context, userID string, action event.Action) {
	if s.signInRefused != nil {
		s.signInRefused(ctx, action, userID)
	}
	if userID != "" {
		s.refusals.add(refusal{userID, action}, 1)
	}
}

// refusedBy notes that an attempt failed if what was shown was wrong, not for another reason.
func (s *Service) refusedBy(ctx context.Context, err error, u User, action event.Action) {
	var e *Error
	if errors.As(err, &e) && e.Kind == KindUnauthenticated {
		s.refused(ctx, u.ID, action)
	}
}

// RecordRefusals writes what was refused to the logs of the accounts that the person is in: at once, and then once in
// fifteen minutes for each person, with the number of attempts. A server calls it every few seconds, and with all before
// it ends.
func (s *Service) RecordRefusals(ctx context.Context, all bool) error {
	var failed error
	for what, n := range s.refusals.take(s.Now(), all) {
		err := s.aboutPerson(ctx, what.userID, "", func(tx Tx, logs []string) error {
			u, err := tx.User(ctx, what.userID)
			if err != nil {
				return NotFoundIs(err, nil)
			}
			return s.recordPerson(ctx, tx, logs, Anonymous, u, what.told(n))
		})
		if err != nil {
			s.refusals.giveBack(what, n)
			failed = errors.Join(failed, err)
		}
	}
	return failed
}
