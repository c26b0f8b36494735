package e2e

import (
	"database/sql"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // a stranger with access to the database
	_ "modernc.org/sqlite"

	"raff/internal/rafftest"
)

// TestTamperingWithTheAuditLogShows changes the log behind the server's back, on copies of one history.
func TestTamperingWithTheAuditLogShows(t *testing.T) {
	for name, statement := range map[string]string{
		"nothing":        "",
		"event removed":  "DELETE FROM audit_events WHERE action = 'role.created'",
		"event changed":  "UPDATE audit_events SET actor_name = 'somebody else' WHERE action = 'role.created'",
		"event moved":    "UPDATE audit_events SET at = at + 1 WHERE action = 'role.created'",
		"event added":    "INSERT INTO audit_events (id, account_id, at, actor_type, actor_id, actor_name, action, target_type, target_id, target_name, project_id, delegated, request_id, details) SELECT '01a1ff59-0000-7000-8000-000000000000', account_id, at + 1, actor_type, actor_id, actor_name, action, target_type, target_id, target_name, project_id, delegated, request_id, details FROM audit_events WHERE action = 'role.created'",
		"seal removed":   "DELETE FROM audit_seals WHERE seq = 1",
		"seal rewritten": "UPDATE audit_seals SET events = events + 1 WHERE seq = 1",
	} {
		t.Run(name, func(t *testing.T) {
			rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
				g := guard{srv, t}
				g.role("first", "account", "account.members.view")
				seal(t, srv)
				srv.Invite(t, "bob@example.com", srv.RoleID(t, "account", "member"))
				seal(t, srv)
				tamper(t, srv.Database, statement)
				found, err := srv.Node.Service().VerifyEvents(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if broken := found[0].Broken != ""; broken != (statement != "") {
					t.Errorf("verified: %+v", found)
				}
				if statement == "" && (found[0].Seals != 2 || found[0].Events != count(t, srv, "")) {
					t.Errorf("verified %+v of %d events", found, count(t, srv, ""))
				}
			})
		})
	}
}

func seal(t *testing.T, srv *rafftest.Server) {
	t.Helper()
	srv.Advance(2 * time.Minute)
	if _, err := srv.Node.Service().SealEvents(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func tamper(t *testing.T, url, statement string) {
	t.Helper()
	driver := "pgx"
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		driver, url = "sqlite", "file:"+path+"?_pragma=busy_timeout(5000)"
	}
	db, err := sql.Open(driver, url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // nothing is pending on it
	if statement == "" {
		return
	}
	res, err := db.ExecContext(t.Context(), statement)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		t.Fatalf("nothing was tampered with: %d rows, %v", n, err)
	}
}
