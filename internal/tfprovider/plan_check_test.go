package tfprovider

import (
	"fmt"
	"strings"
	"testing"

	"raff/internal/rafftest"
)

// Errors that can be known during plan are reported during plan.
func TestRefusedAtPlan(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	basic := srv.RoleID(t, "account", "member")
	srv.Invite(t, "alice@example.com", basic)
	srv.Do(t, "POST", "/api/v1/projects", srv.Key, map[string]string{"name": "Shop"}).Want(t, 201)
	srv.Do(t, "POST", "/api/v1/roles", srv.Key, map[string]any{
		"name": "Looker", "slug": "looker", "scope": "account", "permissions": []string{"account.members.view"},
	}).Want(t, 201)
	view := []string{"account.members.view"}
	for _, c := range []struct{ hcl, words string }{
		{member("m", basic, `email = "Alice@example.com"`), "raff_member.NAME"},
		{member("m", basic, `email = "owner@example.com"`), "The Owner cannot be added as a member"},
		{member("m", basic, `email = "a@example..com"`), "must be a single email address"},
		{member("m", basic, `email = "a@b@example.com"`), "must be a single email address"},
		{member("m", basic, `target_user_id = "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"`), "No such user"},
		{project("shop"), "to = raff_project.NAME"},
		{project("  "), "Not plain text"},
		{project("P "), "name ends with a space. Remove it."},
		{project(" P"), "name starts with a space. Remove it."},
		{project("P\u00a0 Q"), "name has several different spaces in a row"},
		{project("Sh\u043ep"), "to = raff_project.NAME"}, // with a Cyrillic letter
		{role(view, "name = \"A\u200bB\""), "name contains an invisible or control character (U+200B). Remove it."},
		{role(view, "name = \"A\ufe0fB\""), "name contains an invisible or control character (U+FE0F). Remove it."},
		{role(view, "name = \"A\u034fB\""), "name contains an invisible or control character (U+034F). Remove it."},
		{role(view, "name = \"L\u043eoker\"", `slug = "l3"`), `to = raff_role.NAME id = "account/looker"`},
		{role(view, `description = "A\u0000B"`), "description contains an invisible or control character (U+0000). Remove it."},
		{apiKey("name = \"\u3164\""), "name contains an invisible or control character (U+3164). Remove it."},
		{"resource \"raff_account_settings\" \"a\" {\n  name = \"Acme \"\n}\n", "name ends with a space. Remove it."},
		{member("m", basic, "email = \"al\ufe0fice@example.com\""), "must be a single email address"},
		{project("P", `default_region = "mars"`), "value must be one of"},
		{role(view, `slug = "looker"`), `to = raff_role.NAME id = "account/looker"`},
		{role(view, `name = "LOOKER"`, `slug = "l2"`), `to = raff_role.NAME id = "account/looker"`},
		{role(view, `name = "Admin"`, `slug = "a2"`), "It is a system role"},
		{role(view, `description = "two\nlines"`), "Not plain text"},
		{role(view, fmt.Sprintf("description = %q", strings.Repeat("x", 501))), "must be at most 500"},
		{apiKey(`expires_at = "2001-01-01T00:00:00Z"`), "would expire in the past"},
	} {
		run(t, refused(using(srv.URL, srv.Key, c.hcl), c.words))
	}
}

// Plans without changes have warnings about problems.
func TestWarningsOfThePlan(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	basic := srv.RoleID(t, "account", "member")
	key, _ := srv.NewKeyID(t, "ci", "")
	terraform := program(t, "provider \"raff\" {}\n"+member("ci", basic, fmt.Sprintf("api_key_id = %q", key))+apiKey(),
		"RAFF_API_URL="+srv.URL, "RAFF_API_KEY="+srv.Key)
	terraform.run("apply", "-auto-approve")
	srv.Do(t, "PATCH", "/api/v1/api-keys/"+key, srv.Key, map[string]any{"is_active": false}).Want(t, 200)
	for _, row := range srv.Do(t, "GET", "/api/v1/api-keys", srv.Key, nil).Want(t, 200).JSON(t)["data"].([]any) {
		if k := row.(map[string]any); k["id"] != key && k["id"] != srv.KeyID {
			srv.Do(t, "POST", "/api/v1/api-keys/"+k["id"].(string)+"/regenerate", srv.Key, nil).Want(t, 200)
		}
	}
	out := terraform.run("plan")
	for _, words := range []string{"No changes", "The API key of a member does not work", "is disabled", "was changed outside of Terraform"} {
		if !says(words).MatchString(out) {
			t.Errorf("the plan does not contain %q:\n%s", words, out)
		}
	}
}

