package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// A notice is shown once, and not for URLs that someone else could send.
func TestNoticesAreShownOnce(t *testing.T) {
	srv := house(t)
	id, _ := srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "member"))
	b := signIn(t, srv, "owner@example.com")

	const notice = "Role created."
	p := b.open(t, "/roles/new").submitTo(t, "/roles", "name", "Auditors", "permission", "account.audit.view").shows(t, 200, notice)
	b.open(t, p.path(t)).lacks(t, notice)

	b.open(t, "/roles?done=role-created").lacks(t, notice)
	b.open(t, "/members/"+id+"?done=suspended").lacks(t, "Member suspended.")
	newBrowser(t, srv.URL).open(t, "/sign-in?done=lost").lacks(t, "not saved")

	// A notice is shown on its own page only.
	b.open(t, "/profile").submitTo(t, "/sign-out").shows(t, 200, "You are signed out.")
	b.open(t, "/sign-in").lacks(t, "You are signed out.")
}

// A notice belongs to the session that caused it, and cannot be forged by someone who can set a cookie.
func TestNoticeBelongsToItsSession(t *testing.T) {
	srv := house(t)
	_, _ = srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "admin"))
	owner := signIn(t, srv, "owner@example.com")
	here := owner.account(t)
	owner.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	redirected := owner.fetch(t, http.MethodPost, srv.URL+"/roles", url.Values{"here": {here}, "name": {"Auditors"}, "permission": {"account.audit.view"}}, nil)
	var notice *http.Cookie
	for _, c := range (&http.Response{Header: redirected.header}).Cookies() {
		if c.Name == "raff_notice" {
			notice = c
		}
	}
	if redirected.status != http.StatusSeeOther || notice == nil {
		t.Fatalf("creating a role: %d, cookies %v", redirected.status, redirected.header["Set-Cookie"])
	}

	owner.client.CheckRedirect = nil
	to := redirected.header.Get("Location")

	alice := signIn(t, srv, "alice@example.com")
	site, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range []string{notice.Value, "role-created@" + to, ".role-created@" + to, strings.Repeat("0", 32) + ".role-created@" + to} {
		alice.client.Jar.SetCookies(site, []*http.Cookie{{Name: notice.Name, Value: value, Path: "/"}})
		alice.open(t, to).shows(t, 200, "Auditors").lacks(t, "Role created.")
	}
	owner.open(t, to).shows(t, 200, "Role created.", "Auditors")
	owner.open(t, to).lacks(t, "Role created.")
}

// A form that changes nothing, because another window was faster, does not claim that it did.
func TestNoNoticeWithoutAChange(t *testing.T) {
	srv := house(t)
	id, _ := srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "member"))
	b := signIn(t, srv, "owner@example.com")
	change := func(typed ...string) page {
		return b.open(t, "/members/"+id).post(t, "/members/"+id+"/memberships/"+id, typed...)
	}
	change("status", "suspended").shows(t, 200, "Member suspended.")
	change("status", "suspended").lacks(t, "Member suspended.")
	change("status", "active").shows(t, 200, "Member activated.")
	change("status", "active").lacks(t, "Member activated.")
	change("role_id", srv.RoleID(t, "account", "member")).lacks(t, "Role changed.")

	keyID, _ := srv.NewKeyID(t, "deploy", srv.RoleID(t, "account", "admin"))
	key := func(typed ...string) page {
		return b.open(t, "/keys/"+keyID).post(t, "/keys/"+keyID+"/active", typed...)
	}
	key("active", "yes").lacks(t, "API key enabled.")
	key("active", "no").shows(t, 200, "API key disabled.")
	key("active", "no").lacks(t, "API key disabled.")

	b.open(t, "/profile").post(t, "/profile/sessions", "session", id).lacks(t, "Session ended.")
}
