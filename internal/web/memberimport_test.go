package web_test

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"raff/internal/cli"
)

// TestImportShowsEveryRowFirst checks a file, which changes nothing and promises nothing that the real run refuses, and then adds
// its people, once.
func TestImportShowsEveryRowFirst(t *testing.T) {
	o := newOffice(t)
	o.NewMember(t, "bob@example.com", "Bob", o.RoleID(t, "account", "member"))
	o.Invite(t, "carol@example.com", o.RoleID(t, "account", "member"))
	file := "\ufeffemail;role;Team\nAlice <alice@example.com>;Admin;A\nbob@example.com;member;B\ncarol@example.com;member;\nnobody;member;\n" +
		"alice@example.com;member;\nerin@example.com;chief;\nfrank@example.com;;\n'=1+1@example.com;owner;\nowner2@example.com;owner;\nbroken\"line;x\n"
	form := o.owner.open(t, "/members/import").shows(t, 200, "The first line names the columns")
	before := o.owner.open(t, "/members").shows(t, 200, "3 people")
	p := form.submitTo(t, "/members/import", "csv", file).shows(t, 200, "1 of 10 rows would be added", "Nothing was changed yet", "Ignored columns: Team",
		"Would be invited", "Already a member. Nothing changes.", "Already invited", "The same email as in line 2.", "There is no role “chief” here.",
		"No role. Fill in the column", "The line could not be read", "Enter a single email address")
	for _, would := range []string{"owner2@example.com owner", "owner2@example.com Owner"} {
		if _, rest, ok := strings.Cut(p.text(), would); ok && strings.HasPrefix(strings.TrimSpace(rest), "10 Would") {
			t.Errorf("promises an Owner: %s", p.text())
		}
	}
	before.browser.open(t, "/members").shows(t, 200, "3 people")
	for range 2 { // sent twice, it takes effect once
		p.submitTo(t, "/members/import/confirm").shows(t, 200, "1 of 10 rows added", "alice@example.com", "Invited", "Already a member")
	}
	o.owner.open(t, "/members").shows(t, 200, "4 people", "alice@example.com")

	form.submitTo(t, "/members/import", "csv", "email\nfrank@example.com", "role", "billing").shows(t, 200, "1 of 1 row would be added", "Billing")
	form.submitTo(t, "/members/import", "csv", "email,role\nbob@example.com,viewer", "place", o.ProjectID).
		shows(t, 200, "would be added to Default", "Would be added: already in the account")
	for csv, want := range map[string]string{"": "Choose a CSV file", "name\nx": "One of them must be email", "email,role\n": "no rows", "email\n" + strings.Repeat("a@example.com\n", 501): "at most 500"} {
		form.submitTo(t, "/members/import", "csv", csv).shows(t, 400, want)
	}
	_, member := o.join(t, "Max", "member")
	member.open(t, "/members/import").shows(t, 403, "Not allowed")
}

// TestImportUploadsAFile sends the file like a browser does.
func TestImportUploadsAFile(t *testing.T) {
	o := newOffice(t)
	send := func(content string) page {
		t.Helper()
		return o.owner.upload(t, "/members/import", map[string]string{"here": o.AccountID, "csv": "", "role": ""}, content)
	}
	send("email,role\nalice@example.com,member\n").shows(t, 200, "1 of 1 row would be added").submitTo(t, "/members/import/confirm").shows(t, 200, "1 of 1 row added")
	send("email,role\n\xff\xfe,member\n").shows(t, 400, "not UTF-8")
}

