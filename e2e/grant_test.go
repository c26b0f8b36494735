package e2e

import (
	"slices"
	"testing"
	"time"

	"raff/internal/rafftest"
)

// Access can only be granted by someone who may assign it. Each case is a bypass that existed in some product: the caller
// has the permission for the operation, but the operation must be refused because of what it would grant.

type guard struct {
	*rafftest.Server
	t *testing.T
}

func (g guard) role(name, scope string, permissions ...string) string {
	g.t.Helper()
	body := map[string]any{"name": name, "slug": name, "scope": scope, "permissions": permissions}
	return g.Do(g.t, "POST", "/api/v1/roles", g.Key, body).Want(g.t, 201).Data(g.t)["id"].(string)
}

// key creates an API key with a role of these account permissions.
func (g guard) key(name string, permissions ...string) (id, secret string) {
	g.t.Helper()
	return g.NewKeyID(g.t, name, g.role(name, "account", permissions...))
}

// memberOf returns the account membership of an API key.
func (g guard) memberOf(keyID string) string {
	g.t.Helper()
	email := keyID + "@api-key.invalid"
	page := g.Do(g.t, "GET", "/api/v1/members?email="+email, g.Key, nil).Want(g.t, 200).JSON(g.t)
	return page["data"].([]any)[0].(map[string]any)["id"].(string)
}

func (g guard) refused(method, path, key string, body any, status int, code string, missing ...string) {
	g.t.Helper()
	res := g.Do(g.t, method, path, key, body)
	answer := res.JSON(g.t)
	if res.Status != status || answer["code"] != code {
		g.t.Errorf("%s %s: %d %v, want %d %s: %s", method, path, res.Status, answer["code"], status, code, res.Body)
	}
	named, _ := answer["missing"].([]any)
	for _, m := range missing {
		if !slices.Contains(named, any(m)) {
			g.t.Errorf("%s %s: the refusal does not contain %s: %s", method, path, m, res.Body)
		}
	}
}

func each(t *testing.T, test func(t *testing.T, g guard)) {
	t.Helper()
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) { test(t, guard{srv, t}) })
}

func TestRolesCannotExceedTheirCreator(t *testing.T) {
	each(t, func(t *testing.T, g guard) {
		_, key := g.key("composer", "account.roles.create", "account.roles.manage", "account.members.view")
		mine := g.Do(t, "POST", "/api/v1/roles", key, map[string]any{"name": "ok", "slug": "ok", "scope": "account", "permissions": []string{"account.members.view"}}).Want(t, 201).Data(t)["id"].(string)
		more := []string{"account.members.view", "account.billing.manage"}
		g.refused("POST", "/api/v1/roles", key, map[string]any{"name": "more", "slug": "more", "scope": "account", "permissions": more}, 403, "escalation_denied", "account.billing.manage")
		g.refused("PATCH", "/api/v1/roles/"+mine, key, map[string]any{"permissions": more}, 403, "escalation_denied", "account.billing.manage")
		// Permissions that the role already has can be kept, even if the editor does not hold them.
		strong := g.role("strong", "account", "account.billing.manage", "account.members.view")
		g.Do(t, "PATCH", "/api/v1/roles/"+strong, key, map[string]any{"permissions": []string{"account.billing.manage"}}).Want(t, 200)
	})
}

func TestProjectRolesOfOwnKeys(t *testing.T) {
	each(t, func(t *testing.T, g guard) {
		composer, key := g.key("composer", "account.roles.create", "account.roles.manage")
		body := map[string]any{"name": "ops", "slug": "ops", "scope": "project", "permissions": []string{"vm.view"}}
		ops := g.Do(t, "POST", "/api/v1/roles", key, body).Want(t, 201).Data(t)["id"].(string)
		g.Do(t, "PATCH", "/api/v1/roles/"+ops, key, map[string]any{"permissions": []string{"vm.view", "vm.power"}}).Want(t, 200)
		g.Do(t, "POST", "/api/v1/projects/"+g.ProjectID+"/members", g.Key, map[string]any{"api_key_id": composer, "role_id": ops}).Want(t, 201)
		g.refused("PATCH", "/api/v1/roles/"+ops, key, map[string]any{"permissions": []string{"vm.view", "vm.power", "vm.delete"}}, 403, "escalation_denied", "vm.delete")
	})
}

