package store

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

// Failed reports whether the change ended because of the database or a bug, as opposed to a refusal by the domain, a
// trial run (Try), or a caller that stopped waiting.
func (c *Change) Failed() bool {
	if c.Err == nil || errors.Is(c.Err, errTried) || errors.Is(c.Err, context.Canceled) {
		return false
	}
	e, ok := errors.AsType[*team.Error](c.Err)
	return !ok || e.Kind == team.KindInternal || e.Kind == team.KindUnavailable
}

// waited and retried are called by the engines; a nil change is not observed.
func (c *Change) waited(took time.Duration) {
	if c != nil {
		c.LockWait += took
	}
}

func (c *Change) retried(sqlstate string) {
	if c != nil {
		c.Retries = append(c.Retries, sqlstate)
	}
}

func lockName(locks []accountLock) string {
	name := "none"
	for _, l := range locks {
		if l.lock != team.Shared {
			return "exclusive"
		}
		name = "shared"
	}
	return name
}

type observers []Observer

func (all observers) Transaction(ctx context.Context, c Change) {
	for _, o := range all {
		o.Transaction(ctx, c)
	}
}

func (all observers) Batch(changes int) {
	for _, o := range all {
		o.Batch(changes)
	}
}

// WithObserver adds an observer. It can be used several times.
func WithObserver(o Observer) Option {
	return func(all *options) { all.observers = append(all.observers, o) }
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

// Stats returns statistics of the connection pool, without a query.
func (d *DB) Stats() Stats { return d.engine.stats() }

// Backlog is the pending work in the database.
type Backlog struct {
	// Mails is the number of queued messages, and OldestMail when the oldest of them was queued; zero if there are none.
	Mails      int
	OldestMail time.Time
	// OldestUnsealed is the time of the oldest audit event that no seal covers; zero if there is none.
	OldestUnsealed time.Time
}

// Backlog counts the pending work.
func (d *DB) Backlog(ctx context.Context) (b Backlog, err error) {
	scan := func(s scanner) (b Backlog, err error) {
		err = s.Scan((*number)(&b.Mails), (*stamp)(&b.OldestMail))
		return b, err
	}
	if b, err = one(ctx, d.q, scan, "SELECT COUNT(*), MIN(created_at) FROM outbox"); err != nil {
		return b, err
	}
	b.OldestUnsealed, err = one(ctx, d.q, scanStamp, `SELECT MIN((SELECT MIN(e.at) FROM audit_events e
		WHERE e.account_id = h.account_id AND e.at >= COALESCE(h.sealed_until, 0))) FROM audit_heads h`)
	return b, err
}
