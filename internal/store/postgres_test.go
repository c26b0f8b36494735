package store_test

import (
	"database/sql"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"raff/internal/permission"
	"raff/internal/rafftest"
	"raff/internal/store"
	"raff/internal/team"
)

// TestStartOnPostgres opens a database of the version of the tests: nothing is switched off, and the version is known. Beside it, a
// role for which the version has another text gets a warning that names it.
func TestStartOnPostgres(t *testing.T) {
	url := rafftest.PostgresURL(t)
	var version string
	if err := directly(t, url).QueryRowContext(t.Context(), "SHOW server_version").Scan(&version); err != nil {
		t.Fatal(err)
	}
	opened := func(url string) (about, log string) {
		t.Helper()
		var b strings.Builder
		db, err := store.Open(t.Context(), url, permission.Default(), store.WithLogger(slog.New(slog.NewTextHandler(&b, nil))))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		return db.About(), b.String()
	}
	if about, log := opened(url); about != "PostgreSQL "+version || log != "" {
		t.Errorf("%q with the log %s", about, log)
	}
	if c, err := store.Inspect(t.Context(), url); err != nil || c.About != "PostgreSQL "+version || strings.Contains(fmt.Sprint(c.Remarks), "not cached") {
		t.Errorf("inspected: %+v, %v", c, err)
	}
	run(t, directly(t, url), "CREATE FUNCTION public.version() RETURNS text LANGUAGE sql AS $$ SELECT 'Other 1.0' $$")
	if _, log := opened(url + "&search_path=public,pg_catalog"); !strings.Contains(log, "every request reads all its rows") || !strings.Contains(log, "PostgreSQL "+version) || !strings.Contains(log, "Other 1.0") {
		t.Errorf("the warning is %s", log)
	}
}

// TestMemoryWithConstantSnapshot uses a database whose snapshot is always the same, as on some databases that only speak
// PostgreSQL's protocol. A change by another node must still be visible at once.
func TestMemoryWithConstantSnapshot(t *testing.T) {
	url := rafftest.PostgresURL(t)
	db := directly(t, url)
	run(t, db, "CREATE FUNCTION public.pg_current_snapshot() RETURNS text LANGUAGE sql AS $$ SELECT '7:7:' $$")
	w := newWorld(t, url+"&search_path=public,pg_catalog")
	m := w.add(t, w.invited("alice@example.com"))
	for _, want := range []team.Status{team.StatusPending, team.StatusSuspended} {
		ctx, done := w.Pin(w.ctx)
		got, err := w.Member(ctx, w.account.ID, "", m.ID)
		done()
		if err != nil || got.Status != want {
			t.Errorf("%s, %v, want %s", got.Status, err, want)
		}
		run(t, db, "UPDATE memberships SET status = 'suspended'")
	}
}

// TestPromotedStandbyWithoutLastRow promotes a standby that never received the newest row, and advances its transaction
// ids to the number at which the store read that row.
func TestPromotedStandbyWithoutLastRow(t *testing.T) {
	t.Parallel()
	primary := rafftest.NewCluster(t, "-c fsync=off -c autovacuum=off")
	standby := primary.Standby(t)
	w := newWorld(t, primary.Either(standby))
	standby.Stop(t)
	m := w.add(t, w.invited("alice@example.com"))
	w.forgets(t, m.ID, primary.URL, func() (url string) {
		primary.Stop(t)
		standby.Start(t)
		standby.Promote(t)
		return standby.URL
	})
}

// TestRestoredDatabaseWithoutLastRow restores an older copy of the data directory under the same address, and advances its
// transaction ids in the same way.
func TestRestoredDatabaseWithoutLastRow(t *testing.T) {
	t.Parallel()
	server := rafftest.NewCluster(t, "-c fsync=off -c autovacuum=off")
	w := newWorld(t, server.URL)
	server.Stop(t)
	server.Save(t)
	server.Start(t)
	for err := error(team.ErrUnavailable); err != nil; _, err = w.Account(w.ctx, w.account.ID) { // the pool tries dead connections first
		wantUnavailable(t, "read through a connection that died", err)
	}
	m := w.add(t, w.invited("alice@example.com"))
	w.forgets(t, m.ID, server.URL, func() (url string) {
		server.Stop(t)
		server.Restore(t)
		server.Start(t)
		return server.URL
	})
}

// forgets reads a member, loses the database that has it, advances the other one to the same snapshot, and checks that the
// store does not return the member.
func (w *world) forgets(t *testing.T, memberID, database string, lose func() (url string)) {
	t.Helper()
	read := func() error {
		ctx, done := w.Pin(w.ctx)
		defer done()
		_, err := w.Member(ctx, w.account.ID, "", memberID)
		return err
	}
	if err := read(); err != nil {
		t.Fatal(err)
	}
	snapshot := func(db *sql.DB) (s string) {
		if err := db.QueryRowContext(t.Context(), "SELECT pg_current_snapshot()::text").Scan(&s); err != nil {
			t.Fatal(err)
		}
		return s
	}
	seen := snapshot(directly(t, database))
	db := directly(t, lose())
	for n := 0; snapshot(db) != seen; n++ {
		if n == 5000 {
			t.Fatalf("the snapshot of the other database is %s and does not reach %s", snapshot(db), seen)
		}
		run(t, db, "SELECT pg_current_xact_id()")
	}
	for err := error(nil); !team.IsNotFound(err); err = read() { // the pool tries dead connections first
		if err != nil {
			wantUnavailable(t, "read through a connection that died", err)
		}
		if n := w.Ping(w.ctx); n == nil && err == nil && read() == nil {
			t.Fatal("the store returned a row that the database does not have")
		}
	}
}
