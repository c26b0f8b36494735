package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"raff/internal/factor"
	"raff/internal/rafftest"
)

// app is an authenticator app.
type app struct {
	srv    *rafftest.Server
	secret string
}

// code is the code that the app will show after this time.
func (a app) code(t *testing.T, after time.Duration) string {
	t.Helper()
	code := factor.Code(a.secret, a.srv.Now().Add(after))
	if code == "" {
		t.Fatalf("%q is not a secret", a.secret)
	}
	return code
}

// enrol adds an authenticator app for the signed-in user, and returns it with the recovery codes.
func enrol(t *testing.T, srv *rafftest.Server, b *browser) (app, []string) {
	t.Helper()
	p := b.open(t, "/profile").shows(t, 200, "Second factor").submitTo(t, "/profile/factors/app", "current_password", rafftest.Password).shows(t, 200, "Authenticator app")
	if !strings.Contains(p.source, `aria-label="QR code for the app"`) {
		t.Error("no QR code")
	}
	a := app{srv, strings.ReplaceAll(regexp.MustCompile(`id="secret">([A-Z2-7 ]+)<`).FindStringSubmatch(p.source)[1], " ", "")}
	p.submitTo(t, "/profile/factors/app/confirm", "code", "000000").shows(t, 403).complains(t, "code", "Wrong code")
	done := p.submitTo(t, "/profile/factors/app/confirm", "code", a.code(t, 0)).shows(t, 200, "Your recovery codes")
	codes := regexp.MustCompile(`[a-z2-7]{4}(-[a-z2-7]{4}){3}`).FindAllString(done.text(), -1) // the source also contains ids
	if len(codes) != 10 {
		t.Fatalf("%d recovery codes: %s", len(codes), done.text())
	}
	srv.Advance(time.Minute) // after the used time step
	return a, codes
}

// halfway signs in with the password, without the second factor.
func halfway(t *testing.T, srv *rafftest.Server, email string) (*browser, page) {
	t.Helper()
	b := newBrowser(t, srv.URL)
	return b, b.open(t, "/sign-in?next=/profile").submitTo(t, "/sign-in", "email", email, "password", rafftest.Password).shows(t, 200, "Verify it is you", email)
}

func TestSecondFactor(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "member"))
		other, b := signIn(t, srv, "alice@example.com"), signIn(t, srv, "alice@example.com")
		b.open(t, "/profile").submitTo(t, "/profile/factors/app", "current_password", "wrong").shows(t, 403).complains(t, "app_password", "Wrong password")
		a, codes := enrol(t, srv, b)
		if other.signedIn(t) || !b.signedIn(t) {
			t.Error("the session without the factor still works, or this one does not")
		}

		half, p := halfway(t, srv, "alice@example.com")
		if half.signedIn(t) {
			t.Fatal("signed in with the password alone")
		}
		for _, at := range []string{"/members", "/profile", "/settings", "/"} {
			if got := half.open(t, at).path(t); !strings.HasPrefix(got, "/sign-in/second") {
				t.Errorf("without the second factor, %s redirects to %s", at, got)
			}
		}
		if s := srv.Send(t, "GET", "/api/v1/whoami", http.Header{"Cookie": {"raff_session=" + half.cookie(t).Value}}, nil).Status; s != 401 {
			t.Errorf("without the second factor, the API responds with %d", s)
		}
		before := half.cookie(t).Value
		p.submit(t, "code", "123").shows(t, 403).complains(t, "code", "Wrong code")
		code := a.code(t, 0)
		in := p.submit(t, "code", code[:3]+" "+code[3:]).shows(t, 200, "Your profile", "10 codes left")
		if in.path(t) != "/profile" || half.cookie(t).Value == before {
			t.Errorf("after the second factor: page %s, unchanged token: %v", in.path(t), half.cookie(t).Value == before)
		}
		// A code works only once.
		_, p = halfway(t, srv, "alice@example.com")
		p.submit(t, "code", code).shows(t, 403).complains(t, "code", "Wrong code")
		p.submit(t, "code", a.code(t, -2*time.Minute)).shows(t, 403)
		p.submit(t, "code", a.code(t, 30*time.Second)).shows(t, 200, "Your profile")

		// Each recovery code works only once.
		_, p = halfway(t, srv, "alice@example.com")
		p.submit(t, "code", strings.ToUpper(codes[3])).shows(t, 200, "9 codes left")
		_, p = halfway(t, srv, "alice@example.com")
		p.submit(t, "code", codes[3]).shows(t, 403)
		// The number of guesses of the code is limited.
		for range 12 {
			p.submit(t, "code", "111111")
		}
		p.submit(t, "code", codes[4]).shows(t, 429, "Too many attempts")
		srv.Advance(11 * time.Minute)
		if got := p.submit(t, "code", codes[4]).path(t); got != "/sign-in" {
			t.Errorf("ten minutes after the password, the page redirects to %s", got)
		}
	})
}

