package web_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"raff/internal/rafftest"
)

// house is a server whose Owner has a password.
func house(t *testing.T, more ...rafftest.Option) *rafftest.Server {
	t.Helper()
	srv := rafftest.Start(t, more...)
	open(t, srv.OwnerLink).submit(t, "name", "Trent", "password", rafftest.Password).shows(t, 200, "Password set")
	return srv
}

// signIn signs a user in with a new browser.
func signIn(t *testing.T, srv *rafftest.Server, email string) *browser {
	t.Helper()
	b := newBrowser(t, srv.URL)
	p := b.open(t, "/sign-in").submitTo(t, "/sign-in", "email", email, "password", rafftest.Password)
	if p.path(t) == "/sign-in" {
		t.Fatalf("signing in as %s: %d %s", email, p.status, p.text())
	}
	return b
}

func (b *browser) signedIn(t *testing.T) bool {
	t.Helper()
	return !strings.HasPrefix(b.open(t, "/profile").path(t), "/sign-in")
}

func (b *browser) cookie(t *testing.T) *http.Cookie {
	t.Helper()
	u, err := url.Parse(b.base)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range b.client.Jar.Cookies(u) {
		if strings.HasSuffix(c.Name, "raff_session") {
			return c
		}
	}
	return nil
}

func TestSignInAndOut(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "member"))
		b := newBrowser(t, srv.URL)
		b.open(t, "/profile").shows(t, 200, "Sign in")
		p := b.open(t, "/profile?x=1")
		if got := p.path(t); got != "/sign-in?next=%2Fprofile%3Fx%3D1" {
			t.Errorf("a page for signed-in users redirects to %s", got)
		}
		p = p.submit(t, "email", "ALICE@Example.com", "password", rafftest.Password).shows(t, 200, "Your profile", "alice@example.com", "Acme")
		if p.path(t) != "/profile?x=1" {
			t.Errorf("signing in redirects to %s", p.path(t))
		}
		if c := b.cookie(t); c == nil || len(c.Value) != 43 {
			t.Errorf("cookie: %v", c)
		}
		p.submitTo(t, "/sign-out").shows(t, 200, "You are signed out")
		if b.cookie(t) != nil || b.signedIn(t) {
			t.Error("still signed in after signing out")
		}
	})
}

func TestSignedOutInTheMeantime(t *testing.T) {
	srv := house(t)
	b := signIn(t, srv, "owner@example.com")
	form := b.open(t, "/projects/new")
	if err := srv.Node.SignIn().ResetFactors(t.Context(), "owner@example.com"); err != nil { // ends all sessions
		t.Fatal(err)
	}
	// The form is not saved. The page says so and links back to the form.
	post := func(more http.Header) page {
		h := http.Header{"Origin": {srv.URL}, "Sec-Fetch-Site": {"same-origin"}, "Referer": {form.url}}
		maps.Copy(h, more)
		return b.fetch(t, "POST", srv.URL+"/projects", url.Values{"name": {"Web"}}, h)
	}
	p := post(nil).shows(t, 200, "was not saved")
	p.submit(t, "email", "owner@example.com", "password", rafftest.Password).shows(t, 200, "New project")
	// The redirect never leaves the site.
	if err := srv.Node.SignIn().ResetFactors(t.Context(), "owner@example.com"); err != nil {
		t.Fatal(err)
	}
	p = post(http.Header{"Referer": {"https://evil.example.com//evil.example.com"}})
	if got := p.submit(t, "email", "owner@example.com", "password", rafftest.Password).url; !strings.HasPrefix(got, srv.URL) {
		t.Errorf("signing in redirects to %s", got)
	}
	// A script that fetches a part of a page is redirected to the sign-in page.
	if err := srv.Node.SignIn().ResetFactors(t.Context(), "owner@example.com"); err != nil {
		t.Fatal(err)
	}
	p = b.fetch(t, "GET", srv.URL+"/members?q=a", nil, http.Header{"Hx-Request": {"true"}, "Hx-Current-Url": {srv.URL + "/members?q="}})
	if got := p.header.Get("HX-Redirect"); p.status != 204 || got != "/sign-in?next=%2Fmembers%3Fq%3D" {
		t.Errorf("a script gets status %d and is redirected to %q", p.status, got)
	}
}

