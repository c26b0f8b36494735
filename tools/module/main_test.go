package main

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var full = flag.Bool("full", false, "build all programs with the new path, which takes minutes")

const other = "example.com/acme/raff"

func TestTheModulePathCanBeChanged(t *testing.T) {
	dir, files := checkout(t)
	before := map[string]string{}
	for _, f := range files {
		before[f] = read(t, filepath.Join(dir, f))
	}

	if n, err := rename(dir, other); err != nil || n < 100 {
		t.Fatalf("%d files changed, %v", n, err)
	}
	// All imports, including those of tests, use the new path.
	for _, p := range strings.Fields(run(t, dir, "go", "list", "-deps", "-test", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "./...", other+"/api/...")) {
		if strings.HasPrefix(p, "raff/") {
			t.Errorf("%s is still imported by its old path", p)
		}
	}
	run(t, dir, "go", "vet", "./internal/version", "./internal/naming", other+"/api")
	run(t, filepath.Join(dir, "api"), "go", "build", "./...")
	if out := run(t, dir, "make", "-n", "build", "COMMIT=abc"); !strings.Contains(out, "-X "+other+"/internal/version.commit=abc") {
		t.Errorf("the programs have no version:\n%s", out)
	}
	if readme := read(t, filepath.Join(dir, "README.md")); !strings.Contains(readme, `"`+other+`/api/client"`) {
		t.Error("the README still has the old import path")
	}
	if *full {
		run(t, dir, "make", "build", "VERSION=v9.9.9")
		if out := run(t, dir, "bin/raffd", "version"); !strings.Contains(out, "9.9.9") {
			t.Errorf("raffd version: %s", out)
		}
	}

	// Changing the path back restores every file, so only module paths were changed.
	if _, err := rename(dir, "raff"); err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if read(t, filepath.Join(dir, f)) != before[f] {
			t.Errorf("%s differs from the original", f)
		}
	}
}

func TestInvalidModulePathsAreRefused(t *testing.T) {
	for _, path := range []string{"", "https://example.com/raff", "/raff", "example.com/my raff", "example.com/raff/"} {
		if _, err := rename("../..", path); err == nil {
			t.Fatalf("%q was accepted", path)
		}
	}
}

// checkout copies the tracked files of this repository, and the untracked ones that are not ignored.
func checkout(t *testing.T) (dir string, files []string) {
	t.Helper()
	dir = t.TempDir()
	for f := range strings.SplitSeq(run(t, "../..", "git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"), "\x00") {
		info, err := os.Lstat(filepath.Join("../..", f))
		if f == "" || err != nil || !info.Mode().IsRegular() { // deleted, or a symbolic link
			continue
		}
		to := filepath.Join(dir, f)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, []byte(read(t, filepath.Join("../..", f))), info.Mode()); err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return dir, files
}

func run(t *testing.T, dir, name string, arguments ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, arguments...)
	cmd.Dir = dir
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(arguments, " "), err, out, stderr.String())
	}
	return string(out)
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
