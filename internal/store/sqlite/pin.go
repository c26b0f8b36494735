package sqlite

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"raff/internal/team"
)

type pinKey struct{}

// pin is the connection of a request that only reads. The first read acquires it, and it is released when the
// request ends. The goroutine of the request uses it for one query at a time.
type pin struct {
	mu     sync.Mutex // held while a query is open
	c      *conn
	lane   *lane // of c
	over   bool
	frozen bool // all reads see one version of the database
	lazy   bool // and the transaction begins with the first row that is not remembered
	looked atomic.Pointer[looked]
}

// looked is what the first read of a request found: the generation of the database's version, or nil.
type looked struct{ generation *generation }

func (e *database) Pin(ctx context.Context) (pinned context.Context, done func()) {
	return e.pin(ctx, &pin{})
}

// Snapshot reads in one transaction, which begins with the first read.
func (e *database) Snapshot(ctx context.Context) (pinned context.Context, done func()) {
	return e.pin(ctx, &pin{frozen: true})
}

// TrySnapshot reads remembered rows of one version. The first row that is not remembered begins a transaction, which fails
// if the database has another version by then.
func (e *database) TrySnapshot(ctx context.Context) (pinned context.Context, done func()) {
	return e.pin(ctx, &pin{frozen: true, lazy: true})
}

var errOverlap = errors.New("two reads of one snapshot overlap")

func (e *database) pin(ctx context.Context, p *pin) (pinned context.Context, done func()) {
	return context.WithValue(ctx, pinKey{}, p), func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.over = true
		p.release(nil)
	}
}

func (p *pin) release(err error) {
	if p.c != nil {
		if p.frozen && err == nil {
			_, err = p.c.exec("COMMIT", nil)
		}
		p.lane.give(p.c, err)
		p.c = nil
	}
}

// borrow returns a connection for one query: the connection of the request or, if there is none or a query is open on
// it, another one. back releases it, with the error that made it unusable if there was one. looked says that the caller has
// checked that the file was not replaced.
func (e *database) borrow(ctx context.Context, looked bool) (c *conn, back func(error), err error) {
	p, ok := ctx.Value(pinKey{}).(*pin)
	if !ok || !p.mu.TryLock() {
		if ok && p.frozen {
			return nil, nil, errOverlap
		}
		l := e.laneOf(ctx)
		if c, err = e.take(ctx, l, looked); err != nil {
			return nil, nil, err
		}
		return c, func(err error) { l.give(c, err) }, nil
	}
	if p.over {
		p.mu.Unlock()
		return e.borrow(context.WithValue(ctx, pinKey{}, nil), looked)
	}
	if p.c == nil {
		p.lane = e.laneOf(ctx)
		if p.c, err = e.take(ctx, p.lane, looked); err != nil {
			p.mu.Unlock()
			return nil, nil, err
		}
		if p.frozen {
			before := p.looked.Load()
			if err = e.begin(p); err != nil {
				p.lane.give(p.c, err)
				p.c = nil
				p.mu.Unlock()
				return nil, nil, unavailable(err)
			}
			if before != nil && !e.sees(before.generation) {
				p.release(nil)
				p.mu.Unlock()
				return nil, nil, team.ErrChanged
			}
		}
	}
	return p.c, func(err error) {
		if err != nil {
			p.release(err)
		}
		p.mu.Unlock()
	}, nil
}

// begin begins the transaction of a snapshot. Unless the request has looked before, it looks which generation the transaction
// sees.
func (e *database) begin(p *pin) error {
	if _, err := p.c.exec("BEGIN", nil); err != nil {
		return err
	}
	first := p.looked.Load() == nil
	var g *generation
	if first {
		g = e.memory.generation()
	}
	if _, err := p.c.exec("SELECT count(*) FROM sqlite_schema WHERE rowid = 0", nil); err != nil { // the transaction begins with its first read
		return err
	}
	if first {
		if !e.sees(g) {
			g = nil
		}
		p.looked.Store(&looked{g})
	}
	return nil
}

// sees reports whether a transaction that has just begun sees the version of a generation, which was current before: it does
// if the version is still current.
func (e *database) sees(g *generation) bool {
	now, known := e.memory.now()
	return g != nil && known && now == g.version
}
