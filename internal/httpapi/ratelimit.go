package httpapi

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"raff/internal/team"
)

// Limit is how fast one API key may go: PerSecond on average, Burst at once.
type Limit struct {
	PerSecond float64
	Burst     int
}

// DefaultLimits are the limits of the two tiers.
func DefaultLimits() map[string]Limit {
	return map[string]Limit{team.TierStandard: {30, 60}, team.TierHigh: {100, 200}}
}

// limiter holds a token bucket per key that was seen in the last minutes. Each node counts for itself and grants its
// share of the limit: with n nodes alive, 1/n of it.
type limiter struct {
	limits map[string]Limit
	nodes  func() int
	now    func() time.Time

	mu      sync.Mutex
	buckets map[string]*bucket
	swept   time.Time
}

type bucket struct {
	*rate.Limiter
	tier  string
	nodes int
	seen  time.Time
}

// idle is how long a bucket is kept. It is longer than any bucket takes to fill, so forgetting one gives nothing away.
const idle = 5 * time.Minute

func newLimiter(limits map[string]Limit, nodes func() int, now func() time.Time) *limiter {
	if limits == nil {
		limits = DefaultLimits()
	}
	if nodes == nil {
		nodes = func() int { return 1 }
	}
	return &limiter{limits: limits, nodes: nodes, now: now, buckets: map[string]*bucket{}}
}

// allow takes one token of the key, or says in a tooFast when there will be one.
func (l *limiter) allow(p *team.Principal) error {
	limit, limited := l.limits[p.Tier]
	if !limited {
		return nil
	}
	now := l.now()
	b := l.bucket(p, limit, now)
	r := b.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait == 0 {
		return nil
	}
	r.CancelAt(now)
	return &tooFast{limit: limit, wait: wait}
}

func (l *limiter) bucket(p *team.Principal, limit Limit, now time.Time) *bucket {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.swept) > idle {
		for id, b := range l.buckets {
			if now.Sub(b.seen) > idle {
				delete(l.buckets, id)
			}
		}
		l.swept = now
	}
	nodes := max(1, l.nodes())
	perSecond, burst := limit.share(nodes)
	b := l.buckets[p.ID]
	switch {
	case b == nil || b.tier != p.Tier:
		b = &bucket{Limiter: rate.NewLimiter(perSecond, burst), tier: p.Tier, nodes: nodes}
		l.buckets[p.ID] = b
	case b.nodes != nodes:
		b.SetLimitAt(now, perSecond)
		b.SetBurstAt(now, burst)
		b.nodes = nodes
	}
	b.seen = now
	return b
}

// share is what one of n nodes grants.
func (l Limit) share(n int) (perSecond rate.Limit, burst int) {
	return rate.Limit(l.PerSecond / float64(n)), int(math.Ceil(float64(l.Burst) / float64(n)))
}

// tooFast is a request over the limit.
type tooFast struct {
	limit Limit
	wait  time.Duration
}

func (e *tooFast) Error() string {
	return fmt.Sprintf("This key may send %g requests per second. Wait %s and try again.", e.limit.PerSecond, e.wait.Round(time.Millisecond))
}

func (e *tooFast) headers(h http.Header) {
	h["Retry-After"] = []string{strconv.Itoa(int(math.Ceil(e.wait.Seconds())))}
	h["X-Ratelimit-Limit"] = []string{strconv.FormatFloat(e.limit.PerSecond, 'g', -1, 64)}
	h["X-Ratelimit-Remaining"] = []string{"0"}
}
