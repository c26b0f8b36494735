package httpapi_test

import (
	"fmt"
	"slices"
	"testing"

	"raff/internal/rafftest"
)

// With projects=true, members have their project memberships, of those projects whose members the caller may view.
func TestMembersWithTheirProjects(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		member, viewer, operator := srv.RoleID(t, "account", "member"), srv.RoleID(t, "project", "viewer"), srv.RoleID(t, "project", "operator")
		project := func(name string) string {
			return srv.Do(t, "POST", "/api/v1/projects", srv.Key, map[string]any{"name": name}).Want(t, 201).Data(t)["id"].(string)
		}
		shop, docs := project("web shop"), project("Docs")
		alice := srv.Do(t, "POST", "/api/v1/members", srv.Key, map[string]any{"email": "alice@example.com", "role_id": member, "projects": []map[string]any{
			{"project_id": shop, "role_id": operator}, {"project_id": docs, "role_id": viewer},
		}}).Want(t, 201).Data(t)["id"].(string)
		srv.Invite(t, "bob@example.com", member)
		looks := srv.Do(t, "POST", "/api/v1/roles", srv.Key, map[string]any{"name": "Looks", "slug": "looks", "scope": "account", "permissions": []string{"account.members.view"}}).Want(t, 201).Data(t)["id"].(string)
		keyID, key := srv.NewKeyID(t, "looks", looks)
		read := func(key, path string) (all []string) {
			t.Helper()
			one := func(m map[string]any) {
				in, _ := m["projects"].([]any)
				for _, p := range in {
					p := p.(map[string]any)
					if p["member_id"] == "" || p["status"] != "pending" && p["status"] != "active" || p["role_name"] == "" || p["role_id"] == "" || p["project_id"] == "" {
						t.Errorf("%v", p)
					}
					all = append(all, fmt.Sprint(m["email"], " ", p["project_name"], " ", p["role"]))
				}
			}
			switch data := srv.Do(t, "GET", path, key, nil).Want(t, 200).JSON(t)["data"].(type) {
			case []any:
				for _, m := range data {
					one(m.(map[string]any))
				}
			case map[string]any:
				one(data)
			}
			return all
		}
		want := func(key, path string, want ...string) {
			t.Helper()
			if got := read(key, path); !slices.Equal(got, want) {
				t.Errorf("%s: %q, want %q", path, got, want)
			}
		}
		inDocs, inShop, keyInDocs := "alice@example.com Docs viewer", "alice@example.com web shop operator", keyID+"@api-key.invalid Docs viewer"
		want(srv.Key, "/api/v1/members?projects=true", inDocs, inShop)
		want(srv.Key, "/api/v1/members/"+alice+"?projects=true", inDocs, inShop)
		want(srv.Key, "/api/v1/members")
		want(srv.Key, "/api/v1/members?projects=false")
		want(key, "/api/v1/members?projects=true")
		srv.Do(t, "POST", "/api/v1/projects/"+docs+"/members", srv.Key, map[string]any{"api_key_id": keyID, "role_id": viewer}).Want(t, 201)
		want(key, "/api/v1/members?projects=true", inDocs, keyInDocs)
		want(key, "/api/v1/members/"+alice+"?projects=true", inDocs)
		want(srv.Key, "/api/v1/members?projects=true&principal_type=api_key", keyInDocs)
		srv.Do(t, "GET", "/api/v1/members?projects=yes", srv.Key, nil).Want(t, 400)
	})
}
