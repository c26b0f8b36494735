package front

import (
	"crypto/sha256"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"raff/internal/bucket"
	"raff/internal/team"
)

// Limit is the rate limit of one caller: PerSecond on average, with bursts of Burst.
type Limit = bucket.Limit

// In addition to the tiers of API keys, there are limits per account, so that one account with many keys cannot use the
// whole server, per signed-in browser, and per network address. The last one also applies to API operations without
// authentication, and to requests with invalid credentials.
const (
	LimitAccount = "account"
	LimitSession = "session"
	LimitSource  = "source"
)

// DefaultLimits returns the default limits of the two tiers, of an account and of pages.
func DefaultLimits() map[string]Limit {
	return map[string]Limit{
		team.TierStandard: {PerSecond: 30, Burst: 60}, team.TierHigh: {PerSecond: 100, Burst: 200},
		LimitAccount: {PerSecond: 500, Burst: 1000},
		LimitSession: {PerSecond: 20, Burst: 200}, LimitSource: {PerSecond: 50, Burst: 500},
	}
}

// TooFast is the error for a request over a rate limit.
type TooFast struct {
	Who   string // start of the message, such as "This API key"
	Limit Limit
	Wait  time.Duration // until the next request is allowed
}

func (e *TooFast) Error() string {
	return fmt.Sprintf("%s may send %g requests per second. Wait %s and try again.", e.Who, e.Limit.PerSecond, e.Wait.Round(time.Millisecond))
}

// AllowPrincipal counts a request of an authenticated caller, both for the caller and for their account. Its error is a
// *TooFast.
func (f *Front) AllowPrincipal(q *Request, p *team.Principal) error {
	who := "This API key"
	switch p.Type {
	case team.TypeUser:
		who = "This user"
	case team.TypeSupport:
		who = "This support session"
	}
	if err := f.take(q, who, p.ID, p.Tier); err != nil {
		return err
	}
	if f.Limits[LimitAccount] == (Limit{}) {
		return nil
	}
	return f.take(q, "This account", "account "+p.AccountID, LimitAccount)
}

// AllowVerified counts the verification of another caller's credential by a service, against a limit of that caller for
// requests to services. It returns the limit, zero if there is none, and how many requests are left; -1 says that this one
// exceeded it.
func (f *Front) AllowVerified(id, tier string) (limit Limit, left int) {
	if limit = f.Limits[tier]; limit == (Limit{}) {
		return limit, 0
	}
	left, wait := f.buckets.Take("verified "+id, limit)
	if wait > 0 {
		return limit, -1
	}
	return limit, left
}

// AllowSource counts a request of the client's network address. Its error is a *TooFast.
func (f *Front) AllowSource(q *Request) error {
	if q.Remote == "" {
		return nil
	}
	return f.take(q, "This network address", "source "+team.SourceOf(q.Remote), LimitSource)
}

// AllowPage counts a request for a page, both for the network address and for the session. Its error is a *TooFast.
func (f *Front) AllowPage(q *Request, r *http.Request) error {
	if err := f.AllowSource(q); err != nil {
		return err
	}
	token := f.SessionToken(r)
	if token == "" {
		return nil
	}
	hash := sha256.Sum256([]byte(token)) // keeps tokens out of memory
	return f.take(q, "This browser", "session "+string(hash[:]), LimitSession)
}

// take takes a token from the bucket of key, and sets the rate limit headers of the response, which describe the limit with
// the fewest requests left.
func (f *Front) take(q *Request, who, key, kind string) error {
	limit := f.Limits[kind]
	if limit == (Limit{}) {
		return nil
	}
	left, wait := f.buckets.Take(key, limit)
	if wait == 0 && q.limited && q.left <= left {
		return nil
	}
	q.limited, q.left = true, left
	q.header["X-Ratelimit-Limit"] = f.rates[kind]
	q.leftHeader[0] = strconv.Itoa(left)
	q.header["X-Ratelimit-Remaining"] = q.leftHeader[:]
	if wait == 0 {
		return nil
	}
	q.header["Retry-After"] = []string{strconv.Itoa(int(math.Ceil(wait.Seconds())))}
	if f.Meter != nil {
		f.Meter.Limited(kind)
	}
	return &TooFast{Who: who, Limit: limit, Wait: wait}
}
