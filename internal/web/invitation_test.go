package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"raff/internal/rafftest"
)

// invited starts a server, invites an email as Admin, and returns the member's id and the URL of the invitation.
func invited(t *testing.T, email string) (srv *rafftest.Server, memberID, address string) {
	t.Helper()
	srv = rafftest.Start(t)
	memberID = srv.Invite(t, email, srv.RoleID(t, "account", "admin"))
	return srv, memberID, srv.URL + "/invite/" + srv.Token(t, memberID)
}

func member(t *testing.T, srv *rafftest.Server, id string) map[string]any {
	t.Helper()
	return srv.Do(t, "GET", "/api/v1/members/"+id, srv.Key, nil).Want(t, 200).Data(t)
}

func TestOpeningAnInvitationShowsItAndChangesNothing(t *testing.T) {
	srv, id, address := invited(t, "alice@example.com")
	before := member(t, srv, id)
	for range 3 {
		open(t, address).shows(t, 200, "Join Acme", "Invited by", "Your role Admin", "alice@example.com", "Expires", "UTC", "Accept", "Decline")
	}
	fetch(t, http.MethodHead, address, nil, nil)
	if after := member(t, srv, id); after["status"] != "pending" || after["updated_at"] != before["updated_at"] || after["invitation_state"] != before["invitation_state"] {
		t.Errorf("the member after opening the link: %v, before: %v", after, before)
	}
}

func TestNewUserAccepts(t *testing.T) {
	srv, id, address := invited(t, "alice@example.com")
	form := open(t, address)
	form.submit(t, "answer", "accept", "name", "Alice", "password", rafftest.Password).
		shows(t, 200, "Invitation accepted", "access to Acme.", "Overview", "2 people")
	m := member(t, srv, id)
	if m["status"] != "active" || m["name"] != "Alice" || m["id"] != id || m["user_id"] == nil {
		t.Errorf("member after accepting: %v", m)
	}
	form.submit(t, "answer", "accept", "name", "Alice", "password", rafftest.Password).shows(t, 200, "Members").lacks(t, "Invitation accepted")
	if used := open(t, address).shows(t, 410, "This link no longer works", "already used"); !strings.Contains(used.source, `href="/sign-in"`) {
		t.Error("the link of an accepted invitation does not offer to sign in")
	}
}

func TestAcceptingDoesNotReplaceAnotherSession(t *testing.T) {
	srv, id, address := invited(t, "alice@example.com")
	open(t, srv.OwnerLink).submit(t, "name", "Trent", "password", rafftest.Password)
	b := newBrowser(t, srv.URL)
	form := b.open(t, address) // before Trent signs in, in another window
	b.open(t, "/sign-in").submitTo(t, "/sign-in", "email", "owner@example.com", "password", rafftest.Password).shows(t, 200, "Trent")
	form.submit(t, "answer", "accept", "name", "Alice", "password", rafftest.Password).shows(t, 409, "You are signed in as owner@example.com", "Decline")
	b.open(t, "/profile").shows(t, 200, "Trent")
	if m := member(t, srv, id); m["status"] != "pending" {
		t.Errorf("member: %v", m["status"])
	}
}

func TestProjectInvitation(t *testing.T) {
	srv := rafftest.Start(t)
	path := "/api/v1/projects/" + srv.ProjectID + "/invitations"
	d := srv.Do(t, "POST", path, srv.Key, map[string]any{"email": "alice@example.com", "role_id": srv.RoleID(t, "project", "viewer")}).Want(t, 201).Data(t)
	link := srv.Do(t, "POST", "/api/v1/invitations/"+d["id"].(string)+"/link", srv.Key, nil).Want(t, 200).Data(t)["link"].(string)
	open(t, link).shows(t, 200, "Join the project Default", "Account Acme", "Project Default", "Your role Viewer").
		submit(t, "answer", "accept", "name", "Alice", "password", rafftest.Password).
		shows(t, 200, "You now have access to Acme.", "Default")
}

