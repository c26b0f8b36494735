package store

import (
	"context"

	"raff/internal/store/engine"
)

// monthsAhead is for how many months after the current one the events of PostgreSQL have partitions of their own. More would make
// reading logs slower.
const monthsAhead = 2

// ExtendEvents creates the next partitions of the events when it is time. Without it, events of later times share one partition. A
// server calls it every hour; if others use the table for long, such as a dump, the next call does it.
func (d *DB) ExtendEvents(ctx context.Context) error {
	return d.ifPartitioned(ctx, d.q.Dialect().ExtendEvents, monthsAhead)
}

// DropExpiredEvents removes the partitions of the events of which, after all checkpoints, nothing is kept.
func (d *DB) DropExpiredEvents(ctx context.Context) error {
	return d.ifPartitioned(ctx, d.q.Dialect().DropExpiredEvents)
}

func (d *DB) ifPartitioned(ctx context.Context, statement string, args ...any) error {
	if statement == "" {
		return nil
	}
	return d.write(ctx, nil, func(t *tx) error {
		_, err := one(ctx, t.q, engine.ScanNumber, statement, args...)
		return err
	})
}
