// Package bucket implements rate limits with a token bucket for each recently used key.
package bucket

import (
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limit is the rate of one key: PerSecond on average, Burst at once. The zero Limit means no limit.
type Limit struct {
	PerSecond float64
	Burst     int
}

// Buckets are the token buckets of one node, which grants 1/n of each limit while n nodes are alive. They are safe for
// concurrent use.
type Buckets struct {
	nodes func() int
	now   func() time.Time

	mu    sync.Mutex
	of    map[string]*bucket
	swept time.Time
}

type bucket struct {
	*rate.Limiter
	limit Limit
	nodes int
	seen  time.Time
}

const (
	// idle is how long an unused bucket is kept. Every bucket is full again by then, so dropping it changes nothing.
	idle = 5 * time.Minute
	// most is the maximum number of buckets. Above it, arbitrary buckets are dropped, because the number of network
	// addresses is not limited.
	most = 100_000
)

// New returns Buckets. nodes returns the number of nodes; nil means that there is only one.
func New(nodes func() int, now func() time.Time) *Buckets {
	if nodes == nil {
		nodes = func() int { return 1 }
	}
	return &Buckets{nodes: nodes, now: now, of: map[string]*bucket{}}
}

// Take takes one token of the key. left is the number of whole tokens that remain. If there is no token, nothing is taken
// and wait is the time until there is one; otherwise wait is 0. The zero Limit allows everything.
func (b *Buckets) Take(key string, limit Limit) (left int, wait time.Duration) {
	if limit == (Limit{}) {
		return 0, 0
	}
	now := b.now()
	one := b.bucket(key, limit, now)
	if !one.AllowN(now, 1) { // unlike a reservation, it allocates nothing
		r := one.ReserveN(now, 1)
		if wait = r.DelayFrom(now); wait != 0 {
			r.CancelAt(now)
			return 0, wait
		}
	}
	return max(0, int(one.TokensAt(now))), 0
}

func (b *Buckets) bucket(key string, limit Limit, now time.Time) *bucket {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now.Sub(b.swept) > idle {
		for k, one := range b.of {
			if now.Sub(one.seen) > idle {
				delete(b.of, k)
			}
		}
		b.swept = now
	}
	nodes := max(1, b.nodes())
	perSecond, burst := limit.share(nodes)
	one := b.of[key]
	switch {
	case one == nil || one.limit != limit:
		for k := range b.of {
			if len(b.of) < most {
				break
			}
			delete(b.of, k)
		}
		one = &bucket{Limiter: rate.NewLimiter(perSecond, burst), limit: limit, nodes: nodes}
		b.of[key] = one
	case one.nodes != nodes:
		one.SetLimitAt(now, perSecond)
		one.SetBurstAt(now, burst)
		one.nodes = nodes
	}
	one.seen = now
	return one
}

// share returns the share of one of n nodes.
func (l Limit) share(n int) (perSecond rate.Limit, burst int) {
	return rate.Limit(l.PerSecond / float64(n)), int(math.Ceil(float64(l.Burst) / float64(n)))
}
