package tfprovider

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"raff/internal/rafftest"
)

// External ids are set, changed and removed in place, kept if they are not configured, imported, and shown by data sources.
func TestExternalIDs(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	viewer, member := srv.RoleID(t, "project", "viewer"), srv.RoleID(t, "account", "member")
	hcl := func(ids string) string {
		return using(srv.URL, srv.Key, fmt.Sprintf(`
resource "raff_project" "p" {
  name         = "Web"
  %[1]s
}
resource "raff_role" "r" {
  name        = "Auditor"
  slug        = "auditor"
  scope       = "account"
  permissions = ["account.audit.view", "account.decisions.evaluate", "account.decisions.explain"]
  %[1]s
}
resource "raff_api_key" "k" {
  name = "ci"
  %[1]s
}
resource "raff_member" "m" {
  email   = "alice@example.com"
  role_id = %[2]q
  %[1]s
}
resource "raff_project_member" "pm" {
  project_id = raff_project.p.id
  email      = raff_member.m.email
  role_id    = %[3]q
  %[4]s
}
data "raff_project" "p" { id = raff_project.p.id }
data "raff_role" "r" { id = raff_role.r.id }
data "raff_api_key" "k" { id = raff_api_key.k.id }
data "raff_member" "m" { id = raff_member.m.id }
`, ids, member, viewer, map[bool]string{true: `external_ids = { crm = "pm" }`}[ids != ""]))
	}
	names := []string{"raff_project.p", "raff_role.r", "raff_api_key.k", "raff_member.m"}
	shows := func(source, id string) resource.TestCheckFunc {
		var checks []resource.TestCheckFunc
		for _, n := range names {
			for _, at := range []string{n, "data." + n} {
				checks = append(checks, resource.TestCheckResourceAttr(at, "external_ids."+source, id))
			}
		}
		return all(checks...)
	}
	var ids [5]string
	stays := all(keep(names[0], &ids[0]), keep(names[1], &ids[1]), keep(names[2], &ids[2]), keep(names[3], &ids[3]), keep("raff_project_member.pm", &ids[4]))
	two := `external_ids = { okta = "00u1", crm = "7" }`
	one := `external_ids = { okta = "00u2" }`
	var steps []resource.TestStep
	steps = append(steps,
		resource.TestStep{Config: hcl(two), Check: all(stays, shows("okta", "00u1"), shows("crm", "7"),
			resource.TestCheckResourceAttr("raff_project_member.pm", "external_ids.crm", "pm"))},
		resource.TestStep{Config: hcl(one), Check: all(stays, shows("okta", "00u2"), shows("%", "1"))},
		// Without the argument they are kept, also those that are set elsewhere.
		resource.TestStep{
			PreConfig: func() {
				srv.Do(t, "PUT", "/api/v1/projects/"+ids[0], srv.Key, map[string]any{"external_ids": map[string]any{"hr": "1"}}).Want(t, 200)
			},
			Config: hcl(""), Check: all(stays, shows("okta", "00u2"), resource.TestCheckResourceAttr(names[0], "external_ids.hr", "1")),
		},
		empty(hcl(""), nil),
		// With it, an id that was set elsewhere is removed, and one that was removed is set again.
		planned(hcl(one), nil, acts(names[0], updated)),
		resource.TestStep{Config: hcl(one), Check: all(stays, shows("okta", "00u2"), shows("%", "1"))},
	)
	for _, n := range names[:2] {
		steps = append(steps, resource.TestStep{ResourceName: n, ImportState: true, ImportStateVerify: true})
	}
	steps = append(steps,
		refused(hcl(`external_ids = { Okta = "1" }`), "must be 1 to 64 characters"),
		refused(hcl(`external_ids = { okta = "" }`), "between 1 and 255"),
		resource.TestStep{Config: hcl(`external_ids = {}`), Check: all(stays, shows("%", "0"), func(*terraform.State) error {
			if d := srv.Do(t, "GET", "/api/v1/roles/"+ids[1], srv.Key, nil).Want(t, 200).Data(t); d["external_ids"] != nil {
				return fmt.Errorf("the server has %v", d["external_ids"])
			}
			return nil
		})},
		empty(hcl(`external_ids = {}`), nil),
	)
	runCase(t, resource.TestCase{ProtoV6ProviderFactories: providers, Steps: steps})
}
