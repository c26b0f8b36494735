package httpapi_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"raff/internal/operator"
	"raff/internal/rafftest"
)

const supportAccess = "/api/v1/account/support-access"

func openSupport(t *testing.T, srv *rafftest.Server, account, key string) rafftest.Response {
	t.Helper()
	return srv.Operate(t, "POST", "/operator/v1/accounts/"+account+"/support-sessions", key, map[string]any{"person": "Dana Example", "reason": "Ticket 4711"})
}

func TestSupportAccess(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		key, reads := srv.OperatorKey(t, "support"), srv.OperatorKey(t, "read")
		// Never uninvited.
		if d := openSupport(t, srv, srv.AccountID, key).Want(t, 403).JSON(t); d["code"] != "support_not_granted" || !strings.Contains(d["message"].(string), "raff account support grant") {
			t.Errorf("without a grant: %v", d)
		}
		for name, body := range map[string]map[string]any{
			"invalid_level": {"level": "owner"}, "invalid_hours": {"hours": 169}, "invalid_reason": {"reason": strings.Repeat("x", 501)},
		} {
			if code := srv.Do(t, "POST", supportAccess, srv.Key, body).Want(t, 400).JSON(t)["code"]; code != name {
				t.Errorf("%v: %v", body, code)
			}
		}
		srv.Do(t, "POST", supportAccess, srv.Key, map[string]any{"hours": 0}).Want(t, 400)
		srv.Do(t, "DELETE", supportAccess, srv.Key, nil).Want(t, 404)
		admin := srv.NewKey(t, "Admin", srv.RoleID(t, "account", "admin"))
		if e := srv.Do(t, "POST", supportAccess, admin, map[string]any{"level": "write"}).Want(t, 403).JSON(t); e["code"] != "escalation_denied" || !strings.Contains(e["message"].(string), "account.projects.delete") {
			t.Errorf("an Admin lets support do what Admins may not: %v", e)
		}

		granted := srv.Do(t, "POST", supportAccess, srv.Key, map[string]any{"reason": "Ticket 4711"}).Want(t, 201).Data(t)["grant"].(map[string]any)
		if ends := srv.Now().Add(24 * time.Hour).UTC().Format("2006-01-02T15"); granted["level"] != "read" || granted["granted_by"] != "Owner key" || !strings.HasPrefix(granted["expires_at"].(string), ends) {
			t.Errorf("the default grant: %v", granted)
		}
		if d := srv.Do(t, "GET", "/api/v1/account", srv.Key, nil).Want(t, 200).Data(t)["support_access"].(map[string]any); d["expires_at"] != granted["expires_at"] {
			t.Errorf("the account: %v", d)
		}

		openSupport(t, srv, srv.AccountID, reads).Want(t, 403)
		for _, body := range []map[string]any{{"reason": "x"}, {"person": "Dana"}, {"person": "Dana", "reason": " "}, {"person": "Dana", "reason": "x", "minutes": 1000}} {
			srv.Operate(t, "POST", "/operator/v1/accounts/"+srv.AccountID+"/support-sessions", key, body).Want(t, 400)
		}
		other := srv.NewAccount(t, "Other", "owner@other.example.com")
		openSupport(t, srv, other.AccountID, key).Want(t, 403)
		made := openSupport(t, srv, srv.AccountID, key).Want(t, 201).Data(t)
		credential := made["credential"].(string)
		if !strings.HasPrefix(credential, "rsp_") || !strings.HasPrefix(made["link"].(string), srv.URL+"/support/") {
			t.Errorf("the session: %v", made)
		}

		// It reads its account, and nothing else.
		me := srv.Do(t, "GET", "/api/v1/whoami", credential, nil).Want(t, 200).Data(t)
		if p := me["principal"].(map[string]any); p["type"] != "support" || p["name"] != "Dana Example" || me["account"].(map[string]any)["id"] != srv.AccountID {
			t.Errorf("whoami: %v", me)
		}
		srv.Do(t, "GET", "/api/v1/members", credential, nil).Want(t, 200)
		srv.Do(t, "GET", "/api/v1/members/"+other.OwnerMemberID, credential, nil).Want(t, 404)
		srv.Operate(t, "GET", "/operator/v1/whoami", credential, nil).Want(t, 401)
		srv.Operate(t, "GET", "/operator/v1/accounts", credential, nil).Want(t, 401)
		srv.Do(t, "GET", "/api/v1/whoami", key, nil).Want(t, 401)
		srv.Do(t, "GET", "/api/v1/whoami", credential[:len(credential)-1]+"x", nil).Want(t, 401)
		if d := srv.Do(t, "GET", supportAccess, credential, nil).Want(t, 200).Data(t)["sessions"].([]any); len(d) != 1 || d[0].(map[string]any)["person"] != "Dana Example" {
			t.Errorf("the sessions: %v", d)
		}

		// Granting again replaces the grant, and ends what was opened with it. Ending takes effect on the next request.
		srv.Do(t, "POST", supportAccess, srv.Key, nil).Want(t, 201)
		srv.Do(t, "GET", "/api/v1/whoami", credential, nil).Want(t, 401)
		credential, _ = srv.OpenSupport(t)
		srv.Do(t, "GET", "/api/v1/whoami", credential, nil).Want(t, 200)
		srv.Do(t, "DELETE", supportAccess, srv.Key, nil).Want(t, 200)
		srv.Do(t, "GET", "/api/v1/whoami", credential, nil).Want(t, 401)
		openSupport(t, srv, srv.AccountID, key).Want(t, 403)

		// The operator ends a session, and revoking the operator key does, too.
		credential, _ = srv.Support(t, "read")
		id := srv.Operate(t, "GET", "/operator/v1/accounts/"+srv.AccountID+"/support-access", reads, nil).Want(t, 200).Data(t)["sessions"].([]any)[0].(map[string]any)["id"]
		srv.Operate(t, "DELETE", fmt.Sprintf("/operator/v1/accounts/%s/support-sessions/%s", other.AccountID, id), key, nil).Want(t, 404)
		srv.Operate(t, "DELETE", fmt.Sprintf("/operator/v1/accounts/%s/support-sessions/%s", srv.AccountID, id), key, nil).Want(t, 200)
		srv.Do(t, "GET", "/api/v1/whoami", credential, nil).Want(t, 401)
		credential = openSupport(t, srv, srv.AccountID, key).Want(t, 201).Data(t)["credential"].(string)
		srv.Do(t, "GET", "/api/v1/whoami", credential, nil).Want(t, 200)
		revoked := srv.Operate(t, "GET", "/operator/v1/whoami", key, nil).Want(t, 200).Data(t)["id"].(string)
		if _, err := srv.Node.Operator().RevokeKey(t.Context(), operator.Program, revoked); err != nil {
			t.Fatal(err)
		}
		srv.Do(t, "GET", "/api/v1/whoami", credential, nil).Want(t, 401)

		// A suspended account is closed for support, too.
		write := srv.OperatorKey(t, "write")
		credential = openSupport(t, srv, srv.AccountID, write).Want(t, 201).Data(t)["credential"].(string)
		srv.Operate(t, "POST", "/operator/v1/accounts/"+srv.AccountID+"/suspend", write, nil).Want(t, 200)
		srv.Do(t, "GET", "/api/v1/whoami", credential, nil).Want(t, 403)
		openSupport(t, srv, srv.AccountID, write).Want(t, 403)
		srv.Operate(t, "POST", "/operator/v1/accounts/"+srv.AccountID+"/resume", write, nil).Want(t, 200)
		srv.Do(t, "GET", "/api/v1/whoami", credential, nil).Want(t, 200)
	}, rafftest.WithOperator())
}

