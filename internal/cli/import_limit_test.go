package cli_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"raff/internal/cli"
	"raff/internal/rafftest"
)

// An import of more people than the server sends mails for at once waits and goes on.
func TestAnImportWaitsForTheMailLimit(t *testing.T) {
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
		t.Errorf("it says %s", &errs)
	}
	box.Wait(t, "bob@example.com")
	box.Wait(t, "person11@example.com")
}
