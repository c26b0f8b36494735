package e2e

import (
	"testing"
	"time"

	"raff/internal/rafftest"
)

// An API key acts for everyone who was shown its secret: the person who created or rotated it or, if an API key did
// that, everyone who was shown the secret of that key.

// actions returns the actions on a target in the audit log, newest first.
func (g guard) actions(key, target string) (actions []string) {
	g.t.Helper()
	for _, e := range g.Do(g.t, "GET", "/api/v1/audit-events?target="+target, key, nil).Want(g.t, 200).JSON(g.t)["data"].([]any) {
		actions = append(actions, e.(map[string]any)["action"].(string))
	}
	return append(actions, "none")
}

// admin creates an active user with the system role Admin, signed in.
func (g guard) admin(email string) (memberID, userID, session string) {
	g.t.Helper()
	memberID, userID = g.NewMember(g.t, email, "Alice", g.RoleID(g.t, "account", "admin"))
	return memberID, userID, g.SignIn(g.t, email)
}

func (g guard) regenerate(key, id string, grace int) string {
	g.t.Helper()
	return g.Do(g.t, "POST", "/api/v1/api-keys/"+id+"/regenerate", key, map[string]any{"grace_seconds": grace}).Want(g.t, 200).Data(g.t)["secret"].(string)
}

func TestOldSecretCannotChangeItsKey(t *testing.T) {
	each(t, func(t *testing.T, g guard) {
		id, old := g.key("ci", "account.apikeys.view", "account.apikeys.manage", "account.apikeys.create", "account.apikeys.revoke")
		other, _ := g.key("other", "account.apikeys.view")
		present := g.regenerate(g.Key, id, 3600)
		path := "/api/v1/api-keys/" + id
		g.refused("POST", path+"/regenerate", old, nil, 403, "self_change_denied")
		g.refused("PATCH", path, old, map[string]any{"name": "mine"}, 403, "self_change_denied")
		g.refused("PATCH", path, old, map[string]any{"is_active": false}, 403, "self_change_denied")
		g.refused("DELETE", path, old, nil, 403, "self_change_denied")
		// It cannot create a successor, either: a new key, or a new secret of another key, that works after the grace period.
		g.refused("POST", "/api/v1/api-keys", old, map[string]any{"name": "next"}, 403, "self_change_denied")
		late := g.Now().Add(2 * time.Hour).Format(time.RFC3339)
		g.refused("POST", "/api/v1/api-keys", old, map[string]any{"name": "next", "expires_at": late}, 403, "self_change_denied")
		g.refused("POST", "/api/v1/api-keys/"+other+"/regenerate", old, nil, 403, "self_change_denied")
		soon := g.Now().Add(30 * time.Minute).Format(time.RFC3339)
		next := g.Do(t, "POST", "/api/v1/api-keys", old, map[string]any{"name": "next", "expires_at": soon}).Want(t, 201).Data(t)["id"].(string)
		g.refused("PATCH", "/api/v1/api-keys/"+next, old, map[string]any{"expires_at": late}, 403, "self_change_denied")
		g.Do(t, "PATCH", path, present, map[string]any{"name": "still mine"}).Want(t, 200)
		g.Advance(time.Hour + time.Second)
		g.Do(t, "GET", "/api/v1/whoami", old, nil).Want(t, 401)
		g.Do(t, "GET", "/api/v1/whoami", present, nil).Want(t, 200)
	})
}

func TestExpiringKeyCannotCreateLongerLivedKeys(t *testing.T) {
	each(t, func(t *testing.T, g guard) {
		role := g.role("keys", "account", "account.apikeys.view", "account.apikeys.manage", "account.apikeys.create")
		end := g.Now().Add(time.Hour)
		body := map[string]any{"name": "term", "role_id": role, "expires_at": end.Format(time.RFC3339)}
		made := g.Do(t, "POST", "/api/v1/api-keys", g.Key, body).Want(t, 201).Data(t)
		key := made["secret"].(string)
		g.refused("POST", "/api/v1/api-keys", key, map[string]any{"name": "next", "role_id": role}, 403, "self_change_denied")
		body["name"] = "as long"
		g.Do(t, "POST", "/api/v1/api-keys", key, body).Want(t, 201)
		// A grace period does not extend the lifetime of the old secret, and does not make an expired one valid again.
		present := g.regenerate(g.Key, made["id"].(string), 7*24*3600)
		g.Do(t, "GET", "/api/v1/whoami", key, nil).Want(t, 200)
		g.Advance(time.Hour)
		g.Do(t, "GET", "/api/v1/whoami", key, nil).Want(t, 401)
		g.Advance(time.Hour)
		g.Do(t, "GET", "/api/v1/whoami", present, nil).Want(t, 401)
		g.regenerate(g.Key, made["id"].(string), 3600)
		g.Do(t, "GET", "/api/v1/whoami", present, nil).Want(t, 401)
	})
}

