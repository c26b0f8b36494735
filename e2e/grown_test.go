package e2e

import (
	"database/sql"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"raff/internal/rafftest"
	"raff/internal/store/sqlite"
)

// size is how much an account has of everything.
type size struct{ members, events, roles, projects, keys int }

// id is an SQL expression for a UUID that sorts by time, of milliseconds and a number that makes it unique.
func sqlTimeID(ms, n string) string {
	return fmt.Sprintf("unhex(printf('%%012x7%%03x8%%015x', %s, abs(random()) %% 4096, (%s) * 1000 + abs(random()) %% 1000))", ms, n)
}

// grow fills an account with rows, without the API.
func grow(t *testing.T, db *sql.DB, a rafftest.Account, s size) {
	t.Helper()
	uid := func(id string) string { return "unhex('" + strings.ReplaceAll(id, "-", "") + "')" }
	account, project := uid(a.AccountID), uid(a.ProjectID)
	const began = "1700000000000" // milliseconds, 20 apart
	series := func(n int) string {
		return fmt.Sprintf("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) ", n)
	}
	role := "(SELECT id FROM roles WHERE account_id IS NULL AND scope = 'account' AND slug = 'member')"
	inProject := "(SELECT id FROM roles WHERE account_id IS NULL AND scope = 'project' AND slug = 'viewer')"
	ms := began + " + 20 * i"
	for _, q := range []string{
		series(s.members) + `INSERT INTO invitations (id, account_id, closed, member_id, email, state, invited_by, expires_at, created_at, updated_at)
			SELECT ` + sqlTimeID(ms, "i") + ", " + account + ", 0, " + sqlTimeID(ms, "i") + ", 'person' || i || '@" + a.AccountID + ".example.com', 'sent', " + uid(a.KeyID) +
			", 9000000000000000, 1000 * (" + ms + "), 1000 * (" + ms + ") FROM n",
		`INSERT INTO memberships (id, account_id, scope_id, principal_type, email, email_canonical, role_id, status, is_owner, managed_by, invited_by, invitation_id,
			created_at, updated_at, sort_key) SELECT member_id, account_id, scope_id, 'invitation', email, LOWER(email), ` + role + `, 'pending', 0, 'api', invited_by, id,
			created_at, updated_at, email FROM invitations WHERE closed = 0 AND account_id = ` + account,
		series(s.events) + `INSERT INTO audit_events (account_id, at, id, actor_type, actor_id, actor_name, action, target_type, target_id, target_name, project_id, delegated,
			request_id, details) SELECT ` + account + ", 1000 * (" + ms + "), " + sqlTimeID(ms, "i") + ", 'user', " +
			"CASE i % 9 WHEN 0 THEN " + uid(a.OwnerUserID) + " ELSE unhex(printf('%032x', i % 97 + 1)) END, 'Someone', CASE i % 3 WHEN 0 THEN 'member.added' WHEN 1 THEN 'session.created' ELSE 'role.updated' END, " +
			"'member', CASE i % 5 WHEN 0 THEN " + uid(a.OwnerMemberID) + " ELSE randomblob(16) END, 'Someone', CASE i % 7 WHEN 0 THEN " + project + " END, 0, randomblob(16), '{}' FROM n",
		series(s.roles) + `INSERT INTO roles (id, account_id, scope, slug, name, name_key, name_unique, description, permissions, is_system, created_by, created_at, updated_at)
			SELECT ` + sqlTimeID(ms, "i") + ", " + account + ", CASE i % 2 WHEN 0 THEN 'account' ELSE 'project' END, 'crew' || i, 'Crew ' || i, 'crew ' || i, 'crew' || i, '', ' account.projects.view ', 0, " +
			uid(a.OwnerUserID) + ", 1, 1 FROM n",
		series(s.projects) + `INSERT INTO projects (id, account_id, name, name_key, name_unique, slug, description, default_region, is_default, is_active, created_by, created_at, updated_at)
			SELECT ` + sqlTimeID(ms, "i") + ", " + account + ", 'Site ' || i, 'site ' || i, 'site' || i, 'site' || i, '', 'eu', 0, 1, " + uid(a.OwnerUserID) + ", 1, 1 FROM n",
		series(s.keys) + `INSERT INTO api_keys (id, account_id, name, name_key, key_prefix, hash, tier, issued_at, is_active, created_by, created_at, updated_at)
			SELECT ` + sqlTimeID(ms, "i") + ", " + account + ", 'Bot ' || i, 'bot ' || i, 'raff_' || i, randomblob(32), 'standard', 1, 1, " + uid(a.OwnerUserID) + ", 1, 1 FROM n",
		`INSERT INTO memberships (id, account_id, project_id, scope_id, principal_type, email, email_canonical, role_id, status, is_owner, lead, managed_by, invited_by,
			created_at, updated_at, sort_key) SELECT randomblob(16), account_id, ` + project + ", " + project + `, 'invitation', email, LOWER(email), ` + inProject + `, 'pending', 0, 0, 'api', invited_by,
			created_at, updated_at, email FROM memberships WHERE scope_id = ` + account + " AND principal_type = 'invitation'",
		`INSERT INTO external_ids (account_id, kind, value, source, object_id, created_at) SELECT account_id, 'member', email, 'crm', id, created_at
			FROM memberships WHERE scope_id = ` + account + " AND principal_type = 'invitation'",
	} {
		if _, err := db.ExecContext(t.Context(), q); err != nil {
			t.Fatalf("%v\n%s", err, q)
		}
	}
}

