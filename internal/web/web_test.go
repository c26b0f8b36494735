package web_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"raff/internal/brand"

	"raff/internal/front"
	"raff/internal/permission"
	"raff/internal/rafftest"
	"raff/internal/signin"
	"raff/internal/team"
	"raff/internal/web"
)

func TestHomeRedirectsToSignIn(t *testing.T) {
	srv := rafftest.Start(t)
	p := open(t, srv.URL+"/").shows(t, 200, "Sign in", "Forgot your password?")
	if p.path(t) != "/sign-in" {
		t.Errorf("/ redirects to %s", p.path(t))
	}
	if strings.Contains(p.source, "openapi") || srv.Do(t, "GET", "/openapi.yaml", "", nil).Status != 200 {
		t.Error("the API description is not served, or offered to people who only want to sign in")
	}
}

func TestAssets(t *testing.T) {
	srv := rafftest.Start(t)
	p := open(t, srv.URL+"/sign-in")
	linked := regexp.MustCompile(`"(/assets/[^"]+)"`).FindAllStringSubmatch(p.source, -1)
	if len(linked) != 3 {
		t.Fatalf("linked files: %v", linked)
	}
	font, other := regexp.MustCompile(`url\("/assets/inter\.woff2\?v=[0-9a-f]+"\)`), "url("
	for _, link := range linked {
		got := open(t, srv.URL+link[1])
		if got.status != 200 || got.source == "" || strings.Contains(font.ReplaceAllString(got.source, ""), other) && !strings.Contains(link[1], ".woff2") {
			t.Errorf("%s: status %d and %d bytes", link[1], got.status, len(got.source))
		}
		packed := fetch(t, "GET", srv.URL+link[1], nil, http.Header{"Accept-Encoding": {"br, gzip"}})
		if strings.Contains(link[1], ".woff2") {
			if packed.header.Get("Content-Encoding") != "" || got.header.Get("Content-Type") != "font/woff2" || len(got.source) > 60<<10 {
				t.Errorf("the font: %d bytes, %v", len(got.source), packed.header)
			}
		} else if packed.header.Get("Content-Encoding") != "gzip" || len(packed.source) >= len(got.source) || packed.header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: %d bytes, %d compressed", link[1], len(got.source), len(packed.source))
		}
		if cached := got.header.Get("Cache-Control"); !strings.Contains(cached, "immutable") {
			t.Errorf("%s: Cache-Control %q", link[1], cached)
		}
		if old := open(t, srv.URL+strings.Split(link[1], "?")[0]+"?v=other"); old.status != 200 || old.header.Get("Cache-Control") != "no-store" {
			t.Errorf("another version of the file: %d, Cache-Control %q", old.status, old.header.Get("Cache-Control"))
		}
	}
}

func TestOwnerSetsAPassword(t *testing.T) {
	srv := rafftest.Start(t)
	form := open(t, srv.OwnerLink).shows(t, 200, "Set your password")
	form.submit(t, "name", "Trent", "password", "short").shows(t, 400).complains(t, "password", "15")
	p := form.submit(t, "name", "", "password", rafftest.Password).shows(t, 400).complains(t, "name", "name")
	p.submit(t, "name", "Trent", "password", rafftest.Password).shows(t, 200, "Password set", "Overview", "First steps")
	form.submit(t, "name", "Trent", "password", rafftest.Password).shows(t, 410, "already used")
	open(t, srv.OwnerLink).shows(t, 410, "already used")
	m := srv.Do(t, "GET", "/api/v1/members/"+srv.OwnerMemberID, srv.Key, nil).Want(t, 200).Data(t)
	if m["name"] != "Trent" {
		t.Errorf("name of the Owner: %v", m["name"])
	}
}

func TestPasswordHintMatchesTheRule(t *testing.T) {
	srv := rafftest.Start(t)
	const fifteen = "lamp orbit velv"
	form := open(t, srv.OwnerLink).shows(t, 200, "At least 15 characters")
	form.submit(t, "name", "Trent", "password", fifteen[:14]).shows(t, 400).complains(t, "password", "15")
	form.submit(t, "name", "Trent", "password", fifteen).shows(t, 200, "Password set")
}

