package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"

	"raff/internal/rafftest"
)

// device is a passkey, or an attacker who imitates one.
type device struct {
	site virtualwebauthn.RelyingParty
	hand virtualwebauthn.Authenticator
	key  virtualwebauthn.Credential
}

func newDevice(t *testing.T, srv *rafftest.Server) *device {
	t.Helper()
	u, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	return &device{
		site: virtualwebauthn.RelyingParty{ID: u.Hostname(), Name: "raff", Origin: srv.URL},
		hand: virtualwebauthn.NewAuthenticator(), key: newKey(),
	}
}

// newKey returns a key whose coordinates have no leading zero. One key in 128 has one, and the library would omit it.
func newKey() virtualwebauthn.Credential {
	for {
		if key := virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2); len(key.Key.AttestationData()) == 77 {
			return key
		}
	}
}

// script posts a form like a script of a page, and returns the response.
func (b *browser) script(t *testing.T, path string, typed ...string) page {
	t.Helper()
	fields := url.Values{}
	for i := 0; i < len(typed); i += 2 {
		fields.Set(typed[i], typed[i+1])
	}
	return b.fetch(t, "POST", b.base+path, fields, http.Header{"Origin": {b.base}, "Sec-Fetch-Site": {"same-origin"}})
}

// add adds the passkey for the signed-in user.
func (d *device) add(t *testing.T, b *browser, typed ...string) page {
	t.Helper()
	p := b.script(t, "/profile/factors/passkey/options", typed...).shows(t, 200)
	options, err := virtualwebauthn.ParseAttestationOptions(p.source)
	if err != nil {
		t.Fatal(err)
	}
	d.hand.Options.UserHandle = []byte(options.UserID)
	answer := virtualwebauthn.CreateAttestationResponse(d.site, d.hand, d.key, *options)
	return b.open(t, "/profile").submitTo(t, "/profile/factors/passkey", "name", "Blue key", "answer", answer)
}

// answer is the response of the passkey to the options from a path.
func (d *device) answer(t *testing.T, b *browser, path string) string {
	t.Helper()
	options, err := virtualwebauthn.ParseAssertionOptions(b.script(t, path).shows(t, 200).source)
	if err != nil {
		t.Fatal(err)
	}
	return virtualwebauthn.CreateAssertionResponse(d.site, d.hand, d.key, *options)
}

func (d *device) signIn(t *testing.T, srv *rafftest.Server) (*browser, page) {
	t.Helper()
	b := newBrowser(t, srv.URL)
	return b, b.open(t, "/sign-in?next=/profile").submitTo(t, "/sign-in/passkey", "answer", d.answer(t, b, "/sign-in/passkey/options"))
}

const opensNothing = "This passkey is not registered here"

