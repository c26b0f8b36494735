package sqlite

import (
	"context"
	"errors"
	"sync"
)

type pinKey struct{}

// pin is the connection of a request that only reads. The first read acquires it, and it is released when the
// request ends. The goroutine of the request uses it for one query at a time.
type pin struct {
	mu     sync.Mutex // held while a query is open
	c      *conn
	lane   *lane // of c
	over   bool
	frozen bool // all reads are in one transaction
}

func (e *database) Pin(ctx context.Context) (pinned context.Context, done func()) {
	return e.pin(ctx, &pin{})
}

// Snapshot reads in one transaction, which begins with the first read.
func (e *database) Snapshot(ctx context.Context) (pinned context.Context, done func()) {
	return e.pin(ctx, &pin{frozen: true})
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
		p.c.pinned, p.c.looked = false, false
		p.lane.give(p.c, err)
		p.c = nil
	}
}

// borrow returns a connection for one query: the connection of the request or, if there is none or a query is open on
// it, another one. back releases it, with the error that made it unusable if there was one.
func (e *database) borrow(ctx context.Context) (c *conn, back func(error), err error) {
	p, ok := ctx.Value(pinKey{}).(*pin)
	if !ok || !p.mu.TryLock() {
		if ok && p.frozen {
			return nil, nil, errOverlap
		}
		l := e.laneOf(ctx)
		if c, err = e.take(ctx, l); err != nil {
			return nil, nil, err
		}
		return c, func(err error) { l.give(c, err) }, nil
	}
	if p.over {
		p.mu.Unlock()
		return e.borrow(context.WithValue(ctx, pinKey{}, nil))
	}
	if p.c == nil {
		p.lane = e.laneOf(ctx)
		if p.c, err = e.take(ctx, p.lane); err != nil {
			p.mu.Unlock()
			return nil, nil, err
		}
		p.c.pinned = true
		if p.frozen {
			if _, err = p.c.exec("BEGIN", nil); err != nil {
				p.c.pinned = false
				p.lane.give(p.c, err)
				p.c = nil
				p.mu.Unlock()
				return nil, nil, unavailable(err)
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
