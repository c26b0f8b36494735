package store_test

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"raff/internal/permission"
	"raff/internal/rafftest"
	"raff/internal/store"
)

// readAll matches the statements that may read a whole table.
var readAll = regexp.MustCompile(strings.Join([]string{
	`^DELETE FROM (invitations|link_tokens|sessions|secret_holders|factors|limits|idempotency_keys|nodes|outbox) WHERE .* IN \(SELECT`, // hourly, in the background
	`SELECT DISTINCT o.account_id FROM invitations o`, `FROM audit_heads h`, `FROM accounts UNION`, `FROM users u WHERE u.updated_at < `, // the same
	`FROM accounts a LEFT JOIN memberships m ON m.account_id = a.id AND m.is_owner`, `FROM accounts a WHERE TRUE`, // the operator's list of all accounts, and searches in it
	`UPDATE invitation_tokens SET stale = \$1 WHERE mailed`, // at the start
	`(FROM|UPDATE) (nodes|settings|signing_keys)`,           // a few rows
	`FROM roles r WHERE r.account_id IS NULL`,               // the system roles, with an index that has only these
	`COUNT\(\*\), MIN\(created_at\) FROM outbox`,            // a metric
	`FROM outbox q`, `^UPDATE outbox SET leased_until = leased_until`, // the operator's list, and one email of it
	` IN \(\$\d+(, \$\d+){7,}\)`, // PostgreSQL prefers to read small tables
}, "|"))

// elsewhere are the indexes for statements that other tests execute, or triggers, foreign keys, or the opening of a database.
var elsewhere = []string{"roles_unfolded", "projects_unfolded", "account_counts_kind", "external_ids_object", "memberships_project", "invitations_project", "memberships_search"}

var (
	sqliteScan    = regexp.MustCompile(`^SCAN (\w+)( USING (COVERING )?INDEX (\w+))?`)
	sqliteIndex   = regexp.MustCompile(` USING (?:COVERING )?INDEX (\w+)`)
	postgresScan  = regexp.MustCompile(`Seq Scan on (\w+)`)
	postgresIndex = regexp.MustCompile(`Index (?:Only )?Scan (?:Backward )?using (\w+)`)
)

// fullScan returns the part of a plan that reads a whole table, or "".
func fullScan(system, text string, plan []string) string {
	temporary := strings.Count(text, "FROM found m") + strings.Count(text, ") m ORDER") // results whose alias is m
	if strings.HasSuffix(text, ") m") {
		temporary++
	}
	for i, line := range plan {
		if system == "sqlite" {
			m := sqliteScan.FindStringSubmatch(line)
			switch {
			case m == nil, m[1] == "CONSTANT", m[1] == "found", regexp.MustCompile(`^SCAN (m\d|\d+-ROW|\d+ CONSTANT ROWS)`).MatchString(line):
			case m[1] == "m" && temporary > 0:
				temporary--
			default:
				return line
			}
			continue
		}
		if postgresScan.MatchString(line) {
			return strings.TrimSpace(line)
		}
		if postgresIndex.MatchString(line) && (i+1 == len(plan) || !strings.Contains(plan[i+1], "Index Cond")) {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

// TestIndexes explains every statement that the tests of this package have executed before it: none reads a whole table, and
// each index serves one of them. It runs last, because the files of a package are tested in the order of their names.
func TestIndexes(t *testing.T) {
	for system, url := range map[string]string{"sqlite": "sqlite:" + filepath.Join(t.TempDir(), "raff.db"), "postgresql": rafftest.PostgresURL(t)} {
		db, err := store.Open(t.Context(), url, permission.Default())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		how, index := "EXPLAIN ", postgresIndex
		if system == "sqlite" {
			how, index = "EXPLAIN QUERY PLAN ", sqliteIndex
		}
		used := map[string]bool{}
		all := executed.Of(system)
		for _, s := range all {
			if !regexp.MustCompile(`^\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b`).MatchString(s.Text) {
				continue
			}
			plan, err := store.Explain(t.Context(), db, how, s)
			if err != nil {
				t.Errorf("%s: %v\n%s", system, err, s.Text)
				continue
			}
			for _, m := range index.FindAllStringSubmatch(strings.Join(plan, "\n"), -1) {
				used[m[1]] = true
			}
			if line := fullScan(system, s.Text, plan); line != "" && !readAll.MatchString(s.Text) {
				t.Errorf("%s: %s\n%s\n%s", system, line, s.Text, strings.Join(plan, "\n"))
			}
		}
		if len(all) < 150 {
			continue // only some of the tests run
		}
		for _, name := range indexes(t, url) {
			if !used[name] && !(system == "postgresql" && usedByLists[name]) && !slices.Contains(elsewhere, name) {
				t.Errorf("%s: no statement uses the index %s", system, name)
			}
		}
	}
}

// indexes returns the names of the indexes that are not there for a constraint.
func indexes(t *testing.T, url string) (names []string) {
	t.Helper()
	query := `SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = current_schema() AND NOT i.indisunique`
	if strings.HasPrefix(url, "sqlite:") {
		query = "SELECT l.name FROM sqlite_master m, pragma_index_list(m.name) l WHERE m.type = 'table' AND l.\"unique\" = 0"
	}
	rows, err := directly(t, url).QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return names
}
