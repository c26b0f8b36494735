package store

import (
	"context"
	"time"
)

// LastBeat is when a node was last alive.
func (r reader) LastBeat(ctx context.Context) (time.Time, error) {
	return one(ctx, r.q, scanStamp, "SELECT seen_at FROM nodes ORDER BY seen_at DESC LIMIT 1")
}

// Now is the database's own time, which is one for all nodes.
func (d *DB) Now(ctx context.Context) (time.Time, error) {
	return one(ctx, d.q, scanStamp, "SELECT "+d.q.dialect().now)
}

// Beat goes by the database's clock, which is one for all nodes: by its own, a node whose clock is ahead would look alive
// long after it ended, and take the others for dead. A moment in the future is one that a clock noted before it was set right.
// Beat excludes nobody: it is no change of the domain.
func (d *DB) Beat(ctx context.Context, node string, deadAfter time.Duration) (n int, err error) {
	err = d.write(ctx, nil, func(t *tx) error {
		now := t.q.dialect().now
		if _, err := t.exec(ctx, "INSERT INTO nodes (id, seen_at) VALUES ($1, "+now+") ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at", uid(node)); err != nil {
			return err
		}
		if _, err := t.exec(ctx, "DELETE FROM nodes WHERE id IN (SELECT id FROM nodes WHERE seen_at < "+now+" - $1 OR seen_at > "+now+" + $1"+
			t.q.dialect().skipLocked+")", deadAfter.Microseconds()); err != nil {
			return err
		}
		n, err = one(ctx, t.q, scanNumber, "SELECT COUNT(*) FROM nodes")
		return err
	})
	return n, err
}
