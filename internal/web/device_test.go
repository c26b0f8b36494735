package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"raff/internal/rafftest"
)

// deviceCookies are the cookies by which a browser is recognized.
func (b *browser) deviceCookies(t *testing.T) (all []*http.Cookie) {
	t.Helper()
	u, err := url.Parse(b.base)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range b.client.Jar.Cookies(u) {
		if strings.HasPrefix(c.Name, "raff_device_") {
			all = append(all, c)
		}
	}
	return all
}

// A user can sign in with a browser that they used before, even after someone has used up the attempts for their email
// from many addresses.
func TestGuessesFromElsewhereDoNotLockOutAKnownBrowser(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		role := srv.RoleID(t, "account", "member")
		srv.NewMember(t, "alice@example.com", "Alice", role)
		srv.NewMember(t, "bob@example.com", "Bob", role)
		alices, bobs := signIn(t, srv, "alice@example.com"), signIn(t, srv, "bob@example.com")
		alices.open(t, "/profile").submitTo(t, "/sign-out")

		send := func(b *browser, from, password string) page {
			form := url.Values{"email": {"alice@example.com"}, "password": {password}}
			return b.fetch(t, "POST", srv.URL+"/sign-in", form, http.Header{"X-Forwarded-For": {from}})
		}
		locked := false
		for i := range 200 {
			if locked = send(newBrowser(t, srv.URL), fmt.Sprintf("203.0.113.%d", i/10), "wrong").status == 429; locked && i >= 100 {
				break
			}
		}
		if !locked {
			t.Fatal("the attempts for one email from many addresses are not limited")
		}
		send(newBrowser(t, srv.URL), "198.51.100.1", rafftest.Password).shows(t, 429)

		// Cookies of other users and modified cookies do not work.
		send(bobs, "198.51.100.2", rafftest.Password).shows(t, 429)
		mine, theirs := alices.deviceCookies(t), bobs.deviceCookies(t)
		if len(mine) != 1 || len(theirs) != 1 {
			t.Fatalf("device cookies: %v, %v", mine, theirs)
		}
		for _, value := range []string{theirs[0].Value, mine[0].Value[:len(mine[0].Value)-2] + "AA", strings.Repeat("A", len(mine[0].Value)), "x"} {
			form := url.Values{"email": {"alice@example.com"}, "password": {rafftest.Password}}
			fetch(t, "POST", srv.URL+"/sign-in", form, http.Header{
				"X-Forwarded-For": {"198.51.100.3"}, "Cookie": {mine[0].Name + "=" + value},
			}).shows(t, 429)
		}

		// A known browser has its own attempts, and no more than others.
		for range 9 {
			send(alices, "203.0.113.1", "wrong").shows(t, 403)
		}
		send(alices, "203.0.113.1", rafftest.Password).shows(t, 200, "alice@example.com")
		alices.open(t, "/profile").submitTo(t, "/sign-out")
		for range 10 {
			send(alices, "203.0.113.1", "wrong").shows(t, 403)
		}
		send(alices, "203.0.113.1", rafftest.Password).shows(t, 429)
		srv.Advance(91 * time.Second)
		send(alices, "203.0.113.1", rafftest.Password).shows(t, 200)

		// It is not known forever.
		srv.Advance(401 * 24 * time.Hour)
		for i := range 200 {
			if send(newBrowser(t, srv.URL), fmt.Sprintf("203.0.113.%d", i/10), "wrong").status == 429 && i >= 100 {
				break
			}
		}
		send(alices, "203.0.113.1", rafftest.Password).shows(t, 429)
	}, rafftest.BehindProxy())
}

// Guesses from the IPv6 networks of one customer of a provider are counted together.
func TestGuessesFromOneIPv6CustomerAreCountedTogether(t *testing.T) {
	srv := house(t, rafftest.BehindProxy())
	try := func(from string) int {
		form := url.Values{"email": {"owner@example.com"}, "password": {"wrong"}}
		return fetch(t, "POST", srv.URL+"/sign-in", form, http.Header{"X-Forwarded-For": {from}}).status
	}
	start, tries := time.Now(), 0
	for tries < 60 && try(fmt.Sprintf("2001:db8:2:%x::1", tries)) == 403 {
		tries++
	}
	if most := 21 + int(time.Since(start)/(45*time.Second)); tries < 20 || tries > most {
		t.Errorf("%d guesses from one customer, want 20 to %d", tries, most)
	}
	if got := try("2001:db8:2:100::1"); got != 403 {
		t.Errorf("another customer: status %d", got)
	}
}

// from submits a form from a network address.
func (b *browser) from(t *testing.T, address, path string, form url.Values) page {
	t.Helper()
	return b.fetch(t, "POST", b.base+path, form, http.Header{"X-Forwarded-For": {address}})
}

// lockOut guesses passwords for an email from many addresses until only known browsers may try.
func lockOut(t *testing.T, srv *rafftest.Server, email string) {
	t.Helper()
	for i := range 300 {
		p := newBrowser(t, srv.URL).from(t, fmt.Sprintf("203.0.%d.%d", i/2000, i/10), "/sign-in", url.Values{"email": {email}, "password": {"wrong"}})
		if p.status == 429 && i >= 100 {
			return
		}
	}
	t.Fatal("the attempts for one email from many addresses are not limited")
}

