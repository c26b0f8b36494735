package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"raff/internal/server"
)

// written returns the path of a new file.
func written(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// checked runs raffd config check.
func checked(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), append([]string{"config", "check"}, args...), &out, &errs)
	return code, out.String(), errs.String()
}

func wantLine(t *testing.T, text string, parts ...string) {
	t.Helper()
	for line := range strings.Lines(text) {
		if f := strings.Fields(line); len(f) > 0 && f[0] == parts[0] {
			for _, p := range parts[1:] {
				if !strings.Contains(line, p) {
					t.Errorf("%q does not contain %q", line, p)
				}
			}
			return
		}
	}
	t.Errorf("no line about %s in:\n%s", parts[0], text)
}

const valid = `
database: postgres://raff:hunter2@db.example.com/raff
public-url: https://file.example.com
listen: 127.0.0.1:1111
log-level: warn
trust-proxy: true
trusted-proxies: [10.0.0.0/8, "fd00::/8"]
smtp-url: smtp://raff:hunter2@mail.example.com:587
mail-from: team@example.com
`

func TestSettingsTakePrecedence(t *testing.T) {
	file := written(t, valid)
	t.Setenv("RAFF_CONFIG", file)
	t.Setenv("RAFF_PUBLIC_URL", "https://environment.example.com")
	t.Setenv("RAFF_LOG_LEVEL", "error")
	code, out, errs := checked(t, "--log-level", "debug", "--trust-proxy=false")
	if code != 0 {
		t.Fatalf("exit code %d\n%s", code, errs)
	}
	wantLine(t, out, "listen", "127.0.0.1:1111", "file "+file)
	wantLine(t, out, "public-url", "https://environment.example.com", "environment RAFF_PUBLIC_URL")
	wantLine(t, out, "log-level", "debug", "flag --log-level")
	wantLine(t, out, "trust-proxy", "false", "flag --trust-proxy")
	wantLine(t, out, "trusted-proxies", "10.0.0.0/8,fd00::/8", "file "+file)
	wantLine(t, out, "log-format", "text", "default")
	wantLine(t, out, "smtp-url", "smtp://[hidden]@mail.example.com:587", "file "+file)
	wantLine(t, out, "mail-from", "team@example.com", "file "+file)
	if strings.Contains(out+errs, "hunter2") {
		t.Errorf("the output contains a password:\n%s%s", out, errs)
	}
}

func TestSecretsComeFromFiles(t *testing.T) {
	t.Setenv("RAFF_PUBLIC_URL", "https://team.example.com")
	database, smtp := written(t, "postgres://raff:hunter2@db.example.com/raff\n"), written(t, "smtp://raff:hunter2@mail.example.com:587\n")
	t.Setenv("RAFF_DATABASE_URL_FILE", database)
	t.Setenv("RAFF_SMTP_URL_FILE", smtp)
	t.Setenv("RAFF_MAIL_FROM", "team@example.com")
	code, out, errs := checked(t)
	if code != 0 || strings.Contains(out+errs, "hunter2") {
		t.Fatalf("exit code %d\n%s%s", code, out, errs)
	}
	wantLine(t, out, "database", "postgres://[hidden]@db.example.com/raff", "file "+database)
	wantLine(t, out, "smtp-url", "smtp://[hidden]@mail.example.com:587", "file "+smtp)
}

// TestSettingsWithoutPasswordAreShown looks for the path of a database file, and for the address of a mail server without a password.
func TestSettingsWithoutPasswordAreShown(t *testing.T) {
	code, out, errs := checked(t, "--config", written(t, "database: sqlite:/srv/a@b/raff.db\npublic-url: https://team.example.com\n"+
		"smtp-url: smtp://mail.example.com:25?tls=none\nmail-from: team@example.com\n"))
	if code != 0 {
		t.Fatalf("exit code %d\n%s", code, errs)
	}
	wantLine(t, out, "database", "sqlite:/srv/a@b/raff.db")
	wantLine(t, out, "smtp-url", "smtp://mail.example.com:25?tls=none")
}

