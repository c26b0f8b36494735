package engine

import (
	"context"
	"errors"
	"time"

	"raff/internal/team"
)

// Observer is notified of database activity. Its methods are called concurrently, and must be fast, because
// transactions wait for them.
type Observer interface {
	// Transaction is called after each write transaction.
	Transaction(ctx context.Context, c Change)
	// Batch is called after each commit on SQLite, with the number of changes it made durable.
	Batch(changes int)
}

// Change describes one write transaction, including its retries.
type Change struct {
	// Began is when the change was requested, Ended when it was durable or had failed.
	Began, Ended time.Time
	// Database is "sqlite" or "postgresql".
	Database string
	// Lock is the account lock: "shared", "exclusive" or "none".
	Lock string
	// LockWait is how long the change waited for its turn: on SQLite for the only writer, on PostgreSQL for the account
	// lock, including the round trip. It is zero if the change never got its turn or takes no lock.
	LockWait time.Duration
	// Retries are the SQLSTATEs of the errors after which PostgreSQL had to run the transaction again.
	Retries []string
	// Err is nil after a commit. A refusal by the domain is also an error.
	Err error
}

// ErrTried rolls a change back that was only tried.
var ErrTried = errors.New("the change was only tried")

// Failed reports whether the change ended because of the database or a bug, as opposed to a refusal by the domain, a
// trial run (Try), or a caller that stopped waiting.
func (c *Change) Failed() bool {
	if c.Err == nil || errors.Is(c.Err, ErrTried) || errors.Is(c.Err, context.Canceled) {
		return false
	}
	e, ok := errors.AsType[*team.Error](c.Err)
	return !ok || e.Kind == team.KindInternal || e.Kind == team.KindUnavailable
}

// AddWait adds to the time that the change waited for its turn. A nil change is not observed.
func (c *Change) AddWait(took time.Duration) {
	if c != nil {
		c.LockWait += took
	}
}

// AddRetry adds the SQLSTATE of an error after which the change is run again. A nil change is not observed.
func (c *Change) AddRetry(sqlstate string) {
	if c != nil {
		c.Retries = append(c.Retries, sqlstate)
	}
}

// LockName returns the value of Change.Lock for these locks.
func LockName(locks []Lock) string {
	name := "none"
	for _, l := range locks {
		if l.Mode != team.Shared {
			return "exclusive"
		}
		name = "shared"
	}
	return name
}

// Observers notifies each of its observers.
type Observers []Observer

// Transaction implements Observer.
func (all Observers) Transaction(ctx context.Context, c Change) {
	for _, o := range all {
		o.Transaction(ctx, c)
	}
}

// Batch implements Observer.
func (all Observers) Batch(changes int) {
	for _, o := range all {
		o.Batch(changes)
	}
}

// Stats are the current statistics of a database.
type Stats struct {
	// InUse, Open and Max are the numbers of connections in use, open, and allowed.
	InUse, Open, Max int
	// Waits is how often a caller had to wait for a connection, and Waited for how long in total; PostgreSQL only.
	Waits  int64
	Waited time.Duration
	// WALBytes is the size of the write-ahead log in bytes; SQLite only.
	WALBytes int64
}