// TestListsStayFlat counts the steps that SQLite takes for every list and page in a large account, and in one with 50 of everything.
// RAFF_GROWN=1 makes the large one ten times as large as it is by default.
func TestListsStayFlat(t *testing.T) {
	large := size{20_000, 100_000, 2_000, 2_000, 2_000}
	if os.Getenv("RAFF_GROWN") != "" {
		large = size{100_000, 1_000_000, 10_000, 10_000, 10_000}
	}
	servers, sessions := map[string]*rafftest.Server{}, map[string]string{}
	others := map[*rafftest.Server]*sql.DB{} // connections of another program
	for name, s := range map[string]size{"small": {50, 60, 60, 60, 60}, "large": large} {
		file := t.TempDir() + "/raff.db"
		srv := rafftest.Start(t, rafftest.OnDatabase("sqlite:"+file), rafftest.Quiet())
		srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "admin"))
		servers[name], sessions[name] = srv, srv.SignIn(t, "alice@example.com")
		db := rafftest.OpenSQLite(t, file)
		grow(t, db, srv.Account, s)
		others[srv] = db
	}
	steps := func(srv *rafftest.Server, path, credential string) int64 {
		t.Helper()
		var least int64
		for i := range 3 { // other work of the server may be counted, too
			// After a commit of another program, the server remembers nothing.
			if _, err := others[srv].ExecContext(t.Context(), fmt.Sprint("PRAGMA user_version = ", i+1)); err != nil {
				t.Fatal(err)
			}
			n := sqlite.CountSteps(func() { srv.Do(t, http.MethodGet, path, credential, nil).Want(t, http.StatusOK) })
			if i == 0 || n < least {
				least = n
			}
		}
		return least
	}
	for _, list := range []string{
		"/api/v1/members", "/api/v1/members?status=active", "/api/v1/members?status=pending", "/api/v1/members?principal_type=api_key", "/api/v1/members?role_id=ROLE",
		"/api/v1/members?email=nobody@example.com", "/api/v1/roles", "/api/v1/roles?scope=project", "/api/v1/api-keys", "/api/v1/invitations", "/api/v1/projects",
		"/api/v1/projects/PROJECT/members", "/api/v1/external-ids?kind=member", "/api/v1/external-ids?kind=project",
		"/api/v1/audit-events", "/api/v1/audit-events?actor=OWNER", "/api/v1/audit-events?actor=NOBODY", "/api/v1/audit-events?target=TARGET", "/api/v1/audit-events?target=NOBODY",
		"/api/v1/audit-events?action=member.added", "/api/v1/audit-events?action=project.deleted", "/api/v1/audit-events?actor=OWNER&action=project.deleted",
		"/api/v1/audit-events?since=2023-11-14T00:00:00Z", "/api/v1/audit-events?since=2020-01-01T00:00:00Z&until=2020-02-01T00:00:00Z",
		"/members", "/members?sort=newest", "/members?sort=name", "/members?sort=status", "/members?sort=status-back",
		"/members?sort=status&access=account", "/members?sort=status&access=project", "/members?sort=status-back&status=active", "/members?status=active", "/members?access=owner", "/members?role=ROLE", "/roles", "/roles/ROLE", "/roles/new", "/projects",
		"/projects/PROJECT", "/invitations", "/invitations/new", "/keys", "/keys/new", "/settings", "/audit", "/audit?actor=NOBODY",
		"/audit?action=keys", "/audit?project=PROJECT", "/audit?target=TARGET", "/find?find.role.role=crew", "/find?find.project.project=site", "/find?find.key.key=bot",
	} {
		taken := map[string]int64{}
		measure := func() {
			for name, a := range servers {
				path := strings.NewReplacer("ROLE", a.RoleID(t, "account", "member"), "PROJECT", a.ProjectID, "OWNER", a.OwnerUserID, "TARGET", a.OwnerMemberID,
					"NOBODY", "00000000-0000-7000-8000-000000000001").Replace(list)
				if _, err := url.Parse(path); err != nil {
					t.Fatal(err)
				}
				credential := a.Key
				if !strings.HasPrefix(path, "/api/") {
					credential = sessions[name]
				}
				taken[name] = steps(a, path, credential)
			}
		}
		measure()
		// Lists without a counter are counted up to 1,000 rows, and invitations by state up to 500.
		const counting = 25_000
		flat := func() bool { return taken["small"] > 0 && taken["large"] <= taken["small"]*12/10+counting }
		// Background work on the events that were added is counted too, as long as it runs.
		for tries := 0; tries < 30 && !flat(); tries++ {
			time.Sleep(time.Second)
			measure()
		}
		t.Logf("%s: %d steps, %d in the small account", list, taken["large"], taken["small"])
		if !flat() {
			t.Errorf("%s takes %d steps, and %d in an account with 50 of everything", list, taken["large"], taken["small"])
		}
	}
}
