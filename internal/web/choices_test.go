package web_test

import (
	"fmt"
	"testing"

	"raff/internal/rafftest"
	"raff/internal/team"
)

// Lists to choose from are complete, even with more roles, projects and API keys than the largest page of the API has.
func TestListsToChooseFromAreComplete(t *testing.T) {
	quotas := team.DefaultQuotas()
	quotas.Roles = 5000
	srv := house(t, rafftest.WithQuotas(quotas), rafftest.Quiet())
	create := func(path string, body map[string]any) (id string) {
		t.Helper()
		return srv.Do(t, "POST", path, srv.Key, body).Want(t, 201).Data(t)["id"].(string)
	}
	newRole := func(name, scope, permission string) string {
		return create("/api/v1/roles", map[string]any{"name": name, "slug": team.SlugOf(name), "scope": scope, "permissions": []string{permission}})
	}
	member := srv.RoleID(t, "account", "member")
	for i := range 1001 {
		newRole(fmt.Sprintf("Crew %d", i), "account", "account.projects.view")
		newRole(fmt.Sprintf("Hand %d", i), "project", "project.members.view")
		create("/api/v1/projects", map[string]any{"name": fmt.Sprintf("Site %d", i)})
		create("/api/v1/api-keys", map[string]any{"name": fmt.Sprintf("Bot %d", i), "role_id": member})
	}
	role := newRole("Zebra role", "account", "account.projects.view")
	newRole("Zebra hand", "project", "project.members.view")
	project := create("/api/v1/projects", map[string]any{"name": "Zebra project"})
	create("/api/v1/api-keys", map[string]any{"name": "Zebra bot", "role_id": member})
	bob, _ := srv.NewMember(t, "bob@example.com", "Bob", role)
	srv.Invite(t, "carol@example.com", member)

	b := signIn(t, srv, "owner@example.com")
	for path, names := range map[string][]string{
		"/roles":                        {"Zebra role", "Zebra hand"},
		"/members":                      {"Zebra role", "Zebra hand"},
		"/members/" + bob:               {"Zebra role", "Zebra hand", "Zebra project"},
		"/invitations":                  {"Zebra project"},
		"/invitations/new":              {"Zebra role", "Zebra project"},
		"/keys/new":                     {"Zebra role", "Zebra hand"},
		"/projects/" + project:          {"Zebra bot", "Zebra hand"},
		"/projects/" + project + "/add": {"Zebra hand"},
		"/roles/" + role + "/delete":    {"Crew 1000"},
		"/audit":                        {"Zebra project"},
	} {
		b.open(t, path).shows(t, 200, names...)
	}
}
