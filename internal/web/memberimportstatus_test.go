package web_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"raff/internal/cli"
)

// TestImportLeavesOutWhoHadNoAccess imports exported files: people who were suspended, or whose invitation was declined or expired, are
// left out, until the importer chooses to add them.
func TestImportLeavesOutWhoHadNoAccess(t *testing.T) {
	from := newOffice(t)
	member := from.RoleID(t, "account", "member")
	from.Invite(t, "frank@example.com", member)
	from.Advance(8 * 24 * time.Hour) // Frank's invitation expires
	from.NewMember(t, "alice@example.com", "Alice", member)
	bob, _ := from.NewMember(t, "bob@example.com", "Bob", member)
	carol, erin := from.Invite(t, "carol@example.com", member), from.Invite(t, "erin@example.com", member)
	from.Invite(t, "dave@example.com", member)
	open(t, from.URL+"/invite/"+from.Token(t, carol)).submit(t, "answer", "decline")
	for _, id := range []string{bob, erin} {
		from.Do(t, "PATCH", "/api/v1/members/"+id, from.Key, map[string]any{"status": "suspended"}).Want(t, 200)
	}
	t.Setenv("RAFF_CONFIG", t.TempDir()+"/none.yaml")
	run := func(o *office, file string, args ...string) (string, string) {
		t.Helper()
		var out, errs bytes.Buffer
		if code := cli.Run(t.Context(), append(args, "--api-url", o.URL, "--api-key", o.Key), strings.NewReader(file), &out, &errs); code != 0 {
			t.Fatalf("%v: exit code %d\n%s%s", args, code, &out, &errs)
		}
		return out.String(), errs.String()
	}
	listed, _ := run(from, "", "member", "list", "-o", "csv")
	for name, file := range map[string]string{"dashboard": signIn(t, from.Server, "owner@example.com").open(t, "/members/export").source, "command line": listed} {
		page, line := newOffice(t), newOffice(t)
		p := page.owner.open(t, "/members/import").submitTo(t, "/members/import", "csv", file).shows(t, 200, "2 of ", "rows would be added",
			"Left out: suspended in the file.", "Left out: declined the invitation, according to the file.",
			"Left out: the invitation expired, according to the file.", "Check again with the 4 people left out")
		if n := strings.Count(p.text(), "Left out: suspended in the file."); n != 2 {
			t.Errorf("from the %s: %d people are left out as suspended: %s", name, n, p.text())
		}
		all := p.submitTo(t, "/members/import", "inactive", "1").shows(t, 200, "6 of ", "rows would be added").lacks(t, "Left out").lacks(t, "Check again")
		p.submitTo(t, "/members/import/confirm").shows(t, 200, "2 of ", "rows added", "Left out: suspended in the file.")
		page.owner.open(t, "/members").shows(t, 200, "alice@example.com", "dave@example.com").lacks(t, "bob@example.com").lacks(t, "carol@example.com").lacks(t, "erin@example.com").lacks(t, "frank@example.com")
		all.submitTo(t, "/members/import/confirm").shows(t, 200, "4 of ", "rows added").lacks(t, "Left out")
		page.owner.open(t, "/members").shows(t, 200, "bob@example.com", "carol@example.com", "erin@example.com", "frank@example.com")

		out, told := run(line, file, "member", "import", "-", "-o", "csv")
		if !strings.Contains(told, "2 invited") || !strings.Contains(out, "suspended in the file; to add them, use --include-inactive") || strings.Count(out, "skipped") < 4 {
			t.Errorf("from the %s, with the command line: %s%s", name, out, told)
		}
		members, _ := run(line, "", "member", "list", "-o", "csv")
		if strings.Contains(members, "bob@example.com") || !strings.Contains(members, "alice@example.com") {
			t.Errorf("from the %s, with the command line, the members are\n%s", name, members)
		}
		if _, told := run(line, file, "member", "import", "-", "--include-inactive"); !strings.Contains(told, "4 invited, 2 unchanged") {
			t.Errorf("from the %s, with the command line, all of them: %s", name, told)
		}
	}
	// A column status of another kind of file means nothing.
	from.owner = signIn(t, from.Server, "owner@example.com")
	from.owner.open(t, "/members/import").submitTo(t, "/members/import", "csv", "email,role,status\ngrace@example.com,member,full-time\n").shows(t, 200, "1 of 1 row would be added")
}
