package cli_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"raff/internal/cli"
	"raff/internal/rafftest"
)

// The test types each answer only after its prompt, and checks what the terminal echoes.
func TestConfigureDoesNotEchoTheKey(t *testing.T) {
	keyboard, terminal := openTerminal(t)
	var seen screen
	go seen.watch(keyboard)
	path := filepath.Join(t.TempDir(), "config.yaml")
	t.Setenv("RAFF_CONFIG", path)

	code := make(chan int, 1)
	go func() { code <- cli.Run(t.Context(), []string{"configure"}, terminal, terminal, terminal) }()
	for _, step := range []struct {
		prompt, answer string
		hidden         bool
	}{
		{"Server URL", "http://127.0.0.1:1\n", false},
		{"API key", "raff_00fake00\n", true},
		{"Project id", "\n", false},
	} {
		seen.wait(t, step.prompt)
		waitFor(t, "the echo to change", func() bool { return echoes(t, terminal) != step.hidden })
		if _, err := keyboard.WriteString(step.answer); err != nil {
			t.Fatal(err)
		}
	}
	if got := <-code; got != 0 {
		t.Fatalf("exit code %d\n%s", got, seen.String())
	}
	seen.wait(t, "Try it: raff whoami")
	if s := seen.String(); strings.Contains(s, "fake") || !strings.Contains(s, "http://127.0.0.1:1\r\n") {
		t.Errorf("the screen must show the URL but not the key:\n%s", s)
	}
	if b, err := os.ReadFile(path); err != nil || !strings.Contains(string(b), "api_key: raff_00fake00") {
		t.Errorf("configuration file: %s, %v", b, err)
	}
}

func openTerminal(t *testing.T) (keyboard, terminal *os.File) {
	t.Helper()
	keyboard, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetUint32(int(keyboard.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(keyboard.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(terminal.Close(), keyboard.Close()); err != nil {
			t.Error(err)
		}
	})
	return keyboard, terminal
}

func echoes(t *testing.T, terminal *os.File) bool {
	t.Helper()
	state, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return state.Lflag&unix.ECHO != 0
}

func TestColor(t *testing.T) {
	srv := rafftest.Start(t)
	t.Setenv("RAFF_API_URL", srv.URL)
	t.Setenv("RAFF_API_KEY", srv.Key)
	t.Setenv("TERM", "xterm-256color")
	for name, c := range map[string]struct {
		noColor string
		args    []string
		colors  bool
	}{
		"a list":      {"", []string{"member", "list"}, true},
		"help":        {"", []string{"member", "--help"}, true},
		"an error":    {"", []string{"member", "get", "nobody@example.com"}, true},
		"NO_COLOR":    {"1", []string{"member", "list"}, false},
		"--no-color":  {"", []string{"member", "list", "--no-color"}, false},
		"plain help":  {"", []string{"member", "--help", "--no-color"}, false},
		"plain error": {"1", []string{"member", "get", "nobody@example.com"}, false},
		"JSON":        {"", []string{"member", "list", "-o", "json"}, false},
		"CSV":         {"", []string{"member", "list", "-o", "csv"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("NO_COLOR", c.noColor)
			keyboard, terminal := openTerminal(t)
			var seen screen
			go seen.watch(keyboard)
			cli.Run(t.Context(), c.args, terminal, terminal, terminal)
			fmt.Fprintln(terminal, "the end")
			seen.wait(t, "the end")
			if got := strings.Contains(seen.String(), "\x1b"); got != c.colors {
				t.Errorf("escape sequences: %v, want %v\n%q", got, c.colors, seen.String())
			}
		})
	}
}
