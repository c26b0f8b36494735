package store

import (
	"context"

	"raff/internal/store/engine"
)

// Rows that are read by key are kept in memory until the database changes. A row is returned from memory only if the
// database itself confirms, within the same request, that nothing was committed since the row was read. Memory
// therefore saves reading the row again, but not the check, and cannot be stale.
//
// On SQLite the check is PRAGMA data_version, which counts the commits of other connections and other programs; each
// connection has its own memory. On PostgreSQL it is pg_current_snapshot(), the set of visible transactions: two equal
// snapshots see the same rows. There the check is a round trip, so a request makes it once; see Pin.

// remembered reads through the memory of q, if it has one. The result is shared and must not be modified.
func remembered[T any](ctx context.Context, q querier, key engine.Key, read func(querier) (T, error)) (T, error) {
	m, ok := q.(engine.Rememberer)
	if !ok {
		return read(q)
	}
	v, err := m.Remembered(ctx, key, func(q querier) (any, error) { return read(q) })
	row, _ := v.(T)
	return row, err
}