func TestKeyActsForEveryoneWhoRotatedIt(t *testing.T) {
	each(t, func(t *testing.T, g guard) {
		member, user, alice := g.admin("alice@example.com")
		admin, weak := g.RoleID(t, "account", "admin"), g.RoleID(t, "account", "member")
		viewer := g.RoleID(t, "project", "viewer")
		projectMembers := "/api/v1/projects/" + g.ProjectID + "/members"
		seat := g.Do(t, "POST", projectMembers, g.Key, map[string]any{"target_user_id": user, "role_id": viewer}).Want(t, 201).Data(t)["id"].(string)
		id, _ := g.NewKeyID(t, "the Owner's", admin)
		secret := g.regenerate(alice, id, 0)

		// In a project: the role of the key cannot get more permissions than she holds there.
		tool := g.Do(t, "POST", "/api/v1/roles", alice, map[string]any{"name": "tool", "slug": "tool", "scope": "project", "permissions": []string{"vm.view"}}).Want(t, 201).Data(t)["id"].(string)
		g.Do(t, "POST", projectMembers, alice, map[string]any{"api_key_id": id, "role_id": tool}).Want(t, 201)
		g.refused("PATCH", "/api/v1/roles/"+tool, alice, map[string]any{"permissions": []string{"vm.view", "vm.delete"}}, 403, "escalation_denied", "vm.delete")
		g.refused("PATCH", "/api/v1/roles/"+tool, alice, map[string]any{"add_permissions": []string{"vm.delete"}}, 403, "escalation_denied", "vm.delete")

		// In the account: the key cannot change her access, and cannot undo a change of her access.
		path := "/api/v1/members/" + member
		strong := g.role("strong", "account", "account.members.view", "account.billing.manage")
		g.refused("PATCH", path, secret, map[string]any{"role_id": strong}, 403, "self_change_denied")
		g.refused("DELETE", path, secret, nil, 403, "self_change_denied")
		g.refused("DELETE", projectMembers+"/"+seat, secret, nil, 403, "self_change_denied")
		g.Do(t, "PATCH", path, g.Key, map[string]any{"role_id": weak}).Want(t, 200)
		g.refused("PATCH", path, secret, map[string]any{"role_id": admin}, 403, "self_change_denied")
		g.Do(t, "PATCH", path, g.Key, map[string]any{"status": "suspended", "keep_keys": true}).Want(t, 200)
		g.refused("PATCH", path, secret, map[string]any{"status": "active"}, 403, "self_change_denied")
		g.Do(t, "DELETE", projectMembers+"/"+seat, g.Key, nil).Want(t, 200)
		g.refused("POST", projectMembers, secret, map[string]any{"target_user_id": user, "role_id": tool}, 403, "self_change_denied")
		g.Do(t, "DELETE", path+"?keep_keys=true", g.Key, nil).Want(t, 200)
		g.refused("POST", "/api/v1/members", secret, map[string]any{"target_user_id": user, "role_id": weak}, 403, "self_change_denied")
		g.refused("POST", "/api/v1/invitations", secret, map[string]any{"email": "ALICE@example.com", "role_id": weak}, 403, "self_change_denied")
		// It can change other members.
		g.Do(t, "POST", "/api/v1/members", secret, map[string]any{"email": "carol@example.com", "role_id": weak}).Want(t, 201)
	})
}

// A key must not strengthen its holder's role either, because the holder may not do that directly.
func TestKeyCannotStrengthenRoleOfItsHolder(t *testing.T) {
	each(t, func(t *testing.T, g guard) {
		role := g.role("weak", "account", "account.members.view", "account.apikeys.create", "account.roles.manage")
		_, _ = g.NewMember(t, "alice@example.com", "Alice", role)
		alice := g.SignIn(t, "alice@example.com")
		made := g.Do(t, "POST", "/api/v1/api-keys", alice, map[string]any{"name": "hers", "role_id": role}).Want(t, 201).Data(t)
		strong := g.role("strong", "account", "account.roles.manage", "account.billing.manage")
		seat := g.memberOf(made["id"].(string))
		g.Do(t, "PATCH", "/api/v1/members/"+seat, g.Key, map[string]any{"role_id": strong}).Want(t, 200)
		g.refused("PATCH", "/api/v1/roles/"+role, made["secret"].(string), map[string]any{"add_permissions": []string{"account.billing.manage"}}, 403, "self_change_denied")
	})
}