func TestTokenDoesNotWorkAfterSigningOut(t *testing.T) {
	srv := house(t)
	b := signIn(t, srv, "owner@example.com")
	token := b.cookie(t)
	thief := newBrowser(t, srv.URL)
	u, _ := url.Parse(srv.URL)
	thief.client.Jar.SetCookies(u, []*http.Cookie{token})
	if !thief.signedIn(t) {
		t.Fatal("the token does not work")
	}
	b.open(t, "/profile").submitTo(t, "/sign-out")
	if thief.signedIn(t) {
		t.Error("the token still works after signing out")
	}
}

func TestWrongPasswordAndUnknownEmailGetTheSameResponse(t *testing.T) {
	srv := house(t)
	answer := func(email string) string {
		p := open(t, srv.URL+"/sign-in").submit(t, "email", email, "password", "not the right one").shows(t, 403).complains(t, "password", "Wrong email or password")
		return strings.ReplaceAll(p.source, email, "")
	}
	if known, unknown := answer("owner@example.com"), answer("nobody@example.com"); known != unknown {
		t.Errorf("response for a known email:\n%s\nfor an unknown one:\n%s", known, unknown)
	}
	// An invited person has no password yet.
	srv.Invite(t, "invited@example.com", srv.RoleID(t, "account", "member"))
	if answer("invited@example.com") != answer("nobody@example.com") {
		t.Error("the response for an invited email is different")
	}
	open(t, srv.URL+"/sign-in").submit(t, "email", "no address", "password", "x").shows(t, 400).complains(t, "email", "a single email address")
}

func TestGuessesAreLimited(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "member"))
		try := func(from, email, password string) page {
			form := url.Values{"email": {email}, "password": {password}}
			return fetch(t, "POST", srv.URL+"/sign-in", form, http.Header{"X-Forwarded-For": {"198.51.100.9, " + from}})
		}
		for range 10 {
			try("203.0.113.1", "alice@example.com", "wrong").shows(t, 403)
		}
		try("203.0.113.1", "alice@example.com", rafftest.Password).shows(t, 429, "Too many attempts")
		// Guesses from elsewhere do not lock out the user.
		try("203.0.113.2", "alice@example.com", rafftest.Password).shows(t, 200, "alice@example.com")
		srv.Advance(91 * time.Second)
		try("203.0.113.1", "alice@example.com", rafftest.Password).shows(t, 200)
		// The correct password resets the count.
		for range 10 {
			try("203.0.113.1", "alice@example.com", "wrong").shows(t, 403)
		}

		// Attempts for many emails from one IPv6 network are limited as well.
		start, tries := time.Now(), 0
		for tries < 200 && try(fmt.Sprintf("2001:db8::%x", tries), fmt.Sprintf("person%d@example.com", tries), "wrong").status == 403 {
			tries++
		}
		if most := 61 + int(time.Since(start)/(10*time.Second)); tries < 60 || tries > most {
			t.Errorf("attempts for %d emails from one network, want 60 to %d", tries, most)
		}
		try("2001:db8:0:1::1", "someone@example.com", "wrong").shows(t, 403)
	}, rafftest.BehindProxy())
}

