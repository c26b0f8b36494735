package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"raff/internal/rafftest"
	"raff/internal/server"
)

// diagnosis is what raffd doctor -o json printed.
type diagnosis struct {
	Findings []server.Finding
	Problems int
	Warnings int

	code   int
	errors string
}

// diagnose runs raffd doctor with these settings in a file, and these arguments.
func diagnose(t *testing.T, settings string, args ...string) (d diagnosis) {
	t.Helper()
	config := args
	if settings != "" {
		config = append([]string{"--config", written(t, settings)}, args...)
	}
	var out, errs bytes.Buffer
	d.code = run(t.Context(), append([]string{"doctor", "-o", "json"}, config...), &out, &errs)
	if err := json.Unmarshal(out.Bytes(), &d); err != nil {
		t.Fatalf("%v\n%s%s", err, &out, &errs)
	}
	d.errors = errs.String()
	if strings.Contains(out.String()+d.errors, "hunter2") {
		t.Errorf("the output contains a password:\n%s%s", &out, d.errors)
	}
	if (d.code != 0) != (d.Problems > 0) {
		t.Errorf("exit status %d with %d problems", d.code, d.Problems)
	}
	for _, f := range d.Findings {
		if f.Result != server.OK && f.Result != server.Warning && f.Result != server.Problem || f.Check == "" || f.Message == "" {
			t.Errorf("incomplete finding: %+v", f)
		}
	}
	t.Logf("exit status %d\n%s", d.code, &out)
	return d
}

// want fails the test unless there is a finding with this result whose message or advice contains the text.
func (d diagnosis) want(t *testing.T, check, result, text string) {
	t.Helper()
	for _, f := range d.Findings {
		if f.Check == check && f.Result == result && strings.Contains(f.Message+" "+f.Advice, text) {
			return
		}
	}
	t.Errorf("no finding %s, %s with %q", check, result, text)
}

// TestDoctorOfAHealthyServer checks a server that runs, on both databases.
func TestDoctorOfAHealthyServer(t *testing.T) {
	mail := rafftest.StartSMTP(t)
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		settings := "database: " + srv.Database + "\npublic-url: " + srv.URL + "\nsmtp-url: " + mail.URL() + "\nmail-from: team@example.com\n"
		d := diagnose(t, settings)
		d.want(t, "settings", server.OK, "valid")
		d.want(t, "catalog", server.OK, "default catalog")
		d.want(t, "clock", server.OK, "agree")
		d.want(t, "mail", server.OK, "accepts emails from team@example.com")
		d.want(t, "public URL", server.OK, "leads to a server")
		d.want(t, "audit log", server.Warning, "raffd seal-key create")
		if strings.HasPrefix(srv.Database, "sqlite:") {
			d.want(t, "database", server.OK, "SQLite")
			if d.code != 0 {
				t.Errorf("exit status %d: %s", d.code, d.errors)
			}
			return
		}
		// The PostgreSQL of the tests is fast, not safe: its settings have to be found.
		d.want(t, "database", server.OK, "PostgreSQL")
		d.want(t, "database", server.Problem, "fsync")
		d.want(t, "database", server.Warning, "superuser")
		if d.Problems != 1 {
			t.Errorf("%d problems, want only fsync", d.Problems)
		}
	}, rafftest.WithSMTP(mail.URL()))
}

