package tfprovider

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"raff/internal/rafftest"
)

// foreignState is a state with these resources, written by a provider of another publisher that uses the older SDK: with
// version 0, empty strings for unset attributes, and its own attributes.
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

// After terraform state replace-provider, a state of another provider with the same resources has an empty plan, with and
// without a refresh.
func TestStateOfAnotherProviderIsMigrated(t *testing.T) {
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
	w.run("state", "replace-provider", "-auto-approve", "registry.terraform.io/example/raff", w.host()+"/raff/raff")
	if plan := w.run("plan", "-refresh=false"); strings.Contains(plan, "must be replaced") {
		t.Errorf("the plan without a refresh replaces resources:\n%s", plan)
	}
	if plan := w.run("plan"); !strings.Contains(plan, "No changes") {
		t.Errorf("the plan is not empty:\n%s", plan)
	}
	w.settles()
	if got := memberOf(t, srv, "bob@example.com"); got != bob {
		t.Errorf("bob was %s and is now %s", bob, got)
	}
}

// host is the default registry of the program.
func (w *workspace) host() string {
	if w.openTofu() {
		return "registry.opentofu.org"
	}
	return "registry.terraform.io"
}

// Resources of another provider can be moved to this one with moved blocks, under other names, without any changes.
func TestMovedFromAnotherProvider(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	basic := srv.RoleID(t, "account", "member")
	alice := srv.Invite(t, "alice@example.com", basic)
	bob, bobUser := srv.NewMember(t, "bob@example.com", "Bob", basic)
	w := program(t, inBlock+
		member("alice", basic, `email = "alice@example.com"`)+member("bob", basic, fmt.Sprintf("target_user_id = %q", bobUser))+`
moved {
  from = raff_member.first
  to   = raff_member.alice
}

moved {
  from = raff_member.second
  to   = raff_member.bob
}
`, on(srv)...)
	foreignState(t, w, map[string]map[string]any{
		"raff_member.first":  {"id": alice, "email": "alice@example.com", "target_user_id": "", "api_key_id": "", "role_id": basic, "role_name": "Member", "status": "pending"},
		"raff_member.second": {"id": bob, "email": "bob@example.com", "target_user_id": bobUser, "api_key_id": "", "role_id": basic, "status": "active"},
	})
	// Terraform needs the schemas of the moved resources, so the other provider must be installed, too. OpenTofu looks for it
	// in its own registry, although the state has the address in Terraform's registry.
	w.write("settings.tfrc", fmt.Sprintf("provider_installation {\n  dev_overrides {\n    \"raff/raff\" = %q\n    \"%s/example/raff\" = %q\n  }\n  direct {}\n}\n", w.dir, w.host(), w.dir))
	plan := w.run("plan")
	if strings.Contains(plan, "will be created") || strings.Contains(plan, "must be replaced") || !strings.Contains(plan, "Plan: 0 to add, 0 to change, 0 to destroy") {
		t.Errorf("the plan has changes other than moves:\n%s", plan)
	}
	w.settles()
	for address, id := range map[string]string{"raff_member.alice": alice, "raff_member.bob": bob} {
		if got := w.attribute(address, "id"); got != id {
			t.Errorf("%s was %s and is now %s", address, id, got)
		}
	}
}

// A moved block cannot turn an account membership into a project membership.
func TestMovedToAnotherType(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	w := program(t, inBlock+member("alice", srv.RoleID(t, "account", "member"), `email = "alice@example.com"`), on(srv)...)
	w.settles()
	id := w.attribute("raff_member.alice", "id")
	w.write("main.tf", required+inBlock+project("Web")+fmt.Sprintf(`
moved {
  from = raff_member.alice
  to   = raff_project_member.alice
}
resource "raff_project_member" "alice" {
  project_id = raff_project.p.id
  email      = "alice@example.com"
  role_id    = %q
}
`, srv.RoleID(t, "project", "viewer")))
	if out := flat(w.fails("plan")); !strings.Contains(out, "raff_member cannot become a raff_project_member") {
		t.Errorf("the plan does not explain the error:\n%s", out)
	}
	if now := memberOf(t, srv, "alice@example.com"); now != id {
		t.Errorf("alice was %s and is now %s", id, now)
	}
}
