package store

import (
	"context"

	"raff/internal/store/engine"
)

// Rows that are read by key are kept in memory until the database changes. A row is returned from memory only if the
// database itself confirms, within the same request, that nothing was committed since the row was read. Memory
// therefore saves reading the row again, but not the check, and cannot be stale.
//
// On SQLite the check compares the header of the WAL index, in memory that all programs share, and the program that commits
// knows which rows of its memory are still right. On PostgreSQL it is pg_current_snapshot(), the set of visible transactions: two equal
// snapshots see the same rows. There the check is a round trip, so a request makes it once; see Pin.

// remembered reads through the memory of q, if it has one. The result is shared and must not be modified.
func remembered[T any](ctx context.Context, q querier, key engine.Key, read func(querier) (T, error)) (T, error) {
	return rememberedIf(ctx, q, key, func(q querier) (T, bool, error) {
		v, err := read(q)
		return v, true, err
	})
}

// rememberedIf is remembered for rows of which only some may be kept in memory.
func rememberedIf[T any](ctx context.Context, q querier, key engine.Key, read func(querier) (row T, keep bool, err error)) (T, error) {
	m, ok := q.(engine.Rememberer)
	if !ok {
		row, _, err := read(q)
		return row, err
	}
	v, err := m.Remembered(ctx, key, func(q querier) (any, bool, error) { return read(q) })
	row, _ := v.(T)
	return row, err
}
