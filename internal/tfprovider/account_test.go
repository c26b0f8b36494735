package tfprovider

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"raff/internal/operator"
	"raff/internal/rafftest"
	"raff/internal/team"
)

// operates returns a configuration with a provider block of the operator only.
func operates(t *testing.T, srv *rafftest.Server, key, hcl string) string {
	t.Helper()
	return required + fmt.Sprintf("provider \"raff\" {\n  operator_url = %q\n  operator_key = %q\n}\n", srv.Node.OperatorURL(), key) + hcl
}

func TestAccount(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t, rafftest.WithOperator())
	key, op, basic := srv.OperatorKey(t, "write"), srv.Node.Operator(), srv.RoleID(t, "account", "member")
	hcl := func(arguments string) string {
		return operates(t, srv, key, "resource \"raff_account\" \"shop\" {\n  deletion_grace_days = 7\n"+arguments+"\n}\n")
	}
	const at = "raff_account.shop"
	is := func(attribute, value string) resource.TestCheckFunc {
		return resource.TestCheckResourceAttr(at, attribute, value)
	}
	id, secret := "", ""
	now := func() operator.Account {
		t.Helper()
		a, _, err := op.Account(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	expect := func(want string) resource.TestCheckFunc {
		return func(s *terraform.State) error {
			secret = s.RootModule().Resources[at].Primary.Attributes["api_key"]
			a := now()
			if got := fmt.Sprint(a.Name, " ", a.State, " ", a.Owner.Email, " ", a.Limits, a.Attributes); got != want {
				return fmt.Errorf("the account is %s, want %s", got, want)
			}
			return nil
		}
	}
	first := "name = \"Shop\"\nowner_email = \"bob@example.com\"\nlimits = { members = 5 }\nattributes = { plan = \"free\", crm = \"1\" }"
	second := "name = \"Shop Ltd\"\nowner_email = \"BOB@example.com\"\nlimits = { projects = 3 }\nattributes = { plan = \"pro\" }\nsuspended = true"
	third := "name = \"Shop Ltd\"\nowner_email = \"bob@example.com\"\nsuspended = false"
	fourth := "name = \"Shop Ltd\"\nowner_email = \"alice@example.com\""
	run(t,
		refused(hcl("name = \"Shop \"\nowner_email = \"bob@example.com\""), "name ends with a space. Remove it."),
		resource.TestStep{Config: hcl(first), Check: all(keep(at, &id), expect("Shop active bob@example.com {6 0 0 0} map[crm:1 plan:free]"), is("current_owner_email", "bob@example.com"))},
		resource.TestStep{Config: hcl(second), Check: all(keep(at, &id), expect("Shop Ltd suspended bob@example.com {0 4 0 0} map[plan:pro]"), is("limits.projects", "3"))},
		resource.TestStep{Config: hcl(third), Check: expect("Shop Ltd active bob@example.com {0 4 0 0} map[plan:pro]")},
		// What is not in the configuration is left alone: a suspension, limits and attributes that were set elsewhere.
		empty(hcl("name = \"Shop Ltd\"\nowner_email = \"bob@example.com\""), func() {
			two := 2
			_, err := op.UpdateAccount(t.Context(), operator.Program, id, operator.AccountChange{Limits: operator.LimitChange{"roles": &two}})
			_, err2 := op.Suspend(t.Context(), operator.Program, id, "abuse")
			if err := errors.Join(err, err2); err != nil {
				t.Fatal(err)
			}
		}),
		planned(hcl(third), func() {}, acts(at, updated)),
		// The Owner is changed here; when they hand over the account themselves, Terraform does not take it back.
		resource.TestStep{Config: hcl(fourth), ExpectError: says("Invite the person first")},
		resource.TestStep{PreConfig: func() {
			shop := *srv
			shop.Key = secret
			member := shop.Do(t, "POST", "/api/v1/members", secret, map[string]any{"email": "alice@example.com", "role_id": basic}).Want(t, 201).Data(t)["id"].(string)
			shop.Accept(t, member, "Alice")
		}, Config: hcl(fourth), Check: all(keep(at, &id), is("current_owner_email", "alice@example.com"))},
		empty(hcl(fourth), func() {
			if _, err := op.ChangeOwner(t.Context(), operator.Program, id, "", "bob@example.com"); err != nil {
				t.Fatal(err)
			}
		}),
		resource.TestStep{
			Config: hcl(fourth), ResourceName: at, ImportState: true, ImportStateVerify: true,
			ImportStateVerifyIgnore: []string{"api_key", "owner_link", "default_project_id", "deletion_grace_days", "owner_email"},
		},
		resource.TestStep{Config: hcl(fourth), ResourceName: at, ImportState: true, ImportStateId: "shop", ExpectError: says("Not the ID of an account")},
		resource.TestStep{
			Config: hcl(fourth) + "data \"raff_accounts\" \"all\" {\n  query = \"shop\"\n}\n",
			Check:  all(resource.TestCheckResourceAttr("data.raff_accounts.all", "accounts.#", "1"), resource.TestCheckResourceAttr("data.raff_accounts.all", "accounts.0.owner_email", "bob@example.com")),
		},
	)
	if a := now(); a.State != team.AccountDeleting || a.DeleteAt.Sub(srv.Now()) > 7*24*time.Hour || a.DeleteAt.Sub(srv.Now()) < 6*24*time.Hour {
		t.Errorf("after the destroy: %+v", a)
	}
}

// What is not configured stays as it was set elsewhere; a logo that was changed elsewhere is noticed by its hash.
func TestAccountBranding(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t, rafftest.WithOperator())
	key, op, logo := srv.OperatorKey(t, "write"), srv.Node.Operator(), rafftest.Logo(t)
	hcl := func(arguments string) string {
		return operates(t, srv, key, "resource \"raff_account\" \"shop\" {\n  name = \"Shop\"\n  owner_email = \"bob@example.com\"\n"+arguments+"\n}\n")
	}
	const at = "raff_account.shop"
	id := ""
	expect := func(want string) resource.TestCheckFunc {
		return func(*terraform.State) error {
			a, _, err := op.Account(t.Context(), id)
			own := a.Own()
			if got := fmt.Sprint(own.Name, "|", own.Accent, "|", own.Logo != "", "|", a.Retention, "|", a.NextRetention); err != nil || got != want {
				return fmt.Errorf("the account has %s, want %s; %w", got, want, err)
			}
			return nil
		}
	}
	change := func(c operator.AccountChange) {
		t.Helper()
		if _, err := op.UpdateAccount(t.Context(), operator.Program, id, c); err != nil {
			t.Fatal(err)
		}
	}
	none, two := "", 2
	first := fmt.Sprintf("branding = {\n  product_name = \"Lamp Works\"\n  logo = %q\n}\naudit_retention_days = 90", logo)
	run(t,
		refused(hcl("audit_retention_days = 7"), "audit_retention_days"),
		resource.TestStep{Config: hcl(first), Check: all(keep(at, &id), expect("Lamp Works||true|0|90"))},
		empty(hcl(first), func() { change(operator.AccountChange{Limits: operator.LimitChange{"roles": &two}}) }),
		planned(hcl(first), func() { change(operator.AccountChange{Branding: operator.BrandingChange{"logo": &none}}) }, acts(at, updated)),
		resource.TestStep{Config: hcl(first), Check: expect("Lamp Works||true|0|90")},
		resource.TestStep{Config: hcl("branding = { accent_color = \"#ffcc00\" }"), ExpectError: says("use a darker color")},
		resource.TestStep{Config: hcl("branding = { accent_color = \"#702070\" }\naudit_retention_days = 0"), Check: expect("|#702070|false|0|0")},
		empty(hcl(""), func() {}),
		resource.TestStep{Config: hcl("branding = {}"), Check: expect("||false|0|0")},
		resource.TestStep{
			Config: hcl(""), ResourceName: at, ImportState: true, ImportStateVerify: true,
			ImportStateVerifyIgnore: []string{"api_key", "owner_link", "default_project_id"},
		},
	)
}