func TestSignInWithAPasskeyOnly(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "member"))
		d := newDevice(t, srv)
		b := signIn(t, srv, "alice@example.com")
		b.script(t, "/profile/factors/passkey/options", "current_password", "wrong").shows(t, 403, "Wrong password")
		d.add(t, b, "current_password", rafftest.Password).shows(t, 200, "Your recovery codes")

		in, p := d.signIn(t, srv)
		p.shows(t, 200, "Your profile", "Blue key", "last used")
		if p.path(t) != "/profile" || !in.signedIn(t) {
			t.Errorf("page after signing in: %s", p.path(t))
		}
		_, half := halfway(t, srv, "alice@example.com") // the password alone is not enough
		half.shows(t, 200, "Use a passkey")

		// A response works once, for an hour, and only for a challenge of this server.
		b = newBrowser(t, srv.URL)
		page := b.open(t, "/sign-in")
		answer := d.answer(t, b, "/sign-in/passkey/options")
		page.submitTo(t, "/sign-in/passkey", "answer", answer).shows(t, 200, "Members")
		newBrowser(t, srv.URL).open(t, "/sign-in").submitTo(t, "/sign-in/passkey", "answer", answer).shows(t, 400, "This passkey request has expired")
		answer = d.answer(t, b, "/sign-in/passkey/options")
		srv.Advance(61 * time.Minute)
		page.submitTo(t, "/sign-in/passkey", "answer", answer).shows(t, 400, "This passkey request has expired")
		page.submitTo(t, "/sign-in/passkey", "answer", "{}").shows(t, 403, opensNothing)
		page.submitTo(t, "/sign-in/passkey", "answer", "").shows(t, 403, opensNothing)

		own := func(change func(d *device, o *virtualwebauthn.AssertionOptions)) string {
			thief := *d
			options, err := virtualwebauthn.ParseAssertionOptions(b.script(t, "/sign-in/passkey/options").source)
			if err != nil {
				t.Fatal(err)
			}
			change(&thief, options)
			return virtualwebauthn.CreateAssertionResponse(thief.site, thief.hand, thief.key, *options)
		}
		for name, change := range map[string]func(d *device, o *virtualwebauthn.AssertionOptions){
			"an unknown key": func(d *device, _ *virtualwebauthn.AssertionOptions) {
				d.key = newKey()
			},
			"an unknown user": func(d *device, _ *virtualwebauthn.AssertionOptions) { d.hand.Options.UserHandle = []byte("nobody") },
			"no user":         func(d *device, _ *virtualwebauthn.AssertionOptions) { d.hand.Options.UserHandle = nil },
			"someone else": func(d *device, _ *virtualwebauthn.AssertionOptions) {
				d.hand.Options.UserHandle = []byte(srv.OwnerUserID)
			},
			"no biometrics or PIN": func(d *device, _ *virtualwebauthn.AssertionOptions) { d.hand.Options.UserNotVerified = true },
			"another site":         func(d *device, _ *virtualwebauthn.AssertionOptions) { d.site.Origin = "https://evil.example.com" },
		} {
			if p := page.submitTo(t, "/sign-in/passkey", "answer", own(change)); p.status != 403 || !strings.Contains(p.text(), opensNothing) {
				t.Errorf("%s: %d %s", name, p.status, p.text())
			}
		}
		forged := func(_ *device, o *virtualwebauthn.AssertionOptions) {
			o.Challenge = append([]byte{o.Challenge[0] + 1}, o.Challenge[1:]...)
		}
		page.submitTo(t, "/sign-in/passkey", "answer", own(forged)).shows(t, 400, "This passkey request has expired")

		// Attempts are limited.
		limited := 0
		for range 70 {
			if page.submitTo(t, "/sign-in/passkey", "answer", "{}").status == 429 {
				limited++
			}
		}
		if limited == 0 {
			t.Error("seventy unknown passkeys in a row were not limited")
		}
		srv.Advance(2 * time.Minute)

		// A copy of a passkey is detected if its signature counter is behind.
		d.key.Counter = 7
		_, p = d.signIn(t, srv)
		p.shows(t, 200, "Your profile")
		copied := *d
		copied.key.Counter = 5
		_, p = copied.signIn(t, srv)
		p.shows(t, 403, opensNothing)
		d.key.Counter++

		// A removed passkey does not work.
		in.open(t, "/profile").submitTo(t, "/profile/factors", "remove", buttonsOf(in.open(t, "/profile"), "remove")[0], "current_password", rafftest.Password).shows(t, 200)
		if _, p := d.signIn(t, srv); p.status != 403 {
			t.Errorf("with a removed passkey: %d %s", p.status, p.text())
		}
	}, rafftest.WithName())
}

