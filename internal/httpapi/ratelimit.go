package httpapi

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"raff/internal/bucket"
	"raff/internal/team"
)

// Limit is how fast one caller may go: PerSecond on average, Burst at once.
type Limit = bucket.Limit

// Beside the tiers of keys there are limits for pages: of one browser that is signed in, and of one network address. The second
// is also for the operations of the API that need no credential.
const (
	LimitSession = "session"
	LimitSource  = "source"
)

// DefaultLimits are the limits of the two tiers, and those of pages.
func DefaultLimits() map[string]Limit {
	return map[string]Limit{
		team.TierStandard: {PerSecond: 30, Burst: 60}, team.TierHigh: {PerSecond: 100, Burst: 200},
		LimitSession: {PerSecond: 20, Burst: 200}, LimitSource: {PerSecond: 50, Burst: 500},
	}
}

// limiter counts the requests of each caller.
type limiter struct {
	limits  map[string]Limit
	buckets *bucket.Buckets
}

func newLimiter(limits map[string]Limit, buckets *bucket.Buckets) *limiter {
	if limits == nil {
		limits = DefaultLimits()
	}
	return &limiter{limits: limits, buckets: buckets}
}

// allow takes one token of the key, or says in a tooFast when there will be one.
func (l *limiter) allow(p *team.Principal) error {
	return l.take("This key", p.ID, l.limits[p.Tier])
}

// allowSource does so for a network address.
func (l *limiter) allowSource(address string) error {
	if address == "" {
		return nil
	}
	return l.take("This network address", "source "+team.SourceOf(address), l.limits[LimitSource])
}

func (l *limiter) take(who, key string, limit Limit) error {
	if wait := l.buckets.Take(key, limit); wait != 0 {
		return &tooFast{who: who, limit: limit, wait: wait}
	}
	return nil
}

// tooFast is a request over the limit.
type tooFast struct {
	who   string
	limit Limit
	wait  time.Duration
}

func (e *tooFast) Error() string {
	return fmt.Sprintf("%s may send %g requests per second. Wait %s and try again.", e.who, e.limit.PerSecond, e.wait.Round(time.Millisecond))
}

func (e *tooFast) headers(h http.Header) {
	h["Retry-After"] = []string{strconv.Itoa(int(math.Ceil(e.wait.Seconds())))}
	h["X-Ratelimit-Limit"] = []string{strconv.FormatFloat(e.limit.PerSecond, 'g', -1, 64)}
	h["X-Ratelimit-Remaining"] = []string{"0"}
}
