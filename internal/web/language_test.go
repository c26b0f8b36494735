package web_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"raff/internal/lang"
	"raff/internal/rafftest"
	"raff/internal/team"
	"raff/internal/web"
)

func in(tag string) http.Header { return http.Header{"Accept-Language": {tag}} }

// spoken checks that all text of a page is in messages, so that it can be translated. Names and values are in elements of their own, or are
// given.
func spoken(t *testing.T, what, source string, data *regexp.Regexp) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(source))
	if err != nil {
		t.Fatal(err)
	}
	depth := 0 // of marks before a text: an element in a placeholder divides a message
	check := func(text string, depth *int) {
		left := unmarked(text, depth)
		if word := regexp.MustCompile(`\pL{2,}`).FindString(data.ReplaceAllString(left, "")); word != "" {
			t.Errorf("%s: %q is not a message", what, strings.TrimSpace(text))
		}
	}
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			check(n.Data, &depth)
			return
		}
		if n.Type == html.ElementNode {
			if slices.Contains([]string{"script", "style", "noscript", "code", "pre", "time", "bdi", "textarea"}, n.Data) || n.Data == "option" && attr(n, "lang") != "" {
				return
			}
			for _, a := range n.Attr {
				if slices.Contains([]string{"aria-label", "title", "placeholder", "alt", "label"}, a.Key) && !strings.Contains(a.Val, "alice@example.com,member") {
					check(a.Val, new(int))
				}
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(doc)
	if depth != 0 {
		t.Errorf("%s: the marks of messages do not match", what)
	}
}

// unmarked is a text without the messages of a pseudo-language in it.
func unmarked(text string, depth *int) string {
	var b strings.Builder
	for _, r := range text {
		switch string(r) {
		case lang.Open:
			*depth++
		case lang.Close:
			*depth--
		default:
			if *depth == 0 {
				b.WriteRune(r)
			}
		}
	}
	return b.String()
}

// All pages consist of messages, in a language with longer words and in one that is written from right to left, and say which language
// they are in.
func TestEveryTextOfEveryPageIsAMessage(t *testing.T) {
	smtp := rafftest.StartSMTP(t)
	srv := rafftest.Start(t, rafftest.WithSMTP(smtp.URL()), rafftest.WithOperator())
	open(t, srv.OwnerLink).submit(t, "name", "Trent", "password", rafftest.Password).shows(t, 200, "Password set")
	alice, _ := joinByMail(t, srv, smtp, "alice@example.com", "Alice", "member")
	b := signIn(t, srv, "owner@example.com")
	key, _ := srv.NewKeyID(t, "deploy", srv.RoleID(t, "account", "member"))
	role := srv.Do(t, "POST", "/api/v1/roles", srv.Key, map[string]any{
		"name": "Support", "slug": "support", "scope": "account", "permissions": []string{"account.audit.view"},
	}).Want(t, 201).Data(t)["id"].(string)
	invited := srv.Invite(t, "bob@example.com", role)
	invitation, _ := srv.Do(t, "GET", "/api/v1/members/"+invited, srv.Key, nil).Data(t)["invitation_id"].(string)
	link := smtp.Wait(t, "bob@example.com").Link(t)
	data := regexp.MustCompile(`\S+@\S+|Go-http-client/1.1|raff|UTC|Trent|Alice|deploy|Support|Owner key|Project Admin|Project Member|Owner|Admin|Member|Billing|Operator|Viewer|Default|Acme|account\.audit\.view|English|Deutsch|Test account|\bDE\b`)
	spoken(t, "the settings without support access", b.fetch(t, "GET", srv.URL+"/settings", nil, in(lang.Longer.Tag)).source, data)
	srv.Do(t, "POST", "/api/v1/account/support-access", srv.Key, map[string]any{"level": "write", "reason": "Ticket 4711"}).Want(t, 201)
	_, support := srv.OpenSupport(t)
	ids := map[string]string{"members": alice, "invitations": invitation, "projects": srv.ProjectID, "roles": role, "keys": key, "permissions": "account.audit.view"}

	tokens := map[bool]string{false: rafftest.TokenOf(t, link), true: rafftest.TokenOf(t, support)}

	walked := 0
	for _, pattern := range append(web.OpenPatterns(), web.InsidePatterns()...) {
		path, get := strings.CutPrefix(pattern, "GET ")
		if !get || strings.Contains(path, "export") || path == "/robots.txt" || path == "/favicon.ico" {
			continue
		}
		path = strings.NewReplacer("/{$}", "/", "{membership}", alice, "{token}", tokens[strings.HasPrefix(path, "/support/")], "{name}", ids["permissions"]).Replace(path)
		if parts := strings.Split(path, "/"); len(parts) > 2 && parts[2] == "{id}" {
			parts[2] = ids[parts[1]]
			path = strings.Join(parts, "/")
		}
		for _, l := range []*lang.Language{lang.Longer, lang.Mirrored, lang.German} {
			p := b.fetch(t, "GET", srv.URL+path, nil, in(l.Tag))
			if !strings.HasPrefix(p.header.Get("Content-Type"), "text/html") {
				continue
			}
			walked++
			for _, want := range []string{`lang="` + l.Tag + `"`, `dir="` + l.Dir() + `"`} {
				if !strings.Contains(p.source[:min(len(p.source), 200)], want) {
					t.Errorf("%s in %s lacks %s: %.200s", path, l.Tag, want, p.source)
				}
			}
			if vary := p.header.Get("Vary"); !strings.Contains(vary, "Accept-Language") {
				t.Errorf("%s: Vary is %q", path, vary)
			}
			if l != lang.German {
				spoken(t, path+" in "+l.Tag, p.source, data)
			}
		}
	}
	dana := newBrowser(t, srv.URL)
	dana.open(t, support).submit(t)
	spoken(t, "a page of support", dana.fetch(t, "GET", srv.URL+"/members", nil, in(lang.Longer.Tag)).source, data)
	dana.fetch(t, "GET", srv.URL+"/settings", nil, in("de")).shows(t, 200, "Support-Sitzung in", "Sitzung beenden")
	b.fetch(t, "GET", srv.URL+"/audit", nil, in("de")).shows(t, 200, "hat eine Support-Sitzung im Konto", "hat das Dashboard geöffnet")
	if walked < 120 {
		t.Errorf("only %d pages were read", walked)
	}
}

// The person's own language wins over the default of the account, which wins over the browser's.
func TestLanguageOfAPage(t *testing.T) {
	srv := house(t)
	guest := newBrowser(t, srv.URL)
	for header, want := range map[string]string{
		"de-AT,de;q=0.9,en;q=0.8": "Passwort vergessen?", "fr, de;q=0.5": "Passwort vergessen?", "en-US,de;q=0.5": "Forgot your password?", "fr": "Forgot your password?", "": "Forgot your password?",
		"de;q=0, en": "Forgot your password?", "ar": "Forgot your password?",
	} {
		if p := guest.fetch(t, "GET", srv.URL+"/sign-in", nil, in(header)); !strings.Contains(p.text(), want) {
			t.Errorf("a browser that asks for %q gets %s", header, p.text())
		}
	}
	b := signIn(t, srv, "owner@example.com")
	heading := func(header, want string) {
		t.Helper()
		if p := b.fetch(t, "GET", srv.URL+"/members", nil, in(header)); !strings.Contains(p.source, "<h1><bdi>"+want+"</bdi></h1>") {
			t.Errorf("with %q, the heading is not %q: %.300s", header, want, p.text())
		}
	}
	heading("", "Members")
	heading("de", "Mitglieder")
	b.open(t, "/settings").submitTo(t, "/settings/language", "language", "de").shows(t, 200, "Einstellungen gespeichert.")
	heading("en", "Mitglieder")
	if a := srv.Do(t, "GET", "/api/v1/account", srv.Key, nil).Want(t, 200).Data(t); a["language"] != "de" {
		t.Errorf("the API says %v", a["language"])
	}
	b.open(t, "/profile").submitTo(t, "/profile/language", "language", "en").shows(t, 200, "Language changed.")
	heading("de", "Members")
	b.open(t, "/audit?action=user.language_changed").shows(t, 200, "1 event", "changed their language", "After English")
	b.open(t, "/profile").submitTo(t, "/profile/language", "language", "xx").shows(t, 400, "auto, en or de")
	b.open(t, "/profile").submitTo(t, "/profile/language", "language", "").shows(t, 200, "Sprache geändert.")
	srv.Do(t, "PATCH", "/api/v1/account", srv.Key, map[string]any{"language": "auto"}).Want(t, 200)
	heading("en", "Members")
	for _, wrong := range []string{"", "fr", "DE"} {
		srv.Do(t, "PATCH", "/api/v1/account", srv.Key, map[string]any{"language": wrong}).Want(t, 400)
	}
}

// Emails are in the recipient's language, or else in that of the account.
func TestLanguageOfAnEmail(t *testing.T) {
	smtp := rafftest.StartSMTP(t)
	srv := rafftest.Start(t, rafftest.WithSMTP(smtp.URL()), rafftest.WithOperator())
	open(t, srv.OwnerLink).submit(t, "name", "Trent", "password", rafftest.Password)
	srv.Do(t, "PATCH", "/api/v1/account", srv.Key, map[string]any{"language": "de"}).Want(t, 200)
	srv.Invite(t, "bob@example.com", srv.RoleID(t, "account", "member"))
	m := smtp.Wait(t, "bob@example.com")
	if !strings.Contains(m.Subject, " lädt Sie zu Acme ein") || !strings.Contains(m.Text, "Annehmen oder ablehnen:") || !strings.Contains(m.HTML, `<html lang="de" dir="ltr">`) || !strings.Contains(m.HTML, "Einladung öffnen") {
		t.Errorf("the invitation of a German account: %s\n%s\n%s", m.Subject, m.Text, m.HTML)
	}
	open(t, m.Link(t)).shows(t, 200, "Ihre Rolle", "Annehmen")
	srv.Do(t, "POST", "/api/v1/account/support-access", srv.Key, nil).Want(t, 201)
	srv.OpenSupport(t)
	m = smtp.WaitNotice(t, "owner@example.com", "Der Support hat Acme geöffnet")
	if !strings.Contains(m.Text, "Dana Example vom Support hat Zugriff auf Acme") || !strings.Contains(m.Text, "Einstellungen öffnen") {
		t.Errorf("the email about support in a German account: %s\n%s", m.Subject, m.Text)
	}
	b := signIn(t, srv, "owner@example.com")
	b.open(t, "/profile").submitTo(t, "/profile/language", "language", "de")
	firefoxes := newBrowser(t, srv.URL)
	firefoxes.client.Transport = through{"203.0.113.7", firefox}
	firefoxes.open(t, "/sign-in").submitTo(t, "/sign-in", "email", "owner@example.com", "password", rafftest.Password)
	if m := smtp.WaitNotice(t, "owner@example.com", "Neue Anmeldung"); !strings.Contains(m.Text, "Browser: Firefox unter Linux") {
		t.Errorf("the browser is in another language:\n%s", m.Text)
	}
	b.open(t, "/profile").submitTo(t, "/profile/language", "language", "en")
	b.open(t, "/forgot").submit(t, "email", "owner@example.com")
	if m := smtp.Wait(t, "owner@example.com"); m.Subject != "Set a new password" {
		t.Errorf("the email of someone who reads English: %s", m.Subject)
	}
}

// The domain accepts the languages that the pages have.
func TestLanguagesOfTheDomain(t *testing.T) {
	var offered []string
	for _, l := range lang.Offered {
		offered = append(offered, l.Tag)
	}
	if !slices.Equal(offered, team.Languages) {
		t.Errorf("the pages have %v, and the domain accepts %v", offered, team.Languages)
	}
}
