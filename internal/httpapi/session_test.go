package httpapi_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"raff/internal/rafftest"
	"raff/internal/signin"
)

// session signs a user in on the sign-in page, and returns the headers with the session cookie.
func session(t *testing.T, srv *rafftest.Server, email string) http.Header {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.PostForm(srv.URL+"/sign-in", url.Values{"email": {email}, "password": {rafftest.Password}})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	cookie, _, _ := strings.Cut(res.Header.Get("Set-Cookie"), ";")
	if cookie == "" {
		t.Fatalf("signing in as %s: %d", email, res.StatusCode)
	}
	return http.Header{"Cookie": {cookie}, "Content-Type": {"application/json"}}
}

func with(h http.Header, pairs ...string) http.Header {
	h = h.Clone()
	for i := 0; i < len(pairs); i += 2 {
		h.Set(pairs[i], pairs[i+1])
	}
	return h
}

func TestSessionCredential(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		memberID, userID := srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "admin"))
		alice := session(t, srv, "alice@example.com")
		me := srv.Send(t, "GET", "/api/v1/whoami", alice, nil).Want(t, 200).Data(t)
		if p := me["principal"].(map[string]any); p["id"] != userID || p["type"] != "user" {
			t.Errorf("whoami: %v", me)
		}
		project := map[string]any{"name": "Web"}
		for name, c := range map[string]struct {
			header http.Header
			status int
			code   string
		}{
			"another site, by Sec-Fetch-Site": {with(alice, "Sec-Fetch-Site", "cross-site"), 403, "cross_origin"},
			"another origin":                  {with(alice, "Origin", "https://evil.example.com"), 403, "cross_origin"},
			"hidden origin":                   {with(alice, "Origin", "null"), 403, "cross_origin"},
			"a key as well":                   {with(alice, "X-API-Key", srv.Key), 400, "two_credentials"},
			"an unknown session":              {http.Header{"Cookie": {"raff_session=" + strings.Repeat("a", 43)}}, 401, "unauthenticated"},
			"an empty session":                {http.Header{"Cookie": {"raff_session="}}, 401, "unauthenticated"},
		} {
			res := srv.Send(t, "POST", "/api/v1/projects", c.header, project)
			if code := res.Want(t, c.status).JSON(t)["code"]; code != c.code {
				t.Errorf("%s: code %v, want %s", name, code, c.code)
			}
		}
		srv.Send(t, "POST", "/api/v1/projects", with(alice, "Sec-Fetch-Site", "same-origin", "Origin", srv.URL), project).Want(t, 201)
		srv.Send(t, "DELETE", "/api/v1/members/"+memberID, alice, nil).Want(t, 403)

		srv.Do(t, "PATCH", "/api/v1/members/"+memberID, srv.Key, map[string]any{"status": "suspended"}).Want(t, 200)
		srv.Send(t, "GET", "/api/v1/whoami", alice, nil).Want(t, 401)
	})
}

func TestTransferOwnershipWithSession(t *testing.T) {
	srv := rafftest.Start(t)
	memberID, _ := srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "member"))
	id := map[string]any{"member_id": memberID}
	srv.Do(t, "POST", "/api/v1/account/transfer-ownership", srv.Key, id).Want(t, 403)
	if err := srv.Node.SignIn().SetPasswordByLink(t.Context(), signin.NewPassword{Token: rafftest.TokenOf(t, srv.OwnerLink), Name: "Trent", Password: rafftest.Password}); err != nil {
		t.Fatal(err)
	}
	srv.Send(t, "POST", "/api/v1/account/transfer-ownership", session(t, srv, "alice@example.com"), id).Want(t, 403)
	owner := session(t, srv, "owner@example.com")
	for password, code := range map[string]string{"": "proof_required", "not the password": "invalid_credentials"} {
		if password != "" {
			id["current_password"] = password
		}
		answer := srv.Send(t, "POST", "/api/v1/account/transfer-ownership", owner, id).Want(t, 403).JSON(t)
		if answer["code"] != code || answer["field"] != "current_password" {
			t.Errorf("with the password %q: %v", password, answer)
		}
		delete(id, "current_password")
	}
	id["current_password"] = rafftest.Password
	srv.Send(t, "POST", "/api/v1/account/transfer-ownership", owner, id).Want(t, 200)
}

func TestAcceptWithSession(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "member"))
		srv.NewMember(t, "bob@example.com", "Bob", srv.RoleID(t, "account", "member"))
		other := srv.NewAccount(t, "Globex", "owner@globex.example.com")
		d := srv.Do(t, "POST", "/api/v1/members", other.Key, map[string]any{"email": "Alice@EXAMPLE.com", "role_id": srv.RoleID(t, "account", "member")}).Want(t, 201).Data(t)
		link := srv.Do(t, "POST", "/api/v1/invitations/"+d["invitation_id"].(string)+"/link", other.Key, nil).Want(t, 200).Data(t)["link"].(string)
		token := map[string]any{"token": rafftest.TokenOf(t, link)}
		accept := func(h http.Header, status int) rafftest.Response {
			t.Helper()
			return srv.Send(t, "POST", "/api/v1/invitations/accept", h, token).Want(t, status)
		}
		alice, bob := session(t, srv, "alice@example.com"), session(t, srv, "bob@example.com")
		accept(http.Header{"Content-Type": {"application/json"}}, 400)
		if code := accept(bob, 403).JSON(t)["code"]; code != "wrong_account" {
			t.Errorf("code %v", code)
		}
		accept(with(alice, "Sec-Fetch-Site", "cross-site"), 403)
		if m := accept(alice, 200).Data(t); m["id"] != d["id"] || m["status"] != "active" || m["name"] != "Alice" {
			t.Errorf("accepted: %v", m)
		}
		accept(alice, 410)
	})
}

// Settings about who can grant access can only be changed by a person, like on the dashboard.
func TestAccountSettingsRequireSession(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "admin"))
		if err := srv.Node.SignIn().SetPasswordByLink(t.Context(), signin.NewPassword{Token: rafftest.TokenOf(t, srv.OwnerLink), Name: "Owner", Password: rafftest.Password}); err != nil {
			t.Fatal(err)
		}
		alice, owner := session(t, srv, "alice@example.com"), session(t, srv, "owner@example.com")
		strict, factor := map[string]any{"grant_policy": "strict"}, map[string]any{"require_second_factor": true}
		const path = "/api/v1/account"
		srv.Send(t, "PATCH", path, alice, map[string]any{"name": "Example Ltd"}).Want(t, 200)
		srv.Send(t, "PATCH", path, alice, strict).Want(t, 403)
		srv.Do(t, "PATCH", path, srv.Key, strict).Want(t, 403)
		srv.Do(t, "PATCH", path, srv.Key, factor).Want(t, 403)
		if code := srv.Send(t, "PATCH", path, owner, factor).Want(t, 409).JSON(t)["code"]; code != "no_second_factor" {
			t.Errorf("requiring a second factor without having one: %v", code)
		}
		srv.Send(t, "PATCH", path, owner, strict).Want(t, 200)
		got := srv.Send(t, "GET", path, alice, nil).Want(t, 200).Data(t)
		if got["name"] != "Example Ltd" || got["grant_policy"] != "strict" || got["require_second_factor"] != false {
			t.Errorf("account: %v", got)
		}
		srv.Send(t, "PATCH", path, with(owner, "Origin", "https://evil.example.com"), strict).Want(t, 403)
	})
}
