package authzen_test

import (
	"fmt"
	"slices"
	"testing"

	"raff/internal/rafftest"
)

// The preview of a change of a role agrees with decisions about everyone before and after the change.
func TestRolePreviewAgreesWithDecisions(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		role := srv.Do(t, "POST", "/api/v1/roles", srv.Key, map[string]any{
			"name": "Deployer", "slug": "deployer", "scope": "project", "permissions": []string{"vm.view", "vm.create"},
		}).Want(t, 201).Data(t)["id"].(string)
		second := srv.Do(t, "POST", "/api/v1/projects", srv.Key, map[string]any{"name": "Second"}).Want(t, 201).Data(t)["id"].(string)
		join := func(project string, who map[string]any) string {
			who["role_id"] = role
			return srv.Do(t, "POST", "/api/v1/projects/"+project+"/members", srv.Key, who).Want(t, 201).Data(t)["id"].(string)
		}
		member := srv.RoleID(t, "account", "member")
		var subjects []string
		person := func(name string) (account, user string) {
			account, user = srv.NewMember(t, name+"@example.com", name, member)
			subjects = append(subjects, user)
			return account, user
		}
		_, bob := person("bob")
		join(srv.ProjectID, map[string]any{"target_user_id": bob})
		join(second, map[string]any{"target_user_id": bob})
		// Nothing changes for those who are suspended in the project or in the account, or who are pending.
		_, idle := person("idle")
		srv.Do(t, "PATCH", "/api/v1/projects/"+srv.ProjectID+"/members/"+join(srv.ProjectID, map[string]any{"target_user_id": idle}), srv.Key, map[string]any{"status": "suspended"}).Want(t, 200)
		away, gone := person("away")
		join(second, map[string]any{"target_user_id": gone})
		srv.Do(t, "PATCH", "/api/v1/members/"+away, srv.Key, map[string]any{"status": "suspended"}).Want(t, 200)
		srv.Do(t, "POST", "/api/v1/projects/"+second+"/invitations", srv.Key, map[string]any{"email": "carol@example.com", "role_id": role}).Want(t, 201)
		subjects = append(subjects, "carol@example.com")
		works, _ := srv.NewKeyID(t, "works", "")
		join(second, map[string]any{"api_key_id": works})
		off, _ := srv.NewKeyID(t, "off", "")
		join(second, map[string]any{"api_key_id": off})
		srv.Do(t, "PATCH", "/api/v1/api-keys/"+off, srv.Key, map[string]any{"is_active": false}).Want(t, 200)
		subjects = append(subjects, "key "+works, "key "+off)

		type state map[string]bool // of subject, project and permission
		names := []string{"vm.view", "vm.create", "vm.delete", "vm.power"}
		look := func() state {
			s := state{}
			for _, who := range subjects {
				for _, project := range []string{srv.ProjectID, second} {
					for _, name := range names {
						allowed, _ := ask(t, srv, srv.Key, body(who, name, "project", project))
						s[who+" "+project+" "+name] = allowed
					}
				}
			}
			return s
		}
		change := map[string]any{"add_permissions": []string{"vm.delete"}, "remove_permissions": []string{"vm.create"}}
		p := srv.Do(t, "POST", "/api/v1/roles/"+role+"/preview", srv.Key, change).Want(t, 200).Data(t)
		before := look()
		srv.Do(t, "PATCH", "/api/v1/roles/"+role, srv.Key, change).Want(t, 200)
		after := look()
		var want, got []string
		for k := range before {
			if before[k] != after[k] {
				want = append(want, fmt.Sprint(k, " ", after[k]))
			}
		}
		for _, c := range p["changes"].([]any) {
			c := c.(map[string]any)
			who := bob
			if c["principal_type"] == "api_key" {
				who = "key " + works
			}
			for field, now := range map[string]bool{"gains": true, "loses": false} {
				for _, name := range c[field].([]any) {
					got = append(got, fmt.Sprint(who, " ", c["project_id"], " ", name, " ", now))
				}
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		if len(want) == 0 || !slices.Equal(got, want) {
			t.Errorf("preview\n%v\ndecisions\n%v", got, want)
		}
		if fmt.Sprint(p["people"], p["api_keys"], p["total"], p["unchanged"], p["added"], p["removed"]) != "1 1 3 4 [vm.delete] [vm.create]" {
			t.Errorf("totals: %v", p)
		}
		// Nothing changes without a difference, and system roles can be compared although they cannot be changed.
		p = srv.Do(t, "POST", "/api/v1/roles/"+role+"/preview", srv.Key, map[string]any{"add_permissions": []string{"vm.delete"}}).Want(t, 200).Data(t)
		if p["total"] != 0.0 || p["unchanged"] != 7.0 {
			t.Errorf("no change: %v", p)
		}
		p = srv.Do(t, "POST", "/api/v1/roles/"+member+"/preview", srv.Key, map[string]any{"add_permissions": []string{"account.audit.view"}}).Want(t, 200).Data(t)
		if p["people"] != 2.0 || p["unchanged"] != 1.0 {
			t.Errorf("Member: %v", p)
		}
		// A permission that implies others also adds and removes those.
		p = srv.Do(t, "POST", "/api/v1/roles/"+member+"/preview", srv.Key, map[string]any{"add_permissions": []string{"account.members.manage"}}).Want(t, 200).Data(t)
		if fmt.Sprint(p["added"]) != "[account.members.manage account.decisions.evaluate account.decisions.explain]" && len(p["added"].([]any)) != 3 {
			t.Errorf("implied: %v", p)
		}
	})
}