func TestInvitersCannotExceedTheirPermissions(t *testing.T) {
	each(t, func(t *testing.T, g guard) {
		_, key := g.key("inviter", "account.members.invite", "account.settings.view")
		admin, weak := g.RoleID(t, "account", "admin"), g.role("weak", "account", "account.settings.view")
		invite := func(role string) map[string]any { return map[string]any{"email": "bob@example.com", "role_id": role} }
		g.refused("POST", "/api/v1/members", key, invite(admin), 403, "escalation_denied", "account.members.manage")
		g.refused("POST", "/api/v1/invitations", key, invite(admin), 403, "escalation_denied")
		g.Do(t, "POST", "/api/v1/members", key, invite(weak)).Want(t, 201)
		// They cannot change an invitation with more permissions, either.
		member := g.Invite(t, "carol@example.com", admin)
		id := g.Do(t, "GET", "/api/v1/members/"+member, g.Key, nil).Data(t)["invitation_id"].(string)
		g.refused("POST", "/api/v1/invitations/"+id+"/link", key, nil, 403, "escalation_denied")
		g.refused("POST", "/api/v1/invitations/"+id+"/resend", key, nil, 403, "escalation_denied")
	})
}

func TestManagersDelegateToPeopleNotToKeys(t *testing.T) {
	each(t, func(t *testing.T, g guard) {
		_, key := g.key("manager", "account.members.manage", "account.apikeys.create", "account.audit.view")
		admin := g.RoleID(t, "account", "admin")
		g.Do(t, "POST", "/api/v1/members", key, map[string]any{"email": "bob@example.com", "role_id": admin}).Want(t, 201)
		events := g.Do(t, "GET", "/api/v1/audit-events?limit=1", key, nil).Want(t, 200).JSON(t)["data"].([]any)
		if e := events[0].(map[string]any); e["action"] != "invitation.created" || e["delegated"] != true {
			t.Errorf("the event does not record that the role was delegated: %v", e)
		}
		idle, _ := g.NewKeyID(t, "idle", "")
		g.refused("POST", "/api/v1/members", key, map[string]any{"api_key_id": idle, "role_id": admin}, 403, "escalation_denied", "account.roles.view")
		g.refused("POST", "/api/v1/api-keys", key, map[string]any{"name": "detour", "role_id": admin}, 403, "escalation_denied")
		g.refused("POST", "/api/v1/projects/"+g.ProjectID+"/members", key, map[string]any{"api_key_id": idle, "role_id": g.RoleID(t, "project", "viewer")}, 403, "escalation_denied", "vm.view")
	})
}

func TestWeakerKeyCannotRenewStrongerKey(t *testing.T) {
	each(t, func(t *testing.T, g guard) {
		_, weak := g.key("weak", "account.apikeys.manage", "account.apikeys.revoke", "account.members.manage")
		id, _ := g.NewKeyID(t, "strong", g.RoleID(t, "account", "admin"))
		path := "/api/v1/api-keys/" + id
		soon := g.Now().Add(time.Hour).UTC().Format(time.RFC3339)
		later := g.Now().Add(48 * time.Hour).UTC().Format(time.RFC3339)
		g.refused("POST", path+"/regenerate", weak, nil, 403, "target_dominates", "account.roles.view")
		g.Do(t, "PATCH", path, weak, map[string]any{"expires_at": soon}).Want(t, 200)
		g.refused("PATCH", path, weak, map[string]any{"expires_at": later}, 403, "target_dominates")
		g.refused("PATCH", path, weak, `{"expires_at": null}`, 403, "target_dominates")
		g.Do(t, "PATCH", path, weak, map[string]any{"is_active": false}).Want(t, 200)
		g.refused("PATCH", path, weak, map[string]any{"is_active": true}, 403, "target_dominates")
		member := g.memberOf(id)
		g.Do(t, "PATCH", "/api/v1/members/"+member, weak, map[string]any{"status": "suspended"}).Want(t, 200)
		g.refused("PATCH", "/api/v1/members/"+member, weak, map[string]any{"status": "active"}, 403, "target_dominates")
		// Removing access requires only the permission.
		g.Do(t, "DELETE", path, weak, nil).Want(t, 200)
	})
}