func TestGuessesThroughInvitationsAreLimited(t *testing.T) {
	srv := rafftest.Start(t)
	srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "member"))
	other := srv.NewAccount(t, "Globex", "owner@globex.example.com")
	d := srv.Do(t, "POST", "/api/v1/members", other.Key, map[string]any{"email": "alice@example.com", "role_id": srv.RoleID(t, "account", "member")}).Want(t, 201).Data(t)
	link := srv.Do(t, "POST", "/api/v1/invitations/"+d["invitation_id"].(string)+"/link", other.Key, nil).Want(t, 200).Data(t)["link"].(string)
	for i := range 10 {
		if i%2 == 0 {
			open(t, link).submit(t, "answer", "accept", "name", "Eve", "password", "not the one they have").shows(t, 403)
		} else {
			srv.Do(t, "POST", "/api/v1/invitations/accept", "", map[string]any{"token": rafftest.TokenOf(t, link), "name": "Eve", "password": "not the one they have"}).Want(t, 401)
		}
	}
	open(t, link).submit(t, "answer", "accept", "password", rafftest.Password).shows(t, 429, "Too many attempts")
	srv.Do(t, "POST", "/api/v1/invitations/accept", "", map[string]any{"token": rafftest.TokenOf(t, link), "password": rafftest.Password}).Want(t, 429)
}

func TestSessionsExpire(t *testing.T) {
	srv := house(t)
	b := signIn(t, srv, "owner@example.com")
	for range 5 {
		srv.Advance(11 * time.Hour)
		if !b.signedIn(t) {
			t.Fatal("a session in use ended")
		}
	}
	srv.Advance(12*time.Hour + time.Minute)
	if b.signedIn(t) {
		t.Error("a session still works after 12 hours without use")
	}
	b = signIn(t, srv, "owner@example.com")
	for range 65 {
		srv.Advance(11 * time.Hour)
		b.signedIn(t)
	}
	if srv.Advance(6 * time.Hour); b.signedIn(t) {
		t.Error("a session still works after 30 days")
	}
}

func TestSigningInAgainRotatesTheToken(t *testing.T) {
	srv := house(t)
	b := signIn(t, srv, "owner@example.com")
	old := b.cookie(t)
	form := url.Values{"email": {"owner@example.com"}, "password": {rafftest.Password}}
	b.fetch(t, "POST", srv.URL+"/sign-in", form, nil).shows(t, 200)
	if b.cookie(t).Value == old.Value {
		t.Error("the token did not change")
	}
	u, _ := url.Parse(srv.URL)
	before := newBrowser(t, srv.URL)
	before.client.Jar.SetCookies(u, []*http.Cookie{old})
	if before.signedIn(t) {
		t.Error("the old token still works")
	}
	// A token that an attacker planted is never used.
	planted := newBrowser(t, srv.URL)
	planted.client.Jar.SetCookies(u, []*http.Cookie{{Name: "raff_session", Value: strings.Repeat("a", 43)}})
	planted.fetch(t, "POST", srv.URL+"/sign-in", form, nil).shows(t, 200)
	if planted.cookie(t).Value == strings.Repeat("a", 43) {
		t.Error("a planted token was used")
	}
}

func TestUsersListAndEndTheirSessions(t *testing.T) {
	srv := house(t)
	phone, laptop, other := signIn(t, srv, "owner@example.com"), signIn(t, srv, "owner@example.com"), signIn(t, srv, "owner@example.com")
	srv.Advance(3 * time.Minute)
	p := laptop.open(t, "/profile").shows(t, 200, "Sessions", "This session", "last used 3 minutes ago")
	ids := buttonsOf(p, "session")
	if len(ids) != 4 || ids[3] != "others" { // setting the first password signed in, too
		t.Fatalf("sessions to end: %v", ids)
	}
	p.submitTo(t, "/profile/sessions", "session", ids[0]).shows(t, 200, "Session ended.")
	if alive := boolToInt(phone.signedIn(t)) + boolToInt(other.signedIn(t)); alive != 1 || !laptop.signedIn(t) {
		t.Errorf("%d of the two other sessions still work", alive)
	}
	laptop.open(t, "/profile").submitTo(t, "/profile/sessions", "session", "others").shows(t, 200, "signed out of all other sessions")
	if phone.signedIn(t) || other.signedIn(t) || !laptop.signedIn(t) {
		t.Error("not only this session is left")
	}
	// Someone else's session cannot be ended.
	srv.NewMember(t, "mallory@example.com", "Mallory", srv.RoleID(t, "account", "admin"))
	mine := signIn(t, srv, "owner@example.com")
	stolen := buttonsOf(laptop.open(t, "/profile"), "session")[0]
	signIn(t, srv, "mallory@example.com").open(t, "/profile").submitTo(t, "/profile/password", "session", stolen)
	signIn(t, srv, "mallory@example.com").fetch(t, "POST", srv.URL+"/profile/sessions", url.Values{"session": {stolen}}, nil)
	if !mine.signedIn(t) {
		t.Error("someone else ended the session")
	}
}

