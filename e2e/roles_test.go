package e2e

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"raff/internal/operator"
	"raff/internal/rafftest"
	"raff/internal/server"
)

// TestTwoRoles migrates as the owner of the tables and serves as a role that may not change or remove what is logged.
func TestTwoRoles(t *testing.T) {
	owner, serving := twoRoles(t)
	keyed := filepath.Join(t.TempDir(), "keys")
	if _, err := server.CreateKeyFile(keyed, false); err != nil {
		t.Fatal(err)
	}
	if err := server.Grant(t.Context(), owner, roleOf(t, serving)); err == nil {
		t.Error("privileges were granted on a database without tables")
	}
	if s, err := server.Open(t.Context(), server.Config{Database: serving, PublicURL: "http://localhost"}); err == nil || !strings.Contains(err.Error(), "raffd migrate") {
		_ = s
		t.Errorf("a role that may not migrate an empty database: %v", err)
	}
	asOwner, err := server.Open(t.Context(), server.Config{Database: owner, Mode: server.Migrating, SealKeyFile: keyed})
	if err != nil {
		t.Fatal(err)
	}
	defer asOwner.Close() //nolint:errcheck // nothing is pending on it
	const everybody = "SELECT COALESCE(string_agg(proname, ' '), '') FROM pg_proc WHERE prosecdef AND has_function_privilege('public', oid, 'EXECUTE')"
	if functions := askDatabase(t, owner, everybody); functions != "" {
		t.Errorf("everybody may call %s", functions)
	}
	execute(t, owner, "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO PUBLIC") // as in a database that was restored without privileges
	for range 2 {
		if err := server.Grant(t.Context(), owner, roleOf(t, serving)); err != nil {
			t.Fatal(err)
		}
	}
	if functions := askDatabase(t, owner, everybody); functions != "" {
		t.Errorf("after granting to the role that serves, everybody may call %s", functions)
	}
	for role, want := range map[string]string{"raff_nobody": "there is no role", roleOf(t, owner): "owns the tables"} {
		if err := server.Grant(t.Context(), owner, role); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("granted to %s: %v", role, err)
		}
	}
	srv := rafftest.Start(t, rafftest.OnDatabase(serving), rafftest.WithSealKeys(keyed))
	srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "admin"))
	srv.SignIn(t, "alice@example.com")
	a := logOf200Days(t, srv, "acme")
	if err := srv.Node.Audit().SetRetention(t.Context(), a.AccountID, 1); err == nil {
		t.Error("the role that serves can change the retention")
	}
	if err := asOwner.Audit().SetRetention(t.Context(), a.AccountID, 150); err != nil {
		t.Fatal(err)
	}
	if n, err := srv.Node.Audit().Expire(t.Context()); err != nil || n == 0 {
		t.Errorf("%d events were removed, %v", n, err)
	}
	if _, err := srv.Node.Service().CleanUp(t.Context()); err != nil {
		t.Error(err)
	}
	if v := verified(t, srv, a); v.Broken != "" || v.Begins.IsZero() {
		t.Errorf("verified: %+v", v)
	}
	other := logOf200Days(t, srv, "other")
	if err := asOwner.Audit().SetRetention(t.Context(), other.AccountID, 150); err != nil {
		t.Fatal(err)
	}
	announcedRetention(t, owner, serving, srv)
	refusedToServer(t, serving, a, other)
	gone, now := srv.NewAccount(t, "Gone", "gone@example.com"), 0
	if _, err := srv.Node.Operator().Delete(t.Context(), operator.Program, gone.AccountID, &now); err != nil {
		t.Fatal(err)
	}
	if n, err := srv.Node.Operator().RemoveDeleted(t.Context()); err != nil || n != 1 {
		t.Errorf("the role that serves removed %d deleted accounts: %v", n, err)
	}
	if left := leftOf(t, owner, gone.AccountID); len(left) > 0 {
		t.Errorf("left of a deleted account: %v", left)
	}
	if v := verified(t, srv, a); v.Broken != "" {
		t.Errorf("after everything that was refused: %+v", v)
	}
	seal(t, srv)
	if x, err := srv.Node.Operator().EraseEmail(t.Context(), operator.Program, "alice@example.com"); err != nil || x.Memberships != 1 {
		t.Errorf("erased: %+v, %v", x, err)
	}
	if n, err := srv.Node.Operator().EraseOrdered(t.Context()); err != nil || n != 1 {
		t.Errorf("the role that serves finished %d erasures: %v", n, err)
	}
	expectNothingOf(t, owner, "alice@example.com")
	if v := verified(t, srv, srv.Account); v.Broken != "" || v.Erased == 0 {
		t.Errorf("after an erasure: %+v", v)
	}
}

