package rafftest

import (
	"database/sql"
	"strings"
	"testing"
)

// SQLID returns an id as a literal in SQL: SQLite stores its 16 bytes, PostgreSQL has a type for it.
func SQLID(database, id string) string {
	if strings.HasPrefix(database, "sqlite:") {
		return "x'" + strings.ReplaceAll(id, "-", "") + "'"
	}
	return "'" + id + "'"
}

// OpenSQLite opens the database file of a server that may be running: a statement waits while the server writes.
func OpenSQLite(t *testing.T, file string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", file+"?_pragma=busy_timeout(120000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}
