package web_test

import (
	"strings"
	"testing"

	"raff/internal/brand"
	"raff/internal/rafftest"
)

// Members who are suspended in the account have no access to its projects either.
func TestProjectsShowSuspensionInTheAccount(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		account, inProject := srv.RoleID(t, "account", "member"), srv.RoleID(t, "project", "viewer")
		path := "/api/v1/projects/" + srv.ProjectID
		alice, aliceUser := srv.NewMember(t, "alice@example.com", "Alice", account)
		key, _ := srv.NewKeyID(t, "Bot", account)
		seat := func(body map[string]any) string {
			t.Helper()
			body["role_id"] = inProject
			return srv.Do(t, "POST", path+"/members", srv.Key, body).Want(t, 201).Data(t)["id"].(string)
		}
		seats := []string{seat(map[string]any{"target_user_id": aliceUser}), seat(map[string]any{"api_key_id": key})}
		// Someone whose invitation into the account is on hold can still accept the one into the project.
		carol := srv.Invite(t, "carol@example.com", account)
		srv.Do(t, "POST", path+"/invitations", srv.Key, map[string]any{"email": "carol@example.com", "role_id": inProject}).Want(t, 201)
		srv.Do(t, "PATCH", "/api/v1/members/"+carol, srv.Key, map[string]any{"status": "suspended"}).Want(t, 200)
		keyMember := srv.Do(t, "GET", "/api/v1/api-keys/"+key, srv.Key, nil).Want(t, 200).Data(t)["member_id"].(string)

		open(t, srv.OwnerLink).submit(t, "name", "Trent", "password", rafftest.Password)
		b := signIn(t, srv, "owner@example.com")
		check := func(suspended bool) {
			t.Helper()
			n := 0
			for _, row := range srv.Do(t, "GET", path+"/members", srv.Key, nil).Want(t, 200).JSON(t)["data"].([]any) {
				if m := row.(map[string]any); m["account_suspended"] == true {
					n++
				} else if _, there := m["account_suspended"]; there {
					t.Errorf("the response to a client that does not know the field: %v", m)
				}
			}
			if want := map[bool]int{true: 2}[suspended]; n != want {
				t.Errorf("%d members of the project are suspended in the account, want %d", n, want)
			}
			for _, id := range seats {
				m := srv.Do(t, "GET", path+"/members/"+id, srv.Key, nil).Want(t, 200).Data(t)
				if m["status"] != "active" || (m["account_suspended"] == true) != suspended {
					t.Errorf("suspended %v: %v", suspended, m)
				}
			}
			for _, at := range []string{"/projects/" + srv.ProjectID, "/members/" + alice, "/keys/" + key} {
				p := b.open(t, at).shows(t, 200)
				if suspended {
					p.shows(t, 200, "Suspended in the account")
				} else {
					p.lacks(t, "Suspended in the account")
				}
			}
		}
		check(false)
		own := srv.Do(t, "POST", "/api/v1/roles", srv.Key, map[string]any{"name": "Look", "slug": "look", "scope": "project", "permissions": []string{"project.members.view"}}).Want(t, 201).Data(t)["id"].(string)
		for _, id := range seats {
			srv.Do(t, "PATCH", path+"/members/"+id, srv.Key, map[string]any{"role_id": own}).Want(t, 200)
		}
		b.open(t, "/roles/"+own+"/delete").shows(t, 200, "2 memberships", "Alice").lacks(t, "Suspended")
		for _, id := range []string{alice, keyMember} {
			srv.Do(t, "PATCH", "/api/v1/members/"+id, srv.Key, map[string]any{"status": "suspended"}).Want(t, 200)
		}
		check(true)
		keys := srv.Do(t, "GET", "/api/v1/api-keys", srv.Key, nil).Want(t, 200).JSON(t)["data"].([]any)
		for _, row := range keys {
			k := row.(map[string]any)
			if said, there := k["account_suspended"]; there != (k["id"] == key) || there && said != true {
				t.Errorf("the list of keys: %v", k)
			}
		}
		b.open(t, "/roles/"+own+"/delete").shows(t, 200, "2 memberships", "Alice in Default Suspended in the account")
		b.open(t, "/keys").shows(t, 200, "Suspended in the account")
		b.open(t, "/members?status=suspended").shows(t, 200, "Alice", "Suspended")
		for _, id := range []string{alice, keyMember} {
			srv.Do(t, "PATCH", "/api/v1/members/"+id, srv.Key, map[string]any{"status": "active"}).Want(t, 200)
		}
		check(false)
	})
}

// TestClosedAccountNamesItsHelp suspends an account: the API and the dashboard say who can resume it, and where to ask.
func TestClosedAccountNamesItsHelp(t *testing.T) {
	o := newOffice(t, rafftest.WithOperator(), rafftest.WithBrand(brand.Settings{Support: "help@example.com"}))
	o.Operate(t, "POST", "/operator/v1/accounts/"+o.AccountID+"/suspend", o.OperatorKey(t, "write"), nil).Want(t, 200)
	const want = "This account is suspended. Only the operator of this service can resume it. Contact help@example.com."
	if got := o.Do(t, "GET", "/api/v1/whoami", o.Key, nil).Want(t, 403).JSON(t)["message"]; got != want {
		t.Errorf("the API says %q, want %q", got, want)
	}
	p := o.owner.open(t, "/members").shows(t, 403, "This account is suspended. Only the operator of this service can resume it.", "Help: help@example.com")
	if !strings.Contains(p.source, `href="mailto:help@example.com"`) {
		t.Error("the page has no link to the support contact")
	}
	o.owner.fetch(t, "GET", o.URL+"/members", nil, in("de")).shows(t, 403, "Nur der Betreiber dieses Dienstes kann es entsperren.")
}