// TestDoctorFindsMistakes makes mistakes, one at a time, at a server that is otherwise healthy.
func TestDoctorFindsMistakes(t *testing.T) {
	mail := rafftest.StartSMTP(t, rafftest.SMTPOptions{Username: "raff", Password: "correct"})
	for _, c := range []struct {
		name, check, result, text string
		make                      func(t *testing.T, srv *rafftest.Server, path string) (settings string) // settings replace others
	}{
		{"others can read the database", "database", server.Problem, "chmod 600", func(t *testing.T, _ *rafftest.Server, path string) string {
			change(t, path, 0o644)
			return ""
		}},
		{"others can write the directory", "database", server.Problem, "chmod o-w", func(t *testing.T, _ *rafftest.Server, path string) string {
			change(t, filepath.Dir(path), 0o777)
			return ""
		}},
		{"the database is missing", "database", server.Problem, "does not exist", func(t *testing.T, _ *rafftest.Server, _ string) string {
			return "database: sqlite:" + filepath.Join(t.TempDir(), "raff.db")
		}},
		{"the database is empty", "database", server.Problem, "raffd migrate", func(t *testing.T, _ *rafftest.Server, _ string) string {
			return "database: sqlite:" + written(t, "")
		}},
		{"no database server", "database", server.Problem, "can be reached", func(*testing.T, *rafftest.Server, string) string {
			return "database: postgres://raff:hunter2@127.0.0.1:1/raff"
		}},
		{"another catalog", "catalog", server.Problem, "raffd catalog apply", func(t *testing.T, _ *rafftest.Server, _ string) string {
			catalog, err := os.ReadFile("../../internal/permission/catalog.yaml")
			if err != nil {
				t.Fatal(err)
			}
			return "catalog: " + written(t, strings.ReplaceAll(string(catalog), "vm.console", "report.read"))
		}},
		{"the public URL leads nowhere", "public URL", server.Problem, "does not lead to it", func(*testing.T, *rafftest.Server, string) string {
			return "public-url: http://127.0.0.1:1"
		}},
		{"another public URL than before", "public URL", server.Warning, "restart every server", func(*testing.T, *rafftest.Server, string) string {
			return "public-url: http://127.0.0.1:1"
		}},
		{"plain HTTP", "public URL", server.Warning, "plain HTTP", func(*testing.T, *rafftest.Server, string) string {
			return "public-url: http://raff.invalid"
		}},
		{"wrong password of the mail server", "mail", server.Problem, "RAFF_SMTP_URL", func(*testing.T, *rafftest.Server, string) string {
			return "smtp-url: " + strings.Replace(mail.URL(), ":correct@", ":hunter2@", 1)
		}},
		{"no mail server", "mail", server.Problem, "firewall", func(*testing.T, *rafftest.Server, string) string {
			return "smtp-url: smtp://127.0.0.1:1?tls=none"
		}},
		{"invalid settings", "settings", server.Problem, "--request-timeout", func(*testing.T, *rafftest.Server, string) string {
			return "request-timeout: soon"
		}},
		{"others can read the seal key", "audit log", server.Problem, "chmod o-rwx", func(t *testing.T, _ *rafftest.Server, _ string) string {
			file := filepath.Join(t.TempDir(), "seal.key")
			if _, err := server.CreateKeyFile(file, false); err != nil {
				t.Fatal(err)
			}
			change(t, file, 0o644)
			return "seal-key-file: " + file
		}},
		{"missing certificate", "certificate", server.Problem, "--tls-cert", func(*testing.T, *rafftest.Server, string) string {
			return "public-url: https://127.0.0.1:1\ntls-cert: /missing/cert.pem\ntls-key: /missing/key.pem"
		}},
		{"public metrics", "listeners", server.Warning, "firewall", func(*testing.T, *rafftest.Server, string) string {
			return "metrics-listen: 0.0.0.0:9090"
		}},
		{"the clock was set back", "clock", server.Problem, "set back", func(t *testing.T, _ *rafftest.Server, path string) string {
			db := rafftest.OpenSQLite(t, path)
			// The statement of the server removes heartbeats in the future after a few seconds.
			trigger := "CREATE TRIGGER keep BEFORE DELETE ON nodes BEGIN SELECT RAISE(IGNORE); END"
			for _, s := range []string{trigger, "INSERT INTO nodes (id, seen_at) VALUES (x'00000000000000000000000000000001', 4102444800000000)"} {
				if _, err := db.ExecContext(t.Context(), s); err != nil {
					t.Fatal(err)
				}
			}
			return ""
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "raff.db")
			srv := rafftest.Start(t, rafftest.OnDatabase("sqlite:"+path))
			heartbeat(t, path)
			settings := map[string]string{"database": srv.Database, "public-url": srv.URL, "mail-from": "team@example.com", "smtp-url": mail.URL()}
			for line := range strings.Lines(c.make(t, srv, path)) {
				name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
				settings[name] = value
			}
			var text strings.Builder
			for name, value := range settings {
				text.WriteString(name + ": " + value + "\n")
			}
			diagnose(t, text.String()).want(t, c.check, c.result, c.text)
		})
	}
}

// heartbeat waits until the server on this database has reported that it runs.
func heartbeat(t *testing.T, path string) {
	t.Helper()
	db := rafftest.OpenSQLite(t, path)
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		n := 0
		if err := db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM nodes").Scan(&n); err == nil && n > 0 {
			return
		}
	}
	t.Fatal("the server does not report that it runs")
}

func change(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// TestDoctorPrintsText checks the output for people, and that a readable file with secrets is found.
func TestDoctorPrintsText(t *testing.T) {
	file := written(t, "database: postgres://raff:hunter2@127.0.0.1:1/raff\npublic-url: https://127.0.0.1:1\n")
	change(t, file, 0o644)
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"doctor", "--config", file}, &out, &errs); code != 1 {
		t.Errorf("exit status %d", code)
	}
	for _, want := range []string{"problem  settings    " + file + " contains secrets", "→ chmod o-rwx " + file, "warning  mail "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the output lacks %q", want)
		}
	}
	if !strings.Contains(errs.String(), "problems found") || strings.Contains(out.String()+errs.String(), "hunter2") {
		t.Errorf("%s%s", &out, &errs)
	}
	if code := run(t.Context(), []string{"doctor", "-o", "xml"}, &out, &errs); code != 2 {
		t.Errorf("an unknown output: exit status %d, want 2", code)
	}
}