// TestExportedMembersAreImportedElsewhere imports an exported file into other accounts, with the dashboard and with the command
// line; exported there, the people have the same roles in the account and in its projects.
func TestExportedMembersAreImportedElsewhere(t *testing.T) {
	names := []string{"Web shop", `Shop (old); "2029"`, "=Docs"}
	fill := func(o *office) (projects []string) {
		for _, name := range names {
			projects = append(projects, o.Do(t, "POST", "/api/v1/projects", o.Key, map[string]any{"name": name}).Want(t, 201).Data(t)["id"].(string))
		}
		return projects
	}
	kept := func(file string) (_ string, people []string) {
		t.Helper()
		rows, err := csv.NewReader(strings.NewReader(file)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows[1:] {
			if r[7] != "api_key" && r[10] != "true" { // principal_type, is_owner
				people = append(people, r[1]+" | "+r[3]+" | "+r[16])
			}
		}
		slices.Sort(people)
		return file, people
	}
	export := func(o *office) (file string, people []string) {
		t.Helper()
		return kept(o.owner.open(t, "/members/export?sort=name").source)
	}
	from := newOffice(t)
	in := fill(from)
	viewer, operator, member := from.RoleID(t, "project", "viewer"), from.RoleID(t, "project", "operator"), from.RoleID(t, "account", "member")
	role := func(project, role string) map[string]any {
		return map[string]any{"project_id": project, "role_id": role}
	}
	for email, projects := range map[string][]map[string]any{
		"alice@example.com": {role(in[0], operator), role(in[1], viewer), role(in[2], viewer)}, "bob@example.com": {}, "carol@example.com": {role(in[2], operator)},
	} {
		from.Do(t, "POST", "/api/v1/members", from.Key, map[string]any{"email": email, "role_id": member, "projects": projects}).Want(t, 201)
	}
	from.joinProject(t, "Peggy", "viewer")
	from.Do(t, "POST", "/api/v1/projects/"+in[1]+"/invitations", from.Key, map[string]any{"email": "peggy@example.com", "role_id": operator}).Want(t, 201)
	file, want := export(from)
	if len(want) != 4 || !strings.Contains(want[3], `"Shop (old); ""2029""" (operator)`) || !strings.HasPrefix(want[3], "peggy@example.com |  |") {
		t.Fatalf("exported: %q", want)
	}

	// The command line also exports keys.
	file += from.KeyID + "," + from.KeyID + "@api-key.invalid,CI,member,active,Member,,api_key,," + from.KeyID + ",false,none,,,,,\n"

	page := newOffice(t)
	fill(page)
	p := page.owner.open(t, "/members/import").submitTo(t, "/members/import", "csv", file).shows(t, 200, "4 of 6 rows would be added", "API keys are not imported.", "The Owner is not imported")
	p.submitTo(t, "/members/import/confirm").shows(t, 200, "4 of 6 rows added")
	if _, got := export(page); !slices.Equal(got, want) {
		t.Errorf("imported with the dashboard:\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	page.owner.open(t, "/members/import").submitTo(t, "/members/import", "csv", file).shows(t, 200, "0 of 6 rows would be added", "Already invited")

	line := newOffice(t)
	fill(line)
	t.Setenv("RAFF_CONFIG", t.TempDir()+"/none.yaml")
	for _, told := range []string{"6 rows: 4 invited, 2 skipped.", "6 rows: 4 unchanged, 2 skipped."} {
		var out, errs bytes.Buffer
		args := []string{"member", "import", "-", "--api-url", line.URL, "--api-key", line.Key}
		if code := cli.Run(t.Context(), args, strings.NewReader(file), &out, &errs); code != 0 || !strings.Contains(errs.String(), told) {
			t.Errorf("exit code %d, want %q\n%s%s", code, told, &out, &errs)
		}
	}
	if _, got := export(line); !slices.Equal(got, want) {
		t.Errorf("imported with the command line:\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	// The command line lists the members of the account, and the dashboard also people who are only in projects.
	var out, errs bytes.Buffer
	code := cli.Run(t.Context(), []string{"member", "list", "-o", "csv", "--api-url", line.URL, "--api-key", line.Key}, strings.NewReader(""), &out, &errs)
	_, got := kept(out.String())
	if want := want[:3]; code != 0 || !slices.Equal(got, want) {
		t.Errorf("listed with the command line: %d %s\n%s\nwant\n%s", code, &errs, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestImportSaysWhatIsWrongWithProjects names the line, the column and the mistake, and adds nobody of a row that is wrong.
func TestImportSaysWhatIsWrongWithProjects(t *testing.T) {
	o := newOffice(t)
	shop := o.Do(t, "POST", "/api/v1/projects", o.Key, map[string]any{"name": "Shop"}).Want(t, 201).Data(t)["id"].(string)
	o.Do(t, "PUT", "/api/v1/projects/"+shop, o.Key, map[string]any{"name": "Archive"}).Want(t, 200)
	other := o.Do(t, "POST", "/api/v1/projects", o.Key, map[string]any{"name": "shop"}).Want(t, 201).Data(t)["id"].(string)
	file := "email,role,projects\nalice@example.com,member,Shop\nbob@example.com,member,shop (viewer)\ncarol@example.com,member,Nowhere (viewer)\n" +
		"erin@example.com,member,Archive (chief)\nfrank@example.com,member,Archive (viewer); " + shop + " (operator)\ngrace@example.com,member,\n" +
		"heidi@example.com,,Archive (Viewer)\n"
	form := o.owner.open(t, "/members/import")
	p := form.submitTo(t, "/members/import", "csv", file).shows(t, 200, "2 of 7 rows would be added", "“Shop” is not in the form Project (role)",
		"More than one project is called “shop”. Use one of the IDs: ", shop, other, "There is no project “Nowhere” that you can see.", "There is no role “chief” here.",
		"The same project is chosen twice.")
	p.submitTo(t, "/members/import/confirm").shows(t, 200, "2 of 7 rows added")
	o.owner.open(t, "/members").shows(t, 200, "3 people").lacks(t, "frank@example.com")
	form.submitTo(t, "/members/import", "csv", "email,role,projects\ngrace@example.com,member,Archive (viewer)\nheidi@example.com,,Archive (operator)\n").
		shows(t, 200, "1 of 2 rows would be added", "Already in the project Archive, with another role")
	form.submitTo(t, "/members/import", "csv", "email,role,projects\ngrace@example.com,viewer,Archive (viewer)\n", "place", shop).shows(t, 200, "Ignored columns: projects", "1 of 1 row would be added")
}
