package e2e

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"raff/internal/rafftest"
	"raff/internal/server"
)

func askDatabase(t *testing.T, database, query string) string {
	t.Helper()
	ask, done := asking(t, database, query)
	defer done()
	return ask()
}

// askingDatabase returns a function that asks again and again on one connection.
func askingDatabase(t *testing.T, database, query string) (ask func() string) {
	t.Helper()
	ask, done := asking(t, database, query)
	t.Cleanup(done)
	return ask
}

func asking(t *testing.T, database, query string) (ask func() string, done func()) {
	t.Helper()
	answered := func(row interface{ Scan(into ...any) error }) (answer string) {
		t.Helper()
		if err := row.Scan(&answer); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		return answer
	}
	if file, ok := strings.CutPrefix(database, "sqlite:"); ok {
		db := rafftest.OpenSQLite(t, file)
		return func() string { return answered(db.QueryRowContext(t.Context(), query)) }, func() { _ = db.Close() }
	}
	c, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	return func() string { return answered(c.QueryRow(t.Context(), query)) }, func() { _ = c.Close(context.WithoutCancel(t.Context())) }
}

// until repeats a request until it returns this status.
func until(t *testing.T, srv *rafftest.Server, path, key string, status int) {
	t.Helper()
	for deadline := time.Now().Add(3 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		r := srv.Do(t, http.MethodGet, path, key, nil)
		if r.Status == status {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: %d %s, want %d", path, r.Status, r.Body, status)
		}
	}
}

// TestNodeStaysWithPrimary runs a node with a primary and a standby. While the primary is down, the node returns 503 and is
// not ready. It must never accept a credential that was revoked on the primary, even if the standby lags behind.
func TestNodeStaysWithPrimary(t *testing.T) {
	t.Parallel()
	primary := rafftest.NewCluster(t, "-c fsync=off")
	one := rafftest.Start(t, rafftest.OnDatabase(primary.URL))
	standby := primary.Standby(t)
	two := rafftest.Start(t, rafftest.OnDatabase(primary.Either(standby)))
	id, secret := newKey(t, one, "member")
	two.Do(t, http.MethodGet, "/api/v1/whoami", secret, nil).Want(t, http.StatusOK)

	primary.Stop(t)
	for range 30 {
		for _, path := range []string{"/api/v1/whoami", "/api/v1/members", "/ready"} {
			if r := two.Do(t, http.MethodGet, path, secret, nil); r.Status != http.StatusServiceUnavailable {
				t.Fatalf("%s while the primary is down: %d %s", path, r.Status, r.Body)
			}
		}
	}
	two.Do(t, http.MethodPost, "/api/v1/projects", one.Key, map[string]any{"name": "P"}).Want(t, http.StatusServiceUnavailable)

	askDatabase(t, standby.URL, "SELECT pg_wal_replay_pause()::text")
	primary.Start(t)
	until(t, one, "/ready", "", http.StatusOK)
	one.Do(t, http.MethodDelete, "/api/v1/api-keys/"+id, one.Key, nil).Want(t, http.StatusOK)
	until(t, two, "/ready", "", http.StatusOK)
	for range 30 {
		two.Do(t, http.MethodGet, "/api/v1/whoami", secret, nil).Want(t, http.StatusUnauthorized)
	}

	for _, url := range []string{standby.URL, primary.URL + "&target_session_attrs=standby"} {
		s, err := server.Open(t.Context(), server.Config{Database: url, PublicURL: "http://127.0.0.1"})
		if err == nil {
			_ = s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), "primary") {
			t.Errorf("a server on %s: %v, want an error that names the primary", url, err)
		}
	}
}

func newKey(t *testing.T, srv *rafftest.Server, role string) (id, secret string) {
	t.Helper()
	key := srv.Do(t, http.MethodPost, "/api/v1/api-keys", srv.Key, map[string]any{"name": "k", "role_id": srv.RoleID(t, "account", role)}).Want(t, http.StatusCreated).Data(t)
	return key["id"].(string), key["secret"].(string)
}