// Accepting an invitation and setting a password make a new browser known, while others guess passwords.
func TestLinksMakeTheBrowserKnown(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		const email = "alice@example.com"
		role := srv.RoleID(t, "account", "member")
		first, second := newBrowser(t, srv.URL), newBrowser(t, srv.URL)
		token := srv.Token(t, srv.Invite(t, email, role))
		first.from(t, "198.51.100.1", "/invite/"+token, url.Values{"answer": {"accept"}, "name": {"Alice"}, "password": {rafftest.Password}}).
			shows(t, 200, "Invitation accepted")
		if n := len(first.deviceCookies(t)); n != 1 {
			t.Errorf("after accepting, the browser has %d device cookies", n)
		}
		first.open(t, "/profile").submitTo(t, "/sign-out")
		signIn := func(b *browser, from, password string) page {
			return b.from(t, from, "/sign-in", url.Values{"email": {email}, "password": {password}, "next": {"/profile"}})
		}
		lockOut(t, srv, email)
		signIn(second, "198.51.100.2", rafftest.Password).shows(t, 429)
		signIn(first, "198.51.100.1", rafftest.Password).shows(t, 200, "Your profile")
		first.open(t, "/profile").submitTo(t, "/sign-out")

		// The invitation page recognizes the browser like the sign-in page.
		globex := srv.NewAccount(t, "Globex", "owner@globex.example.com")
		link := fetched(t, srv, globex.Key, "/api/v1/invitations", email, role)
		accept := func(b *browser, password string) page {
			return b.from(t, "198.51.100.3", "/invite/"+rafftest.TokenOf(t, link), url.Values{"answer": {"accept"}, "password": {password}})
		}
		accept(second, rafftest.Password).shows(t, 429)
		for range 9 {
			accept(first, "wrong").shows(t, 400)
		}
		accept(first, rafftest.Password).shows(t, 200, "Invitation accepted")
		first.open(t, "/profile").submitTo(t, "/sign-out")
		for range 10 {
			signIn(first, "198.51.100.1", "wrong").shows(t, 403)
		}
		signIn(first, "198.51.100.1", rafftest.Password).shows(t, 429)

		// Setting a new password signs in and makes the browser known. Browsers that were known before the email was
		// verified are no longer known.
		reset := func(b *browser, password string) page {
			l, err := srv.Node.SignIn().PasswordLink(t.Context(), email)
			if err != nil {
				t.Fatal(err)
			}
			return b.from(t, "198.51.100.4", "/password/"+rafftest.TokenOf(t, l.URL), url.Values{"name": {"Alice"}, "password": {password}})
		}
		reset(second, rafftest.Password).shows(t, 200, "Password set")
		if !second.signedIn(t) {
			t.Error("setting a new password does not sign in while others guess")
		}
		second.open(t, "/profile").submitTo(t, "/sign-out")
		lockOut(t, srv, email)
		signIn(second, "198.51.100.2", rafftest.Password).shows(t, 200, "Your profile")
		signIn(first, "198.51.100.1", rafftest.Password).shows(t, 429)

		// The browser is known only after the second factor is verified.
		enrol(t, srv, second)
		third := newBrowser(t, srv.URL)
		reset(third, "another lamp orbit velvet").shows(t, 200, "Password set")
		if n := len(third.deviceCookies(t)); n != 0 {
			t.Errorf("without the second factor, the browser has %d device cookies", n)
		}
	}, rafftest.BehindProxy())
}

// Browsers that were known before an email was verified are not known afterwards.
func TestVerifyingAnEmailForgetsKnownBrowsers(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		const email = "alice@example.com"
		before, after := newBrowser(t, srv.URL), newBrowser(t, srv.URL)
		token := srv.Token(t, srv.Invite(t, email, srv.RoleID(t, "account", "member")))
		before.from(t, "198.51.100.1", "/invite/"+token, url.Values{"answer": {"accept"}, "name": {"Eve"}, "password": {evil}}).
			shows(t, 200, "Invitation accepted")
		link, err := srv.Node.SignIn().PasswordLink(t.Context(), email)
		if err != nil {
			t.Fatal(err)
		}
		after.from(t, "198.51.100.2", "/password/"+rafftest.TokenOf(t, link.URL), url.Values{"name": {"Alice"}, "password": {rafftest.Password}}).
			shows(t, 200, "Password set")
		after.open(t, "/profile").submitTo(t, "/sign-out")
		if b, a := len(before.deviceCookies(t)), len(after.deviceCookies(t)); b != 1 || a != 1 {
			t.Fatalf("device cookies: %d before the email was verified, %d after", b, a)
		}
		lockOut(t, srv, email)
		signIn := url.Values{"email": {email}, "password": {rafftest.Password}, "next": {"/profile"}}
		before.from(t, "198.51.100.1", "/sign-in", signIn).shows(t, 429)
		after.from(t, "198.51.100.2", "/sign-in", signIn).shows(t, 200, "Your profile")
	}, rafftest.BehindProxy())
}