func TestPasskeyReplacesThePassword(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		open(t, srv.OwnerLink).submit(t, "name", "Trent", "password", rafftest.Password).shows(t, 200)
		b, d := signIn(t, srv, "owner@example.com"), newDevice(t, srv)
		b.open(t, "/profile").shows(t, 200).lacks(t, "Remove the password")
		b.script(t, "/profile/password/remove", "current_password", rafftest.Password).shows(t, 409, "you need a passkey")
		b.script(t, "/profile/confirm").shows(t, 409, "You have no passkey")
		d.add(t, b, "current_password", rafftest.Password).shows(t, 200)
		other, _ := d.signIn(t, srv)

		p := b.open(t, "/profile")
		p.submitTo(t, "/profile/password/remove", "current_password", "wrong").shows(t, 403, "Wrong password")
		d.hand.Options.UserNotVerified = true
		p.submitTo(t, "/profile/password/remove", "proof", d.answer(t, b, "/profile/confirm")).shows(t, 403, "The passkey was not accepted")
		d.hand.Options.UserNotVerified = false
		p = p.submitTo(t, "/profile/password/remove", "proof", d.answer(t, b, "/profile/confirm")).shows(t, 200, "Password removed", "Set a password")
		if other.signedIn(t) {
			t.Error("an earlier session still works")
		}
		if p := newBrowser(t, srv.URL).open(t, "/sign-in").submitTo(t, "/sign-in", "email", "owner@example.com", "password", rafftest.Password); p.status != 403 {
			t.Errorf("with the removed password: %d %s", p.status, p.text())
		}
		if p := newBrowser(t, srv.URL).open(t, "/sign-in").submitTo(t, "/sign-in", "email", "owner@example.com", "password", ""); p.status != 403 {
			t.Errorf("no password: %d %s", p.status, p.text())
		}

		// The last way to sign in cannot be removed, and sensitive actions require a passkey.
		remove := buttonsOf(p, "remove")[0]
		p.submitTo(t, "/profile/factors", "remove", remove).shows(t, 403, "Confirm with a passkey")
		answer := d.answer(t, b, "/profile/confirm")
		p.submitTo(t, "/profile/factors", "remove", remove, "proof", answer).shows(t, 409, "only way to sign in")
		p.submitTo(t, "/profile/factors", "codes", "new", "proof", answer).shows(t, 400, "This passkey request has expired") // it works once
		second := newDevice(t, srv)
		second.add(t, b, "proof", d.answer(t, b, "/profile/confirm")).shows(t, 200, "Second factor added")
		p.submitTo(t, "/profile/factors", "remove", remove, "proof", second.answer(t, b, "/profile/confirm")).shows(t, 200, "removed")

		// An invitation does not set a password for a user who removed theirs.
		globex := *srv
		globex.Account = srv.NewAccount(t, "Globex", "owner@globex.example.com")
		link := srv.URL + "/invite/" + globex.Token(t, globex.Invite(t, "owner@example.com", srv.RoleID(t, "account", "member")))
		newBrowser(t, srv.URL).open(t, link).shows(t, 200, "Already have a login with this email?").lacks(t, "passkey").submit(t, "answer", "accept", "name", "Eve", "password", rafftest.Password).shows(t, 403, "sign in first")
		b.open(t, link).shows(t, 200, "one click").submit(t, "answer", "accept").shows(t, 200, "Globex")

		b.open(t, "/profile").submitTo(t, "/profile/password", "proof", second.answer(t, b, "/profile/confirm"), "password", rafftest.Password).shows(t, 200, "Password changed")
		_, half := halfway(t, srv, "owner@example.com")
		half.shows(t, 200, "Use a passkey")
	}, rafftest.WithName())
}

// A passkey signs a challenge without knowing its purpose, so the server must not accept the response to a challenge for
// another purpose, such as a registration instead of a confirmation.
func TestPasskeyResponseWorksOnlyForItsPurpose(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		open(t, srv.OwnerLink).submit(t, "name", "Trent", "password", rafftest.Password).shows(t, 200)
		b, d := signIn(t, srv, "owner@example.com"), newDevice(t, srv)
		d.add(t, b, "current_password", rafftest.Password).shows(t, 200)

		toRegister, err := virtualwebauthn.ParseAttestationOptions(b.script(t, "/profile/factors/passkey/options", "current_password", rafftest.Password).shows(t, 200).source)
		if err != nil {
			t.Fatal(err)
		}
		confirmed := virtualwebauthn.CreateAssertionResponse(d.site, d.hand, d.key, virtualwebauthn.AssertionOptions{Challenge: toRegister.Challenge, RelyingPartyID: toRegister.RelyingPartyID})
		b.open(t, "/profile").submitTo(t, "/profile/password/remove", "proof", confirmed).shows(t, 400, "This passkey request has expired")

		toConfirm, err := virtualwebauthn.ParseAssertionOptions(b.script(t, "/profile/confirm").shows(t, 200).source)
		if err != nil {
			t.Fatal(err)
		}
		toRegister.Challenge = toConfirm.Challenge
		other := newDevice(t, srv)
		other.hand.Options.UserHandle = []byte(toRegister.UserID)
		registered := virtualwebauthn.CreateAttestationResponse(other.site, other.hand, other.key, *toRegister)
		b.open(t, "/profile").submitTo(t, "/profile/factors/passkey", "name", "Red key", "answer", registered).shows(t, 400, "This passkey request has expired")

		// The responses are valid: they are accepted for the right purpose.
		b.open(t, "/profile").submitTo(t, "/profile/password/remove", "proof", d.answer(t, b, "/profile/confirm")).shows(t, 200, "Password removed")
	}, rafftest.WithName())
}
