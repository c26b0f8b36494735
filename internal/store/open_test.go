package store_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"raff/internal/permission"
	"raff/internal/rafftest"
	"raff/internal/store"
	"raff/internal/team"
)

// directly opens the database without the store.
func directly(t *testing.T, url string) *sql.DB {
	t.Helper()
	driver := "pgx"
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		driver, url = "sqlite", "file:"+path+"?_pragma=busy_timeout(5000)"
	}
	db, err := sql.Open(driver, url)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func run(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func TestReopen(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		m := w.add(t, w.invited("alice@example.com"))
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		again, err := store.Open(w.ctx, w.url, w.cat)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = again.Close() }()
		if got, err := again.Member(w.ctx, w.account.ID, "", m.ID); err != nil || got.Email != m.Email {
			t.Errorf("%+v, %v", got, err)
		}
		var runs int
		if err := directly(t, w.url).QueryRowContext(w.ctx, "SELECT COUNT(*) FROM goose_db_version WHERE version_id = 1").Scan(&runs); err != nil || runs != 1 {
			t.Errorf("the first migration ran %d times, %v", runs, err)
		}
	})
}

func TestNewerSchema(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		_ = w.Close()
		db := directly(t, w.url)
		run(t, db, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, TRUE)")
		_ = db.Close()
		_, err := store.Open(w.ctx, w.url, w.cat)
		if err == nil || !strings.Contains(err.Error(), "99999") || !strings.Contains(err.Error(), "newer program") {
			t.Errorf("opened with %v", err)
		}
	})
}

func TestConcurrentOpen(t *testing.T) {
	for _, b := range backends {
		t.Run(b.name, func(t *testing.T) {
			url := b.url(t)
			parallel(6, func(int) {
				db, err := store.Open(t.Context(), url, permission.Default())
				if err != nil {
					t.Error(err)
					return
				}
				defer func() { _ = db.Close() }()
				if err := db.Ping(t.Context()); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestBadURL(t *testing.T) {
	for url, want := range map[string]string{
		"":                                  "sqlite:PATH or postgres://",
		"raff.db":                           "sqlite:PATH or postgres://",
		"mysql://root:hunter2@localhost/db": "sqlite:PATH or postgres://",
		"sqlite:":                           "path of a file",
		"sqlite::memory:":                   "path of a file",
		"sqlite://raff.db":                  "path of a file",
		"sqlite:/does/not/exist/raff.db":    "create it",
		"postgres://u:hunter2@h:port/db":    "postgres://USER",
	} {
		_, err := store.Open(t.Context(), url, permission.Default())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q in it", url, err, want)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: the password is in %q", url, err)
		}
	}
}

func TestPathsWithOddCharacters(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b?c#d%20.db")
	db, err := store.Open(t.Context(), "sqlite:"+path, permission.Default())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

func wantUnavailable(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, &team.Error{Kind: team.KindUnavailable}) {
		t.Errorf("%s: %v, want unavailable", what, err)
	}
}

func TestUnwritableSQLiteFile(t *testing.T) {
	t.Parallel() // it waits until SQLite's busy timeout expires
	w := newWorld(t, "sqlite:"+filepath.Join(t.TempDir(), "raff.db"))
	write := func(action string) error {
		return w.Update(w.ctx, w.account.ID, team.Shared, func(tx store.Tx) error { return w.addEvent(tx, action) })
	}
	t.Run("locked by another program", func(t *testing.T) {
		db := directly(t, w.url)
		run(t, db, "BEGIN IMMEDIATE")
		ctx, cancel := context.WithTimeout(w.ctx, 3*time.Minute)
		defer cancel()
		if err := w.Update(ctx, w.account.ID, team.Shared, func(tx store.Tx) error { return w.addEvent(tx, "locked") }); err == nil {
			t.Error("written past a lock")
		} else {
			wantUnavailable(t, "write to a locked file", err)
		}
		if _, err := w.Account(w.ctx, w.account.ID); err != nil {
			t.Errorf("read beside a lock: %v", err)
		}
		run(t, db, "ROLLBACK")
		if err := write("resumed"); err != nil || w.events(t, "resumed") != 1 || w.events(t, "locked") != 0 {
			t.Errorf("after the lock: %v", err)
		}
	})
	t.Run("closed", func(t *testing.T) {
		_ = w.Close()
		wantUnavailable(t, "write to a closed store", write("closed"))
		_, err := w.Account(w.ctx, w.account.ID)
		wantUnavailable(t, "read from a closed store", err)
	})
}

func TestPostgresReconnect(t *testing.T) {
	url := rafftest.PostgresURL(t)
	w := newWorld(t, url)
	db := directly(t, url)
	kill := "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
	err := w.Update(w.ctx, w.account.ID, team.Shared, func(tx store.Tx) error {
		if _, err := tx.Account(w.ctx, w.account.ID); err != nil {
			return err
		}
		run(t, db, kill)
		return w.addEvent(tx, "lost")
	})
	wantUnavailable(t, "change whose connection is killed", err)
	deadline := time.Now().Add(2 * time.Minute)
	for {
		err := w.Update(w.ctx, w.account.ID, team.Shared, func(tx store.Tx) error { return w.addEvent(tx, "back") })
		if err == nil {
			break
		}
		wantUnavailable(t, "change while the server restarts", err)
		if time.Now().After(deadline) {
			t.Fatal("no change within two minutes")
		}
	}
	if w.events(t, "lost") != 0 || w.events(t, "back") != 1 {
		t.Errorf("events %d and %d, want 0 and 1", w.events(t, "lost"), w.events(t, "back"))
	}
	var name string
	if err := db.QueryRowContext(w.ctx, "SELECT current_database()").Scan(&name); err != nil {
		t.Fatal(err)
	}
	run(t, db, "ALTER DATABASE "+name+" SET default_transaction_read_only = on")
	run(t, db, kill)
	for range 20 { // the pool tries terminated sessions first
		err = w.Update(w.ctx, w.account.ID, team.Shared, func(tx store.Tx) error { return w.addEvent(tx, "read-only") })
		wantUnavailable(t, "change of a read-only database", err)
	}
}
