package web_test

import (
	"strings"
	"testing"

	"raff/internal/rafftest"
)

// TestLastActive shows those who manage members when somebody last used the account, also after their session ended or moved to
// another account.
func TestLastActive(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		o := &office{Server: srv}
		open(t, srv.OwnerLink).submit(t, "name", "Trent", "password", rafftest.Password)
		o.owner = signIn(t, srv, "owner@example.com")
		id, _ := srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "member"))
		at := "/api/v1/members/" + id
		seen := func(key, path string) any {
			t.Helper()
			return srv.Do(t, "GET", path, key, nil).Want(t, 200).Data(t)["last_active_at"]
		}
		if before := seen(srv.Key, at+"?last_active=true"); before != nil {
			t.Errorf("active before signing in: %v", before)
		}
		alice := signIn(t, srv, "alice@example.com")
		was := seen(srv.Key, at+"?last_active=true")
		o.owner.open(t, "/members").shows(t, 200, "Last active", "just now Actions for Alice")
		o.owner.open(t, "/members/"+id).shows(t, 200, "Last active just now")
		alice.open(t, "/members").shows(t, 200, "Trent").lacks(t, "Last active")
		alice.open(t, "/members/"+srv.OwnerMemberID).shows(t, 200, "Trent").lacks(t, "Last active")

		if plain := seen(srv.Key, at); plain != nil {
			t.Errorf("not asked for: %v", plain)
		}
		viewer := srv.NewKey(t, "viewer", srv.RoleID(t, "account", "member"))
		if hidden := seen(viewer, at+"?last_active=true"); hidden != nil {
			t.Errorf("shown to a key that does not manage members: %v", hidden)
		}
		srv.Do(t, "GET", at+"?last_active=yes", srv.Key, nil).Want(t, 400)
		rows := srv.Do(t, "GET", "/api/v1/members?last_active=true", srv.Key, nil).Want(t, 200).JSON(t)["data"].([]any)
		for _, row := range rows {
			m := row.(map[string]any)
			if _, said := m["last_active_at"]; !said && m["principal_type"] == "user" {
				t.Errorf("never active: %v", m)
			}
		}

		// In another account she was never active, before she goes there.
		globex := srv.NewAccount(t, "Globex", "gina."+strings.ToLower(strings.ReplaceAll(t.Name(), "/", "."))+"@example.com")
		there := "/api/v1/members/" + into(t, srv, globex, alice, "alice@example.com") + "?last_active=true"
		alice.open(t, "/profile").submitTo(t, "/account", "account", globex.AccountID).shows(t, 200, "Globex")
		if seen(globex.Key, there) == nil {
			t.Error("not active in the account that is in use")
		}
		if left := seen(srv.Key, at+"?last_active=true"); left == nil || left.(string) < was.(string) {
			t.Errorf("last active %v, and after leaving for another account %v", was, left)
		}
		alice.open(t, "/profile").submitTo(t, "/sign-out").shows(t, 200, "signed out")
		if seen(srv.Key, at+"?last_active=true") == nil || seen(globex.Key, there) == nil {
			t.Error("forgotten after signing out")
		}
	})
}