func TestOwnerIsProtected(t *testing.T) {
	each(t, func(t *testing.T, g guard) {
		owner := g.RoleID(t, "account", "owner")
		admin := g.NewKey(t, "admin", g.RoleID(t, "account", "admin"))
		for _, key := range []string{g.Key, admin} {
			g.refused("PATCH", "/api/v1/members/"+g.OwnerMemberID, key, map[string]any{"status": "suspended"}, 403, "owner_protected")
			g.refused("PATCH", "/api/v1/members/"+g.OwnerMemberID, key, map[string]any{"role_id": g.RoleID(t, "account", "member")}, 403, "owner_protected")
			g.refused("DELETE", "/api/v1/members/"+g.OwnerMemberID, key, nil, 403, "owner_protected")
			g.refused("POST", "/api/v1/members", key, map[string]any{"email": "bob@example.com", "role_id": owner}, 403, "owner_role_not_assignable")
			g.refused("POST", "/api/v1/api-keys", key, map[string]any{"name": "detour", "role_id": owner}, 403, "owner_role_not_assignable")
		}
		ownerKey := "/api/v1/api-keys/" + g.KeyID
		g.refused("PATCH", ownerKey, admin, map[string]any{"name": "mine"}, 403, "target_dominates")
		g.refused("POST", ownerKey+"/regenerate", admin, nil, 403, "target_dominates")
		g.refused("DELETE", "/api/v1/members/"+g.memberOf(g.KeyID), admin, nil, 403, "target_dominates")
		g.refused("PATCH", "/api/v1/members/"+g.memberOf(g.KeyID), admin, map[string]any{"status": "suspended"}, 403, "target_dominates")
	})
}

func TestOwnMembershipCannotBeChanged(t *testing.T) {
	each(t, func(t *testing.T, g guard) {
		admin := g.RoleID(t, "account", "admin")
		id, key := g.NewKeyID(t, "admin", admin)
		member := "/api/v1/members/" + g.memberOf(id)
		g.refused("PATCH", member, key, map[string]any{"role_id": g.RoleID(t, "account", "member")}, 403, "self_change_denied")
		g.refused("PATCH", member, key, map[string]any{"status": "suspended"}, 403, "self_change_denied")
		g.refused("DELETE", member, key, nil, 403, "self_change_denied")
		g.refused("POST", "/api/v1/projects/"+g.ProjectID+"/members", key, map[string]any{"api_key_id": id, "role_id": g.RoleID(t, "project", "viewer")}, 403, "self_change_denied")
		// A key cannot extend its own expiry.
		soon := g.Now().Add(time.Hour).UTC().Format(time.RFC3339)
		g.Do(t, "PATCH", "/api/v1/api-keys/"+id, g.Key, map[string]any{"expires_at": soon}).Want(t, 200)
		g.refused("PATCH", "/api/v1/api-keys/"+id, key, `{"expires_at": null}`, 403, "self_change_denied")
		g.refused("POST", "/api/v1/api-keys/"+id+"/regenerate", key, nil, 403, "self_change_denied")
	})
}

func TestDeletingRoleCannotBypassGuard(t *testing.T) {
	each(t, func(t *testing.T, g guard) {
		_, key := g.key("deleter", "account.roles.delete", "account.members.manage", "account.members.view")
		weak := g.role("weak", "account", "account.members.view")
		idle, _ := g.NewKeyID(t, "idle", weak)
		admin := g.RoleID(t, "account", "admin")
		res := g.Do(t, "DELETE", "/api/v1/roles/"+weak, key, nil).Want(t, 409).JSON(t)
		if res["code"] != "role_in_use" || len(res["holders"].([]any)) != 1 {
			t.Errorf("the refusal does not list the holder: %v", res)
		}
		g.refused("DELETE", "/api/v1/roles/"+weak+"?reassign_to="+admin, key, nil, 403, "escalation_denied", "account.roles.view")
		g.Do(t, "DELETE", "/api/v1/roles/"+weak+"?reassign_to="+g.role("other", "account", "account.members.view"), key, nil).Want(t, 200)
		if k := g.Do(t, "GET", "/api/v1/api-keys/"+idle, g.Key, nil).Data(t); k["role_slug"] != "other" {
			t.Errorf("the holder was not moved: %v", k)
		}
	})
}
