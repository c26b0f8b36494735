package operatorapi_test

import (
	"encoding/binary"
	"encoding/hex"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"raff/internal/rafftest"
)

// A person who let support in is erased from what support did, and who has the same email later is not.
func TestEraseWhoLetSupportIn(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		o := newSide(t, srv)
		_, alice := srv.NewMember(t, "alice@example.com", "Alice Liddell", srv.RoleID(t, "account", "admin"))
		session := srv.SignIn(t, "alice@example.com")
		const access = "/api/v1/account/support-access"
		srv.Do(t, "POST", access, session, map[string]any{"level": "read"}).Want(t, 201)
		srv.OpenSupport(t)
		x := o.do(t, "POST", "/operator/v1/people/erase", map[string]any{"person_id": alice}).Want(t, 202).Data(t)["pseudonym"].(string)
		srv.OpenSupport(t)
		srv.Do(t, "POST", "/api/v1/members", srv.Key, map[string]any{"email": "alice@example.com", "role_id": srv.RoleID(t, "account", "member")}).Want(t, 201)
		if _, err := srv.Node.Operator().EraseOrdered(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := string(srv.Do(t, "GET", access, srv.Key, nil).Want(t, 200).Body); !strings.Contains(got, x) || strings.Contains(got, "Liddell") {
			t.Errorf("the support access: %s", got)
		}
		for _, log := range []rafftest.Response{
			srv.Do(t, "GET", "/api/v1/audit-events?limit=100", srv.Key, nil), o.do(t, "GET", "/operator/v1/audit-events?limit=100", nil),
		} {
			if got := string(log.Want(t, 200).Body); strings.Contains(got, "Liddell") {
				t.Errorf("a log has the name: %s", got)
			}
		}
		opened := string(srv.Do(t, "GET", "/api/v1/audit-events?action=support_session.opened", srv.Key, nil).Want(t, 200).Body)
		if n := strings.Count(opened, `"granted_by":`); n < 2 || n != strings.Count(opened, `"granted_by":"`+x+`"`) {
			t.Errorf("not all sessions were opened with the access that %s granted: %s", x, opened)
		}
		again := srv.Do(t, "GET", "/api/v1/audit-events?action=invitation.created", srv.Key, nil).Want(t, 200).JSON(t)["data"].([]any)[0].(map[string]any)
		if again["target_name"] != "alice@example.com" {
			t.Errorf("the later invitation was erased, too: %v", again)
		}
	}, rafftest.WithOperator())
}

// Somebody who accepts an invitation while they are erased is erased as the user they have become.
func TestEraseWhoIsSigningUp(t *testing.T) {
	srv := rafftest.Start(t, rafftest.OnPostgres(t), rafftest.WithOperator())
	// Each server lets only one request wait for the lock of an account in the database.
	o := newSide(t, rafftest.Start(t, rafftest.OnDatabase(srv.Database), rafftest.WithOperator(), rafftest.WithoutAccount()))
	token := srv.Token(t, srv.Invite(t, "bob@example.com", srv.RoleID(t, "account", "member")))
	c, err := pgx.Connect(t.Context(), srv.Database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(t.Context()) })
	exec := func(query string, values ...any) {
		if _, err := c.Exec(t.Context(), query, values...); err != nil {
			t.Fatal(err)
		}
	}
	waiting := func(n int) {
		for begin, got := time.Now(), 0; got < n; time.Sleep(10 * time.Millisecond) {
			if err := c.QueryRow(t.Context(), "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())").Scan(&got); err != nil || time.Since(begin) > time.Minute {
				t.Fatalf("%d requests wait for the account, want %d: %v", got, n, err)
			}
		}
	}
	id, err := hex.DecodeString(strings.ReplaceAll(srv.AccountID, "-", ""))
	if err != nil {
		t.Fatal(err)
	}
	exec("BEGIN")
	exec("SELECT pg_advisory_xact_lock($1)", int64(binary.BigEndian.Uint64(id[8:])))
	accepted, erased := make(chan rafftest.Response), make(chan rafftest.Response)
	go func() {
		accepted <- srv.Do(t, "POST", "/api/v1/invitations/accept", "", map[string]any{"token": token, "name": "Bob", "password": rafftest.Password})
	}()
	waiting(1)
	go func() {
		erased <- o.do(t, "POST", "/operator/v1/people/erase", map[string]any{"email": "bob@example.com"})
	}()
	waiting(2)
	exec("COMMIT")
	(<-accepted).Want(t, 200)
	if x := (<-erased).Want(t, 202).Data(t); x["person_id"] == nil || x["memberships_removed"] != 1.0 {
		t.Errorf("erased: %v", x)
	}
	o.do(t, "GET", "/operator/v1/people?email="+url.QueryEscape("bob@example.com"), nil).Want(t, 404)
}