// Resources of a provider alias whose key is unknown during plan are planned from the state.
func TestAliasWithAnUnknownKeyKeepsItsState(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	hcl := func(name string) string {
		return fmt.Sprintf(`
provider "raff" {}
resource "raff_api_key" "automation" {
  name             = "automation"
  role_id          = %q
  rotation_trigger = %q
}
provider "raff" {
  alias   = "automation"
  api_key = raff_api_key.automation.secret
}
resource "raff_member" "alice" {
  provider = raff.automation
  email    = "alice@example.com"
  role_id  = %q
}
`, srv.RoleID(t, "account", "admin"), name, srv.RoleID(t, "account", "member"))
	}
	terraform := program(t, hcl("one"), "RAFF_API_URL="+srv.URL, "RAFF_API_KEY="+srv.Key)
	terraform.run("apply", "-auto-approve")
	id := memberOf(t, srv, "alice@example.com")
	terraform.write("main.tf", required+hcl("two"))
	out := terraform.run("apply", "-auto-approve")
	if !says("planned from the state").MatchString(out) {
		t.Errorf("there is no warning:\n%s", out)
	}
	if now := memberOf(t, srv, "alice@example.com"); now != id {
		t.Errorf("alice was %s and is %s", id, now)
	}
	if out := terraform.run("plan"); !strings.Contains(out, "No changes") {
		t.Errorf("the next plan is not empty:\n%s", out)
	}
}

// A saved plan is not applied with the key of another account.
func TestPlanIsNotAppliedInAnotherAccount(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	other := srv.NewAccount(t, "Other", "owner@other.example.com").Key
	basic := srv.RoleID(t, "account", "member")
	terraform := program(t, "provider \"raff\" {}\n"+member("m", basic, `email = "alice@example.com"`)+project("Web")+apiKey()+role([]string{"account.members.view"})+`
resource "raff_account_settings" "s" {
  name = "Example Ltd"
}

resource "raff_members_exclusive" "e" {
  member_ids = [raff_member.m.id]
}
`, "RAFF_API_URL="+srv.URL, "RAFF_API_KEY="+srv.Key)
	terraform.run("plan", "-out=p")
	terraform.env = append(terraform.env, "RAFF_API_KEY="+other)
	terraform.fails("apply", "p")
	nobodyElse := func(key string) {
		t.Helper()
		for path, n := range map[string]int{"members": 2, "projects": 1, "api-keys": 1} {
			if rows := srv.Do(t, "GET", "/api/v1/"+path, key, nil).Want(t, 200).JSON(t)["data"].([]any); len(rows) != n {
				t.Errorf("%d %s, want %d", len(rows), path, n)
			}
		}
		if name := srv.Do(t, "GET", "/api/v1/account", key, nil).Want(t, 200).Data(t)["name"]; name == "Example Ltd" {
			t.Error("an account was renamed")
		}
	}
	nobodyElse(other)
	nobodyElse(srv.Key)
	terraform.env = append(terraform.env, "RAFF_API_KEY="+srv.Key)
	terraform.run("apply", "-auto-approve")
	terraform.env = append(terraform.env, "RAFF_API_KEY="+other)
	for _, arguments := range [][]string{{"plan"}, {"plan", "-refresh=false", "-destroy"}, {"destroy", "-auto-approve", "-refresh=false"}, {"apply", "-auto-approve"}} {
		if out := terraform.fails(arguments...); !says("The API key belongs to another account").MatchString(out) {
			t.Errorf("%v: the error does not name the account of the key:\n%s", arguments, out)
		}
	}
	state := terraform.run("state", "list")
	for address := range strings.FieldsSeq(state) {
		if out := terraform.fails("plan", "-destroy", "-refresh=false", "-target="+address); !says("The API key belongs to another account").MatchString(out) {
			t.Errorf("destroying %s: the error does not name the account of the key:\n%s", address, out)
		}
	}
	terraform.env = append(terraform.env, "RAFF_API_KEY="+srv.Key)
	terraform.run("plan", "-destroy", "-out=p")
	terraform.env = append(terraform.env, "RAFF_API_KEY="+other)
	terraform.fails("apply", "p")
	if left := terraform.run("state", "list"); left != state {
		t.Errorf("a refused plan removed resources from the state, which now has\n%s", left)
	}
	nobodyElse(other)
}