// TestConfigCheckAndDoctorAgree gives both the same wrong settings: each finding has the same words, and doctor does not call the
// settings valid.
func TestConfigCheckAndDoctorAgree(t *testing.T) {
	for _, c := range []struct{ check, setting string }{
		{"mail", "smtp-url: smtp://raff:hunter2@mail.example.com?tls=none"},
		{"mail", "mail-from: team"},
		{"public URL", "public-url: team.example.com"},
		{"audit log", "seal-key-file: /missing/seal.key"},
		{"secrets", "secrets-key-file: /missing/secrets.key"},
		{"catalog", "catalog: /missing/catalog.yaml"},
		{"certificate", "tls-cert: /missing/cert.pem\ntls-key: /missing/key.pem"},
		{"listeners", "operator-listen: 127.0.0.1:0\noperator-tls-cert: /missing/cert.pem\noperator-tls-key: /missing/key.pem"},
		{"brand", "accent-color: pale"},
		{"database", "database: mysql:raff"},
	} {
		t.Run(c.setting, func(t *testing.T) {
			name, _, _ := strings.Cut(c.setting, ":")
			text := c.setting + "\n"
			_, rest, _ := strings.Cut(valid, "/raff\n")
			for line := range strings.Lines("database: sqlite:" + filepath.Join(t.TempDir(), "raff.db") + "\n" + rest) {
				if !strings.HasPrefix(line, name+":") {
					text += line
				}
			}
			_, _, errs := checked(t, "--config", written(t, text))
			d := diagnose(t, text)
			found := 0
			for _, f := range d.Findings {
				if f.Check == "settings" {
					t.Errorf("doctor finds the settings %s", f.Message)
				}
				if f.Check == c.check && f.Result == server.Problem {
					found++
					if !strings.Contains(errs, f.Message+"\n  → "+f.Advice) {
						t.Errorf("doctor finds %q, advice %q, but config check:\n%s", f.Message, f.Advice, errs)
					}
				}
			}
			if found != 1 {
				t.Errorf("doctor has %d problems about %s, want 1", found, c.check)
			}
		})
	}
}

func TestInvalidSettings(t *testing.T) {
	for _, c := range []struct {
		name, file string
		env        map[string]string
		want       string
	}{
		{"unknown setting", valid + "public-ur: x\n", nil, `there is no setting "public-ur": did you mean public-url?`},
		{"setting in a group", valid + "catalog: {a: b}\n", nil, "catalog must be one value, or a list of values"},
		{"not YAML", "a: b: c\n", nil, "one setting per line"},
		{"not a boolean", valid, map[string]string{"RAFF_TRUST_PROXY": "on"}, "must be true or false"},
		{"secret given twice", valid, map[string]string{"RAFF_SMTP_URL": "smtp://a", "RAFF_SMTP_URL_FILE": "/dev/null"}, "remove one of them"},
		{"missing file of a secret", valid, map[string]string{"RAFF_DATABASE_URL_FILE": "/does/not/exist"}, "RAFF_DATABASE_URL_FILE"},
		{"empty file of a secret", valid, map[string]string{"RAFF_DATABASE_URL_FILE": "/dev/null"}, "one line of text"},
		{"public URL with a query", valid, map[string]string{"RAFF_PUBLIC_URL": "https://team.example.com?a=b"}, "public URL"},
		{"database", valid, map[string]string{"RAFF_DATABASE_URL": "mysql://raff:hunter2@db"}, "database URL"},
		{"limits and quotas", valid, map[string]string{"RAFF_RATE_LIMITS": "x", "RAFF_QUOTAS": "y"}, "quotas"},
		{"mail without a sender", strings.ReplaceAll(valid, "mail-from", "# mail-from"), nil, "RAFF_MAIL_FROM"},
		{"missing catalog", valid, map[string]string{"RAFF_CATALOG": "/does/not/exist"}, "/does/not/exist"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for name, value := range c.env {
				t.Setenv(name, value)
			}
			code, out, errs := checked(t, "--config", written(t, c.file))
			if code == 0 || !strings.Contains(errs, c.want) || strings.Contains(out+errs, "hunter2") {
				t.Errorf("exit code %d, want an error with %q\n%s%s", code, c.want, out, errs)
			}
		})
	}
	if code, _, errs := checked(t, "--config", filepath.Join(t.TempDir(), "missing")); code != 2 || !strings.Contains(errs, "read the configuration") {
		t.Errorf("a missing file: exit code %d\n%s", code, errs)
	}
}

// TestCommandsUseTheConfiguration runs a command on the database that the configuration of the server names.
func TestCommandsUseTheConfiguration(t *testing.T) {
	database := filepath.Join(t.TempDir(), "raff.db")
	t.Setenv("RAFF_CONFIG", written(t, "database: sqlite:"+database+"\npublic-url: https://team.example.com\n"))
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"migrate"}, &out, &errs); code != 0 {
		t.Fatalf("exit code %d\n%s", code, &errs)
	}
	if _, err := os.Stat(database); err != nil {
		t.Error(err)
	}
}
