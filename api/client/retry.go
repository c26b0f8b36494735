package client

import (
	"context"
	"sync"
	"time"
)

// retryPolicy says how long a failed call is retried: a number of times, or for a time.
type retryPolicy struct {
	times  int
	budget time.Duration
	timed  bool
}

// again reports whether a call may be retried after wait. since is the start of the failures.
func (p retryPolicy) again(attempt int, since time.Time, wait time.Duration) bool {
	if p.timed {
		return time.Since(since)+wait <= p.budget
	}
	return attempt < p.times
}

// outage tracks since when all attempts of the client have failed. Failures that are more than forgetAfter apart are
// separate outages.
type outage struct {
	mu          sync.Mutex
	since, last time.Time
}

const forgetAfter = maxRetryAfter + defaultTimeout

// note records the result of an attempt. It returns since when attempts have failed, or the zero time after a success.
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

// earlier returns the earlier of two times, ignoring zero times.
func earlier(a, b time.Time) time.Time {
	if b.IsZero() || a.Before(b) {
		return a
	}
	return b
}

// Finish returns a context for work that must not be interrupted once it has begun, such as a write whose response
// contains a secret. It has the values of ctx and ends at most grace after ctx. The caller must call stop when done.
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
