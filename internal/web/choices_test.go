package web_test

import (
	"fmt"
	"html"
	"net/url"
	"strings"
	"testing"

	"raff/internal/rafftest"
	"raff/internal/team"
)

// Lists to choose from show the first rows; a finder chooses any other by its name.
func TestFindersChooseFromAll(t *testing.T) {
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
	for path, finders := range map[string][]string{
		"/members":                      {"find.role.role"},
		"/members/" + bob:               {"find.role_id.account-role", "find.project_id.project", "find.role_id.project-role"},
		"/invitations":                  {"find.project.project"},
		"/invitations/new":              {"find.role_id.account-role", "find.project.project"},
		"/keys/new":                     {"find.role_id.account-role", "find.project_role_id.project-role", "find.+project_id.project"},
		"/projects/" + project:          {"find.api_key_id.key", "find.role_id.project-role"},
		"/projects/" + project + "/add": {"find.role_id.project-role"},
		"/roles/" + role + "/delete":    {"find.role_id.account-role"},
		"/audit":                        {"find.project.project"},
	} {
		p := b.open(t, path).shows(t, 200)
		for _, name := range finders {
			if !strings.Contains(p.source, `name="`+html.EscapeString(name)+`"`) && !strings.Contains(p.source, `name="`+name+`"`) {
				t.Errorf("%s has no field %s", path, name)
			}
			if found := b.open(t, "/find?"+url.Values{name: {"zeb"}}.Encode()); !strings.Contains(found.source, "Zebra ") {
				t.Errorf("%s suggests %s", name, found.source)
			}
		}
		if n := strings.Count(p.source, "Crew ") + strings.Count(p.source, "Site "); n > 500 {
			t.Errorf("%s lists too much: %d", path, n)
		}
	}
	b.open(t, "/roles").shows(t, 200, "1–50 of", "Next page")
	b.open(t, "/roles?q=zeb").shows(t, 200, "Zebra role", "Zebra hand")
	b.open(t, "/roles?from=2000").shows(t, 200, "Zebra role", "First page")
	b.open(t, "/members?find.role.role=zebra+role").shows(t, 200, "bob@example.com", "1 person").lacks(t, "carol@example.com")
	b.open(t, "/audit?find.project.project=Zebra+project").shows(t, 200, "In Zebra project")
	b.open(t, "/audit?find.project.project=Giraffe").shows(t, 200, "There is no project with this name")
	b.open(t, "/invitations?find.project.project=Zebra+project").shows(t, 200, "Zebra project")

	form := b.open(t, "/invitations/new")
	form.submitTo(t, "/invitations", "emails", "dave@example.com", "find.role_id.account-role", "Zebra role").shows(t, 200, "dave@example.com")
	b.open(t, "/members?role="+role).shows(t, 200, "dave@example.com")
	admin := srv.RoleID(t, "account", "admin")
	form.submitTo(t, "/invitations", "emails", "erin@example.com", "role_id", admin, "find.role_id.account-role", "No such role").
		shows(t, 400, "There is no role with this name")
	b.open(t, "/projects/"+project).submitTo(t, "/projects/"+project+"/keys", "find.api_key_id.key", "Zebra bot", "find.role_id.project-role", "Zebra hand").
		shows(t, 200, "Zebra bot", "Zebra hand")
	b.open(t, "/members/"+bob).submitTo(t, "/members/"+bob+"/projects", "find.project_id.project", "Zebra project", "find.role_id.project-role", "Zebra hand").
		shows(t, 200, "Zebra project", "Zebra hand")
}
