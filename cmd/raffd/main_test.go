package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){"raffd": withMigrations}) }

// TestScripts runs testdata/script/*.txtar: commands of an operator and their output. $ADDR is a free address, and
// own-catalog.yaml is the default catalog with report.read instead of vm.console.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			var lc net.ListenConfig
			l, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			env.Setenv("ADDR", l.Addr().String())
			if err := l.Close(); err != nil {
				return err
			}
			catalog, err := os.ReadFile("../../internal/permission/catalog.yaml")
			if err != nil {
				return err
			}
			own := strings.ReplaceAll(string(catalog), "vm.console", "report.read")
			return os.WriteFile(filepath.Join(env.WorkDir, "own-catalog.yaml"), []byte(own), 0o600)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"get": get, "key": key, "grepid": grepID},
	})
}

// get URL [KEY] waits until the server responds and is not starting, and prints status and body to stdout.
func get(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: get URL [KEY]")
	}
	var last error
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, args[0], nil)
		ts.Check(err)
		if len(args) > 1 {
			req.Header.Set("X-API-Key", args[1])
		}
		res, err := http.DefaultClient.Do(req)
		if last = err; err != nil {
			continue
		}
		body, err := io.ReadAll(res.Body)
		ts.Check(err)
		ts.Check(res.Body.Close())
		if last = fmt.Errorf("%s", body); res.StatusCode == http.StatusServiceUnavailable {
			continue
		}
		fmt.Fprintf(ts.Stdout(), "%d %s\n", res.StatusCode, body)
		return
	}
	ts.Fatalf("%s does not respond: %v", args[0], last)
}

// key FILE sets $KEY to the first API key in a file.
func key(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile(args[0])
	i := strings.Index(text, "raff_")
	if i < 0 || len(text) < i+69 {
		ts.Fatalf("no key in %s", args[0])
	}
	ts.Setenv("KEY", text[i:i+69])
}

// grepID FILE FIELD NAME sets $NAME to the value of a JSON field.
func grepID(ts *testscript.TestScript, _ bool, args []string) {
	_, rest, found := strings.Cut(ts.ReadFile(args[0]), `"`+args[1]+`": "`)
	value, _, ended := strings.Cut(rest, `"`)
	if !found || !ended {
		ts.Fatalf("no %s in %s", args[1], args[0])
	}
	ts.Setenv(args[2], value)
}