// buttonsOf returns the values of the page's buttons with this name.
func buttonsOf(p page, name string) (values []string) {
	for n := range p.root.Descendants() {
		if n.Data == "button" && attr(n, "name") == name {
			values = append(values, attr(n, "value"))
		}
	}
	return values
}

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestChangePassword(t *testing.T) {
	srv := house(t)
	b, other := signIn(t, srv, "owner@example.com"), signIn(t, srv, "owner@example.com")
	const next = "seven quiet green lamps"
	p := b.open(t, "/profile")
	p.submitTo(t, "/profile/password", "current_password", "wrong", "password", next).shows(t, 403).complains(t, "present_password", "Wrong password")
	p.submitTo(t, "/profile/password", "current_password", rafftest.Password, "password", "short").shows(t, 400).complains(t, "password", "15")
	if !other.signedIn(t) {
		t.Fatal("an error ended a session")
	}
	p.submitTo(t, "/profile/password", "current_password", rafftest.Password, "password", next).shows(t, 200, "Password changed")
	if other.signedIn(t) || !b.signedIn(t) {
		t.Error("not only this session is left")
	}
	open(t, srv.URL+"/sign-in").submit(t, "email", "owner@example.com", "password", rafftest.Password).shows(t, 403)
	open(t, srv.URL+"/sign-in").submit(t, "email", "owner@example.com", "password", next).shows(t, 200, "Overview", "Trent")
}

func TestForgottenPassword(t *testing.T) {
	smtp := rafftest.StartSMTP(t)
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		email := strings.ToLower(strings.ReplaceAll(t.Name(), "/", ".")) + "@example.com"
		acc := srv.NewAccount(t, "Globex", email)
		open(t, acc.OwnerLink).submit(t, "name", "Gina", "password", rafftest.Password).shows(t, 200)
		b := signIn(t, srv, email)
		known := open(t, srv.URL+"/forgot").submit(t, "email", email).shows(t, 200, "Check your email")
		unknown := open(t, srv.URL+"/forgot").submit(t, "email", "nobody@example.com").shows(t, 200, "Check your email")
		if strings.ReplaceAll(known.source, email, "nobody@example.com") != unknown.source {
			t.Error("the page reveals whether the email has a user")
		}
		mail := smtp.Wait(t, email)
		if mail.Subject != "Set a new password" || !strings.Contains(mail.HTML, "Set a new password") {
			t.Errorf("email %q: %s", mail.Subject, mail.HTML)
		}
		form := open(t, mail.Link(t)).shows(t, 200, "Set your password", email)
		const next = "seven quiet green lamps"
		if !b.signedIn(t) {
			t.Error("requesting a link ended a session")
		}
		form.submit(t, "name", "Gina", "password", next).shows(t, 200, "Password set").browser.open(t, srv.URL+"/profile").shows(t, 200, email)
		if b.signedIn(t) {
			t.Error("a session still works after the password was set")
		}
		form.submit(t, "name", "Gina", "password", next).shows(t, 410, "already used")
		open(t, srv.URL+"/sign-in").submit(t, "email", email, "password", rafftest.Password).shows(t, 403)
		open(t, srv.URL+"/sign-in").submit(t, "email", email, "password", next).shows(t, 200, "Overview", "Gina")

		open(t, srv.URL+"/forgot").submit(t, "email", email).shows(t, 200)
		late := smtp.Wait(t, email).Link(t)
		srv.Advance(time.Hour + time.Second)
		open(t, late).shows(t, 410, "expired")
		for range 3 {
			open(t, srv.URL+"/forgot").submit(t, "email", email).shows(t, 200)
			smtp.Wait(t, email)
		}
		// More requests get the same response, but no more emails are sent.
		if again := open(t, srv.URL+"/forgot").submit(t, "email", email).shows(t, 200); again.source != known.source {
			t.Error("the page reveals that the email limit is reached")
		}
		srv.NewAccount(t, "Initech", "other."+email)
		open(t, srv.URL+"/forgot").submit(t, "email", "other."+email).shows(t, 200)
		smtp.Wait(t, "other."+email)
		if n := len(smtp.Messages(email)); n != 5 {
			t.Errorf("%d emails, want 5", n)
		}
		for n := 0; ; n++ { // one network address requests many
			p := open(t, srv.URL+"/forgot").submit(t, "email", fmt.Sprintf("nobody%d@example.com", n))
			if p.status == 429 {
				p.complains(t, "email", "Too many")
				if p.header.Get("Retry-After") == "" {
					t.Error("no Retry-After")
				}
				break
			}
			if n == 25 {
				t.Fatal("no limit for one network address")
			}
		}
	}, rafftest.WithSMTP(smtp.URL()))
}