func TestRemovedUserLosesTheirKeys(t *testing.T) {
	each(t, func(t *testing.T, g guard) {
		for _, how := range []string{"suspend", "remove", "suspend and keep", "remove and keep"} {
			email := map[string]string{"suspend": "alice", "remove": "bob", "suspend and keep": "carol", "remove and keep": "dora"}[how] + "@example.com"
			member, _, session := g.admin(email)
			none := func(name string) map[string]any { return map[string]any{"name": name} }
			admin := map[string]any{"name": "made", "role_id": g.RoleID(t, "account", "admin")}
			made := g.Do(t, "POST", "/api/v1/api-keys", session, admin).Want(t, 201).Data(t)
			through := g.Do(t, "POST", "/api/v1/api-keys", made["secret"].(string), none("through a key")).Want(t, 201).Data(t)
			rotated, _ := g.NewKeyID(t, "regenerated", "")
			g.regenerate(session, rotated, 0)
			rotatedByKey, _ := g.NewKeyID(t, "regenerated by a key", "")
			g.regenerate(made["secret"].(string), rotatedByKey, 0)
			taken := g.Do(t, "POST", "/api/v1/api-keys", session, none("taken over")).Want(t, 201).Data(t)
			g.regenerate(g.Key, taken["id"].(string), 0) // they no longer have its secret
			inGrace := g.Do(t, "POST", "/api/v1/api-keys", session, none("in its grace")).Want(t, 201).Data(t)
			g.regenerate(g.Key, inGrace["id"].(string), 3600)

			var answer any
			keep := how == "suspend and keep" || how == "remove and keep"
			switch how {
			case "suspend":
				answer = g.Do(t, "PATCH", "/api/v1/members/"+member, g.Key, map[string]any{"status": "suspended"}).Want(t, 200).Data(t)["keys_created"]
			case "suspend and keep":
				answer = g.Do(t, "PATCH", "/api/v1/members/"+member, g.Key, map[string]any{"status": "suspended", "keep_keys": true}).Want(t, 200).Data(t)["keys_created"]
			case "remove":
				answer = g.Do(t, "DELETE", "/api/v1/members/"+member, g.Key, nil).Want(t, 200).JSON(t)["keys_created"]
			default:
				answer = g.Do(t, "DELETE", "/api/v1/members/"+member+"?keep_keys=true", g.Key, nil).Want(t, 200).JSON(t)["keys_created"]
			}
			listed := map[any]bool{}
			for _, k := range answer.([]any) {
				listed[k.(map[string]any)["id"]] = k.(map[string]any)["disabled"] == true
			}
			for id, ends := range map[any]bool{
				made["id"]: true, through["id"]: true, rotated: true, rotatedByKey: true, inGrace["id"]: true, taken["id"]: false,
			} {
				ends = ends && !keep
				disabled, named := listed[id]
				key := g.Do(t, "GET", "/api/v1/api-keys/"+id.(string), g.Key, nil).Want(t, 200).Data(t)
				if !named || disabled != ends || key["is_active"] == ends {
					t.Errorf("%s: the key %q is listed: %t, as disabled: %t, is_active: %v; want it disabled: %t", how, key["name"], named, disabled, key["is_active"], ends)
				}
				if ended := g.actions(g.Key, id.(string))[0] == "api_key.updated"; ended != ends {
					t.Errorf("%s: the last event of the key %q: %v", how, key["name"], g.actions(g.Key, id.(string)))
				}
			}
			if len(listed) != 6 {
				t.Errorf("%s: %d keys are listed, want 6: %v", how, len(listed), answer)
			}
		}
	})
}

func TestDemotionListsKeys(t *testing.T) {
	each(t, func(t *testing.T, g guard) {
		member, _, alice := g.admin("alice@example.com")
		made := g.Do(t, "POST", "/api/v1/api-keys", alice, map[string]any{"name": "hers"}).Want(t, 201).Data(t)
		weaker := g.Do(t, "PATCH", "/api/v1/members/"+member, g.Key, map[string]any{"role_id": g.RoleID(t, "account", "member")}).Want(t, 200).Data(t)
		named, _ := weaker["keys_created"].([]any)
		if len(named) != 1 || named[0].(map[string]any)["id"] != made["id"] || named[0].(map[string]any)["disabled"] == true {
			t.Errorf("keys of the demoted member: %v", weaker["keys_created"])
		}
		g.Do(t, "GET", "/api/v1/whoami", made["secret"].(string), nil).Want(t, 200)
		stronger := g.Do(t, "PATCH", "/api/v1/members/"+member, g.Key, map[string]any{"role_id": g.RoleID(t, "account", "admin")}).Want(t, 200).Data(t)
		if stronger["keys_created"] != nil {
			t.Errorf("keys of the promoted member: %v", stronger["keys_created"])
		}
	})
}

