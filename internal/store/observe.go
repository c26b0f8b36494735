package store

import (
	"context"
	"time"

	"raff/internal/store/engine"
)

// WithObserver adds an observer. It can be used several times.
func WithObserver(o engine.Observer) Option {
	return func(all *options) { all.Observers = append(all.Observers, o) }
}

// About names the database system and its version, such as "PostgreSQL 17.2".
func (d *DB) About() string { return d.engine.About() }

// Stats returns statistics of the connection pool, without a query.
func (d *DB) Stats() engine.Stats { return d.engine.Stats() }

// Backlog is the pending work in the database.
type Backlog struct {
	// Mails is the number of queued messages, and OldestMail when the oldest of them was queued; zero if there are none.
	Mails      int
	OldestMail time.Time
	// OldestUnsealed is the time of the oldest audit event that no seal covers; zero if there is none.
	OldestUnsealed time.Time
	// Extended is until when the events have partitions of their own; zero on SQLite.
	Extended time.Time
}

// FailedMails returns how many emails were given up lately; see outbox.KeepFailed.
func (d *DB) FailedMails(ctx context.Context) (int, error) {
	return one(ctx, d.q, engine.ScanNumber, "SELECT COUNT(*) FROM outbox WHERE failed_at IS NOT NULL")
}

// Backlog counts the pending work.
func (d *DB) Backlog(ctx context.Context) (b Backlog, err error) {
	scan := func(s scanner) (b Backlog, err error) {
		err = s.Scan((*number)(&b.Mails), (*stamp)(&b.OldestMail))
		return b, err
	}
	if b, err = one(ctx, d.q, scan, "SELECT COUNT(*), MIN(created_at) FROM outbox WHERE failed_at IS NULL"); err != nil {
		return b, err
	}
	b.OldestUnsealed, err = one(ctx, d.q, scanStamp, `SELECT MIN((SELECT MIN(e.at) FROM audit_events e
		WHERE e.account_id = h.account_id AND e.at >= COALESCE(h.sealed_until, 0))) FROM audit_heads h`)
	if extended := d.q.Dialect().EventsExtended; err == nil && extended != "" {
		b.Extended, err = one(ctx, d.q, scanStamp, extended)
	}
	return b, err
}
