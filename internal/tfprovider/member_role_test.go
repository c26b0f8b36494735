package tfprovider

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"raff/internal/rafftest"
)

// A role can be identified by its slug or its id.
func TestMemberRoleBySlug(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	wire := tap(t, srv)
	admin, basic := srv.RoleID(t, "account", "admin"), srv.RoleID(t, "account", "member")
	hcl := func(arguments string) string {
		return using(wire.URL, srv.Key, "resource \"raff_member\" \"m\" {\n  email = \"alice@example.com\"\n  "+arguments+"\n}\n")
	}
	var id string
	run(t,
		refused(hcl(""), "Exactly one of these attributes must be configured: [role_id,role]"),
		refused(hcl(fmt.Sprintf("role = \"admin\"\n  role_id = %q", admin)), "Exactly one of these attributes must be configured: [role_id,role]"),
		refused(hcl(`role = "owner"`), "The Owner role cannot be assigned"),
		resource.TestStep{
			Config: hcl(`role = "admin"`),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectKnownValue("raff_member.m", tfjsonpath.New("role_id"), knownvalue.StringExact(admin)),
			}},
			Check: all(keep("raff_member.m", &id), memberAttr("role_id", admin), memberAttr("role_name", "Admin"), memberAttr("managed_by", "api"),
				resource.TestCheckResourceAttrSet("raff_member.m", "invited_at")),
		},
		planned(hcl(`role = "member"`), nil, acts("raff_member.m", updated)),
		resource.TestStep{Config: hcl(`role = "member"`), Check: all(keep("raff_member.m", &id), onServer(t, srv, &id, "role_id", basic))},
		// A role that was assigned elsewhere is changed back.
		planned(hcl(`role = "member"`), func() { patch(t, srv, id, "role_id", admin) }, acts("raff_member.m", updated)),
		resource.TestStep{Config: hcl(`role = "member"`), Check: onServer(t, srv, &id, "role_id", basic)},
		// Switching between role and role_id sends no request.
		resource.TestStep{
			PreConfig: func() { wire.since() },
			Config:    hcl(fmt.Sprintf("role_id = %q", basic)),
			Check: all(keep("raff_member.m", &id), noAttr("role"), func(*terraform.State) error {
				if got := wire.since(); len(got) != 0 {
					return fmt.Errorf("written: %q", got)
				}
				return nil
			}),
		},
		resource.TestStep{Config: hcl(`role = "nowhere"`), ExpectError: says(`There is no account role with the slug "nowhere"`)},
	)
}

// The role can be created by the same apply, and be renamed or replaced by another one.
func TestMemberRoleBySlugOfTheSameApply(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	hcl := func(name, slug string) string {
		return using(srv.URL, srv.Key, fmt.Sprintf(`
resource "raff_role" "r" {
  name        = %q
  slug        = %q
  scope       = "account"
  permissions = ["account.members.view"]

  lifecycle {
    create_before_destroy = true
  }
}

resource "raff_member" "m" {
  email = "alice@example.com"
  role  = raff_role.r.slug
}
`, name, slug))
	}
	s := newStage(t, providers)
	s.write("main.tf", hcl("Auditor", "auditor"))
	if out, _ := s.terraform("plan", "-input=false"); strings.Contains(out, "There is no") {
		t.Errorf("the plan warns of a role that it creates:\n%s", out)
	}
	var id string
	run(t,
		resource.TestStep{
			Config: hcl("Auditor", "auditor"),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectUnknownValue("raff_member.m", tfjsonpath.New("role_id")),
			}},
			Check: all(keep("raff_member.m", &id), memberAttr("role_name", "Auditor")),
		},
		planned(hcl("Reviewer", "auditor"), nil, acts("raff_member.m", plancheck.ResourceActionNoop)),
		empty(hcl("Reviewer", "auditor"), nil),
		resource.TestStep{Config: hcl("Watcher", "watcher"), Check: all(keep("raff_member.m", &id), memberAttr("role", "watcher"), memberAttr("role_name", "Watcher"))},
		empty(hcl("Watcher", "watcher"), nil),
	)
}
