package tfprovider

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"raff/internal/rafftest"
)

func TestAccountSettings(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	hcl := func(arguments ...string) string {
		return using(srv.URL, srv.Key, "resource \"raff_account_settings\" \"a\" {\n  "+strings.Join(arguments, "\n  ")+"\n}\n")
	}
	name := func() any { return srv.Do(t, "GET", "/api/v1/account", srv.Key, nil).Want(t, 200).Data(t)["name"] }
	is := func(attribute, value string) resource.TestCheckFunc {
		return resource.TestCheckResourceAttr("raff_account_settings.a", attribute, value)
	}
	example := `name = "Example Ltd"`
	run(t,
		resource.TestStep{Config: hcl(), Check: all(is("id", srv.AccountID), is("grant_policy", "delegated"), is("require_second_factor", "false"))},
		resource.TestStep{Config: hcl(example, `grant_policy = "delegated"`), Check: all(is("name", "Example Ltd"), func(*terraform.State) error {
			if name() != "Example Ltd" {
				return fmt.Errorf("name of the account: %v", name())
			}
			return nil
		})},
		// The account is renamed outside of Terraform.
		planned(hcl(example), func() {
			srv.Do(t, "PATCH", "/api/v1/account", srv.Key, map[string]string{"name": "Other"}).Want(t, 200)
		}, acts("raff_account_settings.a", updated)),
		refused(hcl(`grant_policy = "strict"`), "The grant policy of the account is delegated"),
		refused(hcl("require_second_factor = true"), "The account does not require a second factor"),
		resource.TestStep{Config: hcl(example), ResourceName: "raff_account_settings.a", ImportState: true, ImportStateVerify: true},
		resource.TestStep{Config: hcl(example), ResourceName: "raff_account_settings.a", ImportState: true, ImportStateId: srv.ProjectID, ExpectError: says("Not the account of the API key")},
	)
	if name() != "Example Ltd" {
		t.Errorf("destroying the settings changed the name to %v", name())
	}
}

func TestUserByEmail(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	basic := srv.RoleID(t, "account", "member")
	id, alice := srv.NewMember(t, "alice@example.com", "Alice", basic)
	srv.Do(t, "DELETE", "/api/v1/members/"+id, srv.Key, nil).Want(t, 200)
	srv.Invite(t, "bob@example.com", basic)
	hcl := func(email string) string {
		return using(srv.URL, srv.Key, fmt.Sprintf("data \"raff_user\" \"u\" {\n  email = %q\n}\n", email))
	}
	is := func(attribute, value string) resource.TestCheckFunc {
		return resource.TestCheckResourceAttr("data.raff_user.u", attribute, value)
	}
	run(t,
		// Alice has left the account, and can still be looked up.
		resource.TestStep{Config: hcl("ALICE@Example.com"), Check: all(is("id", alice), is("name", "Alice"), is("email", "ALICE@Example.com"))},
		refused(hcl("bob@example.com"), "The account has no user with the email bob@example.com"),
		refused(hcl("Bob"), "must be a single email address"),
		// The cleanup uses the last configuration, so it must be valid.
		empty(hcl("ALICE@Example.com"), nil),
	)
}