// Memberships that end because of another change also have their own events.
func TestEveryEndedMembershipIsInTheLog(t *testing.T) {
	each(t, func(t *testing.T, g guard) {
		member, user := g.NewMember(t, "alice@example.com", "Alice", g.RoleID(t, "account", "member"))
		key, _ := g.NewKeyID(t, "ci", g.RoleID(t, "account", "member"))
		viewer := g.RoleID(t, "project", "viewer")
		ends := map[string]string{g.memberOf(key): "member.removed"}
		var first string
		for _, name := range []string{"Web", "API"} {
			project := g.Do(t, "POST", "/api/v1/projects", g.Key, map[string]any{"name": name}).Want(t, 201).Data(t)["id"].(string)
			if first == "" {
				first = project
				inv := g.Do(t, "POST", "/api/v1/projects/"+project+"/invitations", g.Key, map[string]any{"email": "guest@example.com", "role_id": viewer}).Want(t, 201).Data(t)
				ends[inv["member_id"].(string)] = "invitation.cancelled"
			}
			for field, id := range map[string]string{"target_user_id": user, "api_key_id": key} {
				m := g.Do(t, "POST", "/api/v1/projects/"+project+"/members", g.Key, map[string]any{field: id, "role_id": viewer}).Want(t, 201).Data(t)
				ends[m["id"].(string)] = "member.removed"
			}
		}
		g.SignIn(t, "alice@example.com")
		g.Do(t, "DELETE", "/api/v1/projects/"+first, g.Key, nil).Want(t, 200)
		g.Do(t, "DELETE", "/api/v1/members/"+member, g.Key, nil).Want(t, 200)
		g.Do(t, "DELETE", "/api/v1/api-keys/"+key, g.Key, nil).Want(t, 200)
		for id, action := range ends {
			if got := g.actions(g.Key, id); got[0] != action {
				t.Errorf("membership %s: %v, want %s", id, got, action)
			}
		}
		events := g.Do(t, "GET", "/api/v1/audit-events?target="+member, g.Key, nil).Want(t, 200).JSON(t)["data"].([]any)
		details := events[0].(map[string]any)["details"].(map[string]any)
		if details["sessions_ended"] != float64(1) || details["project_memberships_removed"] != float64(1) {
			t.Errorf("details of the removal: %v", details)
		}
	})
}

func TestPreconditions(t *testing.T) {
	each(t, func(t *testing.T, g guard) {
		member, user := g.NewMember(t, "alice@example.com", "Alice", g.RoleID(t, "account", "member"))
		key, _ := g.NewKeyID(t, "ci", "")
		role := g.role("ops", "account", "account.members.view", "account.audit.view")
		seat := g.Do(t, "POST", "/api/v1/projects/"+g.ProjectID+"/members", g.Key, map[string]any{"target_user_id": user, "role_id": g.RoleID(t, "project", "viewer")}).Want(t, 201).Data(t)["id"].(string)
		for path, bodies := range map[string][3]map[string]any{
			"/api/v1/members/" + member:                            {{"status": "suspended"}, {"status": "active"}, {"status": "suspended"}},
			"/api/v1/api-keys/" + key:                              {{"name": "a"}, {"name": "b"}, {"name": "c"}},
			"/api/v1/roles/" + role:                                {{"name": "a"}, {"name": "b"}, {"name": "c"}},
			"/api/v1/projects/" + g.ProjectID:                      {{"name": "a"}, {"name": "b"}, {"name": "c"}},
			"/api/v1/projects/" + g.ProjectID + "/members/" + seat: {{"status": "suspended"}, {"status": "active"}, {"status": "suspended"}},
		} {
			method := "PATCH"
			if path == "/api/v1/projects/"+g.ProjectID {
				method = "PUT"
			}
			seen := g.Do(t, "GET", path, g.Key, nil).Want(t, 200)
			etag, updatedAt := seen.Header.Get("ETag"), seen.Data(t)["updated_at"]
			match := func(value string) map[string][]string {
				return map[string][]string{"X-Api-Key": {g.Key}, "Content-Type": {"application/json"}, "If-Match": {value}}
			}
			changed := g.Send(t, method, path, match(etag), bodies[0]).Want(t, 200)
			if next := changed.Header.Get("ETag"); next == etag || etag == "" || next == "" {
				t.Errorf("%s: ETag %q, then %q", path, etag, next)
			}
			for name, value := range map[string]string{"the old one": etag, "none of ours": `"other"`, "a weak one": "W/" + changed.Header.Get("ETag")} {
				if res := g.Send(t, method, path, match(value), bodies[1]); res.Status != 412 || res.JSON(t)["code"] != "precondition_failed" {
					t.Errorf("%s: If-Match with %s: %d %s", path, name, res.Status, res.Body)
				}
			}
			g.Send(t, method, path, match("abc"), bodies[1]).Want(t, 400)
			bodies[1]["updated_at"] = updatedAt
			g.refused(method, path, g.Key, bodies[1], 412, "precondition_failed")
			bodies[1]["updated_at"] = changed.Data(t)["updated_at"]
			g.Do(t, method, path, g.Key, bodies[1]).Want(t, 200)
			g.Send(t, method, path, match(`"other", *`), bodies[2]).Want(t, 200)
		}
	})
}