func TestErrorsAreShownAtTheField(t *testing.T) {
	srv, id, address := invited(t, "alice@example.com")
	form := open(t, address)
	for _, c := range []struct{ name, password, field, words string }{
		{"", rafftest.Password, "name", "name"},
		{strings.Repeat("x", 65), rafftest.Password, "name", "64"},
		{"Ali\u202ece", rafftest.Password, "name", "name"},
		{"Alice", "", "password", "Choose a password"},
		{"Alice", "short", "password", "15"},
		{"Alice", "passwordpassword", "password", "easy to guess"},
		{`"><b>Alice`, "short", "password", "15"},
	} {
		p := form.submit(t, "answer", "accept", "name", c.name, "password", c.password).shows(t, 400, "Join Acme").complains(t, c.field, c.words)
		if got := p.forms[0].fields.Get("name"); got != c.name {
			t.Errorf("the entered name %q is shown as %q", c.name, got)
		}
		if got := p.forms[0].fields.Get("password"); got != "" {
			t.Errorf("the page repeats the password %q", got)
		}
	}
	form.submit(t, "answer", "perhaps").shows(t, 400, "choose Accept or Decline")
	if m := member(t, srv, id); m["status"] != "pending" {
		t.Errorf("member after an error: %v", m["status"])
	}
}

func TestExistingUserAcceptsWithTheirPassword(t *testing.T) {
	srv, _, address := invited(t, "alice@example.com")
	open(t, address).submit(t, "answer", "accept", "name", "Alice", "password", rafftest.Password).shows(t, 200, "Invitation accepted")

	other := srv.NewAccount(t, "Globex", "owner@globex.example.com")
	d := srv.Do(t, "POST", "/api/v1/members", other.Key, map[string]any{"email": "ALICE@example.com", "role_id": srv.RoleID(t, "account", "member")}).Want(t, 201).Data(t)
	link := srv.Do(t, "POST", "/api/v1/invitations/"+d["invitation_id"].(string)+"/link", other.Key, nil).Want(t, 200).Data(t)["link"].(string)

	// A link that the inviter fetched does not reveal that the email has a password.
	form := open(t, link).shows(t, 200, "Join Globex", "Already have a login with this email?").lacks(t, "already has a password")
	form.submit(t, "answer", "accept", "password", "not the right one", "name", "Mallory").shows(t, 403, "Join Globex").complains(t, "password", "different password")
	form.submit(t, "answer", "accept", "password", rafftest.Password, "name", "Mallory").shows(t, 200, "Invitation accepted")
	m := srv.Do(t, "GET", "/api/v1/members/"+d["id"].(string), other.Key, nil).Want(t, 200).Data(t)
	if m["status"] != "active" || m["name"] != "Alice" {
		t.Errorf("member after accepting: %v", m)
	}
}

func TestDecline(t *testing.T) {
	srv, id, address := invited(t, "alice@example.com")
	form := open(t, address)
	form.submit(t, "answer", "decline").shows(t, 200, "Invitation declined", "Acme")
	if m := member(t, srv, id); m["status"] != "pending" || m["invitation_state"] != "declined" {
		t.Errorf("member after declining: %v", m)
	}
	form.submit(t, "answer", "accept", "name", "Alice", "password", rafftest.Password).shows(t, 410, "declined")
	open(t, address).shows(t, 410, "declined")
}

