package web_test

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"raff/internal/brand"
	"raff/internal/rafftest"
	"raff/internal/web"
)

// No page and no email of a product with another name says raff.
func TestPagesAndEmailsHaveTheBrand(t *testing.T) {
	logo := filepath.Join(t.TempDir(), "logo.svg")
	const picture = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><rect width="1" height="1" fill="#702070"/></svg>`
	if err := os.WriteFile(logo, []byte(picture), 0o600); err != nil {
		t.Fatal(err)
	}
	smtp := rafftest.StartSMTP(t)
	srv := rafftest.Start(t, rafftest.WithSMTP(smtp.URL()), rafftest.WithBrand(brand.Settings{
		Name: "Mindful VMs & Co", LogoFile: logo, Accent: "#702070", Support: "help@example.com", Footer: "Example Ltd.\n1 Example Street",
	}))
	open(t, srv.OwnerLink).submit(t, "name", "Trent", "password", rafftest.Password).shows(t, 200, "Password set")
	alice, _ := joinByMail(t, srv, smtp, "alice@example.com", "Alice", "member")
	b := signIn(t, srv, "owner@example.com")
	project := srv.Do(t, "GET", "/api/v1/projects", srv.Key, nil).Want(t, 200).JSON(t)["data"].([]any)[0].(map[string]any)["id"].(string)
	key, _ := srv.NewKeyID(t, "deploy", srv.RoleID(t, "account", "member"))
	role := srv.Do(t, "POST", "/api/v1/roles", srv.Key, map[string]any{
		"name": "Support", "slug": "support", "scope": "account", "permissions": []string{"account.audit.view"},
	}).Want(t, 201).Data(t)["id"].(string)
	invited := srv.Invite(t, "bob@example.com", role)
	invitation, _ := srv.Do(t, "GET", "/api/v1/members/"+invited, srv.Key, nil).Data(t)["invitation_id"].(string)
	link := smtp.Wait(t, "bob@example.com").Link(t)

	ids := map[string]string{"members": alice, "invitations": invitation, "projects": project, "roles": role, "keys": key, "permissions": "account.audit.view"}
	word := regexp.MustCompile(`(?i)\braff\b`)
	check := func(what, text string) {
		t.Helper()
		for _, at := range word.FindAllStringIndex(text, -1) {
			t.Errorf("%s says %q", what, text[max(0, at[0]-60):min(len(text), at[1]+60)])
		}
	}
	walked := 0
	for _, pattern := range append(web.OpenPatterns(), web.InsidePatterns()...) {
		path, get := strings.CutPrefix(pattern, "GET ")
		if !get || strings.Contains(path, "export") || path == "/robots.txt" || path == "/favicon.ico" {
			continue
		}
		path = strings.NewReplacer("/{$}", "/", "{membership}", alice, "{token}", rafftest.TokenOf(t, link), "{name}", ids["permissions"]).Replace(path)
		if parts := strings.Split(path, "/"); len(parts) > 2 && parts[2] == "{id}" {
			parts[2] = ids[parts[1]]
			path = strings.Join(parts, "/")
		}
		p := b.open(t, path)
		check(path, p.source)
		if strings.HasPrefix(p.header.Get("Content-Type"), "text/html") {
			walked++
			if !strings.Contains(p.source, "<title>") || !strings.Contains(p.source, "· Mindful VMs &amp; Co</title>") || !strings.Contains(p.source, "mailto:help@example.com") {
				t.Errorf("%s (%d) lacks the name of the product or its support contact", path, p.status)
			}
		}
	}
	if walked < 40 {
		t.Errorf("only %d pages were read", walked)
	}
	guest := open(t, srv.URL+"/sign-in").shows(t, 200, "Mindful VMs & Co", "Need help? help@example.com")
	for _, file := range regexp.MustCompile(`/assets/(?:logo|brand\.css)\?v=[0-9a-f]+`).FindAllString(guest.source, -1) {
		res := srv.Send(t, "GET", file, http.Header{}, nil).Want(t, 200)
		if body := string(res.Body); body != picture && !strings.Contains(body, "--accent:#702070") || !strings.Contains(res.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %v %s", file, res.Header, body)
		}
	}
	if to := fetch(t, "GET", srv.URL+"/favicon.ico", nil, nil); to.source != picture || to.header.Get("Content-Type") != "image/svg+xml" {
		t.Errorf("favicon: %s", to.source)
	}
	p := b.open(t, "/profile").submitTo(t, "/profile/factors/app", "current_password", rafftest.Password).shows(t, 200, "Authenticator app")
	check("the page of the authenticator app", p.source)

	b.open(t, "/forgot").submit(t, "email", "owner@example.com")
	b.open(t, "/profile").submitTo(t, "/profile/email", "email", "boss@example.com", "current_password", rafftest.Password).shows(t, 200, "A link was sent")
	smtp.Wait(t, "owner@example.com")
	smtp.Wait(t, "boss@example.com")
	smtp.WaitNotice(t, "owner@example.com", "New sign-in")
	mails := slices.Concat(smtp.Messages("owner@example.com"), smtp.Messages("boss@example.com"), smtp.Messages("alice@example.com"), smtp.Notices("owner@example.com"))
	for _, m := range mails {
		check("the email "+m.Subject, m.Subject+"\n"+m.Text+"\n"+m.HTML)
		for _, words := range []string{"help@example.com", "Example Ltd.", "1 Example Street"} {
			if !strings.Contains(m.Text, words) || !strings.Contains(m.HTML, words) {
				t.Errorf("%s does not say %q:\n%s", m.Subject, words, m.Text)
			}
		}
		if !strings.Contains(m.HTML, "#702070") || !strings.Contains(m.HTML, "Mindful VMs &amp; Co") {
			t.Errorf("%s has another color or name:\n%s", m.Subject, m.HTML)
		}
	}
}

// The colors of pages are those with which the accent color of a brand is compared.
func TestGroundsOfTheStyleSheet(t *testing.T) {
	source, err := os.ReadFile("assets/style/10-ground.css")
	if err != nil {
		t.Fatal(err)
	}
	var grounds []string
	for _, m := range regexp.MustCompile(`--(?:card|raised|ground|hover): (#[0-9a-f]{6});`).FindAllStringSubmatch(string(source), -1) {
		grounds = append(grounds, m[1])
	}
	// The darkest of a light page, and the lightest of a dark page, have the lowest contrast.
	if want := []string{"#fbfbfa", "#ffffff", "#f7f7f6", "#f1f1ef", "#14161a", "#191c20", "#1f2328", "#262a31"}; !slices.Equal(grounds, want) {
		t.Errorf("the backgrounds are %v; change them in package brand, too", grounds)
	}
}
