package store_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"raff/internal/permission"
	"raff/internal/store"
	"raff/internal/team"
)

func modes(t *testing.T, pattern string) map[string]os.FileMode {
	t.Helper()
	found, err := filepath.Glob(pattern)
	if err != nil || len(found) == 0 {
		t.Fatalf("no %s: %v", pattern, err)
	}
	m := map[string]os.FileMode{}
	for _, path := range found {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		m[filepath.Base(path)] = info.Mode().Perm()
	}
	return m
}

// TestFilesArePrivate opens new files, one of them through a dangling symbolic link, and files that others could read.
func TestFilesArePrivate(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink("elsewhere.db", filepath.Join(dir, "link.db")); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	open := func(name string) *store.DB {
		db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(dir, name), permission.Default(), store.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
		if err != nil {
			t.Fatal(err)
		}
		if err := db.SyncSystemRoles(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		return db
	}
	for name, target := range map[string]string{"new.db": "new.db", "link.db": "elsewhere.db"} {
		db := open(name)
		for file, mode := range modes(t, filepath.Join(dir, target+"*")) {
			if mode != 0o600 {
				t.Errorf("%s: %o", file, mode)
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if log.Len() > 0 {
		t.Errorf("unexpected log: %s", log.String())
	}
	wide := filepath.Join(dir, "new.db")
	if err := os.Chmod(wide, 0o644); err != nil {
		t.Fatal(err)
	}
	defer func(db *store.DB) { _ = db.Close() }(open("new.db"))
	for file, mode := range modes(t, wide+"*") {
		if mode != 0o600 {
			t.Errorf("%s that was readable: %o", file, mode)
		}
	}
	if !strings.Contains(log.String(), wide) || !strings.Contains(log.String(), "0644") {
		t.Errorf("the log does not mention %s: %s", wide, log.String())
	}
}

// TestReplacedFile replaces the file in use with a backup: the store must not continue to read or write a file that no
// longer has a name.
func TestReplacedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "raff.db")
	w := newWorld(t, "sqlite:"+path)
	copied := path + ".copy"
	if err := store.Backup(w.ctx, w.url, copied); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(copied, path); err != nil {
		t.Fatal(err)
	}
	refused := false
	for deadline := time.Now().Add(time.Minute); !refused && time.Now().Before(deadline); { // reads check every 10 ms
		_, err := w.Account(w.ctx, w.account.ID)
		refused = err != nil
	}
	_, err := w.Account(w.ctx, w.account.ID)
	wantUnavailable(t, "read", err)
	wantUnavailable(t, "ready", w.Ping(w.ctx))
	wantUnavailable(t, "write", w.Update(w.ctx, w.account.ID, team.Shared, func(tx store.Tx) error { return w.addEvent(tx, "lost") }))
}
