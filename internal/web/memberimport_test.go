package web_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
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
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		for name, value := range map[string]string{"here": o.AccountID, "csv": "", "role": ""} {
			if err := w.WriteField(name, value); err != nil {
				t.Fatal(err)
			}
		}
		part, err := w.CreateFormFile("file", "people.csv")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = part.Write([]byte(content))
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		req, _ := http.NewRequest("POST", o.URL+"/members/import", &body)
		req.Header.Set("Content-Type", w.FormDataContentType())
		req.Header.Set("Sec-Fetch-Site", "same-origin")
		res, err := o.owner.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var text bytes.Buffer
		_, _ = text.ReadFrom(res.Body)
		p := page{browser: o.owner, url: o.URL + "/members/import", status: res.StatusCode, source: text.String(), inputs: map[string]*element{}}
		p.parse(t)
		return p
	}
	send("email,role\nalice@example.com,member\n").shows(t, 200, "1 of 1 row would be added").submitTo(t, "/members/import/confirm").shows(t, 200, "1 of 1 row added")
	send("email,role\n\xff\xfe,member\n").shows(t, 400, "not UTF-8")
	send("email\n"+strings.Repeat("x", 2<<20)).shows(t, 400, "could not be read")
}
