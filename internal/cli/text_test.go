package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"raff/internal/cli"
)

// Arguments, flags and settings that are not UTF-8 are refused with a usage error, before any request is sent.
func TestInvalidTextInArguments(t *testing.T) {
	t.Setenv("RAFF_CONFIG", filepath.Join(t.TempDir(), "none.yaml"))
	t.Setenv("RAFF_API_KEY", "raff_00fake00")
	t.Setenv("RAFF_API_URL", "http://127.0.0.1:1")
	run := func(in string, args ...string) (int, string) {
		var out, errs bytes.Buffer
		code := cli.Run(t.Context(), args, strings.NewReader(in), &out, &errs)
		return code, out.String() + errs.String()
	}
	for _, bad := range []string{"a\xffb", "a\x00b"} {
		for _, command := range []string{
			"member get", "member list --query", "member add --email", "member remove --force", "member update", "member import", "invitation get",
			"invitation create --email", "role create --name", "role update", "role delete", "project create --name", "project update", "project member add",
			"api-key create --name", "api-key revoke", "permission list --scope", "audit list --action", "audit tail --actor", "account update --name",
			"account transfer", "configure --api-key", "whoami --profile", "version", "completion", "", "member list --api-url",
		} {
			if code, said := run("", append(strings.Fields(command), bad)...); code != 2 || !strings.Contains(said, "not UTF-8") || strings.Contains(said, bad) {
				t.Errorf("raff %s %q: exit code %d: %q", command, bad, code, said)
			}
		}
	}
	for _, name := range []string{"RAFF_API_KEY", "RAFF_API_URL", "RAFF_PROJECT_ID", "RAFF_PROFILE", "RAFF_CONFIG"} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, "a\xffb")
			if code, said := run("", "whoami"); code != 2 || !strings.Contains(said, name) {
				t.Errorf("exit code %d: %q", code, said)
			}
		})
	}
}

// A CSV file, a key on standard input and a configuration file are refused if they are not UTF-8.
func TestInvalidTextInFiles(t *testing.T) {
	serve(t)
	dir := t.TempDir()
	for name, bad := range map[string]string{
		"not UTF-8": "email,role\nd\xf6rte@example.com,member\n", "NUL": "email,role\na\x00@example.com,member\n", "UTF-16": "\xff\xfee\x00m\x00a\x00i\x00l\x00\n\x00",
	} {
		file := filepath.Join(dir, "people.csv")
		if err := os.WriteFile(file, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			want int
			args []string
		}{{1, []string{"member", "import", file}}, {1, []string{"member", "import", "-", "--dry-run"}}, {2, []string{"configure", "--api-key", "-"}}} {
			var out, errs bytes.Buffer
			if code := cli.Run(t.Context(), c.args, strings.NewReader(bad), &out, &errs); code != c.want || !strings.Contains(errs.String(), "not UTF-8") {
				t.Errorf("%s: %v: exit code %d, want %d\n%s%s", name, c.args, code, c.want, &out, &errs)
			}
		}
		t.Run(name, func(t *testing.T) {
			t.Setenv("RAFF_CONFIG", file)
			var out, errs bytes.Buffer
			if code := cli.Run(t.Context(), []string{"whoami"}, strings.NewReader(""), &out, &errs); code != 1 || !strings.Contains(errs.String(), "configuration") {
				t.Errorf("configuration: exit code %d\n%s", code, &errs)
			}
		})
	}
}
