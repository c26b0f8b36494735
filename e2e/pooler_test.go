package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"raff/internal/rafftest"
)

// TestPgBouncer runs two nodes through PgBouncer in transaction mode, where each transaction may use a different server
// process. Everything must work, and a node that starts later must not wait for the others.
func TestPgBouncer(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"", "&default_query_exec_mode=exec", "&lock_timeout=5s"} {
		t.Run(strings.TrimLeft(mode, "&"), func(t *testing.T) {
			direct := rafftest.PostgresURL(t)
			url := rafftest.BehindPgBouncer(t, direct) + mode
			one := rafftest.Start(t, rafftest.OnDatabase(url))
			two := rafftest.Start(t, rafftest.OnDatabase(url))
			role := one.RoleID(t, "account", "member")
			const people = 40
			var wg sync.WaitGroup
			for i := range people {
				srv := []*rafftest.Server{one, two}[i%2]
				wg.Go(func() {
					body := map[string]any{"email": fmt.Sprintf("p%d@example.com", i), "role_id": role}
					if r := srv.Do(t, http.MethodPost, "/api/v1/members", one.Key, body); r.Status != http.StatusCreated {
						t.Errorf("add: %d %s", r.Status, r.Body)
					}
					if r := srv.Do(t, http.MethodGet, "/api/v1/members?limit=5&q=p", one.Key, nil); r.Status != http.StatusOK {
						t.Errorf("list: %d %s", r.Status, r.Body)
					}
				})
			}
			wg.Wait()
			all := one.Do(t, http.MethodGet, "/api/v1/members?limit=1", one.Key, nil).Want(t, http.StatusOK).JSON(t)
			if total := all["total"]; total != float64(people+2) {
				t.Errorf("%v members, want %d", total, people+2)
			}
			key := one.Do(t, http.MethodPost, "/api/v1/api-keys", one.Key, map[string]any{"name": "k", "role_id": role}).Want(t, http.StatusCreated).Data(t)
			secret := key["secret"].(string)
			two.Do(t, http.MethodGet, "/api/v1/whoami", secret, nil).Want(t, http.StatusOK)
			one.Do(t, http.MethodDelete, "/api/v1/api-keys/"+key["id"].(string), one.Key, nil).Want(t, http.StatusOK)
			two.Do(t, http.MethodGet, "/api/v1/whoami", secret, nil).Want(t, http.StatusUnauthorized)
			// A session-level lock would still be held by the pooler's connection.
			another := rafftest.Start(t, rafftest.OnDatabase(direct))
			another.Do(t, http.MethodGet, "/api/v1/whoami", another.Key, nil).Want(t, http.StatusOK) // waits while the server starts
			another.Do(t, http.MethodGet, "/ready", "", nil).Want(t, http.StatusOK)
		})
	}
}
