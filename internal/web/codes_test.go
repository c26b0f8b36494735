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

// wrongCodes enters n wrong codes after the correct password, and advances the clock as necessary. It returns the last
// page.
func wrongCodes(t *testing.T, srv *rafftest.Server, b *browser, email string, n int) page {
	t.Helper()
	var last page
	for given := 0; given < n; {
		srv.Advance(4 * time.Minute) // the attempts per minute are limited
		p := b.open(t, "/sign-in").submitTo(t, "/sign-in", "email", email, "password", rafftest.Password).shows(t, 200, "Verify it is you")
		for ; given < n; given++ {
			if last = p.submit(t, "code", "000000"); last.status == 429 {
				break
			}
			last.shows(t, 403)
		}
	}
	return last
}

// After too many wrong codes of the authenticator app, no codes are accepted.
func TestCodesStop(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, plain *rafftest.Server) {
		const email = "alice@example.com"
		plain.NewMember(t, email, "Alice", plain.RoleID(t, "account", "member"))
		srv, mail := withMail(t, plain)
		other := srv.NewAccount(t, "Globex", "owner@globex.example.com")
		known := signIn(t, plain, email)
		into(t, plain, other, known, email)
		reset := func(password string) {
			newBrowser(t, srv.URL).open(t, "/forgot").submit(t, "email", email)
			open(t, mail.Wait(t, email).Link(t)).submit(t, "password", password).shows(t, 200, "Password set")
		}
		reset(rafftest.Password) // which verifies the email
		known = signIn(t, srv, email)
		a, codes := enrol(t, srv, known)
		known.open(t, "/profile").submitTo(t, "/sign-out")
		told := func(key string) int { return len(actions(t, srv, key, "user.codes_stopped")) }

		const stopped = "Your authenticator app codes are no longer accepted"
		emails := func() (n int) {
			for _, m := range mail.Notices(email) {
				if m.Subject == stopped {
					n++
				}
			}
			return n
		}

		thief := newBrowser(t, srv.URL)
		wrongCodes(t, srv, thief, email, 99).shows(t, 403, "Wrong code")
		if told(plain.Key) != 0 || emails() != 0 {
			t.Error("the email was sent too early")
		}
		// A correct code resets the count.
		srv.Advance(time.Minute)
		fresh, p := halfway(t, srv, email)
		p.submit(t, "code", a.code(t, 0)).shows(t, 200, "Your profile")
		fresh.open(t, "/profile").submitTo(t, "/sign-out")
		wrongCodes(t, srv, thief, email, 100).shows(t, 403, "recovery code", "new password").lacks(t, "passkey")
		m := mail.WaitNotice(t, email, stopped)
		for range 3 {
			srv.Advance(400 * 24 * time.Hour / 10)
			_, p = halfway(t, srv, email)
			p.shows(t, 200, "recovery code", "new password").lacks(t, "6-digit code")
			p.submit(t, "code", a.code(t, 0)).shows(t, 403, "recovery code", "new password")
		}
		for _, key := range []string{plain.Key, other.Key} {
			if n := told(key); n != 1 {
				t.Errorf("an account has %d events", n)
			}
		}
		e := actions(t, srv, plain.Key, "user.codes_stopped")[0]
		if e["target_name"] != email || e["actor_type"] == "user" {
			t.Errorf("the event: %v", e)
		}
		for _, words := range []string{"100 wrong authenticator app codes", "/forgot", "password"} {
			if !strings.Contains(m.Text, words) {
				t.Errorf("the email does not contain %q:\n%s", words, m.Text)
			}
		}

		// A browser that verified the factor before is not affected, and does not change the state for others.
		in := known.open(t, "/sign-in?next=/profile").submitTo(t, "/sign-in", "email", email, "password", rafftest.Password)
		in.submit(t, "code", a.code(t, 0)).shows(t, 200, "Your profile")
		srv.Advance(time.Minute)
		_, p = halfway(t, srv, email)
		p.submit(t, "code", a.code(t, 0)).shows(t, 403, "recovery code")
		// A recovery code works.
		_, p = halfway(t, srv, email)
		p.submit(t, "code", codes[0]).shows(t, 200, "9 codes left")
		_, p = halfway(t, srv, email)
		p.submit(t, "code", a.code(t, 0)).shows(t, 200, "Your profile")

		// A new password also makes codes work again. Each stop is an event, and at most one email is sent per day.
		wrongCodes(t, srv, thief, email, 100).shows(t, 403, "recovery code")
		soon(t, "a second email", func() bool { return emails() == 2 })
		srv.Advance(time.Minute)
		_, p = halfway(t, srv, email)
		p.submit(t, "code", codes[1]).shows(t, 200, "8 codes left")
		wrongCodes(t, srv, thief, email, 100).shows(t, 403, "recovery code")
		if n := told(plain.Key); n != 3 {
			t.Errorf("%d events, want 3", n)
		}
		const next = "another lamp orbit velvet"
		reset(next)
		if n := emails() + len(mail.Messages(email)); n != 4 {
			t.Errorf("%d emails, want one for each day on which codes stopped, and two with links", n)
		}
		srv.Advance(time.Minute)
		p = newBrowser(t, srv.URL).open(t, "/sign-in?next=/profile").submitTo(t, "/sign-in", "email", email, "password", next)
		p.submit(t, "code", a.code(t, 0)).shows(t, 200, "Your profile")
	})
}

