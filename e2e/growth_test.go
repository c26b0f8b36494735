package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"raff/internal/rafftest"
)

// TestRepetitionDoesNotGrowTheDatabase repeats operations that leave rows behind. Their number must stay bounded.
func TestRepetitionDoesNotGrowTheDatabase(t *testing.T) {
	each(t, func(t *testing.T, g guard) {
		member := g.Invite(t, "bob@example.com", g.RoleID(t, "account", "member"))
		var tokens []string
		for range 40 {
			tokens = append(tokens, g.Token(t, member))
		}
		if n := askDatabase(t, g.Database, "SELECT CAST(COUNT(*) AS TEXT) FROM invitation_tokens"); n != "20" {
			t.Errorf("after fetching 40 links, %s are stored, want 20", n)
		}
		accept := func(token string) rafftest.Response {
			return g.Do(t, http.MethodPost, "/api/v1/invitations/accept", "", map[string]any{"token": token, "name": "Bob", "password": rafftest.Password})
		}
		accept(tokens[19]).Want(t, http.StatusNotFound)
		accept(tokens[20]).Want(t, http.StatusOK)

		target, _ := g.NewKeyID(t, "target", "")
		holders := func() string {
			return askDatabase(t, g.Database, "SELECT CAST(COUNT(*) AS TEXT) FROM secret_holders WHERE key_id = "+rafftest.SQLID(g.Database, target))
		}
		before := holders()
		for i := range 5 {
			id, secret := g.key(fmt.Sprintf("maker%d", i), "account.apikeys.manage")
			g.regenerate(secret, target, 0)
			g.Do(t, http.MethodDelete, "/api/v1/api-keys/"+id, g.Key, nil).Want(t, http.StatusOK)
		}
		if n := holders(); n != before {
			t.Errorf("revoked keys are still stored as holders of secrets: %s, %s before", n, before)
		}
	})
}

// TestCleanUp removes what is no longer needed, and only that: a day-old Idempotency-Key, expired limits, and what 30 days ago was
// a session, a link, an abandoned second factor, or a user who belongs to nothing.
func TestCleanUp(t *testing.T) {
	each(t, func(t *testing.T, g guard) {
		_, user := g.NewMember(t, "bob@example.com", "Bob", g.RoleID(t, "account", "member"))
		sql := func(s string) string {
			return strings.NewReplacer("$BOB", rafftest.SQLID(g.Database, user), "$ACCOUNT", rafftest.SQLID(g.Database, g.AccountID)).Replace(s)
		}
		g.SignIn(t, "bob@example.com")
		factor := func(id string, confirmed string) {
			tamper(t, g.Database, sql("INSERT INTO factors (id, user_id, kind, name, confirmed, secret, step, created_at) VALUES ("+
				rafftest.SQLID(g.Database, id)+", $BOB, 'totp', 'Phone', "+confirmed+", "+rafftest.SQLID(g.Database, id)+blob(g.Database)+", 0, "+fmt.Sprint(g.Now().UnixMicro())+")"))
		}
		factor("01a1ff59-0000-7000-8000-00000000000a", "FALSE")
		factor("01a1ff59-0000-7000-8000-00000000000b", "TRUE")
		tamper(t, g.Database, sql("INSERT INTO idempotency_keys (account_id, principal, key, operation, body_hash, created_at) SELECT $ACCOUNT, 'x', 'k', 'o', "+
			rafftest.SQLID(g.Database, user)+blob(g.Database)+", "+fmt.Sprint(g.Now().UnixMicro())))
		rows := func() (all string) {
			for _, q := range []string{"idempotency_keys WHERE key = 'k'", "limits", "sessions WHERE user_id = $BOB", "factors WHERE user_id = $BOB", "users WHERE id = $BOB"} {
				table, _, _ := strings.Cut(q, " ")
				n := askDatabase(t, g.Database, sql("SELECT CAST(COUNT(*) AS TEXT) FROM "+q))
				if table == "limits" && n != "0" {
					n = "some"
				}
				all += table + " " + n + ", "
			}
			return all
		}
		after := func(d time.Duration, want string) {
			t.Helper()
			g.Advance(d)
			for range 2 {
				if _, err := g.Node.Service().CleanUp(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if got := rows(); got != want {
				t.Errorf("after %v: %s, want %s", d, got, want)
			}
		}
		after(23*time.Hour, "idempotency_keys 1, limits 0, sessions 1, factors 2, users 1, ")
		after(2*time.Hour, "idempotency_keys 0, limits 0, sessions 1, factors 2, users 1, ")
		after(31*days, "idempotency_keys 0, limits 0, sessions 0, factors 1, users 1, ")
		// Bob leaves. The account still knows him, because its log names him, until the account itself is gone.
		tamper(t, g.Database, sql("DELETE FROM memberships WHERE user_id = $BOB"))
		after(31*days, "idempotency_keys 0, limits 0, sessions 0, factors 1, users 1, ")
		tamper(t, g.Database, sql("DELETE FROM account_users WHERE user_id = $BOB"))
		g.Invite(t, "bob@example.com", g.RoleID(t, "account", "member"))
		after(0, "idempotency_keys 0, limits 0, sessions 0, factors 1, users 1, ")
		tamper(t, g.Database, "DELETE FROM memberships WHERE email_canonical = 'bob@example.com'")
		after(0, "idempotency_keys 0, limits 0, sessions 0, factors 0, users 0, ")
		if n := askDatabase(t, g.Database, "SELECT CAST(COUNT(*) AS TEXT) FROM users"); n != "1" {
			t.Errorf("%s users are left, want the Owner", n)
		}
	})
}

// blob makes an id of rafftest.SQLID a value for a column of bytes.
func blob(database string) string {
	if strings.HasPrefix(database, "sqlite:") {
		return ""
	}
	return "::text::bytea"
}