// Of two concurrent rotations for the same version, one is refused: otherwise its secret would be overwritten.
func TestRotatePrecondition(t *testing.T) {
	each(t, func(t *testing.T, g guard) {
		id, _ := g.NewKeyID(t, "ci", "")
		path := "/api/v1/api-keys/" + id
		regenerate := func(value, once string) rafftest.Response {
			return g.Send(t, "POST", path+"/regenerate", map[string][]string{"X-Api-Key": {g.Key}, "If-Match": {value}, "Idempotency-Key": {once}}, nil)
		}
		etag := g.Do(t, "GET", path, g.Key, nil).Want(t, 200).Header.Get("ETag")
		fresh := regenerate(etag, "first").Want(t, 200)
		if res := regenerate(etag, "second"); res.Status != 412 || res.JSON(t)["code"] != "precondition_failed" {
			t.Errorf("the second of two: %d %s", res.Status, res.Body)
		}
		g.Do(t, "GET", "/api/v1/whoami", fresh.Data(t)["secret"].(string), nil).Want(t, 200)
		if again := regenerate(etag, "first").Want(t, 200); again.Header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("the repeated request has another response: %s", again.Body)
		}
		regenerate("abc", "third").Want(t, 400)
		regenerate(fresh.Header.Get("ETag"), "fourth").Want(t, 200)
		regenerate("*", "fifth").Want(t, 200)
	})
}

func TestPermissionsAreAddedAndRemovedInPlace(t *testing.T) {
	each(t, func(t *testing.T, g guard) {
		path := "/api/v1/roles/" + g.role("ops", "account", "account.members.view", "account.audit.view")
		change := func(body map[string]any) rafftest.Response { return g.Do(t, "PATCH", path, g.Key, body) }
		names := []string{"account.roles.view", "account.apikeys.view", "account.projects.view", "account.billing.view"}
		done := make(chan int)
		for _, name := range names {
			go func() { done <- change(map[string]any{"add_permissions": []string{name}}).Status }()
		}
		go func() { done <- change(map[string]any{"remove_permissions": []string{"account.audit.view"}}).Status }()
		for range len(names) + 1 {
			if status := <-done; status != 200 {
				t.Errorf("one of five concurrent changes: %d", status)
			}
		}
		if have := g.Do(t, "GET", path, g.Key, nil).Data(t)["permissions"].([]any); len(have) != 5 {
			t.Errorf("after five concurrent changes: %v", have)
		}
		change(map[string]any{"add_permissions": names[:1], "remove_permissions": []string{"account.audit.view"}}).Want(t, 200) // nothing changes
		g.refused("PATCH", path, g.Key, map[string]any{"permissions": names, "add_permissions": names}, 400, "exactly_one_of")
		g.refused("PATCH", path, g.Key, map[string]any{"add_permissions": []string{}}, 400, "nothing_to_update")
		g.refused("PATCH", path, g.Key, map[string]any{"remove_permissions": append(names, "account.members.view")}, 400, "required")
		g.refused("PATCH", path, g.Key, map[string]any{"add_permissions": []string{"account.nothing"}}, 400, "unknown_permission")
		g.refused("PATCH", path, g.Key, map[string]any{"add_permissions": []string{"vm.view"}}, 400, "permission_scope_mismatch")
		_, weak := g.key("weak", "account.roles.manage")
		g.refused("PATCH", path, weak, map[string]any{"add_permissions": []string{"account.billing.manage"}}, 403, "escalation_denied", "account.billing.manage")
	})
}
