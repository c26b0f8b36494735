// Package outbox sends the emails that transactions have queued: it leases them, retries with a back-off, sends
// urgent ones first and lets accounts take turns. The operator can look at the queue. Carriers prepare the emails, because this package does not know their contents.
package outbox

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"raff/internal/team"
)

const (
	lease    = 2 * time.Minute // longer than sending an email takes; then another worker tries
	attempts = 10
)

// Carrier prepares the emails of some kinds.
type Carrier interface {
	// Wait returns how long an email has to wait before its next attempt; 0 means that it can be sent now.
	Wait(ctx context.Context, msg team.Message) (time.Duration, error)
	// Prepare returns the email of a message. If the email is no longer needed, it removes the message and returns nil.
	Prepare(ctx context.Context, msg team.Message) (*team.Mail, error)
	// Overdue reports whether another attempt would be too late.
	Overdue(msg team.Message) bool
	// Note stores whether an attempt succeeded, in the same transaction as the queue. If it failed, LastError of the message says
	// why, and NextAt when it is repeated; zero means never.
	Note(ctx context.Context, tx team.Tx, msg team.Message, sent bool) error
}

// Lease says which message a worker can take.
type Lease struct {
	// Now is the current time, Until is when the lease ends.
	Now, Until time.Time
	// UrgentOnly is for a worker that is reserved for urgent messages.
	UrgentOnly bool
	// After is the account whose message was sent last.
	After string
}

// Store is the database as this package needs it.
type Store interface {
	// LeaseMessage returns the next due message and hides it from other workers until the lease ends, or team.ErrNotFound
	// if none is due. Urgent messages come first, then accounts take turns.
	LeaseMessage(ctx context.Context, l Lease) (team.Message, error)
	// Update runs fn in one transaction under the lock of the account; see team.Store.
	Update(ctx context.Context, accountID string, lock team.Lock, fn func(Tx) error) error
	// Messages lists what is in the outbox, newest first.
	Messages(ctx context.Context, f Filter) ([]Entry, team.Total, error)
	// MessageEntry returns a message by id.
	MessageEntry(ctx context.Context, id string) (Entry, error)
}

// Tx is a transaction of a Store.
type Tx interface {
	UpdateMessage(ctx context.Context, m team.Message) error
	DeleteMessage(ctx context.Context, m team.Message) error
	// HoldMessage returns a message, and until when a worker has leased it. No worker takes it before the commit.
	HoldMessage(ctx context.Context, id string) (m team.Message, leased time.Time, err error)
	// Team is the same transaction as package team sees it.
	Team() team.Tx
}

// Service sends what is queued. It is safe for concurrent use.
type Service struct {
	store    Store
	now      func() time.Time
	carriers map[team.MessageKind]Carrier
	turn     turn
}

// New returns a Service with a carrier for each kind of email.
func New(store Store, now func() time.Time, carriers map[team.MessageKind]Carrier) *Service {
	return &Service{store: store, now: now, carriers: carriers}
}

// Deliver sends the next due email with send, and stores the outcome; found is false if none is due. With urgentOnly it leaves
// all but urgent emails to other workers. Each attempt creates its own token, so that no link is stored. An error of send
// whose Permanent() is true ends the attempts, and its Reason(), if it has that method, is what the account sees; the error of ctx means that the email was certainly not sent. Many workers on
// several nodes may call it at the same time.
func (s *Service) Deliver(ctx context.Context, urgentOnly bool, send func(context.Context, team.Mail) error) (found bool, err error) {
	now := s.now()
	msg, err := s.store.LeaseMessage(ctx, Lease{Now: now, Until: now.Add(lease), UrgentOnly: urgentOnly, After: s.turn.get()})
	if err != nil {
		return false, team.NotFoundIs(err, nil)
	}
	if !msg.Urgent() {
		s.turn.set(msg.AccountID)
	}
	carrier, known := s.carriers[msg.Kind]
	if !known {
		return true, fmt.Errorf("no one prepares emails of the kind %q", msg.Kind)
	}
	if wait, err := carrier.Wait(ctx, msg); err != nil || wait > 0 {
		if err != nil {
			return true, err
		}
		msg.NextAt = s.now().Add(wait)
		return true, s.postpone(ctx, msg)
	}
	mail, err := carrier.Prepare(ctx, msg)
	if err != nil || mail == nil { // nil: the email is no longer needed
		return true, err
	}
	failure := send(ctx, *mail)
	// The outcome is stored even if the server is stopping, or the email would be sent again.
	after := context.WithoutCancel(ctx)
	if failure != nil && ctx.Err() != nil {
		if errors.Is(failure, ctx.Err()) {
			return true, errors.Join(ctx.Err(), s.postpone(after, msg)) // the next worker sends it immediately
		}
		return true, ctx.Err() // it may have been sent: the lease expires first
	}
	return true, s.note(after, carrier, msg, failure)
}

// postpone returns a message to the queue.
func (s *Service) postpone(ctx context.Context, msg team.Message) error {
	return s.store.Update(ctx, msg.AccountID, team.Shared, func(tx Tx) error { return tx.UpdateMessage(ctx, msg) })
}

// turn is the account whose email was sent last by this node.
type turn struct {
	mu   sync.Mutex
	last string
}

func (t *turn) get() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.last
}

func (t *turn) set(accountID string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = accountID
}

// note stores the outcome of an attempt.
func (s *Service) note(ctx context.Context, c Carrier, msg team.Message, failure error) error {
	return s.store.Update(ctx, msg.AccountID, team.Exclusive, func(tx Tx) error {
		last, next := false, msg
		if failure != nil {
			next.Attempts++
			next.LastError = reason(failure)
			next.NextAt = s.now().Add(backoff(next.Attempts))
			last = permanent(failure) || next.Attempts >= attempts || c.Overdue(next)
		}
		if failure == nil {
			if err := tx.DeleteMessage(ctx, next); err != nil {
				return err
			}
			return c.Note(ctx, tx.Team(), next, true)
		}
		if last {
			next.FailedAt = s.now()
		}
		if err := tx.UpdateMessage(ctx, next); err != nil {
			return err
		}
		if last {
			next.NextAt = time.Time{}
		}
		return c.Note(ctx, tx.Team(), next, false)
	})
}

// reason returns what the account may see of an error.
func reason(err error) string {
	var r interface{ Reason() string }
	if errors.As(err, &r) {
		return r.Reason()
	}
	return team.Shorten(err.Error())
}

func permanent(err error) bool {
	var p interface{ Permanent() bool }
	return errors.As(err, &p) && p.Permanent()
}

// backoff returns 15 s after the first failure, and doubles up to 4 h: ten attempts take about a day.
func backoff(attempts int) time.Duration {
	return min(15*time.Second<<min(attempts-1, 20), 4*time.Hour)
}
