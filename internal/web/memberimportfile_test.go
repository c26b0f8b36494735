package web_test

import (
	"bytes"
	"fmt"
	"html"
	"mime/multipart"
	"net/http"
	"runtime"
	"strings"
	"testing"
)

// upload sends a form with a file, like a browser does, or without one if the file is empty.
func (b *browser) upload(t *testing.T, path string, fields map[string]string, file string) page {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, value := range fields {
		if err := w.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	if file != "" {
		part, err := w.CreateFormFile("file", "people.csv")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = part.Write([]byte(file))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	req, _ := http.NewRequest("POST", b.base+path, &body)
	req.Header.Set("Content-Type", w.FormDataContentType())
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	res, err := b.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var text bytes.Buffer
	_, _ = text.ReadFrom(res.Body)
	p := page{browser: b, url: b.base + path, status: res.StatusCode, source: text.String(), inputs: map[string]*element{}}
	p.parse(t)
	return p
}

// confirms sends the form that a preview shows, like a browser does: with the enctype of the form, and with each end of a line as two
// characters, whichever it was in the file.
func (p page) confirms(t *testing.T) page {
	t.Helper()
	const action = "/members/import/confirm"
	if !strings.Contains(p.source, `action="`+action+`" enctype="multipart/form-data"`) {
		t.Fatalf("no form with parts for %s: %s", action, p.text())
	}
	fields := map[string]string{}
	for _, f := range p.forms {
		if f.action == action {
			for name := range f.fields {
				fields[name] = f.fields.Get(name)
			}
		}
	}
	_, text, _ := strings.Cut(p.source, `<textarea name="csv"`)
	_, text, _ = strings.Cut(text, ">")
	text, _, _ = strings.Cut(text, "</textarea>")
	lines := strings.NewReplacer("\r\n", "\r\n", "\r", "\r\n", "\n", "\r\n")
	fields["csv"] = lines.Replace(html.UnescapeString(text))
	return p.browser.upload(t, action, fields, "")
}

// TestImportReadsFilesOfSpreadsheets reads files as spreadsheets write them. What is confirmed is what was shown, although a browser
// changes the ends of lines in between.
func TestImportReadsFilesOfSpreadsheets(t *testing.T) {
	o := newOffice(t)
	send := func(file string, fields ...string) page {
		t.Helper()
		all := map[string]string{"here": o.AccountID}
		for i := 0; i < len(fields); i += 2 {
			all[fields[i]] = fields[i+1]
		}
		return o.owner.upload(t, "/members/import", all, file)
	}
	send("email\nalice@example.com\rBob <bob@example.com>\n", "role", "member").shows(t, 200, "2 of 2 rows would be added", "alice@example.com", "bob@example.com").
		confirms(t).shows(t, 200, "2 of 2 rows added")
	send("email,role\rcarol@example.com,member\rdave@example.com,member\r").shows(t, 200, "2 of 2 rows would be added")
	send("\r\n\r\nemail;role;\"Teams, and more\";\r\ncarol@example.com;member;x;\r\n;;;\r\n;;\r\n; ;;\r\n").
		shows(t, 200, "1 of 1 row would be added", "Ignored columns: Teams, and more Email")
	send("email,role,Role\ncarol@example.com,member,admin\n").shows(t, 200, "1 of 1 row would be added", "Ignored columns: Role", "carol@example.com Member 2")
	send("email,role,is_owner,principal_type\nerin@example.com,owner,TRUE,USER\nkey@example.com,owner,FALSE,API_KEY\n").
		shows(t, 200, "The Owner is not imported", "API keys are not imported.")

	send("email,role\nAlice <frank@example.com> Bob <grace@example.com>,member\n").shows(t, 200, "0 of 1 row would be added", "Enter a single email address")

	// Cells copied from a spreadsheet, some of them empty, and a file of Excel that declares its separator. The line of each row is
	// that of the file.
	copied := "Name, first\tTeam\tE-Mail; work\tEmail\tRole\tProjects\nCarol\t\t\tcarol@example.com\tmember\t\n\t\t\terin@example.com\tmember\tDefault (viewer)\n\t\t\t\t\t\n"
	for _, p := range []page{send(copied), o.owner.open(t, "/members/import").submitTo(t, "/members/import", "csv", copied)} {
		p.shows(t, 200, "2 of 2 rows would be added", "Ignored columns: Name, first, Team, E-Mail; work", "carol@example.com Member 2", "erin@example.com Member Default (viewer) 3")
	}
	for _, file := range []string{
		"\ufeffsep=;\r\nemail;role\r\ncarol@example.com;member\r\nerin@example.com;chief\r\n", "\"sep=|\"\nemail|role\ncarol@example.com|member\nerin@example.com|chief",
		"SEP=\t\nemail\trole\ncarol@example.com\tmember\nerin@example.com\tchief\n", "sep=;\remail;\"role\"\rcarol@example.com;member\rerin@example.com;chief\r",
	} {
		send(file).shows(t, 200, "1 of 2 rows would be added", "carol@example.com Member 3", "There is no role “chief” here.")
	}
	// The separator of the names is that of all rows, and a declared one is obeyed.
	send("email,role\ncarol@example.com;member\nerin@example.com\tmember\n").shows(t, 200, "0 of 2 rows would be added")
	send("sep=,\nemail;role\ncarol@example.com;member\n").shows(t, 400, "One of them must be email")
	send("email\trole\n\"carol@example.com\tmember\n").shows(t, 200, "0 of 1 row would be added", "The line could not be read")
	send("email,role,\tnotes\ncarol@example.com,member,\"a\tb; c\"\n").shows(t, 200, "1 of 1 row would be added", "Ignored columns: notes")

	// The form with the file is as large as the file, also if a URL would encode each character as three.
	var file strings.Builder
	file.WriteString("email,role,notes\n")
	for i := range 400 {
		fmt.Fprintf(&file, "person%d@example.com,member,\"%s\"\n", i, strings.Repeat("\n", 1000)+strings.Repeat("ä;", 500))
	}
	send(file.String()).shows(t, 200, "400 of 400 rows would be added").confirms(t).shows(t, 200, "400 of 400 rows added")
}

// TestImportFindsManyNames looks up many thousands of names in one file. It does not run in parallel: it measures what the whole
// process allocates.
func TestImportFindsManyNames(t *testing.T) {
	o := newOffice(t)
	for i := range 100 {
		o.Do(t, "POST", "/api/v1/projects", o.Key, map[string]any{"name": fmt.Sprintf("Site %d", i)}).Want(t, 201)
	}
	file := "email,role,projects\nalice@example.com,member,\"" + strings.Repeat("site-99(viewer);", 60_000) + "\"\n"
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	p := o.owner.upload(t, "/members/import", map[string]string{"here": o.AccountID}, file)
	runtime.ReadMemStats(&after)
	p.shows(t, 400, "At most 2000 memberships can be added at once")
	if n := (after.TotalAlloc - before.TotalAlloc) >> 20; n > 300 {
		t.Errorf("a file of 1 MB with 60,000 names took %d MB", n)
	}
}

// TestImportAddsWhatItMay adds the rows that the importer may add, in whatever order they are.
func TestImportAddsWhatItMay(t *testing.T) {
	o := newOffice(t)
	o.Do(t, "POST", "/api/v1/projects", o.Key, map[string]any{"name": "Secret"}).Want(t, 201)
	crew := o.Do(t, "POST", "/api/v1/roles", o.Key, map[string]any{"name": "Crew", "slug": "crew", "scope": "account", "permissions": []string{"account.members.invite", "account.projects.view"}}).
		Want(t, 201).Data(t)["id"].(string)
	o.NewMember(t, "ina@example.com", "Ina", crew)
	form := signIn(t, o.Server, "ina@example.com").open(t, "/members/import")
	const denied, fine = "alice@example.com,,Secret (viewer)\n", "bob@example.com,crew,\n"
	for _, rows := range []string{denied + fine, fine + denied} {
		form.submitTo(t, "/members/import", "csv", "email,role,projects\n"+rows).shows(t, 200, "1 of 2 rows would be added", "Your role does not include the permission")
	}
	form.submitTo(t, "/members/import", "csv", "email,role,projects\n"+denied).shows(t, 403, "Your role does not include the permission")

	// Somebody who is suspended is added, not invited.
	id, _ := o.NewMember(t, "sue@example.com", "Sue", crew)
	o.Do(t, "PATCH", "/api/v1/members/"+id, o.Key, map[string]any{"status": "suspended"}).Want(t, 200)
	o.owner.open(t, "/members/import").submitTo(t, "/members/import", "csv", "email,role,projects\nsue@example.com,crew,Secret (viewer)\n").
		shows(t, 200, "1 of 1 row would be added", "Would be added: already in the account").lacks(t, "Would be invited")
}
