package cli_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"raff/internal/cli"
	"raff/internal/rafftest"
)

// With a key that may only invite, a file can be imported again, and the summary says who was added.
func TestImportAgainWithAKeyThatInvites(t *testing.T) {
	srv := rafftest.Start(t)
	t.Setenv("RAFF_CONFIG", filepath.Join(t.TempDir(), "none.yaml"))
	crew := srv.Do(t, "POST", "/api/v1/roles", srv.Key, map[string]any{"name": "Crew", "slug": "crew", "scope": "account", "permissions": []string{"account.members.invite", "account.projects.view"}}).
		Want(t, 201).Data(t)["id"].(string)
	key := srv.NewKey(t, "Inviter", crew)
	run := func(key, rows, want string, code int) {
		t.Helper()
		var out, errs bytes.Buffer
		args := []string{"member", "import", "-", "--api-url", srv.URL, "--api-key", key}
		if got := cli.Run(t.Context(), args, strings.NewReader(rows), &out, &errs); got != code || !strings.Contains(out.String()+errs.String(), want) {
			t.Errorf("exit code %d, want %d and %q\n%s%s", got, code, want, &out, &errs)
		}
	}
	file := "email,role,,role,is_owner\r\nAlice <alice@example.com>,crew,,admin,FALSE\r\nbob@example.com,crew,,,\r\nowner@example.com,owner,,,TRUE\r\n,,,,\r\n"
	run(key, file, "Ignored columns: role.\n", 0)
	run(key, file, "3 rows: 2 unchanged, 1 skipped.", 0)
	carol, _ := srv.NewMember(t, "carol@example.com", "Carol", crew)
	run(key, "email,role\ncarol@example.com,crew\ndave@example.com,crew\n", "2 rows: 1 invited, 1 unchanged.", 0)
	run(key, "email,role\ncarol@example.com,member\n", "1 row of 1 failed", 1)
	run(key, "email,role\nDave <dave@example.com> Erin <erin@example.com>,crew\n", "is not an email address", 1)

	// Cells copied from a spreadsheet, and a file that declares its separator.
	run(key, "Name\tTeam\tEmail\tRole\n\t\terin@example.com\tcrew\n", "1 row: 1 invited.", 0)
	run(key, "\ufeffsep=;\r\nemail;role\r\nerin@example.com;crew\r\n", "1 row: 1 unchanged.", 0)
	run(key, "sep=;\nemail;role\nerin@example.com;chief\n", "3     erin@example.com  chief", 1)

	srv.Do(t, "PATCH", "/api/v1/members/"+carol, srv.Key, map[string]any{"status": "suspended"}).Want(t, 200)
	run(srv.Key, "email,role,projects\ncarol@example.com,crew,Default (viewer)\n", "1 row: 1 added.", 0)
}