func TestNewPasswordResetsFailedAttempts(t *testing.T) {
	srv := house(t)
	for range 11 {
		open(t, srv.URL+"/sign-in").submit(t, "email", "owner@example.com", "password", "wrong")
	}
	open(t, srv.URL+"/sign-in").submit(t, "email", "owner@example.com", "password", rafftest.Password).shows(t, 429)
	link, err := srv.Node.SignIn().PasswordLink(t.Context(), "owner@example.com")
	if err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t, srv.URL)
	b.open(t, link.URL).submit(t, "name", "Trent", "password", rafftest.Password).shows(t, 200, "Password set")
	if !b.signedIn(t) {
		t.Error("not signed in")
	}
}

func TestOperatorCreatesPasswordLinks(t *testing.T) {
	srv := house(t)
	open(t, srv.URL+"/forgot").shows(t, 200, "raffd user password-link --email")
	b := signIn(t, srv, "owner@example.com")
	link, err := srv.Node.SignIn().PasswordLink(t.Context(), "Owner@example.com")
	if err != nil {
		t.Fatal(err)
	}
	open(t, link.URL).submit(t, "name", "Trent", "password", "seven quiet green lamps").shows(t, 200)
	if b.signedIn(t) {
		t.Error("a session still works after the password was set")
	}
	if _, err := srv.Node.SignIn().PasswordLink(t.Context(), "nobody@example.com"); err == nil {
		t.Error("a link was created for an unknown email")
	}
}

func TestSuspensionAndRemovalEndSessions(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		id, _ := srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "member"))
		b := signIn(t, srv, "alice@example.com")
		srv.Do(t, "PATCH", "/api/v1/members/"+id, srv.Key, map[string]any{"status": "suspended"}).Want(t, 200)
		if b.signedIn(t) {
			t.Error("a suspended member is still signed in")
		}
		newBrowser(t, srv.URL).open(t, "/sign-in").submit(t, "email", "alice@example.com", "password", rafftest.Password).shows(t, 403, "Your membership is suspended", "Acme")
		srv.Do(t, "PATCH", "/api/v1/members/"+id, srv.Key, map[string]any{"status": "active"}).Want(t, 200)
		b = signIn(t, srv, "alice@example.com")
		srv.Do(t, "DELETE", "/api/v1/members/"+id, srv.Key, nil).Want(t, 200)
		if b.signedIn(t) {
			t.Error("a removed member is still signed in")
		}
		b = signIn(t, srv, "alice@example.com")
		b.open(t, "/profile").shows(t, 200, "alice@example.com").lacks(t, "Acme")
	})
}