func TestLinksThatDoNotWork(t *testing.T) {
	for name, c := range map[string]struct {
		spoil  func(*testing.T, *rafftest.Server, string)
		status int
		words  string
	}{
		"cancelled": {func(t *testing.T, srv *rafftest.Server, id string) {
			t.Helper()
			srv.Do(t, "DELETE", "/api/v1/members/"+id, srv.Key, nil).Want(t, 200)
		}, 410, "cancelled"},
		"expired": {func(t *testing.T, srv *rafftest.Server, _ string) {
			t.Helper()
			srv.Advance(7*24*time.Hour + time.Second)
		}, 410, "expired"},
		"on hold": {func(t *testing.T, srv *rafftest.Server, id string) {
			t.Helper()
			srv.Do(t, "PATCH", "/api/v1/members/"+id, srv.Key, map[string]any{"status": "suspended"}).Want(t, 200)
		}, 409, "on hold"},
		"replaced": {func(t *testing.T, srv *rafftest.Server, id string) {
			t.Helper()
			invitation := member(t, srv, id)["invitation_id"].(string)
			srv.Do(t, "POST", "/api/v1/invitations/"+invitation+"/resend", srv.Key, nil).Want(t, 200)
		}, 410, "newer"},
	} {
		t.Run(name, func(t *testing.T) {
			srv, id, address := invited(t, "alice@example.com")
			form := open(t, address)
			c.spoil(t, srv, id)
			open(t, address).shows(t, c.status, c.words)
			form.submit(t, "answer", "accept", "name", "Alice", "password", rafftest.Password).shows(t, c.status, c.words)
			form.submit(t, "answer", "decline").shows(t, c.status, c.words)
		})
	}
}

func TestUnknownURLs(t *testing.T) {
	srv := rafftest.Start(t)
	for _, path := range []string{"/invite/unknown", "/password/unknown", "/invite/" + strings.Repeat("a", 43), "/invite/..%2f", "/nothing", "/invite/", "/assets/"} {
		open(t, srv.URL+path).shows(t, 404, "Page not found")
	}
	for _, path := range []string{"/invite/unknown", "/password/unknown"} {
		page{url: srv.URL + path, forms: []form{{}}}.submit(t, "answer", "accept", "name", "Alice", "password", rafftest.Password).shows(t, 404, "Page not found")
	}
}

func TestNamesAreEscapedOnTheInvitationPage(t *testing.T) {
	srv := rafftest.Start(t)
	const hostile = `<script>alert(1)</script>"'&amp;`
	other := srv.NewAccount(t, hostile, "owner@globex.example.com")
	d := srv.Do(t, "POST", "/api/v1/members", other.Key, map[string]any{"email": "alice@example.com", "role_id": srv.RoleID(t, "account", "member")}).Want(t, 201).Data(t)
	link := srv.Do(t, "POST", "/api/v1/invitations/"+d["invitation_id"].(string)+"/link", other.Key, nil).Want(t, 200).Data(t)["link"].(string)
	open(t, link).shows(t, 200, "Join "+hostile)
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	srv, id, address := invited(t, "alice@example.com")
	decline := url.Values{"answer": {"decline"}}
	for name, h := range map[string]http.Header{
		"another origin":                    {"Origin": {"https://evil.example.com"}},
		"another origin, by Sec-Fetch-Site": {"Sec-Fetch-Site": {"cross-site"}},
		"hidden origin, from another site":  {"Sec-Fetch-Site": {"cross-site"}, "Origin": {"null"}},
		"a sister site":                     {"Sec-Fetch-Site": {"same-site"}},
		"same host name on another port":    {"Origin": {"http://127.0.0.1:1"}},
	} {
		fetch(t, http.MethodPost, address, decline, h).shows(t, 403, "another site")
		if m := member(t, srv, id); m["invitation_state"] == "declined" {
			t.Fatalf("%s: the form was accepted", name)
		}
	}
	// A browser sends this from our own page, which has no referrer, over plain HTTP.
	fetch(t, http.MethodPost, address, decline, http.Header{"Origin": {"null"}}).shows(t, 200, "declined")
}

func TestFormsHaveLimits(t *testing.T) {
	srv, id, address := invited(t, "alice@example.com")
	open(t, address).submit(t, "answer", "accept", "name", "Alice", "password", strings.Repeat("x", 80<<10)).shows(t, 413, "larger than 64 KB")
	if m := member(t, srv, id); m["status"] != "pending" {
		t.Errorf("member: %v", m["status"])
	}
}
