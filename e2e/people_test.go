package e2e

import (
	"testing"

	"raff/internal/rafftest"
	"raff/internal/signin"
)

func TestProjectOnlyMember(t *testing.T) {
	each(t, func(t *testing.T, g guard) {
		web := g.Do(t, "POST", "/api/v1/projects", g.Key, map[string]any{"name": "Web"}).Want(t, 201).Data(t)["id"].(string)
		body := map[string]any{"email": "bob@example.com", "role_id": g.RoleID(t, "project", "viewer")}
		inv := g.Do(t, "POST", "/api/v1/projects/"+web+"/invitations", g.Key, body).Want(t, 201).Data(t)
		link := g.Do(t, "POST", "/api/v1/invitations/"+inv["id"].(string)+"/link", g.Key, nil).Want(t, 200).Data(t)["link"].(string)
		accept := map[string]any{"token": rafftest.TokenOf(t, link), "name": "Bob", "password": rafftest.Password}
		member := g.Do(t, "POST", "/api/v1/invitations/accept", "", accept).Want(t, 200).Data(t)
		bob := g.SignIn(t, "bob@example.com")

		list := g.Do(t, "GET", "/api/v1/projects", bob, nil).Want(t, 200).JSON(t)
		if list["total"] != 1.0 || list["data"].([]any)[0].(map[string]any)["id"] != web {
			t.Errorf("Bob sees the projects %v", list)
		}
		g.Do(t, "GET", "/api/v1/projects/"+web, bob, nil).Want(t, 200)
		g.Do(t, "GET", "/api/v1/projects/"+web+"/members", bob, nil).Want(t, 200)
		g.Do(t, "GET", "/api/v1/projects/"+g.ProjectID, bob, nil).Want(t, 403)
		g.Do(t, "GET", "/api/v1/members", bob, nil).Want(t, 403)
		who := g.Do(t, "GET", "/api/v1/whoami", bob, nil).Want(t, 200).Data(t)
		if who["role"] != nil || len(who["projects"].([]any)) != 1 {
			t.Errorf("Bob: %v", who)
		}
		// A project member gets an account role without an invitation.
		added := g.Do(t, "POST", "/api/v1/members", g.Key, map[string]any{"email": "Bob@example.com", "role_id": g.RoleID(t, "account", "member")}).Want(t, 201).Data(t)
		if added["status"] != "active" || added["user_id"] != member["user_id"] {
			t.Errorf("added to the account: %v", added)
		}
		g.Do(t, "GET", "/api/v1/members", bob, nil).Want(t, 200)
		// Removing a member from the account removes them from its projects.
		g.Do(t, "DELETE", "/api/v1/members/"+added["id"].(string), g.Key, nil).Want(t, 200)
		g.Do(t, "GET", "/api/v1/projects/"+web+"/members/"+member["id"].(string), g.Key, nil).Want(t, 404)
		g.Do(t, "GET", "/api/v1/projects", bob, nil).Want(t, 401)
	})
}

func TestTransferOwnership(t *testing.T) {
	each(t, func(t *testing.T, g guard) {
		if err := g.Node.SignIn().SetPasswordByLink(t.Context(), signin.NewPassword{Token: rafftest.TokenOf(t, g.OwnerLink), Name: "Owner", Password: rafftest.Password}); err != nil {
			t.Fatal(err)
		}
		owner := g.SignIn(t, "owner@example.com")
		id, _ := g.NewMember(t, "alice@example.com", "Alice", g.RoleID(t, "account", "admin"))
		body := map[string]any{"member_id": id}
		g.refused("POST", "/api/v1/account/transfer-ownership", g.Key, body, 403, "permission_denied")
		g.refused("POST", "/api/v1/account/transfer-ownership", owner, body, 403, "proof_required")
		body["current_password"] = rafftest.Password
		next := g.Do(t, "POST", "/api/v1/account/transfer-ownership", owner, body).Want(t, 200).Data(t)
		if next["id"] != id || next["is_owner"] != true || next["role"] != "owner" {
			t.Errorf("the new Owner: %v", next)
		}
		// The former Owner's keys with the Owner role are disabled.
		ended, _ := next["keys_created"].([]any)
		if len(ended) != 1 || ended[0].(map[string]any)["id"] != g.KeyID || ended[0].(map[string]any)["disabled"] != true {
			t.Errorf("the former Owner's keys: %v", next["keys_created"])
		}
		g.Do(t, "GET", "/api/v1/whoami", g.Key, nil).Want(t, 401)
		g.refused("PATCH", "/api/v1/api-keys/"+g.KeyID, owner, map[string]any{"is_active": true}, 403, "target_dominates")
		if actions := g.actions(owner, g.KeyID); actions[0] != "api_key.updated" {
			t.Errorf("events of the key: %v", actions)
		}
		former := g.Do(t, "GET", "/api/v1/members/"+g.OwnerMemberID, owner, nil).Want(t, 200).Data(t)
		if former["is_owner"] != false || former["role"] != "admin" {
			t.Errorf("the former Owner: %v", former)
		}
		g.refused("POST", "/api/v1/account/transfer-ownership", owner, body, 403, "permission_denied")
	})
}
