package store_test

import (
	"database/sql"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"raff/internal/permission"
	"raff/internal/rafftest"
	"raff/internal/store"
)

// crowd fills a database with two accounts of very different sizes, so that nearly all rows belong to the first one, and
// come before those of the second one.
const crowd = `
CREATE TEMP TABLE ids AS SELECT n, ('00000000-0000-7000-9000-' || lpad(to_hex(n), 12, '0'))::uuid AS id,
	('00000000-0000-7000-8000-00000000000' || CASE WHEN n > 29900 THEN 'b' ELSE 'a' END)::uuid AS account_id FROM generate_series(1, 30000) n;
INSERT INTO memberships (id, account_id, scope_id, principal_type, email, email_canonical, role_id, status, is_owner, managed_by, invited_by,
	invitation_id, created_at, updated_at, sort_key) SELECT i.id, i.account_id AS account, i.account_id, 'invitation', 'p' || i.n, 'p' || i.n, i.account_id, 'pending', FALSE, '', '', i.id, i.n, i.n + 1, 'p' || i.n FROM ids i;
INSERT INTO invitations (id, account_id, member_id, email, state, invited_by, expires_at, created_at, updated_at)
	SELECT i.id, account_id, i.id, 'p' || n, 'pending', '', n, n + 1, n + 2 FROM ids i;
INSERT INTO projects (id, account_id, name, name_key, name_unique, slug, description, default_region, is_default, is_active, created_by, created_at, updated_at)
	SELECT id, account_id, 'p' || n, 'p' || n, 'p' || n, 'p' || n, '', '', FALSE, TRUE, '', n, n + 1 FROM ids;
INSERT INTO api_keys (id, account_id, name, name_key, key_prefix, hash, tier, issued_at, is_active, created_by, created_at, updated_at)
	SELECT id, account_id, 'p' || n, 'p' || n, '', n::text::bytea, '', n, TRUE, '', n + 1, n + 2 FROM ids;
ANALYZE`

// whole matches a step of a plan that reads a large table in the order of its ids, rather than the rows of one account.
var whole = regexp.MustCompile(`(?:Index (?:Only )?Scan (?:Backward )?using (\w+_pkey)|Seq Scan) on (memberships|invitations|projects|api_keys)\b`)

// usedByLists are the indexes that the plans of TestListsOfASmallAccount use.
var usedByLists = map[string]bool{}

// TestListsOfASmallAccount explains the statements that were executed before, as they are planned for any account, in a database
// in which one account has nearly all rows: no list of another account may read those.
func TestListsOfASmallAccount(t *testing.T) {
	url := rafftest.PostgresURL(t)
	db, err := store.Open(t.Context(), url, permission.Default())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	c, err := directly(t, url).Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	settings := "SET session_replication_role = replica; SET plan_cache_mode = force_generic_plan; SET statement_timeout = 0"
	for _, name := range []string{"enable_seqscan", "enable_bitmapscan", "max_parallel_workers_per_gather"} {
		value, err := store.Setting(t.Context(), db, name)
		if err != nil {
			t.Fatal(err)
		}
		settings += "; SET " + name + " = " + value
	}
	for _, s := range append([]string{settings}, strings.Split(crowd, ";\n")...) {
		if _, err := c.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%v\n%s", err, s)
		}
	}
	lists := 0
	for _, s := range executed.Of("postgresql") {
		if !strings.HasPrefix(s.Text, "SELECT") || !strings.Contains(s.Text, "LIMIT") {
			continue
		}
		lists++
		plan := genericPlan(t, c, s)
		for i, line := range plan {
			if m := postgresIndex.FindStringSubmatch(line); m != nil {
				usedByLists[m[1]] = true
			}
			if m := whole.FindStringSubmatch(line); m != nil && (i+1 == len(plan) || !strings.Contains(plan[i+1], "Index Cond: (id = ")) {
				t.Errorf("%s\n%s\n%s", strings.TrimSpace(line), s.Text, strings.Join(plan, "\n"))
			}
		}
	}
	t.Logf("%d lists", lists)
}

// genericPlan returns the plan of a statement for arguments that are not known.
func genericPlan(t *testing.T, c *sql.Conn, s store.Statement) (plan []string) {
	t.Helper()
	execute := "EXPLAIN EXECUTE list"
	if len(s.Args) > 0 {
		execute += "(NULL" + strings.Repeat(", NULL", len(s.Args)-1) + ")"
	}
	if _, err := c.ExecContext(t.Context(), "PREPARE list AS "+s.Text); err != nil {
		t.Fatalf("%v\n%s", err, s.Text)
	}
	rows, err := c.QueryContext(t.Context(), execute)
	if err != nil {
		t.Fatalf("%v\n%s", err, s.Text)
	}
	defer func() {
		_ = rows.Close()
		if _, err := c.ExecContext(t.Context(), "DEALLOCATE list"); err != nil {
			t.Fatal(err)
		}
	}()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(fmt.Errorf("read a plan: %w", err))
		}
		plan = append(plan, line)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return plan
}
