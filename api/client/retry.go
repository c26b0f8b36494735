package client

import (
	"context"
	"sync"
	"time"
)

// retryPolicy says how long a failed call is sent again: so many times, or for so long.
type retryPolicy struct {
	times  int
	budget time.Duration
	timed  bool
}

// again reports whether a call may be sent once more after waiting; since is when its trouble began.
func (p retryPolicy) again(attempt int, since time.Time, wait time.Duration) bool {
	if p.timed {
		return time.Since(since)+wait <= p.budget
	}
	return attempt < p.times
}

// outage knows since when no call of the client was answered. Failures further apart than forgetAfter are not of one
// outage: nobody tried in between.
type outage struct {
	mu          sync.Mutex
	since, last time.Time
}

const forgetAfter = maxRetryAfter + defaultTimeout

// note takes the end of one attempt, and returns since when attempts have only failed; the zero time if they have not.
func (o *outage) note(failed bool) time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := time.Now()
	switch {
	case !failed:
		o.since = time.Time{}
	case o.since.IsZero(), now.Sub(o.last) > forgetAfter:
		o.since = now
	}
	o.last = now
	return o.since
}

// earlier is the earlier of two moments; the zero time is none.
func earlier(a, b time.Time) time.Time {
	if b.IsZero() || a.Before(b) {
		return a
	}
	return b
}

// Finish returns a context for what must not be cut off once it has begun, such as a write whose answer holds a secret.
// It has the values of ctx, and goes on for at most grace after ctx has ended. The caller calls stop when done.
func Finish(ctx context.Context, grace time.Duration) (finishing context.Context, stop context.CancelFunc) {
	finishing, cancel := context.WithCancel(context.WithoutCancel(ctx))
	unhook := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(grace, cancel)
		context.AfterFunc(finishing, func() { timer.Stop() })
	})
	return finishing, func() {
		unhook()
		cancel()
	}
}
