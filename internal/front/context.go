package front

import (
	"context"
	"errors"
	"sync"
	"time"

	"raff/internal/team"
)

// requestContext is the context of a request and ends with its deadline. The timer starts with the first call of Done, so
// that a request that never waits does not pay for it.
type requestContext struct {
	context.Context // of the connection, or of the trace
	q               *Request

	mu     sync.Mutex
	ends   time.Time
	inner  context.Context // nil until Done is called
	cancel context.CancelCauseFunc
	timer  *time.Timer
	over   bool
}

// Value returns the data of the request itself without another context in between.
func (c *requestContext) Value(key any) any {
	switch key.(type) {
	case requestKey:
		return c.q
	case team.OriginKey:
		return &c.q.origin
	}
	c.mu.Lock()
	inner := c.inner
	c.mu.Unlock()
	if inner != nil {
		return inner.Value(key) // package context looks for the context that it can cancel directly
	}
	return c.Context.Value(key)
}

// Done starts the timer of the deadline.
func (c *requestContext) Done() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inner == nil {
		inner, cancel := context.WithCancelCause(c.Context)
		c.inner, c.cancel = inner, cancel
		if c.over {
			cancel(nil)
		} else {
			c.timer = time.AfterFunc(time.Until(c.ends), func() { cancel(context.DeadlineExceeded) })
		}
	}
	return c.inner.Done()
}

// Err does not start the timer.
func (c *requestContext) Err() error {
	c.mu.Lock()
	inner, ends, over := c.inner, c.ends, c.over
	c.mu.Unlock()
	switch {
	case inner != nil:
		return inner.Err()
	case over:
		return context.Canceled
	}
	if err := c.Context.Err(); err != nil {
		return err
	}
	if !time.Now().Before(ends) {
		return context.DeadlineExceeded
	}
	return nil
}

// timedOut reports whether the deadline passed before the request ended.
func (c *requestContext) timedOut() bool {
	c.mu.Lock()
	inner, ends := c.inner, c.ends
	c.mu.Unlock()
	if inner != nil {
		return errors.Is(context.Cause(inner), context.DeadlineExceeded)
	}
	return !time.Now().Before(ends)
}

// extend moves the deadline.
func (c *requestContext) extend(ends time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ends = ends
	if c.timer != nil {
		c.timer.Reset(time.Until(ends))
	}
}

// finish ends the context when the request was handled.
func (c *requestContext) finish() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = true
	if c.inner != nil {
		c.timer.Stop()
		c.cancel(nil)
	}
}

// Interrupted reports whether a request failed because it was cancelled or ran out of time.
func Interrupted(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