// execute runs a statement.
func execute(t *testing.T, database, statement string) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.WithoutCancel(t.Context())) //nolint:errcheck // nothing is pending on it
	if _, err := c.Exec(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// refusedToServer tries what someone could who controls the server, but not the owner's role.
func refusedToServer(t *testing.T, serving string, a, other rafftest.Account) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), serving)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.WithoutCancel(t.Context())) //nolint:errcheck // nothing is pending on it
	account := "'" + a.AccountID + "'"
	for _, statement := range []string{
		"DELETE FROM audit_events", "UPDATE audit_events SET actor_name = 'Bob'", "UPDATE audit_events SET at = 1", "TRUNCATE audit_events",
		"DELETE FROM audit_seals", "UPDATE audit_seals SET events = 1", "TRUNCATE audit_seals",
		"DELETE FROM event_slices", "UPDATE event_slices SET slice = 1",
		"INSERT INTO audit_retention (account_id, days) VALUES (" + account + ", 1)", "UPDATE audit_retention SET days = 1", "DELETE FROM audit_retention",
		"INSERT INTO audit_retention_changes (account_id, days, effective_at) VALUES (" + account + ", 30, 0)", "UPDATE audit_retention_changes SET effective_at = 0",
		"SELECT announce_retention(" + account + ", 1)", "SELECT announce_retention(" + account + ", 29)", "SELECT announce_retention(" + account + ", -1)",
		"UPDATE audit_checkpoints SET until_at = 9000000000000000", "DELETE FROM audit_checkpoints", "DELETE FROM goose_db_version",
		"ALTER TABLE audit_events DISABLE TRIGGER ALL", "DROP TABLE audit_events", "CREATE TABLE other (id INT)",
		"SELECT remove_log(" + account + ", 1000)",
		"SELECT erase_event(account_id, at, id, 'erased-0', 'erased-0', target_name, FALSE, user_agent, details, '[]') FROM audit_events WHERE account_id = " + account + " LIMIT 1",
		"SELECT forget_secret(" + account + ", 0, '[]')", "DELETE FROM audit_secrets", "UPDATE audit_secrets SET secret = ''", "DELETE FROM erased_events",
		"SELECT set_checkpoint(account_id, seq, until_at, hash, 0, 150, '', hash, 0) FROM audit_seals WHERE account_id = " + account + " ORDER BY seq DESC LIMIT 1",
		"SELECT set_checkpoint(account_id, seq, until_at, hash, 0, 1, '', hash, 0) FROM audit_seals WHERE account_id = " + account + " ORDER BY seq DESC LIMIT 1",
	} {
		_, err := c.Exec(t.Context(), statement)
		if pe, ok := errors.AsType[*pgconn.PgError](err); !ok || pe.Code != "42501" && pe.Code != "P0001" {
			t.Errorf("%s: %v, want a refusal", statement, err)
		}
	}
	// The functions do nothing that the retention does not allow, and do not look at temporary tables.
	count := func() (n int) {
		if err := c.QueryRow(t.Context(), "SELECT (SELECT COUNT(*) FROM public.audit_events) + (SELECT COUNT(*) FROM public.event_slices) + (SELECT SUM(seq - first_seq + 1) FROM public.audit_seals)").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	// The server can add a seal that was never made, and an expired one can become a checkpoint. It must not take others with it.
	forged := "'" + other.AccountID + "'"
	for _, statement := range []string{
		"INSERT INTO audit_seals (account_id, seq, version, until_at, events, hash, created_at, first_seq) VALUES (" + forged + ", 1000000, 2, 1, 0, '\\x00', 0, 1000000)",
		"SELECT set_checkpoint(" + forged + ", 1000000, 1, '\\x00', 0, 150, '', '\\x00', 0)",
	} {
		if _, err := c.Exec(t.Context(), statement); err != nil {
			t.Errorf("%s: %v", statement, err)
		}
	}
	before := count()
	for _, statement := range []string{
		"CREATE TEMP TABLE audit_checkpoints (account_id UUID, until_at BIGINT, seq BIGINT)",
		"INSERT INTO pg_temp.audit_checkpoints VALUES (" + account + ", 9000000000000000, 1000000)",
		"SELECT remove_expired_events(" + account + ", 1000)", "SELECT remove_expired_rest(" + account + ")",
		"SELECT merge_seals(" + account + ", 1, 1000)",
		"SELECT remove_expired_events(" + forged + ", 1000)", "SELECT remove_expired_rest(" + forged + ")",
	} {
		if _, err := c.Exec(t.Context(), statement); err != nil {
			t.Errorf("%s: %v", statement, err)
		}
	}
	if after := count(); after != before {
		t.Errorf("%d rows of the log are left of %d", after, before)
	}
}

