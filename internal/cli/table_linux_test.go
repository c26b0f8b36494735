package cli_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"raff/internal/cli"
)

// onTerminal runs raff on a terminal of this width and returns its output without colors.
func onTerminal(t *testing.T, width uint16, args ...string) string {
	t.Helper()
	t.Setenv("NO_COLOR", "1")
	keyboard, terminal := openTerminal(t)
	if err := unix.IoctlSetWinsize(int(terminal.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 50, Col: width}); err != nil {
		t.Fatal(err)
	}
	var seen screen
	go seen.watch(keyboard)
	cli.Run(t.Context(), args, terminal, terminal, terminal)
	fmt.Fprintln(terminal, "the end")
	seen.wait(t, "the end")
	return seen.String()
}

// A table fits the terminal: first the ids are dropped, then the last column is wrapped, and a note lists the dropped
// columns.
func TestTableWidth(t *testing.T) {
	srv := serve(t)
	srv.Invite(t, "someone.with.a.long.address@example.com", srv.RoleID(t, "account", "member"))
	srv.Do(t, "POST", "/api/v1/projects", srv.Key, map[string]any{
		"name": "網站", "description": "Everything that customers see: pages, pictures, prices, and the shop behind them",
	}).Want(t, 201)

	for _, c := range []struct {
		width      uint16
		args       []string
		has, hasNo []string
	}{
		{200, []string{"member", "list"}, []string{srv.OwnerMemberID, "Owner"}, []string{"narrow"}},
		{80, []string{"member", "list"}, []string{"Owner", "Terminal too narrow for ID."}, []string{srv.OwnerMemberID}},
		{80, []string{"project", "list"}, []string{"網站", "網站     false", "customers see:"}, []string{srv.ProjectID}},
		{80, []string{"member", "add", "--help"}, []string{"--target-user-id"}, nil},
		{60, []string{"member", "import", "--help"}, []string{"--dry-run"}, nil},
	} {
		out := onTerminal(t, c.width, c.args...)
		for _, s := range c.has {
			if !strings.Contains(out, s) {
				t.Errorf("%v at %d: no %q in\n%s", c.args, c.width, s, out)
			}
		}
		for _, s := range c.hasNo {
			if strings.Contains(out, s) {
				t.Errorf("%v at %d: %q in\n%s", c.args, c.width, s, out)
			}
		}
		for line := range strings.SplitSeq(out, "\r\n") {
			if n := utf8.RuneCountInString(line); n > int(c.width) && !strings.HasPrefix(strings.TrimSpace(line), "raff ") {
				t.Errorf("%v at %d: %d columns in %q", c.args, c.width, n, line)
			}
		}
	}
}

func TestImportProgress(t *testing.T) {
	serve(t)
	var people strings.Builder
	people.WriteString("email\n")
	for i := range 250 {
		fmt.Fprintf(&people, "person%d@example.com\n", i)
	}
	file := filepath.Join(t.TempDir(), "people.csv")
	if err := os.WriteFile(file, []byte(people.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	out := onTerminal(t, 80, "member", "import", file, "--role", "member")
	for _, s := range []string{"\r0 of 250", "\r100 of 250", "\r200 of 250", "\r250 of 250", "250 rows: 250 invited."} {
		if !strings.Contains(out, s) {
			t.Errorf("no %q in\n%.400s", s, out)
		}
	}
	if strings.Contains(out, "\x1b") {
		t.Errorf("escape sequences in\n%.400q", out)
	}
	lines := strings.Split(out, "\r\n")
	if lines[0] != "LINE  EMAIL                  ROLE    RESULT" && !strings.HasSuffix(lines[0], "\rLINE  EMAIL                  ROLE    RESULT") {
		t.Errorf("the list does not begin on a new line: %q", lines[0])
	}
}
