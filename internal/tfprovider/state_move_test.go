package tfprovider

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"raff/internal/rafftest"
)

// foreignState is a state in which a provider of another publisher wrote these resources, the way those of the older SDK
// do: version 0, empty text for what is not set, and attributes of its own.
func foreignState(t *testing.T, w *workspace, resources map[string]map[string]any) {
	t.Helper()
	rows := []any{}
	for address, attributes := range resources {
		typeName, name, _ := strings.Cut(address, ".")
		attributes["account_slug"] = "acme"
		rows = append(rows, map[string]any{
			"mode": "managed", "type": typeName, "name": name, "provider": `provider["registry.terraform.io/example/raff"]`,
			"instances": []any{map[string]any{"schema_version": 0, "attributes": attributes}},
		})
	}
	text, err := json.Marshal(map[string]any{
		"version": 4, "terraform_version": "1.9.0", "serial": 3, "lineage": "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b", "outputs": map[string]any{}, "resources": rows,
	})
	if err != nil {
		t.Fatal(err)
	}
	w.write("terraform.tfstate", string(text))
}

// A state of another provider with the same resources becomes one of this by terraform state replace-provider, and the
// plan is empty: with a refresh and without.
func TestStateOfAnotherProviderIsTakenOver(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	basic, viewer := srv.RoleID(t, "account", "member"), srv.RoleID(t, "project", "viewer")
	alice := srv.Invite(t, "alice@example.com", basic)
	bob, bobUser := srv.NewMember(t, "bob@example.com", "Bob", basic)
	_, carol := srv.NewMember(t, "carol@example.com", "Carol", basic)
	key, secret := srv.NewKeyID(t, "ci", basic)
	web := newProject(t, srv, "Web")
	grant := srv.Do(t, "POST", "/api/v1/projects/"+web+"/members", srv.Key, map[string]string{"target_user_id": carol, "role_id": viewer}).Want(t, 201).Data(t)["id"].(string)
	role := srv.Do(t, "POST", "/api/v1/roles", srv.Key, map[string]any{
		"name": "Auditor", "slug": "auditor", "scope": "account", "permissions": []string{"account.audit.view"},
	}).Want(t, 201).Data(t)["id"].(string)
	w := program(t, inBlock+
		member("alice", basic, `email = "alice@example.com"`)+
		member("bob", basic, fmt.Sprintf("target_user_id = %q", bobUser), `status = "active"`)+fmt.Sprintf(`
resource "raff_project_member" "carol" {
  project_id     = %q
  target_user_id = %q
  role_id        = %q
}

resource "raff_api_key" "ci" {
  name = "ci"
}

resource "raff_role" "auditor" {
  name        = "Auditor"
  slug        = "auditor"
  scope       = "account"
  permissions = ["account.audit.view"]
}

resource "raff_project" "web" {
  name = "Web"
}
`, web, carol, viewer), on(srv)...)
	foreignState(t, w, map[string]map[string]any{
		"raff_member.alice":         {"id": alice, "email": "alice@example.com", "target_user_id": "", "api_key_id": "", "role_id": basic, "role_name": "Member", "status": "pending"},
		"raff_member.bob":           {"id": bob, "email": "bob@example.com", "target_user_id": bobUser, "api_key_id": "", "role_id": basic, "status": "active"},
		"raff_project_member.carol": {"id": grant, "project_id": web, "email": "carol@example.com", "target_user_id": carol, "role_id": viewer, "status": "active"},
		"raff_api_key.ci":           {"id": key, "name": "ci", "secret": secret, "key_prefix": secret[:13], "is_active": true, "expires_at": "", "rate_limit_tier": "standard"},
		"raff_role.auditor":         {"id": role, "name": "Auditor", "slug": "auditor", "scope": "account", "permissions": []string{"account.audit.view"}, "is_system": false},
		"raff_project.web":          {"id": web, "name": "Web", "slug": "web", "is_default": false},
	})
	host := "registry.terraform.io"
	if w.openTofu() {
		host = "registry.opentofu.org"
	}
	w.run("state", "replace-provider", "-auto-approve", "registry.terraform.io/example/raff", host+"/raff/raff")
	if plan := w.run("plan", "-refresh=false"); strings.Contains(plan, "must be replaced") {
		t.Errorf("without a refresh something is replaced:\n%s", plan)
	}
	if plan := w.run("plan"); !strings.Contains(plan, "No changes") {
		t.Errorf("the plan is not empty:\n%s", plan)
	}
	w.settles()
	if got := memberOf(t, srv, "bob@example.com"); got != bob {
		t.Errorf("bob was %s and is now %s", bob, got)
	}
}