// twoRoles returns the URLs of an empty database for the owner of its tables and for a role that is to serve.
func twoRoles(t *testing.T) (owner, serving string) {
	t.Helper()
	var b [6]byte
	_, _ = rand.Read(b[:]) // never fails
	role := "raff_serving_" + hex.EncodeToString(b[:])
	t.Cleanup(func() { onServer(t, owner, "DROP ROLE IF EXISTS "+role) }) // after the database is dropped
	owner = rafftest.PostgresURL(t)
	onServer(t, owner, fmt.Sprintf("CREATE ROLE %s LOGIN PASSWORD '%s'", role, role))
	u, err := url.Parse(owner)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(role, role)
	return owner, u.String()
}

func roleOf(t *testing.T, database string) string {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	return u.User.Username()
}

// onServer runs a statement in the database postgres of the same server.
func onServer(t *testing.T, database, statement string) {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/postgres"
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	c, err := pgx.Connect(ctx, u.String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(ctx) }()
	if _, err := c.Exec(ctx, statement); err != nil {
		t.Errorf("%s: %v", statement, err)
	}
}

// announcedRetention shortens the retention of a log through the operator's API, with the role that serves.
func announcedRetention(t *testing.T, owner, serving string, srv *rafftest.Server) {
	t.Helper()
	a, silent := logOf200Days(t, srv, "announced"), logOf200Days(t, srv, "silent")
	days := 150
	changed, err := srv.Node.Operator().UpdateAccount(t.Context(), operator.Program, a.AccountID, operator.AccountChange{Retention: &days})
	if err != nil || changed.NextRetention != days {
		t.Fatalf("changed: %+v, %v", changed, err)
	}
	execute(t, serving, "SELECT announce_retention('"+silent.AccountID+"', 150)") // without an event
	oldest := func(a rafftest.Account) string {
		return askDatabase(t, owner, "SELECT CAST(MIN(at) AS TEXT) FROM audit_events WHERE account_id = '"+a.AccountID+"'")
	}
	was, wasSilent := oldest(a), oldest(silent)
	if _, err := srv.Node.Audit().Expire(t.Context()); err != nil || oldest(a) != was {
		t.Errorf("before a week is over: %v, the oldest event %s, was %s", err, oldest(a), was)
	}
	execute(t, owner, "UPDATE audit_retention_changes SET effective_at = 0") // a week later
	if _, err := srv.Node.Audit().Expire(t.Context()); err == nil || !strings.Contains(err.Error(), "does not announce") {
		t.Errorf("a change that no event announces: %v", err)
	}
	if oldest(a) == was || oldest(silent) != wasSilent {
		t.Errorf("after a week, the oldest event is %s, was %s; of the log without an announcement %s, was %s", oldest(a), was, oldest(silent), wasSilent)
	}
	execute(t, owner, "DELETE FROM audit_retention_changes")
	if v := verified(t, srv, a); v.Broken != "" || v.Begins.IsZero() {
		t.Errorf("verified: %+v", v)
	}
}