// Support access and its sessions end by themselves, exactly, and that is recorded once.
func TestSupportAccessExpires(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		srv.Do(t, "POST", supportAccess, srv.Key, map[string]any{"hours": 2}).Want(t, 201)
		short, _ := srv.OpenSupport(t)
		srv.Advance(59 * time.Minute)
		srv.Do(t, "GET", "/api/v1/members", short, nil).Want(t, 200)
		srv.Advance(time.Minute)
		srv.Do(t, "GET", "/api/v1/members", short, nil).Want(t, 401)
		until := srv.Operate(t, "POST", "/operator/v1/accounts/"+srv.AccountID+"/support-sessions", srv.OperatorKey(t, "write"),
			map[string]any{"person": "Eve Example", "reason": "Ticket 4712", "minutes": 720}).Want(t, 201).Data(t)
		srv.Do(t, "GET", "/api/v1/members", until["credential"].(string), nil).Want(t, 200)
		srv.Advance(time.Hour)
		srv.Do(t, "GET", "/api/v1/members", until["credential"].(string), nil).Want(t, 401)
		if d := srv.Do(t, "GET", supportAccess, srv.Key, nil).Want(t, 200).Data(t); d["grant"] != nil || len(d["sessions"].([]any)) > 0 {
			t.Errorf("after it expired: %v", d)
		}
		for range 2 {
			if err := srv.Node.Service().ExpireSupport(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		for _, action := range []string{"support_session.ended", "support_access.expired"} {
			found := srv.Do(t, "GET", "/api/v1/audit-events?action="+action, srv.Key, nil).Want(t, 200).JSON(t)["data"].([]any)
			if action == "support_access.expired" && (len(found) != 1 || found[0].(map[string]any)["actor_id"] != "system") {
				t.Errorf("%s: %v", action, found)
			}
		}
		srv.Do(t, "POST", supportAccess, srv.Key, nil).Want(t, 201)
	}, rafftest.WithOperator())
}

