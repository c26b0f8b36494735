package e2e

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"raff/internal/front"
	"raff/internal/rafftest"
	"raff/internal/store/engine"
)

// connected returns a connection of its own to the database.
func connected(t *testing.T, database string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(t.Context()) })
	return c
}

// changesWaitingForLocks counts the connections that wait in the database for the lock of an account.
const changesWaitingForLocks = `SELECT count(*)::text FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
	AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`

// TestLockedAccountsDelayNobodyElse holds the locks of six accounts, as a program that hangs would, and sends 60 changes to
// each of them. Other accounts must still be able to change something, and the server must be ready.
func TestLockedAccountsDelayNobodyElse(t *testing.T) {
	t.Parallel()
	database := rafftest.PostgresURL(t)
	srv := rafftest.Start(t, rafftest.OnDatabase(database), rafftest.WithLimits(map[string]front.Limit{}), rafftest.WithRequestTimeout(10*time.Minute))
	holder := connected(t, database)
	const accounts, each = 6, 60
	var requests sync.WaitGroup
	defer requests.Wait()
	var over atomic.Bool
	defer over.Store(true)
	var locked []rafftest.Account
	for i := range accounts {
		locked = append(locked, srv.NewAccount(t, fmt.Sprintf("Locked %d", i), fmt.Sprintf("owner%d@example.com", i)))
	}
	for i, a := range locked {
		l := engine.Lock{AccountID: a.AccountID}
		if _, err := holder.Exec(t.Context(), "SELECT pg_advisory_lock($1)", l.Key()); err != nil {
			t.Fatal(err)
		}
		for n := range each {
			requests.Go(func() {
				for try := 0; !over.Load(); try++ {
					r := srv.Do(t, http.MethodPost, "/api/v1/projects", a.Key, map[string]any{"name": fmt.Sprintf("p%d-%d-%d", i, n, try)})
					if r.Status == http.StatusServiceUnavailable {
						continue
					}
					if r.Status != http.StatusCreated {
						t.Errorf("a change that waited: %d %s", r.Status, r.Body)
					}
					return
				}
			})
		}
	}
	rafftest.Eventually(t, "changes that wait for the locks", func() bool {
		n, _ := strconv.Atoi(askDatabase(t, database, changesWaitingForLocks))
		return n > 0
	})
	most := 0
	for n := range 40 {
		srv.Do(t, http.MethodPost, "/api/v1/projects", srv.Key, map[string]any{"name": fmt.Sprintf("free %d", n)}).Want(t, http.StatusCreated)
		srv.Do(t, http.MethodGet, "/ready", "", nil).Want(t, http.StatusOK)
		waiting, _ := strconv.Atoi(askDatabase(t, database, changesWaitingForLocks))
		most = max(most, waiting)
	}
	t.Logf("at most %d connections waited for a lock", most)
	if most > 4 {
		t.Errorf("%d connections waited for locks, want at most 4", most)
	}
	if _, err := holder.Exec(t.Context(), "SELECT pg_advisory_unlock_all()"); err != nil {
		t.Fatal(err)
	}
}

// TestSlowReadsDelayNobodyElse blocks all reads of the audit log and sends many. Other requests must not notice.
func TestSlowReadsDelayNobodyElse(t *testing.T) {
	t.Parallel()
	database := rafftest.PostgresURL(t)
	srv := rafftest.Start(t, rafftest.OnDatabase(database), rafftest.WithLimits(map[string]front.Limit{}), rafftest.WithRequestTimeout(10*time.Minute))
	blocker := connected(t, database)
	if _, err := blocker.Exec(t.Context(), "BEGIN; LOCK TABLE audit_events IN ACCESS EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	var requests sync.WaitGroup
	for range 40 {
		requests.Go(func() { srv.Do(t, http.MethodGet, "/api/v1/audit-events", srv.Key, nil) })
	}
	blocked := func() int {
		n, _ := strconv.Atoi(askDatabase(t, database, "SELECT count(*)::text FROM pg_locks WHERE NOT granted AND relation = 'audit_events'::regclass"))
		return n
	}
	rafftest.Eventually(t, "reads of the audit log that wait", func() bool { return blocked() > 0 })
	most := 0
	for range 20 {
		srv.Do(t, http.MethodGet, "/api/v1/members", srv.Key, nil).Want(t, http.StatusOK)
		srv.Do(t, http.MethodGet, "/ready", "", nil).Want(t, http.StatusOK)
		most = max(most, blocked())
	}
	if most > 5 { // one of them is the job that seals the log
		t.Errorf("%d connections read the audit log, want at most 5", most)
	}
	if _, err := blocker.Exec(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	requests.Wait()
}