func TestRemoveSecondFactor(t *testing.T) {
	srv := house(t)
	b := signIn(t, srv, "owner@example.com")
	_, codes := enrol(t, srv, b)
	p := b.open(t, "/profile").shows(t, 200, "Authenticator app", "10 codes left")
	fresh := p.submitTo(t, "/profile/factors", "codes", "new", "current_password", rafftest.Password).shows(t, 200, "Your recovery codes")
	_, half := halfway(t, srv, "owner@example.com")
	half.submit(t, "code", codes[0]).shows(t, 403)
	half.submit(t, "code", regexp.MustCompile(`[a-z2-7]{4}(-[a-z2-7]{4}){3}`).FindString(fresh.source)).shows(t, 200)

	id := buttonsOf(p, "remove")[0]
	p.submitTo(t, "/profile/factors", "remove", id, "current_password", "wrong").shows(t, 403).complains(t, "current_password", "Wrong password")
	p.submitTo(t, "/profile/factors", "remove", id, "current_password", rafftest.Password).shows(t, 200, "Second factor removed").lacks(t, "codes left")
	signIn(t, srv, "owner@example.com").open(t, "/profile").shows(t, 200, "Your profile")

	// The operator can reset the factors of a user who lost everything.
	enrol(t, srv, b)
	if err := srv.Node.SignIn().ResetFactors(t.Context(), "OWNER@example.com"); err != nil {
		t.Fatal(err)
	}
	if b.signedIn(t) {
		t.Error("a session still works after the reset")
	}
	signIn(t, srv, "owner@example.com").open(t, "/profile").shows(t, 200, "Your profile")
}

func TestPasswordLinkDoesNotReplaceTheSecondFactor(t *testing.T) {
	srv := house(t)
	a, _ := enrol(t, srv, signIn(t, srv, "owner@example.com"))
	link, err := srv.Node.SignIn().PasswordLink(t.Context(), "owner@example.com")
	if err != nil {
		t.Fatal(err)
	}
	const next = "seven quiet green lamps"
	open(t, link.URL).submit(t, "name", "Trent", "password", next).shows(t, 200)
	b := newBrowser(t, srv.URL)
	p := b.open(t, "/sign-in").submit(t, "email", "owner@example.com", "password", next).shows(t, 200, "Verify it is you")
	p.submit(t, "code", a.code(t, 0)).shows(t, 200, "Members")
}

func TestAccountRequiresASecondFactor(t *testing.T) {
	o := newOffice(t)
	_, alice := o.join(t, "Alice", "member")
	p := o.owner.open(t, "/settings").shows(t, 200, "Second factor", "you would be locked out", "0 people with a second factor")
	p.post(t, "/settings/factor", "second_factor", "required").shows(t, 409, "you would be locked out")
	enrol(t, o.Server, o.owner)
	o.owner.open(t, "/settings").submitTo(t, "/settings/factor", "second_factor", "required").shows(t, 200, "Settings saved", "1 person with a second factor", "1 person without")
	o.owner.open(t, "/members?factor=no").shows(t, 200, "1 person", "Alice").lacks(t, "Trent owner@example.com")
	o.owner.open(t, "/members?factor=yes").shows(t, 200, "1 person", "owner@example.com")

	alice.open(t, "/members").shows(t, 403, "This account requires a second factor")
	if s := o.Send(t, "GET", "/api/v1/whoami", http.Header{"Cookie": {"raff_session=" + alice.cookie(t).Value}}, nil).Status; s != 401 {
		t.Errorf("without the factor, the API responds with %d", s)
	}
	enrol(t, o.Server, alice)
	alice.open(t, "/members").shows(t, 200, "2 people")
	alice.open(t, "/members?factor=no").shows(t, 200, "2 people") // she may not see second factors
	o.Do(t, "GET", "/api/v1/whoami", o.Key, nil).Want(t, 200)
}

func TestSecondFactorPageRequiresThePassword(t *testing.T) {
	srv := house(t)
	for _, b := range []*browser{newBrowser(t, srv.URL), signIn(t, srv, "owner@example.com")} {
		for _, p := range []page{b.open(t, "/sign-in/second"), b.fetch(t, "POST", srv.URL+"/sign-in/second", url.Values{"code": {"123456"}}, nil)} {
			if strings.Contains(p.path(t), "second") {
				t.Errorf("the page is available: %s", p.text())
			}
		}
		b.fetch(t, "POST", srv.URL+"/sign-in/second/options", url.Values{}, nil).shows(t, 403)
	}
}
