package e2e

import (
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"raff/internal/rafftest"
)

// trials returns the number of rounds of a race: a few by default, more with RAFF_TRIALS (make hammer).
func trials(t *testing.T, otherwise int) int {
	t.Helper()
	text := os.Getenv("RAFF_TRIALS")
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("RAFF_TRIALS: %v", err)
	}
	return n
}

// TestNothingIsAcceptedAfterItWasTakenAway repeatedly removes access on one node, in every possible way, and uses it
// immediately on the other.
func TestNothingIsAcceptedAfterItWasTakenAway(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, one *rafftest.Server) {
		strike(t, one, rafftest.Start(t, rafftest.OnDatabase(one.Database)))
	})
}

func strike(t *testing.T, one, two *rafftest.Server) {
	t.Helper()
	g := guard{one, t}
	role := g.role("reader", "account", "account.members.view")
	ways := []struct {
		name string
		take func(keyID string) int
	}{
		{"revoke", func(id string) int { return one.Do(t, "DELETE", "/api/v1/api-keys/"+id, one.Key, nil).Status }},
		{"regenerate", func(id string) int {
			return one.Do(t, "POST", "/api/v1/api-keys/"+id+"/regenerate", one.Key, nil).Status
		}},
		{"deactivate", func(id string) int {
			return one.Do(t, "PATCH", "/api/v1/api-keys/"+id, one.Key, map[string]any{"is_active": false}).Status
		}},
		{"suspend", func(id string) int {
			return one.Do(t, "PATCH", "/api/v1/members/"+g.memberOf(id), one.Key, map[string]any{"status": "suspended"}).Status
		}},
		{"remove", func(id string) int {
			return one.Do(t, "DELETE", "/api/v1/members/"+g.memberOf(id), one.Key, nil).Status
		}},
	}
	var stale, strikes atomic.Int64
	for round := range trials(t, 100) / len(ways) {
		for _, way := range ways {
			id, secret := one.NewKeyID(t, fmt.Sprintf("%s-%d", way.name, round), role)
			use := func(srv *rafftest.Server) int { return srv.Do(t, "GET", "/api/v1/members?limit=1", secret, nil).Status }
			if use(one) != 200 || use(two) != 200 {
				t.Fatalf("%s: the key does not work before the test", way.name)
			}
			// Others keep using it in the meantime, so that a cache would contain it.
			var busy sync.WaitGroup
			var over atomic.Bool
			for range 2 {
				busy.Go(func() {
					for !over.Load() {
						use(two)
					}
				})
			}
			if status := way.take(id); status != 200 {
				t.Fatalf("%s: status %d", way.name, status)
			}
			for _, srv := range []*rafftest.Server{two, one} {
				strikes.Add(1)
				if use(srv) == 200 {
					stale.Add(1)
					t.Errorf("%s: the key was accepted after the response", way.name)
				}
			}
			over.Store(true)
			busy.Wait()
		}
	}
	t.Logf("%d strikes, %d stale accepts", strikes.Load(), stale.Load())
}

// TestNoWriteOfARevokedKeyCommits revokes an API key while it invites people as fast as it can. No event of the key may be
// added to the audit log after the response to the revocation.
func TestNoWriteOfARevokedKeyCommits(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		g := guard{srv, t}
		role := g.role("inviter", "account", "account.members.invite")
		for round := range trials(t, 4) {
			id, secret := srv.NewKeyID(t, fmt.Sprintf("inviter-%d", round), role)
			written := func() any {
				return srv.Do(t, "GET", "/api/v1/audit-events?limit=1&actor="+id, srv.Key, nil).Want(t, 200).JSON(t)["total"]
			}
			var busy sync.WaitGroup
			var over atomic.Bool
			var tries atomic.Int32
			for worker := range 4 {
				busy.Go(func() {
					for i := 0; !over.Load(); i++ {
						email := fmt.Sprintf("p%d.%d.%d@example.com", round, worker, i)
						srv.Do(t, "POST", "/api/v1/members", secret, map[string]any{"email": email, "role_id": role})
						tries.Add(1)
					}
				})
			}
			rafftest.Eventually(t, "the key has invited people", func() bool { return tries.Load() >= 8 })
			srv.Do(t, "DELETE", "/api/v1/api-keys/"+id, srv.Key, nil).Want(t, 200)
			before := written()
			// Each of the four workers has at most one request in progress, so at least twelve of these requests start now.
			revoked := tries.Load()
			rafftest.Eventually(t, "the revoked key is still used", func() bool { return tries.Load() >= revoked+16 })
			over.Store(true)
			busy.Wait()
			if after := written(); after != before || before == 0.0 {
				t.Errorf("round %d: %v events when the key was revoked, %v in the end", round, before, after)
			}
		}
	})
}
