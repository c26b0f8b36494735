package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"raff/internal/rafftest"
)

// TestConcurrentBulkRequests sends many requests that add the same people in different orders, to two nodes on a
// PostgreSQL with space for few locks.
func TestConcurrentBulkRequests(t *testing.T) {
	t.Parallel()
	database := rafftest.NewCluster(t, "-c fsync=off -c deadlock_timeout=10ms -c max_connections=40 -c max_locks_per_transaction=10").URL
	nodes := []*rafftest.Server{rafftest.Start(t, rafftest.OnDatabase(database)), rafftest.Start(t, rafftest.OnDatabase(database))}
	role, key := nodes[0].RoleID(t, "account", "member"), nodes[0].Key
	const people = 60
	var rows []any
	for i := range people {
		rows = append(rows, map[string]any{"email": fmt.Sprintf("p%02d@example.com", i), "role_id": role})
	}
	statuses := parallel(16, func(i int) int {
		mine := slices.Clone(rows)
		if i%2 == 1 {
			slices.Reverse(mine)
		}
		mine = slices.Concat(mine[i:], mine[:i])
		return nodes[i/2%2].Do(t, http.MethodPost, "/api/v1/members/bulk", key, map[string]any{"members": mine}).Status
	})
	if statuses[http.StatusOK] != 16 {
		t.Errorf("statuses: %v, want 16 times 200", statuses)
	}
	if got := nodes[0].Do(t, http.MethodGet, "/api/v1/members?principal_type=invitation&limit=1", key, nil).JSON(t)["total"]; got != float64(people) {
		t.Errorf("%v people, want %d", got, people)
	}
	if n := askDatabase(t, database, "SELECT deadlocks::text FROM pg_stat_database WHERE datname = current_database()"); n != "0" {
		t.Errorf("PostgreSQL ended %s deadlocks", n)
	}
}