func TestSwitchAccounts(t *testing.T) {
	srv := house(t)
	other := srv.NewAccount(t, "Globex", "owner@example.com")
	third := srv.NewAccount(t, "Initech", "third@example.com")
	b := signIn(t, srv, "owner@example.com")
	p := b.open(t, "/profile").shows(t, 200, "Acme", "Globex").lacks(t, "Initech")
	p.submitTo(t, "/account", "account", other.AccountID)
	b.open(t, "/profile").shows(t, 200, "Account Globex")
	p.submitTo(t, "/account", "account", third.AccountID).shows(t, 404)
	p.submitTo(t, "/account", "account", "nonsense").shows(t, 404)
	b.open(t, "/profile").shows(t, 200, "Account Globex")
	// Signing in again opens the last used account.
	signIn(t, srv, "owner@example.com").open(t, "/profile").shows(t, 200, "Account Globex")
}

func TestAcceptSignedIn(t *testing.T) {
	srv := house(t)
	other := srv.NewAccount(t, "Globex", "owner@globex.example.com")
	invite := func(email string) string {
		d := srv.Do(t, "POST", "/api/v1/members", other.Key, map[string]any{"email": email, "role_id": srv.RoleID(t, "account", "admin")}).Want(t, 201).Data(t)
		return srv.Do(t, "POST", "/api/v1/invitations/"+d["invitation_id"].(string)+"/link", other.Key, nil).Want(t, 200).Data(t)["link"].(string)
	}
	link := invite("OWNER@example.com")
	b := signIn(t, srv, "owner@example.com")
	p := b.open(t, link).shows(t, 200, "Join Globex", "with one click")
	if p.inputs["password"] != nil {
		t.Error("the page asks a signed-in user for a password")
	}
	p.submit(t, "answer", "accept").shows(t, 200, "Account Globex")
	p.submit(t, "answer", "accept").shows(t, 200, "Account Globex") // accepted already: it leads in

	// A user who is signed in with another email cannot accept, even with the invited person's password, and stays signed in.
	srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "member"))
	link = invite("alice@example.com")
	p = b.open(t, link).shows(t, 200, "You are signed in as owner@example.com. This invitation is for alice@example.com.", "Sign out of owner@example.com")
	if p.inputs["password"] != nil {
		t.Error("the page asks a user with another email for a password")
	}
	p.submit(t, "answer", "accept", "password", rafftest.Password).shows(t, 409, "You are signed in as owner@example.com")
	b.open(t, "/profile").shows(t, 200, "owner@example.com")
	p.submit(t, "answer", "switch").shows(t, 200, "Join Globex").lacks(t, "signed in as")
	if b.signedIn(t) {
		t.Error("still signed in as the Owner")
	}
	b.open(t, link).submit(t, "answer", "accept", "password", rafftest.Password).shows(t, 200, "Invitation accepted", "access to Globex.")
	b.open(t, "/profile").shows(t, 200, "alice@example.com", "Account Globex")
}

func TestSignInRedirectsOnlyWithinTheSite(t *testing.T) {
	srv := house(t)
	for _, next := range []string{"https://evil.example.com", "//evil.example.com", `/\evil.example.com`, "javascript:alert(1)", "/\t/evil.example.com", "%2F%2Fevil", "", "http:/evil"} {
		b := newBrowser(t, srv.URL)
		b.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		form := url.Values{"email": {"owner@example.com"}, "password": {rafftest.Password}, "next": {next}}
		if to := b.fetch(t, "POST", srv.URL+"/sign-in", form, nil).header.Get("Location"); to != "/" {
			t.Errorf("%q redirects to %q", next, to)
		}
	}
}
