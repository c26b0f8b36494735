package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"raff/internal/cli"
	"raff/internal/rafftest"
)

// An import of more people than the email limit allows waits and continues.
func TestImportWaitsForMailLimit(t *testing.T) {
	box := rafftest.StartSMTP(t)
	srv := rafftest.Start(t, rafftest.WithSMTP(box.URL()), rafftest.WithMailLimits("sender=5/3s"))
	file := filepath.Join(t.TempDir(), "people.csv")
	rows := "email,role\n\"Bee, Bob <bob@example.com>\",member\n"
	for n := range 12 {
		rows += fmt.Sprintf("Person %d <person%[1]d@example.com>,member\n", n)
	}
	if err := os.WriteFile(file, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("RAFF_CONFIG", filepath.Join(t.TempDir(), "none.yaml"))
	var out, errs bytes.Buffer
	args := []string{"member", "import", file, "--api-url", srv.URL, "--api-key", srv.Key}
	if code := cli.Run(t.Context(), args, strings.NewReader(""), &out, &errs); code != 0 {
		t.Fatalf("exit code %d\n%s%s", code, &out, &errs)
	}
	if !strings.Contains(errs.String(), "13 rows: 13 invited") {
		t.Errorf("stderr: %s", &errs)
	}
	box.Wait(t, "bob@example.com")
	box.Wait(t, "person11@example.com")
}

// After Ctrl-C while an import waits for the email limit, the invited rows are reported, and the other rows are not sent.
func TestCtrlCDuringImport(t *testing.T) {
	box := rafftest.StartSMTP(t)
	srv := rafftest.Start(t, rafftest.WithSMTP(box.URL()), rafftest.WithMailLimits("sender=5/1m"))
	dir := t.TempDir()
	again := filepath.Join(dir, "again.csv")
	t.Setenv("RAFF_CONFIG", filepath.Join(dir, "none.yaml"))
	t.Setenv("RAFF_API_URL", srv.URL)
	t.Setenv("RAFF_API_KEY", srv.Key)
	rows := "email\n"
	for n := range 8 {
		rows += fmt.Sprintf("person%d@example.com\n", n)
	}
	run := func(ctx context.Context, want int, args ...string) (out, errs string) {
		t.Helper()
		var o, e bytes.Buffer
		if code := cli.Run(ctx, append([]string{"member", "import", "-", "--role", "member", "-o", "csv", "--failed", again}, args...), strings.NewReader(rows), &o, &e); code != want {
			t.Errorf("exit code %d, want %d\n%s%s", code, want, &o, &e)
		}
		return o.String(), e.String()
	}
	out, _ := run(t.Context(), 0, "--dry-run")
	if n := strings.Count(out, `would be invited,,after waiting`); n != 3 || strings.Count(out, "would be invited") != 8 {
		t.Errorf("a dry run reports that %d rows have to wait, want 3 of 8:\n%s", n, out)
	}
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	go func() {
		defer interrupt()
		box.Wait(t, "person4@example.com")
	}()
	out, errs := run(ctx, 130)
	if !strings.Contains(errs, "Interrupted. 3 rows of 8 failed: 5 invited, 3 not sent.") || strings.Count(out, "not sent,,interrupted") != 3 {
		t.Errorf("output:\n%s%s", errs, out)
	}
	b, err := os.ReadFile(again)
	if want := "email,role,reason\nperson5@example.com,member,interrupted\nperson6@example.com,member,interrupted\nperson7@example.com,member,interrupted\n"; err != nil || string(b) != want {
		t.Errorf("the rows that were not sent: %s, %v", b, err)
	}
}
