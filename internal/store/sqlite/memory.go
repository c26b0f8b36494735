package sqlite

import (
	"context"
	"sync"
	"sync/atomic"

	"raff/internal/store/engine"
	"raff/internal/team"
)

// memory holds rows that were read while the database had the version of the current generation. Every read compares that
// version with the database's, so that a commit of any program ends the generation. Our own writer, which knows what it
// changed, begins the next generation with the rows that its commit did not touch.
type memory struct {
	*versions
	current atomic.Pointer[generation]
	// renewing is held while a generation is replaced, and by the writer from before a commit until it has replaced the
	// generation. Who cannot get it reads from the database.
	renewing sync.Mutex
}

// generation is what is remembered of one version of the database. Generations share the rows of the kinds that did not
// change between them.
type generation struct {
	version version
	kinds   [engine.Kinds]*kept
}

// kept are the remembered rows of one kind.
type kept struct {
	mu   sync.RWMutex
	rows map[string]any
}

func newGeneration(v version) *generation {
	g := &generation{version: v}
	for i := range g.kinds {
		g.kinds[i] = &kept{rows: map[string]any{}}
	}
	return g
}

func (g *generation) get(key engine.Key) (any, bool) {
	k := g.kinds[key.Kind]
	k.mu.RLock()
	defer k.mu.RUnlock()
	v, ok := k.rows[key.Argument]
	return v, ok
}

func (g *generation) put(key engine.Key, v any) {
	k := g.kinds[key.Kind]
	k.mu.Lock()
	defer k.mu.Unlock()
	if most := key.Kind.Most(); len(k.rows) >= most {
		left := most / 8
		for old := range k.rows { // in random order
			delete(k.rows, old)
			if left--; left == 0 {
				break
			}
		}
	}
	k.rows[key.Argument] = v
}

// generation returns the generation of the database's current version, or nil if it must be read without memory.
func (m *memory) generation() *generation {
	now, known := m.now()
	if !known {
		return nil
	}
	if g := m.current.Load(); g != nil && g.version == now {
		return g
	}
	if !m.renewing.TryLock() {
		return nil
	}
	defer m.renewing.Unlock()
	// Another commit may have ended before the lock was taken, and the writer may have renewed the generation for it.
	if now, known = m.now(); !known {
		return nil
	}
	g := m.current.Load()
	if g == nil || g.version != now {
		g = newGeneration(now)
		m.current.Store(g)
	}
	return g
}

// committed begins the next generation after a commit of this program that touched some kinds of rows. before is the
// generation when the transaction had begun. The caller holds renewing. If another program has committed since, there were
// two commits, and the rows are forgotten.
func (m *memory) committed(before *generation, touched kinds) {
	now, known := m.now()
	if before == nil || !known || m.current.Load() != before || now.commits() != before.version.commits()+1 {
		return
	}
	g := newGeneration(now)
	for i := range g.kinds {
		if touched&(1<<i) == 0 {
			g.kinds[i] = before.kinds[i]
		}
	}
	m.current.Store(g)
}

// Remembered returns the row from memory if the database has not changed since it was read.
func (e *database) Remembered(ctx context.Context, key engine.Key, read func(engine.Querier) (any, bool, error)) (any, error) {
	g, err := e.look(ctx)
	if err != nil {
		return nil, err
	}
	if g != nil {
		if v, ok := g.get(key); ok {
			return v, nil
		}
	}
	c, back, err := e.borrow(ctx, true)
	if err != nil {
		return nil, err
	}
	defer func() { back(c.failed) }()
	v, keep, err := read(connReader{c})
	if err != nil || !keep || g == nil {
		return v, err
	}
	// If the version is still the same, the row is of that version. Otherwise it may be newer.
	if now, known := e.memory.now(); known && now == g.version {
		g.put(key, v)
	}
	return v, nil
}

// look returns the generation for a read, or nil. A pinned request looks once.
func (e *database) look(ctx context.Context) (*generation, error) {
	p, ok := ctx.Value(pinKey{}).(*pin)
	if ok {
		if l := p.looked.Load(); l != nil {
			return l.generation, nil
		}
		if p.frozen && !p.lazy {
			return e.freeze(ctx, p)
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := e.file.checkRead(); err != nil {
		return nil, team.Unavailable(err)
	}
	g := e.memory.generation()
	if ok && p.frozen && g == nil {
		return e.freeze(ctx, p)
	}
	if ok {
		p.looked.Store(&looked{g})
	}
	return g, nil
}

// freeze begins the transaction of a snapshot.
func (e *database) freeze(ctx context.Context, p *pin) (*generation, error) {
	_, back, err := e.borrow(ctx, false)
	if err != nil {
		return nil, err
	}
	back(nil)
	if l := p.looked.Load(); l != nil {
		return l.generation, nil
	}
	return nil, nil //nolint:nilnil // the snapshot has ended
}

// connReader runs queries on a connection that its creator acquired and releases.
type connReader struct{ c *conn }

func (connReader) Dialect() *engine.Dialect { return &Dialect }

func (r connReader) Query(_ context.Context, query string, args []any) (engine.Rows, error) {
	rs, err := r.c.query(query, args)
	if err != nil {
		r.c.failed = err
		return nil, unavailable(err)
	}
	rs.done = func(err error) { r.c.failed = err }
	return rs, nil
}
