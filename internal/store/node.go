package store

import (
	"context"
	"time"
)

// LastBeat is when a node was last alive.
func (r reader) LastBeat(ctx context.Context) (time.Time, error) {
	return one(ctx, r.q, scanStamp, "SELECT seen_at FROM nodes ORDER BY seen_at DESC LIMIT 1")
}

// Beat excludes nobody: it is no change of the domain.
func (d *DB) Beat(ctx context.Context, node string, at, cutoff time.Time) (n int, err error) {
	err = d.write(ctx, nil, func(t *tx) error {
		if _, err := t.exec(ctx, `INSERT INTO nodes (id, seen_at) VALUES ($1, $2)
			ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at`, uid(node), at); err != nil {
			return err
		}
		if _, err := t.exec(ctx, "DELETE FROM nodes WHERE seen_at < $1", cutoff); err != nil {
			return err
		}
		n, err = one(ctx, t.q, scanNumber, "SELECT COUNT(*) FROM nodes")
		return err
	})
	return n, err
}