// A provider block without the key that a resource needs is refused by the plan.
func TestKeysOfTheOperator(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t, rafftest.WithOperator())
	account := "resource \"raff_account\" \"shop\" {\n  name = \"Shop\"\n  owner_email = \"bob@example.com\"\n}\n"
	run(t,
		refused(using(srv.URL, srv.Key, account), "No operator key"),
		refused(operates(t, srv, srv.OperatorKey(t, "write"), "data \"raff_whoami\" \"me\" {}\n"), "No API key"),
		refused(operates(t, srv, srv.OperatorKey(t, "write"), "resource \"raff_project\" \"p\" {\n  name = \"P\"\n}\n"), "No API key"),
		refused(operates(t, srv, srv.Key, "data \"raff_accounts\" \"all\" {}\n"), "Use a valid operator key"),
		resource.TestStep{Config: operates(t, srv, srv.OperatorKey(t, "read"), account), ExpectError: says("This operator key can only read.")},
		resource.TestStep{Config: operates(t, srv, srv.OperatorKey(t, "read"), "data \"raff_accounts\" \"all\" {}\n"), Check: resource.TestCheckResourceAttr("data.raff_accounts.all", "accounts.#", "1")},
	)
}

// The key of an account that is created in the same run manages the account.
func TestAccountAndItsTeamInOneRun(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t, rafftest.WithOperator())
	w := program(t, fmt.Sprintf(`
provider "raff" {
  alias = "operator"
}

resource "raff_account" "shop" {
  provider    = raff.operator
  name        = "Shop"
  owner_email = "bob@example.com"
}

provider "raff" {
  api_key = raff_account.shop.api_key
}

resource "raff_member" "alice" {
  email   = "alice@example.com"
  role_id = %q
}
`, srv.RoleID(t, "account", "member")), append(operating(t, srv), "RAFF_API_URL="+srv.URL)...)
	w.settles()
	w.run("destroy", "-auto-approve")
}
