package store

import (
	"context"
	"sync"
)

// postgresMemory holds rows that were read while the database showed one snapshot. Snapshots are numbers that a server
// counts up; they belong to one life of one server. Another server, a copy that was promoted, a backup that was restored and
// a server that lost its last changes in a crash count the same numbers again with other rows behind them. So a snapshot
// goes together with the moment at which its server started, and a new connection, which is all that is left after a crash,
// makes memory forget.
type postgresMemory struct {
	off      bool // snapshots do not change with every commit here
	mu       sync.Mutex
	life     int // counts how often memory was made to forget
	snapshot string
	rows     map[memoryKey]any
}

// forget ends the life of what memory holds, and of what was read and not put into it yet.
func (m *postgresMemory) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.life++
	m.snapshot, m.rows = "", nil
}

func (m *postgresMemory) lives() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.life
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
func (m *postgresMemory) put(life int, snapshot string, key memoryKey, row any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.life != life {
		return
	}
	if m.snapshot != snapshot || len(m.rows) >= maxRemembered {
		m.snapshot, m.rows = snapshot, map[memoryKey]any{}
	}
	m.rows[key] = row
}

type pinKey struct{}

// pin is the snapshot of one request, asked for by its first read.
type pin struct {
	once     sync.Once
	life     int
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
	if !ok || e.memory.off {
		return read(e)
	}
	p.once.Do(func() {
		p.life = e.memory.lives()
		p.snapshot, p.err = one(ctx, e, scanText, "SELECT pg_current_snapshot()::text || ' ' || EXTRACT(EPOCH FROM pg_postmaster_start_time())::text")
	})
	if p.err != nil {
		return nil, p.err
	}
	if v, ok := e.memory.get(p.snapshot, key); ok {
		return v, nil
	}
	v, err := read(e)
	if err == nil {
		e.memory.put(p.life, p.snapshot, key, v)
	}
	return v, err
}
