package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"raff/internal/rafftest"
)

func TestSupportInTheDashboard(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		open(t, srv.OwnerLink).submit(t, "name", "Trent", "password", rafftest.Password)
		srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "member"))
		owner, alice := signIn(t, srv, "owner@example.com"), signIn(t, srv, "alice@example.com")
		owner.open(t, "/members").lacks(t, "Support has access")

		// The Owner grants support access, and everybody sees that.
		settings := owner.open(t, "/settings").shows(t, 200, "Support has no access unless you grant it")
		settings.submitTo(t, "/settings/support", "level", "read", "hours", "4", "reason", "Ticket 4711").
			shows(t, 200, "Support can now access the account", "Support has access", "view everything, but change nothing", "Ticket 4711")
		for _, at := range []string{"/members", "/projects", "/audit", "/profile", "/keys"} {
			owner.open(t, at).shows(t, 200, "Support has access", "Granted by Trent", "End support access")
		}
		alice.open(t, "/members").shows(t, 200, "Support has access", "Granted by Trent").lacks(t, "End support access")
		here := url.Values{"here": {srv.AccountID}}
		alice.fetch(t, "POST", srv.URL+"/settings/support/end", here, http.Header{"Origin": {srv.URL}}).shows(t, 403)
		owner.fetch(t, "POST", srv.URL+"/settings/support/end", here, http.Header{"Origin": {"https://evil.example.com"}}).shows(t, 403, "another site")
		owner.fetch(t, "POST", srv.URL+"/settings/support", url.Values{"here": {srv.AccountID}, "hours": {"4"}}, http.Header{"Origin": {"https://evil.example.com"}}).shows(t, 403, "another site")

		// The link of support opens nothing until the form is submitted, and then works once.
		_, link := srv.OpenSupport(t)
		for range 2 {
			open(t, link).shows(t, 200, "Support session", "Dana Example", "Ticket 4711")
		}
		dana := newBrowser(t, srv.URL)
		page := dana.open(t, link)
		page.submit(t).shows(t, 200, "Support session", "audit log has what you do", "End session")
		page.submit(t).shows(t, 410, "already used")
		open(t, link).shows(t, 410)
		for _, at := range []string{"/members", "/invitations", "/projects", "/projects/" + srv.ProjectID, "/roles", "/keys", "/audit", "/settings", "/overview", "/members/" + srv.OwnerMemberID, "/palette"} {
			p := dana.open(t, at)
			if p.status != 200 && p.status != 403 || at != "/overview" && p.status == 403 {
				t.Errorf("%s for support: %d %s", at, p.status, p.text())
			}
		}
		for _, at := range []string{"/profile", "/profile/factors/app", "/settings/owner", "/keys/new", "/invitations/new"} {
			if p := dana.open(t, at); p.status != 403 {
				t.Errorf("%s for support: %d", at, p.status)
			}
		}
		owner.open(t, "/settings").shows(t, 200, "Dana Example", "Open sessions")
		owner.open(t, "/audit").shows(t, 200, "opened a support session", "opened the dashboard", "Dana Example")
		// Support is not a user: it neither accepts invitations nor changes a password with this session.
		invited := srv.Invite(t, "carol@example.com", srv.RoleID(t, "account", "member"))
		dana.open(t, srv.URL+"/invite/"+srv.Token(t, invited)).shows(t, 200).lacks(t, "Accept as")

		// One click ends it, for what is open, too.
		owner.open(t, "/members").submitTo(t, "/settings/support/end").shows(t, 200, "Support access ended").lacks(t, "Support has access")
		if p := dana.open(t, "/members"); p.path(t) != "/sign-in?next=%2Fmembers" {
			t.Errorf("support after the end: %d, %s", p.status, p.path(t))
		}
		alice.open(t, "/members").lacks(t, "Support has access")

		// Support ends its own session.
		srv.Do(t, "POST", "/api/v1/account/support-access", srv.Key, nil).Want(t, 201)
		_, link = srv.OpenSupport(t)
		dana.open(t, link).submit(t)
		dana.open(t, "/members").submitTo(t, "/sign-out").shows(t, 200, "Support session ended")
		if dana.signedIn(t) {
			t.Error("support is still signed in")
		}
		owner.open(t, "/audit").shows(t, 200, "ended the support session of Dana Example")
		if d := srv.Do(t, "GET", "/api/v1/account/support-access", srv.Key, nil).Want(t, 200).Data(t)["sessions"].([]any); len(d) > 0 {
			t.Errorf("sessions: %v", d)
		}
		if strings.Contains(dana.open(t, "/sign-in").source, "Dana") {
			t.Error("the sign-in page knows support")
		}
	}, rafftest.WithOperator())
}