// Wrong codes are counted for each known browser, and together for browsers that were known before there was a second
// factor, because someone with the password can have any number of those.
func TestCodesStopForAKnownBrowser(t *testing.T) {
	srv := house(t)
	const email = "owner@example.com"
	early := []*browser{signIn(t, srv, email), signIn(t, srv, email)}
	srv.Advance(time.Minute)
	mine := signIn(t, srv, email)
	a, codes := enrol(t, srv, mine)
	mine.open(t, "/profile").submitTo(t, "/sign-out")

	wrongCodes(t, srv, early[0], email, 60)
	wrongCodes(t, srv, early[1], email, 40).shows(t, 403, "recovery code")
	wrongCodes(t, srv, mine, email, 100).shows(t, 403, "recovery code")
	srv.Advance(time.Minute)
	p := mine.open(t, "/sign-in?next=/profile").submitTo(t, "/sign-in", "email", email, "password", rafftest.Password)
	p.submit(t, "code", a.code(t, 0)).shows(t, 403, "recovery code")
	p.submit(t, "code", codes[0]).shows(t, 200, "9 codes left")
}

// Recovery codes still work after codes have stopped, even while someone else guesses recovery codes.
func TestRecoveryCodesWorkAfterCodesStopped(t *testing.T) {
	srv := house(t, rafftest.BehindProxy())
	const email = "owner@example.com"
	b := signIn(t, srv, email)
	_, codes := enrol(t, srv, b)
	thief, _ := halfway(t, srv, email)
	try := func(b *browser, from, code string) page {
		return b.fetch(t, "POST", srv.URL+"/sign-in/second", url.Values{"code": {code}, "next": {"/profile"}}, http.Header{"X-Forwarded-For": {from}})
	}
	limited := false
	for range 30 {
		limited = limited || try(thief, "203.0.113.1", "aaaa-aaaa-aaaa-aaaa").status == 429
	}
	if !limited {
		t.Error("the guesses of recovery codes are not limited")
	}
	fresh, _ := halfway(t, srv, email)
	try(fresh, "198.51.100.1", codes[0]).shows(t, 200, "9 codes left")
	for i := 0; ; i++ {
		status := try(thief, fmt.Sprintf("203.0.%d.%d", i/200, i%200), "aaaa-aaaa-aaaa-aaaa").status
		if status == 429 {
			break
		}
		if i > 1500 {
			t.Fatal("the guesses of recovery codes from many addresses are not limited")
		}
	}
}

// Someone who reads the user's email and sets many new passwords cannot guess any number of codes.
func TestNewPasswordsDoNotAllowUnlimitedCodes(t *testing.T) {
	srv := house(t)
	const email = "owner@example.com"
	enrol(t, srv, signIn(t, srv, email))
	given := 0
	for i := range 5 {
		password := fmt.Sprintf("another lamp orbit velvet %d", i)
		link, err := srv.Node.SignIn().PasswordLink(t.Context(), email)
		if err != nil {
			t.Fatal(err)
		}
		open(t, link.URL).submit(t, "password", password).shows(t, 200, "Password set")
		for range 12 {
			srv.Advance(4 * time.Minute)
			p := newBrowser(t, srv.URL).open(t, "/sign-in").submitTo(t, "/sign-in", "email", email, "password", password).shows(t, 200, "Verify it is you")
			for p = p.submit(t, "code", "000000"); p.status == 403 && !strings.Contains(p.text(), "recovery codes, or"); p = p.submit(t, "code", "000000") {
				given++
			}
		}
	}
	if given < 300 || given > 330 {
		t.Errorf("%d wrong codes were checked", given)
	}
}
