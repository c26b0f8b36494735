package e2e

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"raff/internal/front"
	"raff/internal/rafftest"
)

func TestRateLimitRetryAfter(t *testing.T) {
	srv := rafftest.Start(t, rafftest.WithLimits(front.DefaultLimits()))
	_, other := srv.NewKeyID(t, "other", "")
	begin := time.Now()
	statuses := parallel(100, func(int) int { return srv.Do(t, "GET", "/api/v1/whoami", other, nil).Status })
	// The burst, and the tokens that are added during the requests.
	most := 60 + int(30*time.Since(begin).Seconds()) + 1
	if statuses[200] < 60 || statuses[200] > most || statuses[200]+statuses[429] != 100 {
		t.Errorf("100 concurrent requests: statuses %v, want 60 to %d × 200 and the rest 429", statuses, most)
	}
	res := srv.Do(t, "GET", "/api/v1/whoami", other, nil)
	for res.Status == 200 {
		res = srv.Do(t, "GET", "/api/v1/whoami", other, nil)
	}
	body := res.JSON(t)
	if body["error"] != "Rate limit exceeded" || body["code"] != "rate_limited" {
		t.Errorf("refused response: %s", res.Body)
	}
	for name, want := range map[string]string{"Retry-After": "1", "X-RateLimit-Limit": "30", "X-RateLimit-Remaining": "0"} {
		if got := res.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	// Other keys are not limited, and after the wait the key is not, either.
	srv.Do(t, "GET", "/api/v1/whoami", srv.Key, nil).Want(t, 200)
	srv.Advance(time.Second)
	srv.Do(t, "GET", "/api/v1/whoami", other, nil).Want(t, 200)
}

// TestNodesShareTheLimit checks that each of two nodes grants half of the limit once they know of each other.
func TestNodesShareTheLimit(t *testing.T) {
	limits := rafftest.WithLimits(map[string]front.Limit{"standard": {PerSecond: 0.001, Burst: 20}})
	first := rafftest.Start(t, rafftest.OnPostgres(t), limits)
	second := rafftest.Start(t, rafftest.OnDatabase(first.Database), limits)
	granted := func(srv *rafftest.Server, key string) (n int) {
		for srv.Do(t, "GET", "/api/v1/whoami", key, nil).Status == 200 {
			n++
		}
		return n
	}
	rafftest.Eventually(t, "the second node to be counted", func() bool { return second.Node.Nodes() == 2 })
	if n := granted(second, first.Key); n != 10 {
		t.Errorf("the second node granted %d of 20, want half of them", n)
	}
}

// More API keys do not allow more requests per account, and do not affect other accounts.
func TestKeysOfAnAccountShareALimit(t *testing.T) {
	const burst = 40
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "member"))
		alice, keys := srv.SignIn(t, "alice@example.com"), make([]string, 10)
		for i := range keys {
			keys[i] = srv.NewKey(t, "key", "")
		}
		other := srv.NewAccount(t, "Globex", "owner@globex.example.com")
		// Earlier requests of the test count, too, so the number of remaining requests is read from the header.
		left, err := strconv.Atoi(srv.Do(t, "GET", "/api/v1/whoami", keys[0], nil).Header.Get("X-RateLimit-Remaining"))
		if err != nil || left == 0 || left >= burst {
			t.Fatalf("%d requests remain of %d: %v", left, burst, err)
		}
		statuses := parallel(100, func(i int) int { return srv.Do(t, "GET", "/api/v1/whoami", keys[i%len(keys)], nil).Status })
		if statuses[200] != left || statuses[429] != 100-left {
			t.Errorf("100 requests of 10 keys: statuses %v, want %d × 200 and the rest 429", statuses, left)
		}
		for _, one := range []string{srv.Key, alice} {
			r := srv.Do(t, "GET", "/api/v1/whoami", one, nil).Want(t, 429)
			if m := r.JSON(t); m["code"] != "rate_limited" || !strings.HasPrefix(m["message"].(string), "This account may send") {
				t.Errorf("refused response: %s", r.Body)
			}
			if h := r.Header; h.Get("X-RateLimit-Remaining") != "0" || h.Get("X-RateLimit-Limit") != "1e-06" || h.Get("Retry-After") == "" {
				t.Errorf("the refusal: %v", h)
			}
		}
		h := srv.Do(t, "GET", "/api/v1/whoami", other.Key, nil).Want(t, 200).Header
		if h.Get("X-RateLimit-Limit") != "30" || h.Get("X-RateLimit-Remaining") != "30" {
			t.Errorf("another account, whose key has fewer remaining requests than the account: %v", h)
		}
	}, rafftest.WithLimits(map[string]front.Limit{"standard": {PerSecond: 30, Burst: 31}, front.LimitAccount: {PerSecond: 1e-6, Burst: burst}}))
}
