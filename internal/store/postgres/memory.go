package postgres

import (
	"context"
	"sync"

	"raff/internal/store/engine"
)

// memory holds rows that were read while the database had one snapshot. A snapshot consists of numbers that a
// server counts up, so it is only meaningful for one run of one server: another server, a promoted standby, a restored
// backup, or a server that lost its last changes in a crash can reach the same numbers with different rows. A snapshot
// is therefore combined with the start time of its server, and every new connection clears the memory, because a crash
// breaks all connections, but not every crash changes the start time. A pooler keeps our connections while its own break, so
// nothing is remembered through one.
//
// Remembering pays even while other programs commit: with 100 commits a second in the same or another database of the server,
// reading a member was 1.25 to 2.5 times as fast as without it (cells k of bench).
type memory struct {
	off      bool // see unfit
	mu       sync.Mutex
	life     int // number of calls of forget
	snapshot string
	rows     [engine.Kinds]map[string]row
}

// row is a remembered row. exact says that it was read in a transaction with the snapshot. Any other row may be newer, if
// something was committed between the snapshot and the read.
type row struct {
	value any
	exact bool
}

// forget clears the memory. Rows that were read before, but not stored yet, are discarded by put.
func (m *memory) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.life++
	m.snapshot = ""
	clear(m.rows[:])
}

func (m *memory) lives() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.life
}

// get returns the row if memory holds rows of this snapshot; a caller that wants exact rows gets no others.
func (m *memory) get(snapshot string, exact bool, key engine.Key) (any, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.snapshot != snapshot {
		return nil, false
	}
	v, ok := m.rows[key.Kind][key.Argument]
	return v.value, ok && (v.exact || !exact)
}

// put stores a row that was read after the snapshot was taken, in the given life. If something was committed in between, the row
// is newer than the snapshot, never older, and the next request gets another snapshot.
func (m *memory) put(life int, snapshot string, key engine.Key, v row) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.life != life {
		return
	}
	if m.snapshot != snapshot {
		m.snapshot = snapshot
		clear(m.rows[:])
	}
	if rows := m.rows[key.Kind]; rows == nil || len(rows) >= key.Kind.Most() {
		m.rows[key.Kind] = map[string]row{}
	}
	m.rows[key.Kind][key.Argument] = v
}

type pinKey struct{}

// pin holds the snapshot of one request, which its first read asks for.
type pin struct {
	once     sync.Once
	life     int
	snapshot string
	err      error
	frozen   *frozen // nil if reads need not be in one transaction
}

const currentSnapshot = "SELECT pg_current_snapshot()::text || ' ' || EXTRACT(EPOCH FROM pg_postmaster_start_time())::text"

func (e *database) Pin(ctx context.Context) (pinned context.Context, done func()) {
	return context.WithValue(ctx, pinKey{}, &pin{}), func() {}
}

// remembered reads through memory in a pinned request. In other requests, asking for the snapshot would cost as much as
// reading the row.
func (e *database) Remembered(ctx context.Context, key engine.Key, read func(engine.Querier) (any, bool, error)) (any, error) {
	p, ok := ctx.Value(pinKey{}).(*pin)
	if !ok || e.memory.off || e.link.pooled.Load() {
		v, _, err := read(e)
		return v, err
	}
	p.once.Do(func() {
		p.life = e.memory.lives()
		if p.frozen != nil {
			p.snapshot, p.err = p.frozen.begin(ctx, e)
			return
		}
		p.snapshot, p.err = engine.One(ctx, e, engine.ScanText, currentSnapshot)
	})
	if p.err != nil {
		return nil, p.err
	}
	exact := p.frozen != nil
	if v, ok := e.memory.get(p.snapshot, exact, key); ok {
		return v, nil
	}
	v, keep, err := read(e)
	if err == nil && keep {
		e.memory.put(p.life, p.snapshot, key, row{v, exact && !p.frozen.over})
	}
	return v, err
}
