package engine

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// TestInterruptedBatches interrupts a migration after a few batches, and continues it.
func TestInterruptedBatches(t *testing.T) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "raff.db")+"?_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // nothing is pending on it
	db.SetMaxOpenConns(1)
	d := dialectWith("00001")
	d.Migrations.(fstest.MapFS)["migrations/00002_things.sql"] = &fstest.MapFile{Data: []byte(`-- +goose Up
CREATE TABLE things (id BLOB, x INTEGER, n INTEGER DEFAULT 0, PRIMARY KEY (id, x)) WITHOUT ROWID;
INSERT INTO things (id, x) WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 100) SELECT CAST('thing ' || x % 5 AS BLOB), x FROM c;
`)}
	d.Migrations.(fstest.MapFS)["migrations/00003_more.sql"] = &fstest.MapFile{Data: []byte("-- +raff batches things (id, x) rows 7\nUPDATE things SET n = n + 1 WHERE :batch;\n")}
	ctx, interrupt := context.WithCancel(t.Context())
	err = d.Prepare(ctx, migrator(db, func(p Progress) {
		if p.Done == 21 {
			interrupt()
		}
	}), Migrate)
	if err == nil || !strings.Contains(err.Error(), "00003_more") {
		t.Fatalf("interrupted with %v", err)
	}
	count := func(query string) (n int) {
		t.Helper()
		if err := db.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := count("SELECT COUNT(*) FROM things WHERE n = 1"); n != 21 {
		t.Fatalf("%d rows changed before the interruption, want 21", n)
	}
	var reports []string
	if err := d.Prepare(t.Context(), migrator(db, func(p Progress) { reports = append(reports, p.String()) }), Migrate); err != nil {
		t.Fatal(err)
	}
	if n := count("SELECT COUNT(*) FROM things WHERE n = 1"); n != 100 {
		t.Errorf("%d rows changed once, want 100", n)
	}
	if len(reports) < 3 || reports[1] != "migrating: 00003_more, 28 of 100 rows" || reports[len(reports)-1] != "migrating: 00003_more, finished" {
		t.Errorf("reports %q", reports)
	}
	if n := count("SELECT COUNT(*) FROM goose_db_version WHERE version_id = 3") + count("SELECT COUNT(*) FROM migration_progress"); n != 1 {
		t.Errorf("%d rows in the tables of versions and progress, want 1", n)
	}
}

// TestUnsafeMigrations refuses migrations that could not be repeated after an interruption.
func TestUnsafeMigrations(t *testing.T) {
	for text, want := range map[string]string{
		"-- +goose NO TRANSACTION\n-- +goose Up\nCREATE INDEX i ON t (x);":   "IF NOT EXISTS",
		"-- +raff batches t (x)\nUPDATE t SET x = 1;":                        ":batch",
		"-- +raff batches t\nUPDATE t SET x = 1 WHERE :batch;":               "TABLE (KEY)",
		"-- +raff batches t (x)\nDELETE FROM u; UPDATE t SET y WHERE :batch": "one statement",
	} {
		d := &Dialect{Migrations: fstest.MapFS{"migrations/00001_x.sql": &fstest.MapFile{Data: []byte(text)}}}
		if _, err := d.steps(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
