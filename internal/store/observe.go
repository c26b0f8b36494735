package store

import (
	"context"
	"time"
)

// Observer hears what a database does. Its methods are called by many goroutines at once, and while a transaction waits
// for them.
type Observer interface {
	// Transaction is one change of the domain, with its retries. err is nil after a commit.
	Transaction(ctx context.Context, began time.Time, err error)
	// LockWait is how long a change waited for its turn: on SQLite for the one writer, on PostgreSQL for the lock of the
	// account, with the round trip.
	LockWait(took time.Duration)
	// Retry is a transaction that PostgreSQL broke off and that runs again.
	Retry(sqlstate string)
	// Batch is how many changes SQLite made durable with one commit.
	Batch(changes int)
}

type unobserved struct{}

func (unobserved) Transaction(context.Context, time.Time, error) {}
func (unobserved) LockWait(time.Duration)                        {}
func (unobserved) Retry(string)                                  {}
func (unobserved) Batch(int)                                     {}

// WithObserver tells o what the database does.
func WithObserver(o Observer) Option { return func(all *options) { all.observer = o } }

// Stats is what a database holds at one moment.
type Stats struct {
	// Connections that are in use, that are open, and that may be open at once.
	InUse, Open, Max int
	// Waits is how often somebody waited for a connection, and Waited for how long altogether; PostgreSQL only.
	Waits  int64
	Waited time.Duration
	// WALBytes is the size of the write-ahead log; SQLite only.
	WALBytes int64
}

// Stats asks the pool, not the database.
func (d *DB) Stats() Stats { return d.engine.stats() }

// Backlog is the work that waits in the database.
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
