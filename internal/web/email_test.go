package web_test

import (
	"net/http"
	"strings"
	"testing"

	"raff/internal/rafftest"
)

// joinByMail invites a person, who accepts with the link in the email.
func joinByMail(t *testing.T, srv *rafftest.Server, smtp *rafftest.SMTP, email, name, role string) (memberID, userID string) {
	t.Helper()
	memberID = srv.Invite(t, email, srv.RoleID(t, "account", role))
	open(t, smtp.Wait(t, email).Link(t)).submit(t, "answer", "accept", "name", name, "password", rafftest.Password).shows(t, 200)
	userID, _ = srv.Do(t, "GET", "/api/v1/members/"+memberID, srv.Key, nil).Want(t, 200).Data(t)["user_id"].(string)
	return memberID, userID
}

// A person changes their email: the new one is proved by a link, the old one is told, and every account shows it.
func TestEmailIsChanged(t *testing.T) {
	smtp := rafftest.StartSMTP(t)
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		before, after := strings.ToLower(t.Name()[len("TestEmailIsChanged/"):])+"@example.com", "New."+t.Name()[len("TestEmailIsChanged/"):]+"@example.com"
		memberID, userID := joinByMail(t, srv, smtp, before, "Alice", "member")
		viewer := srv.RoleID(t, "project", "viewer")
		project := srv.Do(t, "POST", "/api/v1/projects", srv.Key, map[string]any{"name": "Shop"}).Want(t, 201).Data(t)["id"].(string)
		srv.Do(t, "POST", "/api/v1/projects/"+project+"/members", srv.Key, map[string]any{"target_user_id": userID, "role_id": viewer}).Want(t, 201)
		alice := signIn(t, srv, before)
		ask := func(email, password string) page {
			return alice.open(t, "/profile").submitTo(t, "/profile/email", "email", email, "current_password", password)
		}
		ask("nobody", rafftest.Password).complains(t, "new-email", "needs a local part")
		ask(before, rafftest.Password).complains(t, "new-email", "This is already your email")
		ask(after, "not the password").complains(t, "email_password", "Wrong password")
		ask(after, rafftest.Password).shows(t, 200, "A link was sent to the new email", before)
		link := smtp.Wait(t, after).Link(t)

		// The link changes nothing by being opened, by others, or as a password link.
		mallory := "mallory." + before
		joinByMail(t, srv, smtp, mallory, "Mallory", "member")
		thief := signIn(t, srv, mallory)
		thief.open(t, link).shows(t, 403, "This link is for another user")
		thief.fetch(t, http.MethodPost, link, map[string][]string{}, nil).shows(t, 403, "This link is for another user")
		open(t, link).shows(t, 200, "Sign in")
		open(t, strings.Replace(link, "/email/", "/password/", 1)).shows(t, 404, "does not exist")
		alice.open(t, link).shows(t, 200, before, after)
		if got := srv.Do(t, "GET", "/api/v1/members/"+memberID, srv.Key, nil).Data(t)["email"]; got != before {
			t.Fatalf("email before the confirmation: %v", got)
		}

		alice.open(t, link).submit(t).shows(t, 200, "Email changed.", after)
		alice.open(t, link).shows(t, 410, "already used")
		for _, path := range []string{"/api/v1/members/" + memberID, "/api/v1/members?email=" + strings.ToLower(after), "/api/v1/projects/" + project + "/members?q=new."} {
			if body := srv.Do(t, "GET", path, srv.Key, nil).Want(t, 200).Body; !strings.Contains(string(body), after) || strings.Contains(string(body), `"`+before+`"`) {
				t.Errorf("%s: %s", path, body)
			}
		}
		told := smtp.WaitNotice(t, before, "Your email was changed")
		for _, words := range []string{after, "tell an admin", "Network address: 127.0.0.1"} {
			if !strings.Contains(told.Text, words) || !strings.Contains(told.HTML, strings.TrimPrefix(words, "Network address: ")) {
				t.Errorf("the old email is not told %q:\n%s", words, told.Text)
			}
		}
		if e := actions(t, srv, srv.Key, "user.email_changed"); len(e) != 1 || e[0]["details"].(map[string]any)["email"].(map[string]any)["to"] != after {
			t.Errorf("events: %v", e)
		}
		if newBrowser(t, srv.URL).signInAs(t, before, rafftest.Password) || !newBrowser(t, srv.URL).signInAs(t, after, rafftest.Password) {
			t.Error("the old email signs in, or the new one does not")
		}

		// An email that is taken or invited is not given to someone else, and nobody learns that it is taken.
		thief.open(t, "/profile").submitTo(t, "/profile/email", "email", after, "current_password", rafftest.Password).shows(t, 200, "A link was sent to the new email")
		smtp.WaitNotice(t, after, "Your email was not changed")
		if n := len(smtp.Messages(after)); n != 1 {
			t.Errorf("%d links were sent to an email that is taken", n-1)
		}
		invited := "invited." + before
		thief.open(t, "/profile").submitTo(t, "/profile/email", "email", invited, "current_password", rafftest.Password).shows(t, 200, "A link was sent")
		link = smtp.Wait(t, invited).Link(t)
		srv.Invite(t, invited, srv.RoleID(t, "account", "admin"))
		thief.open(t, link).submit(t).shows(t, 409, "open invitation")
	}, rafftest.WithSMTP(smtp.URL()))
}

