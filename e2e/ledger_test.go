package e2e

import (
	"database/sql"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

// rows are the lists of the account by path and name.
type rows map[string]map[string]map[string]any

// rows reads every list completely. No row may occur twice.
func (l *load) rows(t *testing.T) rows {
	t.Helper()
	all := rows{}
	for _, list := range []string{"/api/v1/members", "/api/v1/api-keys", "/api/v1/roles", "/api/v1/projects", "/api/v1/projects/" + l.srv.ProjectID + "/members"} {
		all[list] = map[string]map[string]any{}
		for read, total := 0, 1; read < total; {
			page := l.srv.Do(t, "GET", fmt.Sprintf("%s?limit=1000&offset=%d", list, read), l.srv.Key, nil).Want(t, 200).JSON(t)
			total = int(page["total"].(float64))
			data := page["data"].([]any)
			if len(data) == 0 && read < total {
				t.Fatalf("%s: %d of %d rows", list, read, total)
			}
			for _, row := range data {
				read++
				row := row.(map[string]any)
				name, _ := row["email"].(string)
				if name == "" {
					name = row["name"].(string)
				}
				if row["principal_type"] == "api_key" || row["is_owner"] == true || row["is_system"] == true || row["is_default"] == true || row["id"] == l.srv.KeyID {
					continue // keys have their own list; the others existed before
				}
				if all[list][name] != nil {
					t.Errorf("%s: %s occurs twice", list, name)
				}
				all[list][name] = row
			}
		}
	}
	return all
}

// settle finds out which changes without a response happened, and repeats each of them: those that happened must not
// happen again, the others must happen now. Then everything must be as the responses said, and nothing else may exist.
func (l *load) settle(t *testing.T) {
	t.Helper()
	l.report(t)
	l.balance(t)
	before := l.rows(t)
	seen := map[*deed]bool{}
	for _, th := range l.things {
		if th.doubt != nil && !seen[th.doubt] {
			seen[th.doubt] = true
			l.again(t, th.doubt, before)
		}
	}
	l.balance(t)
	after := l.rows(t)
	for _, th := range l.things {
		row := after[th.list][th.name]
		switch delete(after[th.list], th.name); {
		case th.gone && row != nil:
			t.Errorf("%s: %s was removed but still exists", th.list, th.name)
		case !th.gone && th.differs(row) != "":
			t.Errorf("%s: %s %s", th.list, th.name, th.differs(row))
		}
	}
	for list, left := range after {
		for name := range left {
			t.Errorf("%s: unexpected %s", list, name)
		}
	}
	if t.Failed() {
		t.FailNow()
	}
	l.forgetGone()
}

// again repeats a change with an unknown result.
func (l *load) again(t *testing.T, d *deed, before rows) {
	t.Helper()
	happened := 0
	for _, th := range d.things {
		row := before[th.list][th.name]
		switch {
		case d.method == "DELETE" && row == nil, d == th.made && row != nil:
			happened++
		case d.method == "PATCH" || strings.HasSuffix(d.path, "/regenerate"):
			if row == nil {
				t.Errorf("%s: %s does not exist after %s %s", th.list, th.name, d.method, d.path)
			} else if difference := th.differs(row); difference != "" {
				happened++
				for k, v := range d.body {
					if row[k] != v {
						t.Errorf("%s: %s has %s %v, neither as before nor %v", th.list, th.name, k, row[k], v)
					}
				}
			}
		}
	}
	if happened != 0 && happened != len(d.things) {
		t.Errorf("%s %s: %d of %d changes happened", d.method, d.path, happened, len(d.things))
	}
	if happened > 0 {
		l.confirmed++
	}
	if d.method == "DELETE" && happened > 0 {
		d.things[0].doubt, d.things[0].gone = nil, true
		return
	}
	res, err := l.do(d)
	if err != nil || res.Status != d.want {
		t.Errorf("%s %s, again: %d %v %s", d.method, d.path, res.Status, err, res.Body)
		return
	}
	if replayed := res.Header.Get("Idempotency-Replayed") == "true"; d.key != "" && replayed != (happened > 0) {
		t.Errorf("%s %s under its Idempotency-Key: replayed %v, happened before %v", d.method, d.path, replayed, happened > 0)
	}
	for i, th := range d.things {
		if th.id == "" {
			th.id = idOf(res, i)
		}
		th.learn(d, res)
	}
}

// repeat repeats some of the answered POSTs: nothing may happen, and the response must name the same objects.
func (l *load) repeat(t *testing.T, n int) {
	t.Helper()
	for i := len(l.things) - 1; i >= 0 && n > 0; i, n = i-1, n-1 {
		d := l.things[i].made
		res, err := l.do(d)
		if err != nil || res.Status != d.want || res.Header.Get("Idempotency-Replayed") != "true" || idOf(res, 0) != d.things[0].id {
			t.Errorf("%s again: %d %v, replayed %q, id %s instead of %s", d.path, res.Status, err, res.Header.Get("Idempotency-Replayed"), idOf(res, 0), d.things[0].id)
		}
	}
}

// forgetGone drops removed objects after their removal was verified, so that a long run does not use more and more memory.
func (l *load) forgetGone() {
	kept := l.things[:0]
	for _, th := range l.things {
		if !th.gone {
			kept = append(kept, th)
		}
	}
	l.things = kept
}

// balances are queries for partial changes, which must return no rows. Both databases can run them; see idAsText. Objects from before
// the load are excluded by their times.
var balances = map[string]string{
	// A full outer join of things and events, as a union, because SQLite joins these in quadratic time. Memberships of
	// API keys have their own query, because the event of the key creates them.
	"a thing and its events": `WITH begun AS (SELECT MAX(at) AS at FROM audit_events WHERE action = 'account.created'),
		things AS (
			SELECT 'member' AS kind, CAST(id AS TEXT) AS id, created_at, updated_at FROM memberships WHERE principal_type <> 'api_key'
			UNION ALL SELECT 'api_key', CAST(id AS TEXT), created_at, updated_at FROM api_keys
			UNION ALL SELECT 'role', CAST(id AS TEXT), created_at, updated_at FROM roles WHERE account_id IS NOT NULL
			UNION ALL SELECT 'project', CAST(id AS TEXT), created_at, updated_at FROM projects)
		SELECT kind, id FROM (
			SELECT kind, id, 1 AS there, 0 AS made, 0 AS gone, updated_at AS changed, CAST(NULL AS BIGINT) AS told FROM things
				WHERE created_at > (SELECT at FROM begun)
			UNION ALL SELECT target_type, CAST(target_id AS TEXT), 0,
				CASE WHEN action IN ('member.added', 'invitation.created', 'api_key.created', 'role.created', 'project.created') THEN 1 ELSE 0 END,
				CASE WHEN action IN ('member.removed', 'invitation.cancelled', 'api_key.revoked', 'role.deleted', 'project.deleted') THEN 1 ELSE 0 END,
				CAST(NULL AS BIGINT), at
			FROM audit_events WHERE target_type IN ('member', 'api_key', 'role', 'project') AND at > (SELECT at FROM begun)
				AND NOT (target_type = 'member' AND CAST(details AS TEXT) LIKE '%api_key.revoked%')) AS both_sides
		GROUP BY kind, id HAVING SUM(made) <> 1 OR SUM(there) + SUM(gone) <> 1 OR MAX(changed) <> MAX(told)`,
	// The event of a key with a role is also the event of its membership. Both have the name of the key, which is unique and
	// never changes under load.
	"a role of a key and its events": `WITH begun AS (SELECT MAX(at) AS at FROM audit_events WHERE action = 'account.created')
		SELECT 'role of a key', name FROM (
			SELECT k.name AS name, 1 AS there, 0 AS made, 0 AS gone FROM memberships m JOIN api_keys k ON k.id = m.api_key_id
				WHERE m.created_at > (SELECT at FROM begun)
			UNION ALL SELECT target_name, 0,
				CASE WHEN action = 'api_key.created' AND CAST(details AS TEXT) LIKE '%"role"%'
					OR action = 'member.added' AND CAST(details AS TEXT) LIKE '%principal_type%api_key%' THEN 1 ELSE 0 END,
				CASE WHEN action = 'member.removed' AND CAST(details AS TEXT) LIKE '%api_key.revoked%' THEN 1 ELSE 0 END
			FROM audit_events WHERE target_type IN ('member', 'api_key') AND at > (SELECT at FROM begun)) AS both_sides
		GROUP BY name HAVING SUM(made) <> SUM(there) + SUM(gone) OR SUM(made) > 1`,
	"an open invitation and its mail": `SELECT 'outbox', CAST(COALESCE(open.id, outbox.invitation_id) AS TEXT) FROM
		(SELECT i.id FROM memberships m JOIN invitations i ON i.id = m.invitation_id WHERE m.principal_type = 'invitation') AS open
		FULL OUTER JOIN (SELECT id, invitation_id FROM outbox WHERE invitation_id IS NOT NULL) AS outbox ON outbox.invitation_id = open.id WHERE open.id IS NULL OR outbox.id IS NULL`,
	"two mails for one invitation":         `SELECT 'outbox', CAST(invitation_id AS TEXT) FROM outbox WHERE invitation_id IS NOT NULL GROUP BY invitation_id HAVING COUNT(*) > 1`,
	"an invitation and its member":         `SELECT 'invitation', CAST(i.id AS TEXT) FROM invitations i LEFT JOIN memberships m ON m.invitation_id = i.id WHERE (m.id IS NULL) <> (i.state = 'cancelled')`,
	"a key and its role":                   `SELECT 'api_key', CAST(k.id AS TEXT) FROM api_keys k LEFT JOIN memberships m ON m.api_key_id = k.id WHERE m.id IS NULL`,
	"an Idempotency-Key without an answer": `SELECT 'idempotency_key', key FROM idempotency_keys WHERE response IS NULL`,
}

// idAsText matches an id as text in the queries. On SQLite, ids are blobs.
var idAsText = regexp.MustCompile(`CAST\((\w*\.?\w*id) AS TEXT\)`)

// balance checks the database for partial changes.
func (l *load) balance(t *testing.T) {
	t.Helper()
	db := openSQL(t, l.srv.Database)
	defer db.Close() //nolint:errcheck // no transaction is open
	for what, query := range balances {
		if strings.HasPrefix(l.srv.Database, "sqlite:") {
			query = idAsText.ReplaceAllString(query, "LOWER(HEX($1))")
		}
		found := answers(t, db, query)
		if len(found) > 0 {
			t.Errorf("partial change: %s: %d, such as %s", what, len(found), found[0])
		}
	}
	if strings.HasPrefix(l.srv.Database, "sqlite:") {
		if found := answers(t, db, "SELECT 'integrity', integrity_check FROM pragma_integrity_check"); len(found) != 1 || found[0] != "integrity ok" {
			t.Errorf("integrity check: %v", found)
		}
		if found := answers(t, db, `SELECT "table", "parent" FROM pragma_foreign_key_check`); len(found) != 0 {
			t.Errorf("foreign key check: %v", found)
		}
	}
}

// quiet waits until the database has closed the sessions of a killed server.
func (l *load) quiet(t *testing.T) {
	t.Helper()
	if strings.HasPrefix(l.srv.Database, "sqlite:") {
		return
	}
	db := openSQL(t, l.srv.Database)
	defer db.Close() //nolint:errcheck // no transaction is open
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if len(answers(t, db, "SELECT state, application_name FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'raffd'")) == 0 {
			return
		}
	}
	t.Fatal("the sessions of the killed server did not end")
}

func openSQL(t *testing.T, url string) *sql.DB {
	t.Helper()
	driver := "pgx"
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		driver, url = "sqlite", "file:"+path+"?_pragma=busy_timeout(5000)"
	}
	db, err := sql.Open(driver, url)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// answers returns the rows of a query with two text columns.
func answers(t *testing.T, db *sql.DB, query string) (found []string) {
	t.Helper()
	rs, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
	defer rs.Close()
	for rs.Next() {
		var a, b string
		if err := rs.Scan(&a, &b); err != nil {
			t.Fatal(err)
		}
		found = append(found, a+" "+b)
	}
	if err := rs.Err(); err != nil {
		t.Fatal(err)
	}
	return found
}
