package sqlite

import (
	"context"
	"sync"
)

type pinKey struct{}

// pin is the connection of a request that only reads. The first read acquires it, and it is released when the
// request ends. The goroutine of the request uses it for one query at a time.
type pin struct {
	mu   sync.Mutex // held while a query is open
	c    *conn
	over bool
}

func (e *database) Pin(ctx context.Context) (pinned context.Context, done func()) {
	p := &pin{}
	return context.WithValue(ctx, pinKey{}, p), func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.over = true
		p.release(e, nil)
	}
}

func (p *pin) release(e *database, err error) {
	if p.c != nil {
		p.c.pinned, p.c.looked = false, false
		e.give(p.c, err)
		p.c = nil
	}
}

// borrow returns a connection for one query: the connection of the request or, if there is none or a query is open on
// it, another one. back releases it, with the error that made it unusable if there was one.
func (e *database) borrow(ctx context.Context) (c *conn, back func(error), err error) {
	p, ok := ctx.Value(pinKey{}).(*pin)
	if !ok || !p.mu.TryLock() {
		if c, err = e.take(ctx); err != nil {
			return nil, nil, err
		}
		return c, func(err error) { e.give(c, err) }, nil
	}
	if p.over {
		p.mu.Unlock()
		return e.borrow(context.WithValue(ctx, pinKey{}, nil))
	}
	if p.c == nil {
		if p.c, err = e.take(ctx); err != nil {
			p.mu.Unlock()
			return nil, nil, err
		}
		p.c.pinned = true
	}
	return p.c, func(err error) {
		if err != nil {
			p.release(e, err)
		}
		p.mu.Unlock()
	}, nil
}
