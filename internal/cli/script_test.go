package cli_test

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"raff/internal/cli"
	"raff/internal/rafftest"
)

// TestMain lets scripts run this binary as raff, in its own process.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"raff": func() { os.Exit(cli.Main()) }})
}

// TestScripts runs each script in testdata/script against its own server. In addition to the commands of testscript,
// there are:
//
//	exits N raff …      run and expect this exit code; stdout and stderr match its output
//	keep NAME REGEXP    set an environment variable to the first group of a match in the last output
//	accept ID NAME      accept a pending member's invitation as the invited person
//	decline ID          decline it
//	newkey NAME ROLE    create an API key with an account role (- for none); set NAME to its secret and NAME_ID to its id
//	mode PERM FILE      expect these permission bits
//	mask FILE           write the last output to a file, with placeholders for ids, times and secrets
//	await FILE REGEXP   wait until a background program has written this
//	advance SPAN        move the server's clock forward, such as 24h
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			srv := rafftest.Start(t, rafftest.WithOperator())
			script := testing.TB(t)
			testscript.Run(t, testscript.Params{
				Files:         []string{file},
				UpdateScripts: flag.Lookup("update").Value.String() == "true",
				Setup: func(e *testscript.Env) error {
					script = e.T().(testing.TB) // failures of commands are reported for the script
					for name, value := range map[string]string{
						"HOME":              filepath.Join(e.WorkDir, "home"),
						"RAFF_API_URL":      srv.URL,
						"RAFF_API_KEY":      srv.Key,
						"OPERATOR_KEY":      srv.OperatorKey(t, "write"),
						"OPERATOR_READS":    srv.OperatorKey(t, "read"),
						"RAFF_OPERATOR_URL": srv.Node.OperatorURL(),
						"OWNER":             srv.OwnerMemberID,
						"OWNER_USER":        srv.OwnerUserID,
						"ACCOUNT":           srv.AccountID,
						"ADMIN_ROLE":        srv.RoleID(t, "account", "admin"),
						"MEMBER_ROLE":       srv.RoleID(t, "account", "member"),
						"BILLING_ROLE":      srv.RoleID(t, "account", "billing"),
						"PROJECT_VIEWER":    srv.RoleID(t, "project", "viewer"),
						"DEFAULT_PROJECT":   srv.ProjectID,
					} {
						e.Setenv(name, value)
					}
					return os.Mkdir(filepath.Join(e.WorkDir, "home"), 0o755)
				},
				Cmds: map[string]func(*testscript.TestScript, bool, []string){
					"exits": exits,
					"keep":  keep,
					"mode":  mode,
					"await": await,
					"mask":  mask,
					"advance": func(ts *testscript.TestScript, _ bool, args []string) {
						d, err := time.ParseDuration(args[0])
						ts.Check(err)
						srv.Advance(d)
					},
					"accept": func(_ *testscript.TestScript, _ bool, args []string) {
						srv.Accept(script, args[0], args[1])
					},
					"decline": func(_ *testscript.TestScript, _ bool, args []string) {
						srv.Do(script, "POST", "/api/v1/invitations/decline", "", map[string]string{"token": srv.Token(script, args[0])}).Want(script, 200)
					},
					"newkey": func(ts *testscript.TestScript, _ bool, args []string) {
						role := ""
						if args[1] != "-" {
							role = srv.RoleID(script, "account", args[1])
						}
						id, secret := srv.NewKeyID(script, args[0], role)
						ts.Setenv(args[0], secret)
						ts.Setenv(args[0]+"_ID", id)
					},
				},
			})
		})
	}
}

func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		e, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = e.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func keep(ts *testscript.TestScript, _ bool, args []string) {
	match := regexp.MustCompile("(?m)" + args[1]).FindStringSubmatch(ts.ReadFile("stdout"))
	if match == nil {
		ts.Fatalf("no match for %s", args[1])
	}
	ts.Setenv(args[0], match[1])
}

func mode(ts *testscript.TestScript, _ bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if got := strconv.FormatUint(uint64(info.Mode().Perm()), 8); got != args[0] {
		ts.Fatalf("%s has mode %s, want %s", args[1], got, args[0])
	}
}

var masks = []struct{ what, with string }{
	{`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`, "00000000-0000-0000-0000-000000000000"},
	{`20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ`, "2030-01-31T12:00:00Z"},
	{`20\d\d-\d\d-\d\d\b`, "2030-01-31"},
	{`raff_[0-9a-f]{64}`, "raff_" + strings.Repeat("0", 64)},
	{`raff_[0-9a-f]{8}\b`, "raff_00000000"},
	{`/invite/\S+`, "/invite/…"},
}

// mask keeps the length of every value, so that tables keep their layout.
func mask(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile("stdout")
	for _, m := range masks {
		text = regexp.MustCompile(m.what).ReplaceAllString(text, m.with)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

func await(ts *testscript.TestScript, _ bool, args []string) {
	want := regexp.MustCompile("(?m)" + args[1])
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if b, err := os.ReadFile(ts.MkAbs(args[0])); err == nil && want.Match(b) {
			return
		}
	}
	ts.Fatalf("timed out waiting for %s in %s", args[1], args[0])
}