// A person is told what happens to how they sign in, and what access they get.
func TestPeopleAreTold(t *testing.T) {
	smtp := rafftest.StartSMTP(t)
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		email := strings.ToLower(t.Name()[len("TestPeopleAreTold/"):]) + "@example.com"
		memberID, userID := joinByMail(t, srv, smtp, email, "Alice", "admin")
		told := func(subject string, words ...string) {
			t.Helper()
			m := smtp.WaitNotice(t, email, subject)
			for _, w := range words {
				if !strings.Contains(m.Text, w) {
					t.Errorf("%s: does not say %q:\n%s", subject, w, m.Text)
				}
			}
		}
		if n := smtp.Notices(email); len(n) != 0 {
			t.Errorf("notices about a first password: %v", n)
		}
		alice := newBrowser(t, srv.URL)
		alice.client.Transport = through{"203.0.113.7", firefox}
		alice.open(t, "/sign-in").submitTo(t, "/sign-in", "email", email, "password", rafftest.Password)
		told("New sign-in", email, "Browser: Firefox on Linux", "Network address: 127.0.0.1", srv.URL+"/forgot")
		enrol(t, srv, alice)
		told("A second factor was added", email, "Browser: Firefox on Linux")
		if err := srv.Node.SignIn().ResetFactors(t.Context(), email); err != nil {
			t.Fatal(err)
		}
		told("Your second factors were removed", "The operator")
		alice.open(t, "/sign-in").submitTo(t, "/sign-in", "email", email, "password", rafftest.Password)
		const next = "another lamp orbit velvet"
		alice.open(t, "/profile").submitTo(t, "/profile/password", "current_password", rafftest.Password, "password", next).shows(t, 200, "Password changed")
		told("Your password was changed", email)
		if got := smtp.Notices(email); len(got) != 4 { // signing in again with the same browser is not told
			t.Errorf("%d notices", len(got))
		}

		viewer := srv.RoleID(t, "project", "viewer")
		project := srv.Do(t, "POST", "/api/v1/projects", srv.Key, map[string]any{"name": "Shop"}).Want(t, 201).Data(t)["id"].(string)
		srv.Do(t, "POST", "/api/v1/projects/"+project+"/members", srv.Key, map[string]any{"target_user_id": userID, "role_id": viewer}).Want(t, 201)
		told("You were added to the project Shop of Acme", "The API key Owner key added you", "as Viewer")
		owner := newBrowser(t, srv.URL)
		owner.open(t, srv.OwnerLink).submit(t, "name", "Trent", "password", rafftest.Password)
		owner.open(t, "/settings/owner").submitTo(t, "/settings/owner", "member_id", memberID, "current_password", rafftest.Password).shows(t, 200, "Ownership transferred")
		told("You are now the Owner of Acme", "Trent transferred the ownership")
	}, rafftest.WithSMTP(smtp.URL()))
}
