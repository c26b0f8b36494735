package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const noText = "a\xffb"

// Every command, and every flag of every command, refuses bytes that are not UTF-8 with a usage error, before anything is
// opened.
func TestInvalidTextInArguments(t *testing.T) {
	refused := func(args ...string) {
		t.Helper()
		var out, errs bytes.Buffer
		if code := run(t.Context(), args, &out, &errs); code != 2 || !strings.Contains(errs.String(), "not UTF-8") || strings.Contains(errs.String(), "\xff") {
			t.Errorf("%q: exit code %d\n%s%s", args, code, &out, &errs)
		}
	}
	var each func(c *cobra.Command, path []string)
	each = func(c *cobra.Command, path []string) {
		refused(append(path, noText)...)
		refused(append(path, "a\x00b")...)
		c.Flags().VisitAll(func(f *pflag.Flag) { refused(append(path, "--"+f.Name, noText)...) })
		for _, sub := range c.Commands() {
			each(sub, append(path, sub.Name()))
		}
	}
	each(command(), nil)
	for _, name := range []string{"RAFF_DATABASE_URL", "RAFF_MAIL_FROM", "RAFF_SMTP_URL"} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, noText)
			var out, errs bytes.Buffer
			if code := run(t.Context(), []string{"version"}, &out, &errs); code != 2 || !strings.Contains(errs.String(), name) {
				t.Errorf("exit code %d\n%s", code, &errs)
			}
		})
	}
}

// Commands refuse files that are not text with an error that names the file, and store nothing.
func TestInvalidTextInFiles(t *testing.T) {
	for name, bad := range map[string]string{"not UTF-8": "a\xff: b\n", "NUL": "a\x00: b\n", "only NUL": strings.Repeat("\x00", 100)} {
		dir := t.TempDir()
		file := filepath.Join(dir, "given")
		if err := os.WriteFile(file, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		database := "sqlite:" + filepath.Join(dir, "raff.db")
		for _, args := range [][]string{
			{"serve", "--database", database, "--public-url", "http://localhost:1", "--listen", "127.0.0.1:0", "--catalog", file},
			{"serve", "--database", database, "--public-url", "http://localhost:1", "--listen", "127.0.0.1:0", "--seal-key-file", file},
			{"seal-key", "create", "--file", file, "--rotate"},
			{"audit", "verify", "--head", file},
		} {
			t.Setenv("RAFF_DATABASE_URL", database)
			var out, errs bytes.Buffer
			if code := run(t.Context(), args, &out, &errs); code == 0 || strings.Contains(errs.String(), "panic") || bytes.ContainsAny(errs.Bytes(), "\x00") || !utf8.Valid(errs.Bytes()) {
				t.Errorf("%s: %q: exit code %d\n%s%s", name, args, code, &out, &errs)
			}
			t.Logf("%s: %s", args, &errs)
		}
	}
}
