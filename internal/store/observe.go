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
	// Transaction is called for each write transaction that ended.
	Transaction(ctx context.Context, c Change)
	// Batch is how many changes SQLite made durable with one commit.
	Batch(changes int)
}

// Change is one change of the domain, with its retries.
type Change struct {
	// Began and Ended are when the change was asked for, and when it was durable or given up.
	Began, Ended time.Time
	// Database is sqlite or postgresql.
	Database string
	// Lock is the account lock: shared, exclusive, or none.
	Lock string
	// LockWait is how long it waited for its turn: on SQLite for the one writer, on PostgreSQL for the lock of the account,
	// with the round trip. It is zero for a change that never had its turn, or asks for none.
	LockWait time.Duration
	// Retries are the SQLSTATEs with which PostgreSQL broke the transaction off before it ran again.
	Retries []string
	// Err is nil after a commit. A refusal by the domain is an error, too.
	Err error
}

// Failed reports that the change ended because of the database or of a fault, and not because the domain refused it or
// only tried it, or because nobody waited for it any more.
func (c *Change) Failed() bool {
	if c.Err == nil || errors.Is(c.Err, errTried) || errors.Is(c.Err, context.Canceled) {
		return false
	}
	e, ok := errors.AsType[*team.Error](c.Err)
	return !ok || e.Kind == team.KindInternal || e.Kind == team.KindUnavailable
}

// waited and retried note what an engine does; nobody asks for it where the change is nil.
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

// WithObserver adds an observer. There can be several.
func WithObserver(o Observer) Option {
	return func(all *options) { all.observers = append(all.observers, o) }
}

// Stats are the current statistics of a database.
type Stats struct {
	// Connections that are in use, that are open, and that may be open at once.
	InUse, Open, Max int
	// Waits is how often someone waited for a connection, and Waited for how long altogether; PostgreSQL only.
	Waits  int64
	Waited time.Duration
	// WALBytes is the size of the write-ahead log; SQLite only.
	WALBytes int64
}

// Stats asks the pool, not the database.
func (d *DB) Stats() Stats { return d.engine.stats() }

// Backlog is the pending work in the database.
type Backlog struct {
	// Mails is how many messages wait to be sent, and OldestMail when the first of them was queued; zero without any.
	Mails      int
	OldestMail time.Time
	// OldestUnsealed is the time of the oldest audit event that no seal covers; zero without any.
	OldestUnsealed time.Time
}

// Backlog counts the work that waits.
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
