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

// deviceCookies are the cookies by which a browser is recognised.
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

// TestGuessesElsewhereDoNotLockOutTheOwner uses up the attempts at an address from many places, as somebody with a
// botnet does, and signs in with a browser that the person used before.
func TestGuessesElsewhereDoNotLockOutTheOwner(t *testing.T) {
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
			t.Fatal("an address can be guessed from many places without end")
		}
		send(newBrowser(t, srv.URL), "198.51.100.1", rafftest.Password).shows(t, 429)

		// Nobody else's browser helps, and no token that was changed or that belongs to another person.
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

		// The browser that is known has attempts of its own, and no more than others have.
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

		// It is not known for ever.
		srv.Advance(401 * 24 * time.Hour)
		for i := range 200 {
			if send(newBrowser(t, srv.URL), fmt.Sprintf("203.0.113.%d", i/10), "wrong").status == 429 && i >= 100 {
				break
			}
		}
		send(alices, "203.0.113.1", rafftest.Password).shows(t, 429)
	}, rafftest.BehindProxy())
}

// TestGuessesOfOneHomeAreCountedTogether guesses from the many networks that one home has with IPv6.
func TestGuessesOfOneHomeAreCountedTogether(t *testing.T) {
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
		t.Errorf("one home guessed %d times, want 20 to %d", tries, most)
	}
	if got := try("2001:db8:2:100::1"); got != 403 {
		t.Errorf("the next home is answered %d", got)
	}
}
