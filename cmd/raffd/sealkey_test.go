package main

import (
	"bytes"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestRotatedKeyFileKeepsItsOwner adds a key to a file that belongs to the user of the server, as root does.
func TestRotatedKeyFileKeepsItsOwner(t *testing.T) {
	for _, command := range [][]string{{"seal-key", "create"}, {"secrets", "create-key"}} {
		file := filepath.Join(t.TempDir(), "keys")
		create := func(more ...string) {
			t.Helper()
			var out, errs bytes.Buffer
			if code := run(t.Context(), append(append(command, "--file", file), more...), &out, &errs); code != 0 {
				t.Fatalf("%v: exit status %d: %s", command, code, errs.String())
			}
		}
		create()
		if err := os.Chmod(file, 0o640); err != nil {
			t.Fatal(err)
		}
		owner := os.Geteuid()
		if owner == 0 {
			owner = 65534
			if err := os.Chown(file, owner, owner); err != nil {
				t.Fatal(err)
			}
		}
		create("--rotate")
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if s := info.Sys().(*syscall.Stat_t); info.Mode().Perm() != 0o640 || int(s.Uid) != owner {
			t.Errorf("%v: mode %v, owner %d", command, info.Mode(), s.Uid)
		}
	}
}
