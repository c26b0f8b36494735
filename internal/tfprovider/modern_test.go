package tfprovider

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/echoprovider"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"raff/internal/rafftest"
)

// Invalid arguments get the same errors as those of a resource, before a key is created.
func TestEphemeralKeyIsCheckedFirst(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	viewer := srv.RoleID(t, "project", "viewer")
	hcl := func(name, role string) string {
		return using(srv.URL, srv.Key, fmt.Sprintf("ephemeral \"raff_api_key\" \"run\" {\n  name    = %q\n  role_id = %q\n}\n", name, role))
	}
	run(t,
		refused(hcl("two\nlines", viewer), "Not plain text"),
		refused(hcl("hidden\u200btext", viewer), "Not plain text"),
		refused(hcl("one run", viewer), "Not an account role"),
		refused(hcl("one run", srv.RoleID(t, "account", "owner")), "The Owner role cannot be assigned"),
		refused(hcl("one run", srv.ProjectID), "No such role"),
	)
	if keys := srv.Do(t, "GET", "/api/v1/api-keys", srv.Key, nil).Want(t, 200).JSON(t)["data"].([]any); len(keys) != 1 {
		t.Errorf("%d keys, want only the Owner key", len(keys))
	}
}

// An ephemeral key works during the run and is revoked after it. The echo provider shows its value.
func TestEphemeralKey(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	hcl := using(srv.URL, srv.Key, fmt.Sprintf(`
ephemeral "raff_api_key" "run" {
  name    = "one run"
  role_id = %q
}

provider "echo" {
  data = ephemeral.raff_api_key.run
}

resource "echo" "key" {}
`, srv.RoleID(t, "account", "member")))
	hcl = strings.Replace(hcl, "required_providers {", "required_providers {\n    echo = {\n      source = \"raff/echo\"\n    }", 1)
	runCase(t, resource.TestCase{
		ProtoV6ProviderFactories: map[string]func() (tfprotov6.ProviderServer, error){
			"raff": providerserver.NewProtocol6WithError(New("test")()), "echo": echoprovider.NewProviderServer(),
		},
		Steps: []resource.TestStep{{
			Config: hcl,
			Check: func(s *terraform.State) error {
				key := s.RootModule().Resources["echo.key"].Primary.Attributes
				if key["data.name"] != "one run" || key["data.expires_at"] == "" {
					return fmt.Errorf("key %v", key)
				}
				srv.Do(t, "GET", "/api/v1/whoami", key["data.secret"], nil).Want(t, 401)
				srv.Do(t, "GET", "/api/v1/api-keys/"+key["data.id"], srv.Key, nil).Want(t, 404)
				return nil
			},
		}},
	})
	rows := srv.Do(t, "GET", "/api/v1/api-keys", srv.Key, nil).Want(t, 200).JSON(t)["data"].([]any)
	if len(rows) != 1 {
		t.Errorf("%d keys remain, want only the Owner key", len(rows))
	}
	events := srv.Do(t, "GET", "/api/v1/audit-events?action=api_key.created", srv.Key, nil).Want(t, 200).JSON(t)["data"].([]any)
	if len(events) < 2 {
		t.Errorf("%d keys were created, want some by a run", len(events))
	}
}

func TestFunctions(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	output := func(name, value string) string {
		return fmt.Sprintf("output %q {\n  value = %s\n}\n", name, value)
	}
	var hcl strings.Builder
	var checks []resource.TestCheckFunc
	for i, c := range []struct{ value, want string }{
		{`provider::raff::normalize_email("Zoe\u0301+A@BÜCHER.example.com")`, "zoé+a@xn--bcher-kva.example.com"},
		{`provider::raff::permission_matches("vm.view", "vm.*")`, "true"},
		{`provider::raff::permission_matches("account.members.view", "vm.*", "*.view")`, "true"},
		{`provider::raff::permission_matches("vm.manage", "*.view")`, "false"},
		{`provider::raff::permission_matches("vm.manage")`, "false"},
		{`length([for p in data.raff_permissions.all.names : p if provider::raff::permission_matches(p, "vm.*")])`, "6"},
	} {
		name := fmt.Sprint("o", i)
		hcl.WriteString(output(name, c.value))
		checks = append(checks, resource.TestCheckOutput(name, c.want))
	}
	refuses := func(value, words string) resource.TestStep {
		return refused(using(srv.URL, srv.Key, output("o", value)), words)
	}
	run(t,
		resource.TestStep{Config: using(srv.URL, srv.Key, hcl.String()+"data \"raff_permissions\" \"all\" {}\n"), Check: all(checks...)},
		refuses(`provider::raff::permission_matches("vm.manage", "[")`, `"[" is not a pattern`),
		refuses(`provider::raff::normalize_email("Alice <alice@example.com>")`, "is not a single email address"),
	)
}
