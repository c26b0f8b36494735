package store

import (
	"context"
	"time"

	"raff/internal/store/engine"
)

// LastHeartbeat returns when any node last reported that it was alive.
func (r reader) LastHeartbeat(ctx context.Context) (time.Time, error) {
	return one(ctx, r.q, scanStamp, "SELECT seen_at FROM nodes ORDER BY seen_at DESC LIMIT 1")
}

// Now returns the database's own time, which is the same for all nodes.
func (d *DB) Now(ctx context.Context) (time.Time, error) {
	return one(ctx, d.q, scanStamp, "SELECT "+d.q.Dialect().Now)
}

// Heartbeat uses the database's clock, which all nodes share. With its own clock, a node whose clock is ahead would
// appear alive long after it stopped, and would treat the others as dead. A heartbeat in the future was recorded before
// the clock was corrected and does not count. Heartbeat takes no lock.
func (d *DB) Heartbeat(ctx context.Context, node string, deadAfter time.Duration) (n int, err error) {
	err = d.write(ctx, nil, func(t *tx) error {
		now := t.q.Dialect().Now
		if _, err := t.exec(ctx, "INSERT INTO nodes (id, seen_at) VALUES ($1, "+now+") ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at", uid(node)); err != nil {
			return err
		}
		if _, err := t.exec(ctx, "DELETE FROM nodes WHERE id IN (SELECT id FROM nodes WHERE seen_at < "+now+" - $1 OR seen_at > "+now+" + $1"+
			t.q.Dialect().SkipLocked+")", deadAfter.Microseconds()); err != nil {
			return err
		}
		n, err = one(ctx, t.q, engine.ScanNumber, "SELECT COUNT(*) FROM nodes")
		return err
	})
	return n, err
}
