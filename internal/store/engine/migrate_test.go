package engine

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite"
)

// dialectWith returns a dialect for SQLite with migrations of these numbers, each of which creates a table.
func dialectWith(numbers ...string) *Dialect {
	files := fstest.MapFS{}
	for _, n := range numbers {
		files["migrations/"+n+"_table.sql"] = &fstest.MapFile{Data: []byte("-- +goose Up\nCREATE TABLE t" + n + " (x TEXT);\n")}
	}
	return &Dialect{Goose: goose.DialectSQLite3, Migrations: files, HasVersions: "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'goose_db_version')"}
}

// migrator migrates a database that nobody else uses.
func migrator(db *sql.DB, report func(Progress)) Migrator {
	return Migrator{DB: db, Busy: func(error) bool { return false }, Report: report,
		TryLock: func(ctx context.Context) (context.Context, func(bool), bool, error) {
			return ctx, func(bool) {}, true, nil
		}}
}

// TestMigrations opens one database with programs that have different migrations.
func TestMigrations(t *testing.T) {
	db, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "raff.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // nothing is pending on it
	for _, c := range []struct {
		what string
		d    *Dialect
		s    Schemas
		want string // part of the error; empty: none
	}{
		{"a new database as it is", dialectWith("00001"), AsIs, "not a raff database"},
		{"a new database", dialectWith("00001"), Migrate, ""},
		{"the same", dialectWith("00001"), AsIs, ""},
		{"a newer program, as it is", dialectWith("00001", "00002", "00004"), AsIs, "raffd migrate"},
		{"a newer program", dialectWith("00001", "00002", "00004"), Migrate, ""},
		{"the older program", dialectWith("00001"), Migrate, "start the newer program"},
		{"the older program, as it is", dialectWith("00001"), AsIs, "use the newer program"},
		{"a migration that was added later with a lower number", dialectWith("00001", "00002", "00003", "00004"), Migrate, ""},
		{"a program without some of its migrations", dialectWith("00001", "00004", "00005"), Migrate, "which this one does not know"},
	} {
		err := c.d.Prepare(t.Context(), migrator(db, nil), c.s)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.what, err, c.want)
		}
	}
	var n int
	if err := db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM sqlite_master WHERE name IN ('t00001', 't00002', 't00003', 't00004')").Scan(&n); err != nil || n != 4 {
		t.Errorf("%d tables, want 4, %v", n, err)
	}
}