// broken is a database with an unexpected failure.
type broken struct{ team.Store }

func (broken) InvitationByToken(context.Context, []byte) (team.Invitation, team.InvitationToken, error) {
	return team.Invitation{}, team.InvitationToken{}, errors.New("table invitation has no column token")
}

func TestUnexpectedErrorsAreOnlyInTheLog(t *testing.T) {
	var log bytes.Buffer
	svc := team.New(team.Options{Store: broken{}, Catalog: permission.Default()})
	f := front.New(svc, front.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	srv := httptest.NewServer(f.Handler(web.New(svc, signin.New(signin.Options{Team: svc}), nil, f, brand.Default(), web.API{})))
	defer srv.Close()
	p := open(t, srv.URL+"/invite/secret-token").shows(t, 500, "Something went wrong", "Reference: ")
	if strings.Contains(p.source, "column") {
		t.Errorf("the page shows the error: %s", p.text())
	}
	_, reference, _ := strings.Cut(p.text(), "Reference: ")
	for _, want := range []string{"no column token", "request_id=" + reference, `page="GET /invite/{token}"`} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log does not contain %q: %s", want, log.String())
		}
	}
	if strings.Contains(log.String(), "secret-token") {
		t.Errorf("the log contains the token: %s", log.String())
	}
}

// A GET of a path that only accepts forms redirects to the page of the form, because the path stays in the address bar when
// a form is shown again with an error.
func TestFormPathsRedirectToTheirPages(t *testing.T) {
	srv := house(t)
	b := signIn(t, srv, "owner@example.com")
	member, project := "/members/"+srv.OwnerMemberID, "/projects/"+srv.ProjectID
	for from, to := range map[string]string{
		"/settings/policy": "/settings", "/profile/password/remove": "/profile", "/profile/factors/passkey/options": "/profile",
		member + "/projects": member, member + "/memberships/" + srv.OwnerMemberID: member, project + "/keys?after=x": project + "?after=x",
		"/keys/" + srv.KeyID + "/active": "/keys/" + srv.KeyID, "/invitations/x/resend": "/invitations", "/account": "/overview",
	} {
		if got := b.open(t, from).shows(t, 200).path(t); got != to {
			t.Errorf("%s redirects to %s, want %s", from, got, to)
		}
	}
	if got := open(t, srv.URL+"/sign-in/passkey").path(t); got != "/sign-in" {
		t.Errorf("/sign-in/passkey redirects to %s", got)
	}
	b.open(t, "/keys/x/nothing").shows(t, 404)
}

func TestFormSubmittedTwiceTakesEffectOnce(t *testing.T) {
	o := newOffice(t)
	form := o.owner.open(t, "/projects/new")
	for range 2 {
		form.submitTo(t, "/projects", "name", "Web").shows(t, 200, "Project created")
	}
	o.owner.open(t, "/projects").shows(t, 200, "2 projects")
	form = o.owner.open(t, "/roles/new")
	for range 2 {
		form.submitTo(t, "/roles", "name", "Support", "permission", "account.members.view").shows(t, 200, "Role created")
	}
	o.owner.open(t, "/roles").shows(t, 200, "Support")
}

func TestPersonWhoDeclinedIsInvitedAgain(t *testing.T) {
	o := newOffice(t)
	token := o.Token(t, o.Invite(t, "bob@example.com", o.RoleID(t, "account", "member")))
	open(t, o.URL+"/invite/"+token).submit(t, "answer", "decline").shows(t, 200, "declined")
	o.owner.open(t, "/invitations/new").submitTo(t, "/invitations", "emails", "bob@example.com", "role_id", o.RoleID(t, "account", "member")).
		shows(t, 409, "declined", "listed under Declined")
	o.owner.open(t, "/invitations?state=declined").shows(t, 200, "bob@example.com")
}
