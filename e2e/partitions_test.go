package e2e

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"raff/internal/rafftest"
	"raff/internal/server"
)

const operatorLog = "00000000-0000-0000-0000-000000000001" // see event.OperatorLog

// TestPartitionsOfEvents lets a server whose role may not create tables extend and remove the partitions of the audit events.
func TestPartitionsOfEvents(t *testing.T) {
	owner, serving := twoRoles(t)
	asOwner, err := server.Open(t.Context(), server.Config{Database: owner, Mode: server.Migrating})
	if err != nil {
		t.Fatal(err)
	}
	defer asOwner.Close() //nolint:errcheck // nothing is pending on it
	if err := server.Grant(t.Context(), owner, roleOf(t, serving)); err != nil {
		t.Fatal(err)
	}
	ask := func(query string) string { return askDatabase(t, owner, query) }
	const ahead = "SELECT to_char(to_timestamp(from_at / 1000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD') FROM event_partitions() WHERE to_at IS NULL"
	if got, least := ask(ahead), time.Now().UTC().AddDate(0, 2, 0).Format(time.DateOnly); got < least || !strings.HasSuffix(got, "-01-01") {
		t.Errorf("after the migration, the last partition begins at %s, want whole years until at least %s", got, least)
	}
	// As the owner, divide the past into months instead.
	now := time.Now().UTC()
	month := func(n int) int64 {
		return time.Date(now.Year(), now.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC).UnixMicro()
	}
	lacks := func() bool {
		return slices.ContainsFunc(server.Doctor(t.Context(), server.Config{Database: owner}), func(f server.Finding) bool { return strings.Contains(f.Message, "no partitions for audit events") })
	}
	const drop = "DO $$ DECLARE p TEXT; BEGIN FOR p IN SELECT name FROM event_partitions() LOOP EXECUTE 'DROP TABLE ' || p; END LOOP; END $$;"
	execAs(t, owner, drop+fmt.Sprintf(`CREATE TABLE audit_events_first PARTITION OF audit_events FOR VALUES FROM (MINVALUE) TO (%d);
		CREATE TABLE audit_events_later PARTITION OF audit_events FOR VALUES FROM (%[1]d) TO (MAXVALUE)`, month(0)))
	if !lacks() {
		t.Error("raffd doctor does not say that there are no partitions for the next months")
	}
	again, err := server.Open(t.Context(), server.Config{Database: owner, Mode: server.Migrating})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close() //nolint:errcheck // nothing is pending on it
	if lacks() {
		t.Error("raffd migrate creates no partitions")
	}
	remake := strings.Builder{}
	fmt.Fprintf(&remake, drop+"CREATE TABLE audit_events_first PARTITION OF audit_events FOR VALUES FROM (MINVALUE) TO (%d);", month(-8))
	for n := -8; n <= 0; n++ {
		fmt.Fprintf(&remake, "CREATE TABLE audit_events_p%d PARTITION OF audit_events FOR VALUES FROM (%d) TO (%d);", n+8, month(n), month(n+1))
	}
	fmt.Fprintf(&remake, "CREATE TABLE audit_events_later PARTITION OF audit_events FOR VALUES FROM (%d) TO (MAXVALUE)", month(1))
	execAs(t, owner, remake.String())
	const first = "SELECT to_at::text FROM event_partitions() WHERE from_at IS NULL"
	srv := rafftest.Start(t, rafftest.OnDatabase(serving))
	rafftest.Eventually(t, "the server removes the empty months, and prepares the next ones", func() bool {
		return ask(first) == fmt.Sprint(month(0)) && ask(ahead) > time.UnixMicro(month(1)).UTC().Format(time.DateOnly)
	})
	execAs(t, owner, remake.String())
	a, b := logOf200Days(t, srv, "acme"), logOf200Days(t, srv, "other")
	write := func(database, account, action string, at int64, n int) {
		execAs(t, database, fmt.Sprintf(`INSERT INTO audit_events (account_id, at, id, actor_type, actor_id, actor_name, action, target_type, target_id, target_name,
			delegated, request_id, details) SELECT '%s', %d, gen_random_uuid(), 'user', '', '', '%s', '', '', '', FALSE, '', '{}' FROM generate_series(1, %d)`,
			account, at, action, n))
	}
	// A node whose clock is years ahead still writes its events, into the last partition.
	wrong := time.Date(2199, 5, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
	write(serving, operatorLog, "early", month(1)+1, 1)
	write(serving, operatorLog, "early", wrong, 1)
	// Nobody may remove these, and they are too many to be moved.
	const large = "00000000-0000-7000-8000-00000000000a"
	write(serving, large, "large", month(-5), 10_001)
	write(serving, operatorLog, "kept", month(-7), 5)
	const partitions = "SELECT COUNT(*)::text FROM event_partitions()"
	if got := ask(partitions); got != "11" {
		t.Fatalf("%s partitions", got)
	}
	// Everybody has a retention, so that new partitions are months. The role that serves creates them.
	for account := range strings.SplitSeq(ask("SELECT string_agg(id::text, ' ') FROM accounts"), " ") {
		if err := asOwner.Audit().SetRetention(t.Context(), account, 150); err != nil {
			t.Fatal(err)
		}
	}
	const early = "SELECT string_agg(tableoid::regclass::text, ' ' ORDER BY at) FROM audit_events WHERE action = 'early'"
	execAs(t, serving, "SELECT extend_events(2)")
	if got, want := ask(ahead), time.UnixMicro(month(3)).UTC().Format(time.DateOnly); got != want || ask(partitions) != "13" {
		t.Errorf("the last of %s partitions begins at %s, want %s", ask(partitions), got, want)
	}
	if got, want := ask(early), "audit_events_"+time.UnixMicro(month(1)).UTC().Format("2006_01")+" audit_events_later"; got != want {
		t.Errorf("early events are in %s, want %s", got, want)
	}
	// The months of which little is kept disappear. What the operator's log has there stays.
	expire := func(until int64) {
		t.Helper()
		if _, err := srv.Node.Audit().Expire(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := ask(first); got != fmt.Sprint(until) {
			t.Errorf("the first partition ends at %s, want %d", got, until)
		}
		if got := ask("SELECT COUNT(*)::text || MIN(tableoid::regclass::text) FROM audit_events WHERE action = 'kept'"); got != "5audit_events_first" {
			t.Errorf("events of the operator: %s", got)
		}
	}
	expire(month(-5))
	if got := ask("SELECT COUNT(*)::text FROM audit_events WHERE account_id = '" + large + "'"); got != "10001" {
		t.Errorf("%s events are left of 10001 that must be kept", got)
	}
	execAs(t, owner, "DELETE FROM audit_events WHERE account_id = '"+large+"'")
	expire(month(0))
	for _, account := range []rafftest.Account{a, b} {
		if v := verified(t, srv, account); v.Broken != "" || v.Begins.IsZero() {
			t.Errorf("verified: %+v", v)
		}
		if list := string(srv.Do(t, "GET", "/api/v1/audit-events?limit=100", account.Key, nil).Want(t, 200).Body); strings.Contains(list, `"old `) || !strings.Contains(list, `"middle"`) {
			t.Errorf("the log: %s", list)
		}
	}
	plan := explained(t, owner, "SELECT e.id FROM audit_events e WHERE e.account_id = $1 ORDER BY e.at DESC, e.id DESC LIMIT 50")
	if !strings.Contains(plan, "Append") || strings.Contains(plan, "Merge Append") || strings.Contains(plan, "Sort") {
		t.Errorf("a list of events does not read the partitions one after another:\n%s", plan)
	}
	// The role has no way around the functions.
	c, err := pgx.Connect(t.Context(), serving)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.WithoutCancel(t.Context())) //nolint:errcheck // nothing is pending on it
	for _, statement := range []string{"DELETE FROM audit_events_first", "UPDATE audit_events_later SET at = 1", "DROP TABLE audit_events_later", "SELECT * FROM audit_events_p8"} {
		_, err := c.Exec(t.Context(), statement)
		if pe, ok := errors.AsType[*pgconn.PgError](err); !ok || pe.Code != "42501" {
			t.Errorf("%s: %v, want a refusal", statement, err)
		}
	}
}

func execAs(t *testing.T, database, statements string) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(context.WithoutCancel(t.Context())) }()
	if _, err := c.Exec(t.Context(), statements, pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Fatalf("%s: %v", statements, err)
	}
}

// explained returns the plan for a statement with an account whose value is not known.
func explained(t *testing.T, database, statement string) string {
	t.Helper()
	c, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(context.WithoutCancel(t.Context())) }()
	if _, err := c.Exec(t.Context(), "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_bitmapscan = off; PREPARE s (uuid) AS "+statement, pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Fatal(err)
	}
	rows, err := c.Query(t.Context(), "EXPLAIN EXECUTE s('"+operatorLog+"')", pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}