// What is out of reach although support may change members, roles and projects.
func TestOutOfReachOfSupport(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		memberRole, adminRole, viewer := srv.RoleID(t, "account", "member"), srv.RoleID(t, "account", "admin"), srv.RoleID(t, "project", "viewer")
		keyID, _ := srv.NewKeyID(t, "Bot", memberRole)
		bareKey, _ := srv.NewKeyID(t, "Bare", "")
		f := &fixture{srv: srv}
		keyMember := f.memberOfKey(t, keyID)
		seat := f.make(t, "/api/v1/projects/"+srv.ProjectID+"/members", map[string]any{"api_key_id": keyID, "role_id": viewer})
		boss, _ := srv.NewMember(t, "boss@example.com", "Boss", adminRole)
		bob, bobUser := srv.NewMember(t, "bob@example.com", "Bob", memberRole)
		custom := f.make(t, "/api/v1/roles", map[string]any{"name": "Desk", "slug": "desk", "scope": "account", "permissions": []string{"account.members.view"}})
		invited := f.make(t, "/api/v1/invitations", map[string]any{"email": "carol@example.com", "role_id": memberRole})
		projects := "/api/v1/projects/" + srv.ProjectID + "/members"
		strong, strongUser := srv.NewMember(t, "dave@example.com", "Dave", memberRole)
		f.make(t, projects, map[string]any{"target_user_id": strongUser, "role_id": srv.RoleID(t, "project", "project-admin")})
		makers := f.make(t, "/api/v1/roles", map[string]any{"name": "Makers", "slug": "makers", "scope": "account", "permissions": []string{"account.members.view", "account.apikeys.create"}})
		srv.NewMember(t, "erin@example.com", "Erin", makers)
		bots := f.make(t, "/api/v1/roles", map[string]any{"name": "Bots", "slug": "bots", "scope": "account", "permissions": []string{"account.members.view", "account.roles.view"}})
		srv.NewKeyID(t, "Second bot", bots)
		support, _ := srv.Support(t, "write")

		for _, x := range []struct {
			what, method, path string
			body               any
			status             int
			code               string
		}{
			{"invite an Admin", "POST", "/api/v1/members", map[string]any{"email": "eve@example.com", "role_id": adminRole}, 403, "escalation_denied"},
			{"make somebody an Admin", "PATCH", "/api/v1/members/" + bob, map[string]any{"role_id": adminRole}, 403, "escalation_denied"},
			{"demote an Admin", "PATCH", "/api/v1/members/" + boss, map[string]any{"role_id": memberRole}, 403, "target_dominates"},
			{"remove an Admin", "DELETE", "/api/v1/members/" + boss, nil, 403, "target_dominates"},
			{"suspend somebody with a strong project role", "PATCH", "/api/v1/members/" + strong, map[string]any{"status": "suspended"}, 403, "target_dominates"},
			{"remove somebody with a strong project role", "DELETE", "/api/v1/members/" + strong, nil, 403, "target_dominates"},
			{"weaken the role of somebody who makes keys", "PATCH", "/api/v1/roles/" + makers, map[string]any{"remove_permissions": []string{"account.apikeys.create"}}, 403, "target_dominates"},
			{"weaken the role of a key", "PATCH", "/api/v1/roles/" + bots, map[string]any{"remove_permissions": []string{"account.roles.view"}}, 403, "support_out_of_reach"},
			{"strengthen the role of a key", "PATCH", "/api/v1/roles/" + bots, map[string]any{"add_permissions": []string{"account.roles.manage"}}, 403, "support_out_of_reach"},
			{"remove the Owner", "DELETE", "/api/v1/members/" + srv.OwnerMemberID, nil, 403, "owner_protected"},
			{"a role that manages members", "POST", "/api/v1/roles", map[string]any{"name": "X", "slug": "x", "scope": "account", "permissions": []string{"account.members.manage"}}, 403, "escalation_denied"},
			{"a role that makes keys", "PATCH", "/api/v1/roles/" + custom, map[string]any{"add_permissions": []string{"account.apikeys.create"}}, 403, "escalation_denied"},
			{"a project role with more", "POST", "/api/v1/roles", map[string]any{"name": "Y", "slug": "y", "scope": "project", "permissions": []string{"vm.delete"}}, 403, "escalation_denied"},
			{"a strong project role", "POST", projects, map[string]any{"target_user_id": bobUser, "role_id": srv.RoleID(t, "project", "project-admin")}, 403, "escalation_denied"},
			{"a role for a key", "POST", "/api/v1/members", map[string]any{"api_key_id": bareKey, "role_id": memberRole}, 403, "support_out_of_reach"},
			{"a project role for a key", "POST", projects, map[string]any{"api_key_id": bareKey, "role_id": viewer}, 403, "support_out_of_reach"},
			{"suspend a key", "PATCH", "/api/v1/members/" + keyMember, map[string]any{"status": "suspended"}, 403, "support_out_of_reach"},
			{"remove a key's role", "DELETE", "/api/v1/members/" + keyMember, nil, 403, "support_out_of_reach"},
			{"remove a key from a project", "DELETE", projects + "/" + seat, nil, 403, "support_out_of_reach"},
			{"the link of an invitation", "POST", "/api/v1/invitations/" + invited + "/link", nil, 403, "support_out_of_reach"},
			{"an external id of a key", "PUT", "/api/v1/external-ids", map[string]any{"kind": "api_key", "source": "crm", "id": "1", "object_id": keyID}, 403, "permission_denied"},
			{"the name of the account", "PATCH", "/api/v1/account", map[string]any{"name": "Mine"}, 403, "permission_denied"},
			{"the policy", "PATCH", "/api/v1/account", map[string]any{"grant_policy": "strict"}, 403, "permission_denied"},
			{"the second factor", "PATCH", "/api/v1/account", map[string]any{"require_second_factor": false}, 403, "permission_denied"},
			{"more support access", "POST", supportAccess, map[string]any{"hours": 168}, 403, "permission_denied"},
			{"the Default project", "DELETE", "/api/v1/projects/" + srv.ProjectID, nil, 409, "default_project"},
		} {
			if e := srv.Do(t, x.method, x.path, support, x.body); e.Status != x.status || e.JSON(t)["code"] != x.code {
				t.Errorf("%s: %d %s, want %d %s", x.what, e.Status, e.Body, x.status, x.code)
			}
		}
		// Removing somebody leaves the keys alone whose secret they were shown.
		alice := srv.RoleID(t, "account", "member")
		keeper := f.make(t, "/api/v1/roles", map[string]any{"name": "Keys", "slug": "keys", "scope": "account", "permissions": []string{"account.apikeys.create"}})
		member, _ := srv.NewMember(t, "alice@example.com", "Alice", keeper)
		cookie := srv.SignIn(t, "alice@example.com")
		made := srv.Do(t, "POST", "/api/v1/api-keys", cookie, map[string]any{"name": "Alice's"}).Want(t, 201).Data(t)["id"].(string)
		srv.Do(t, "PATCH", "/api/v1/members/"+member, srv.Key, map[string]any{"role_id": alice}).Want(t, 200)
		srv.Do(t, "DELETE", "/api/v1/members/"+member, support, nil).Want(t, 200)
		if srv.Do(t, "GET", "/api/v1/api-keys/"+made, srv.Key, nil).Want(t, 200).Data(t)["is_active"] != true {
			t.Error("support disabled an API key")
		}
	}, rafftest.WithOperator())
}

