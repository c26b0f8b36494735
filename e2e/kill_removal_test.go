package e2e

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"raff/internal/operator"
	"raff/internal/rafftest"
)

// TestKilledServerFinishesRemovals kills the server several times while it erases a person, and while it removes an account. After the next
// start it finishes, nothing is left, and the logs pass verification.
func TestKilledServerFinishesRemovals(t *testing.T) {
	onEachURL(t, func(t *testing.T, database string) {
		if err := built(); err != nil {
			t.Fatal(err)
		}
		p := prepare(t, database)
		var other rafftest.Account
		t.Run("before", func(t *testing.T) { // its server stops at the end
			srv := rafftest.Start(t, rafftest.OnDatabase(database), rafftest.Quiet())
			p.Account, other = srv.Account, srv.NewAccount(t, "Other", "other@example.com")
			wonder(t, srv, other)
			session, member := srv.SignIn(t, wonderEmail), srv.RoleID(t, "account", "member")
			for i := range 3 {
				rows := make([]any, 500)
				for j := range rows {
					rows[j] = map[string]any{"email": fmt.Sprintf("m%d-%d@example.com", i, j), "role_id": member}
				}
				srv.Do(t, "POST", "/api/v1/members/bulk", session, map[string]any{"members": rows}).Want(t, 200)
			}
		})
		s := command(t, p.Server)
		x, err := s.Operator().EraseEmail(t.Context(), operator.Program, wonderEmail)
		if err != nil {
			t.Fatal(err)
		}
		p.killWhile(t, "SELECT CASE WHEN done_at IS NULL THEN CAST(events AS TEXT) ELSE 'done' END FROM erasures")
		expectNoRowOf(t, database, wonderName, wonderEmail, "alice-4711")
		if x, err = s.Operator().Erasure(t.Context(), x.ID); err != nil || x.Events < 1500 {
			t.Errorf("the erasure: %+v, %v", x, err)
		}
		p.operate(t, "audit", "verify") // fails unless all logs pass

		now := 0
		if _, err := s.Operator().Delete(t.Context(), operator.Program, p.AccountID, &now); err != nil {
			t.Fatal(err)
		}
		id := rafftest.SQLID(database, p.AccountID)
		p.killWhile(t, "SELECT CASE WHEN EXISTS (SELECT 1 FROM accounts WHERE id = "+id+") THEN CAST((SELECT COUNT(*) FROM memberships WHERE account_id = "+id+
			") + (SELECT COUNT(*) FROM audit_events WHERE account_id = "+id+") / 1000 AS TEXT) ELSE 'done' END")
		if left := leftOf(t, database, p.AccountID); len(left) > 0 {
			t.Errorf("left of the account: %v", left)
		}
		p.operate(t, "audit", "verify")
		if n := p.Do(t, "GET", "/api/v1/members", other.Key, nil).Want(t, 200).JSON(t)["total"]; n != 2.0 {
			t.Errorf("the other account has %v members", n)
		}
		p.clean(t)
	})
}

// killWhile starts the server and kills it whenever the answer to a query has changed, twice, unless it is "done" before. Then it
// waits until it is.
func (p *process) killWhile(t *testing.T, query string) {
	t.Helper()
	p.kill()
	ask := askingDatabase(t, p.Database, query) // a new connection for each question would cost more than the server
	kills, last := 0, ask()
	p.start(t)
	seen, since := last, time.Now() // the last answer, and since when it has been the same
	for ; ; time.Sleep(5 * time.Millisecond) {
		now := ask()
		if now != seen {
			seen, since = now, time.Now()
		}
		switch {
		case now == "done":
			if kills == 0 {
				t.Error("it was done before the server was killed")
			}
			t.Logf("killed %d times, the last time at %s", kills, last)
			return
		case time.Since(since) > rafftest.Patience:
			t.Fatalf("it is still at %s after %d kills", now, kills)
		case now != last && kills < 2:
			p.kill()
			kills++
			last = ask()
			p.start(t)
		}
	}
}

// expectNoRowOf is expectNothingOf for the rows of a database only: SQLite may leave parts of rows that it moved in unused parts of pages.
func expectNoRowOf(t *testing.T, database string, texts ...string) {
	t.Helper()
	if file, ok := strings.CutPrefix(database, "sqlite:"); ok {
		rows := filepath.Join(t.TempDir(), "rows.db")
		if _, err := rafftest.OpenSQLite(t, file).ExecContext(t.Context(), "VACUUM INTO '"+rows+"'"); err != nil {
			t.Fatal(err)
		}
		database = "sqlite:" + rows
	}
	expectNothingOf(t, database, texts...)
}
