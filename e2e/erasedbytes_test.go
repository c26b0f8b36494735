package e2e

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"raff/internal/operator"
	"raff/internal/rafftest"
	"raff/internal/server"
)

// TestErasedBytes searches the bytes of SQLite's files for somebody who was erased: the server itself empties the -wal file, and
// after raffd vacuum, there is nothing in unused parts of pages either.
func TestErasedBytes(t *testing.T) {
	file := filepath.Join(t.TempDir(), "raff.db")
	srv := rafftest.Start(t, rafftest.OnDatabase("sqlite:"+file), rafftest.Quiet())
	role := srv.RoleID(t, "account", "member")
	const name, email = "Alice Pleasance", "wonder.alice@example.com"
	srv.NewMember(t, email, name, role)
	for part := range 4 { // so that pages are divided, and rows move
		var rows []any
		for i := range 200 {
			rows = append(rows, map[string]any{"email": fmt.Sprintf("wonder.%c%d@example.com", 'a'+i%26, 200*part+i), "role_id": role})
		}
		srv.Do(t, "POST", "/api/v1/members/bulk", srv.Key, map[string]any{"members": rows}).Want(t, 200)
	}
	has := func(path string) bool {
		t.Helper()
		all := strings.ToLower(bytesOf(t, path))
		return strings.Contains(all, email) || strings.Contains(all, strings.ToLower(name))
	}
	if !has(file + "-wal") {
		t.Fatal("nothing of the person is in the -wal file before the erasure")
	}
	if _, err := srv.Node.Operator().EraseEmail(t.Context(), operator.Program, email); err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); has(file + "-wal"); time.Sleep(100 * time.Millisecond) {
		if time.Since(began) > 2*time.Minute {
			t.Fatal("the -wal file still has the person")
		}
	}
	if err := server.Vacuum(t.Context(), srv.Database); err != nil {
		t.Fatal(err)
	}
	if has(file) || has(file+"-wal") {
		t.Error("the files still have the person")
	}
	srv.Do(t, "POST", "/api/v1/members", srv.Key, map[string]any{"email": "bob@example.com", "role_id": role}).Want(t, 201)
	if all := srv.Do(t, "GET", "/api/v1/members?limit=1", srv.Key, nil).Want(t, 200).JSON(t); all["total"] != 803.0 {
		t.Errorf("%v members", all["total"])
	}
	if err := server.Vacuum(t.Context(), "sqlite:"+file+".missing"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	if _, err := os.Stat(file + ".missing"); err == nil {
		t.Error("the missing file was created")
	}
}

// TestLogIsEmptiedAfterKill kills a server that did not empty SQLite's -wal file, although somebody in it may have been erased. The
// next one empties it when it starts. The text it looks for is the name of a project, which no background job writes again.
func TestLogIsEmptiedAfterKill(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "raff.db")
	p := launch(t, "sqlite:"+file)
	has := func() bool { return strings.Contains(bytesOf(t, file+"-wal"), "Wonderland") }
	added := 0
	rafftest.Eventually(t, "a killed server leaves a name in the -wal file", func() bool { // it may empty the file just before
		added++
		p.Do(t, "POST", "/api/v1/projects", p.Key, map[string]any{"name": fmt.Sprint("Wonderland ", added)}).Want(t, 201)
		p.kill()
		if has() {
			return true
		}
		p.start(t)
		return false
	})
	p.start(t)
	rafftest.Eventually(t, "the -wal file does not have the name", func() bool { return !has() })
}

// bytesOf returns what is in a file of a database that may be in use. It starts a program, because closing the file in this process would
// release the locks that a server in this process has on it.
func bytesOf(t *testing.T, path string) string {
	t.Helper()
	b, err := exec.CommandContext(t.Context(), "cat", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
