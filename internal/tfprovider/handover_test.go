package tfprovider

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"raff/internal/rafftest"
)

// If the keys of a resource change without moved blocks, the members that the new addresses adopt are not removed by the
// old ones, in any order.
func TestRenamedResourcesKeepTheirMembers(t *testing.T) {
	t.Parallel()
	const n = 8
	srv := rafftest.Start(t)
	hcl := func(prefix string) string {
		return fmt.Sprintf(`
provider "raff" {}
resource "raff_member" "m" {
  for_each       = { for i in range(%d) : "%s-${i}" => "p${i}@example.com" }
  email          = each.value
  role_id        = %q
  adopt_existing = true
}
`, n, prefix, srv.RoleID(t, "account", "member"))
	}
	terraform := program(t, hcl("a"), "RAFF_API_URL="+srv.URL, "RAFF_API_KEY="+srv.Key)
	terraform.run("apply", "-auto-approve")
	srv.Accept(t, memberOf(t, srv, "p0@example.com"), "Zero")
	for i, prefix := range []string{"b", "c", "d"} {
		terraform.write("main.tf", required+hcl(prefix))
		out := terraform.run("apply", "-auto-approve", fmt.Sprint("-parallelism=", 1+4*i))
		if !strings.Contains(out, "moved") {
			t.Errorf("the output does not mention moved blocks:\n%s", out)
		}
		for i := range n {
			if memberOf(t, srv, fmt.Sprintf("p%d@example.com", i)) == "" {
				t.Errorf("renamed to %s: p%d was removed by a successful apply", prefix, i)
			}
		}
		m := srv.Do(t, "GET", "/api/v1/members/"+memberOf(t, srv, "p0@example.com"), srv.Key, nil).Want(t, 200).Data(t)
		if m["status"] != "active" {
			t.Errorf("renamed to %s: p0 had accepted and is now %v", prefix, m["status"])
		}
		if out := terraform.run("plan"); !strings.Contains(out, "No changes") {
			t.Errorf("renamed to %s: the plan after it is not empty:\n%s", prefix, out)
		}
	}
}

// Without adopt_existing, a rename without a moved block is refused during plan.
func TestRenameWithoutMovedIsRefusedAtPlan(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	basic := srv.RoleID(t, "account", "member")
	hcl := func(name string) string {
		return using(srv.URL, srv.Key, member(name, basic, `email = "alice@example.com"`))
	}
	var id string
	run(t,
		resource.TestStep{Config: hcl("old"), Check: keep("raff_member.old", &id)},
		refused(hcl("new"), "moved"),
		resource.TestStep{
			Config: hcl("new") + "moved {\n  from = raff_member.old\n  to   = raff_member.new\n}\n",
			Check:  keep("raff_member.new", &id),
		},
	)
}

// An email that is only known during the apply and is another spelling of the same email does not replace the member.
func TestAnotherSpellingKnownAfterApply(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	hcl := func(email string) string {
		return using(srv.URL, srv.Key, fmt.Sprintf("resource \"terraform_data\" \"e\" {\n  input = %q\n}\n", email)+
			member("m", srv.RoleID(t, "account", "member"), "email = terraform_data.e.output"))
	}
	var id string
	run(t,
		resource.TestStep{Config: hcl("Alice@Example.com"), Check: keep("raff_member.m", &id)},
		planned(hcl("alice@example.com"), nil, acts("raff_member.m", plancheck.ResourceActionUpdate)),
		resource.TestStep{Config: hcl("alice@EXAMPLE.com"), Check: keep("raff_member.m", &id)},
		resource.TestStep{Config: hcl("bob@example.com"), ExpectError: says("This turned out to be another member")},
		planned(hcl("bob@example.com"), nil, acts("raff_member.m", plancheck.ResourceActionReplace)),
	)
}