// Every act of support is in the log of the account, with the person and for whom they acted, and sessions also in the operator's.
func TestSupportIsLogged(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		support, _ := srv.Support(t, "write")
		srv.Do(t, "POST", "/api/v1/members", support, map[string]any{"email": "bob@example.com", "role_id": srv.RoleID(t, "account", "member")}).Want(t, 201)
		srv.Do(t, "DELETE", supportAccess, srv.Key, nil).Want(t, 200)
		log := func(events rafftest.Response) (actions []string, by map[string]map[string]any) {
			by = map[string]map[string]any{}
			for _, row := range events.Want(t, 200).JSON(t)["data"].([]any) {
				e := row.(map[string]any)
				if action := e["action"].(string); strings.HasPrefix(action, "support_") || action == "member.invited" || e["actor_type"] == "support" {
					actions, by[action] = append(actions, action), e
				}
			}
			return actions, by
		}
		actions, by := log(srv.Do(t, "GET", "/api/v1/audit-events?limit=50", srv.Key, nil))
		if len(actions) != 4 || by["support_access.granted"] == nil || by["support_access.ended"] == nil || by["support_session.opened"] == nil {
			t.Fatalf("the log of the account: %v", actions)
		}
		for action, e := range by {
			behalf, _ := e["on_behalf_of"].(map[string]any)
			if ours := !strings.HasPrefix(action, "support_access"); (e["actor_type"] == "support") != ours || (behalf != nil) != ours {
				t.Errorf("%s: %v", action, e)
			} else if ours && (e["actor_name"] != "Dana Example" || behalf["id"] != srv.AccountID || behalf["granted_by"] != "Owner key") {
				t.Errorf("%s: %v", action, e)
			}
		}
		key := by["support_session.opened"]["actor_id"].(string)
		if d := by["support_session.opened"]["details"].(map[string]any); d["reason"] != "Ticket 4711" || d["operator_key"] != "support key" || d["level"] != "write" {
			t.Errorf("the session: %v", d)
		}
		if n := srv.Do(t, "GET", "/api/v1/audit-events?actor="+key, srv.Key, nil).Want(t, 200).JSON(t)["total"]; n != 2.0 {
			t.Errorf("%v events by this operator key", n)
		}
		actions, by = log(srv.Operate(t, "GET", "/operator/v1/audit-events", srv.OperatorKey(t, "read"), nil))
		if len(actions) != 3 || by["support_session.opened"]["actor_id"] != key || by["support_session.opened"]["target_id"] != srv.AccountID {
			t.Errorf("the operator's log: %v, %v", actions, by)
		}
	}, rafftest.WithOperator())
}
