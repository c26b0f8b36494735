package store

import (
	"context"
	"sync"
)

// postgresMemory holds rows that were read while the database showed one snapshot.
type postgresMemory struct {
	mu       sync.Mutex
	snapshot string
	rows     map[memoryKey]any
}

// get is the row, if memory is of this snapshot. Memory of another one is forgotten: snapshots do not come back.
func (m *postgresMemory) get(snapshot string, key memoryKey) (any, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.snapshot != snapshot {
		return nil, false
	}
	v, ok := m.rows[key]
	return v, ok
}

// put remembers a row that was read after the snapshot was taken. What was committed in between makes the row newer
// than the snapshot, never older; and then the next request finds another snapshot.
func (m *postgresMemory) put(snapshot string, key memoryKey, row any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.snapshot != snapshot || len(m.rows) >= maxRemembered {
		m.snapshot, m.rows = snapshot, map[memoryKey]any{}
	}
	m.rows[key] = row
}

type pinKey struct{}

// pin is the snapshot of one request, asked for by its first read.
type pin struct {
	once     sync.Once
	snapshot string
	err      error
}

func (e *postgresEngine) pin(ctx context.Context) (pinned context.Context, done func()) {
	return context.WithValue(ctx, pinKey{}, &pin{}), func() {}
}

// remembered reads through memory in a pinned request. In any other one a look at the snapshot would cost as much as
// reading.
func (e *postgresEngine) remembered(ctx context.Context, key memoryKey, read func(querier) (any, error)) (any, error) {
	p, ok := ctx.Value(pinKey{}).(*pin)
	if !ok {
		return read(e)
	}
	p.once.Do(func() { p.snapshot, p.err = one(ctx, e, scanText, "SELECT pg_current_snapshot()::text") })
	if p.err != nil {
		return nil, p.err
	}
	if v, ok := e.memory.get(p.snapshot, key); ok {
		return v, nil
	}
	v, err := read(e)
	if err == nil {
		e.memory.put(p.snapshot, key, v)
	}
	return v, err
}
