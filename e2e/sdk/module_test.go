package sdk_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"raff/internal/rafftest"
)

// block matches the code blocks of one language in a section of the README.
var block = regexp.MustCompile("(?s)```(sh|go)\n(.*?)```")

// TestREADME follows the README's instructions in an empty directory, next to a clone of the repository, and runs the program.
func TestREADME(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(readme), "## Manage members with Go\n")
	section, _, _ = strings.Cut(section, "\n## ")
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	work := t.TempDir()
	if err := os.Symlink(root, filepath.Join(work, "raff")); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(work, "team")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	run := func(command string, env ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "bash", "-ec", command)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), env...)
		var stderr strings.Builder
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v\n%s%s", command, err, out, stderr.String())
		}
		return string(out)
	}

	blocks := block.FindAllStringSubmatch(section, -1)
	if len(blocks) != 3 {
		t.Fatalf("the README has %d code blocks about Go, want 3", len(blocks))
	}
	for _, b := range blocks {
		if b[1] == "sh" {
			run(b[2])
		} else if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(b[2]), 0o600); err != nil {
			t.Fatal(err)
		}
	}

	// The SDK's only dependency is a rate limiter.
	if modules := strings.Split(strings.TrimSpace(run("go list -m all")), "\n"); len(modules) != 3 {
		t.Errorf("the program has %d modules, want itself, the SDK and a rate limiter:\n%s", len(modules), strings.Join(modules, "\n"))
	}
	srv := rafftest.Start(t)
	srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "admin"))
	out := run("./team", "RAFF_API_URL="+srv.URL, "RAFF_API_KEY="+srv.Key)
	if !strings.Contains(out, "alice@example.com Admin\n") || !strings.Contains(out, "owner@example.com Owner\n") {
		t.Errorf("the program prints\n%s", out)
	}
}
