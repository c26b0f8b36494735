package tfprovider

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"raff/internal/rafftest"
)

// role is a raff_role with these arguments, by default the account role "auditor".
func role(permissions []string, arguments ...string) string {
	has := func(name string) bool {
		for _, a := range arguments {
			if strings.HasPrefix(a, name+" ") {
				return true
			}
		}
		return false
	}
	for _, a := range []string{`name = "Auditor"`, `slug = "auditor"`, `scope = "account"`} {
		if name, _, _ := strings.Cut(a, " "); !has(name) {
			arguments = append(arguments, a)
		}
	}
	arguments = append(arguments, fmt.Sprintf("permissions = [%s]", strings.Join(quoted(permissions), ", ")))
	return "resource \"raff_role\" \"r\" {\n  " + strings.Join(arguments, "\n  ") + "\n}\n"
}

func quoted(in []string) []string {
	out := make([]string, len(in))
	for i, s := range in {
		out[i] = fmt.Sprintf("%q", s)
	}
	return out
}

func roleAttr(name, value string) resource.TestCheckFunc {
	return resource.TestCheckResourceAttr("raff_role.r", name, value)
}

func TestRoleLife(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	hcl := func(permissions []string, arguments ...string) string {
		return using(srv.URL, srv.Key, role(permissions, arguments...))
	}
	view, audit, vm := "account.members.view", "account.audit.view", "vm.view"
	var id, second string
	runCase(t, resource.TestCase{
		ProtoV6ProviderFactories: providers,
		Steps: []resource.TestStep{
			{
				Config: hcl([]string{view, audit}),
				Check:  all(keep("raff_role.r", &id), roleAttr("permissions.#", "2"), roleAttr("description", "")),
			},
			// A set has no order and no duplicates.
			empty(hcl([]string{audit, view, audit}), nil),
			{
				Config:           hcl([]string{view}, `name = "Reader"`, `description = "Looks at things"`),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: planChecks("raff_role.r", updated)},
				Check: all(keep("raff_role.r", &id), func(*terraform.State) error {
					d := srv.Do(t, "GET", "/api/v1/roles/"+id, srv.Key, nil).Want(t, 200).Data(t)
					if got := fmt.Sprintf("%v %v %v", d["name"], d["description"], d["permissions"]); got != "Reader Looks at things [account.members.view]" {
						return fmt.Errorf("the server has %s", got)
					}
					return nil
				}),
			},
			planned(hcl([]string{view}, `name = "Reader"`), func() {
				srv.Do(t, "PATCH", "/api/v1/roles/"+id, srv.Key, map[string]any{"permissions": []string{view, audit}}).Want(t, 200)
			}, acts("raff_role.r", updated)),
			{ResourceName: "raff_role.r", ImportState: true, ImportStateKind: resource.ImportBlockWithID},
			{ResourceName: "raff_role.r", ImportState: true, ImportStateVerify: true, ImportStateId: "account/auditor"},
			{ResourceName: "raff_role.r", ImportState: true, ImportStateId: "account/admin", ExpectError: says("It is a system role")},
			{ResourceName: "raff_role.r", ImportState: true, ImportStateId: "account/nobody", ExpectError: says(`no account role with the slug "nobody"`)},
			planned(hcl([]string{vm}, `scope = "project"`), nil, acts("raff_role.r", replaced)),
			planned(hcl([]string{vm}, `scope = "project"`, `slug = "watcher"`), nil, acts("raff_role.r", replaced)),
			{Config: hcl([]string{vm}, `scope = "project"`, `slug = "watcher"`), Check: keep("raff_role.r", &second)},
			planned(hcl([]string{vm}, `scope = "project"`, `slug = "watcher"`), func() {
				srv.Do(t, "DELETE", "/api/v1/roles/"+second, srv.Key, nil).Want(t, 200)
			}, acts("raff_role.r", created)),
		},
		CheckDestroy: func(*terraform.State) error {
			rows := srv.Do(t, "GET", "/api/v1/roles", srv.Key, nil).Want(t, 200).JSON(t)["data"].([]any)
			for _, r := range rows {
				if !r.(map[string]any)["is_system"].(bool) {
					return fmt.Errorf("remaining role: %v", r)
				}
			}
			return nil
		},
	})
}

func TestRolePermissionsAreCheckedAtPlan(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	hcl := func(permissions ...string) string { return using(srv.URL, srv.Key, role(permissions)) }
	run(t,
		refused(hcl("account.audit.read"), `There is no account permission "account.audit.read". Did you mean "account.audit.view"?`),
		refused(hcl("vm.view"), "vm.view is a project permission, and this is a role of the account scope"),
		refused(hcl(), "set must contain at least 1 elements"),
		refused(using(srv.URL, srv.Key, role([]string{"vm.view"}, `slug = "Not A Slug"`)), "must be 1 to 64 lower-case letters"),
	)
}

func TestRoleSlugAlreadyExists(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	srv.Do(t, "POST", "/api/v1/roles", srv.Key, map[string]any{
		"name": "Old", "slug": "auditor", "scope": "account", "permissions": []string{"account.audit.view"},
	}).Want(t, 201)
	permissions := []string{"account.audit.view"}
	run(t,
		resource.TestStep{Config: using(srv.URL, srv.Key, role(permissions)), ExpectError: says(`to = raff_role.NAME id = "account/auditor"`)},
		resource.TestStep{Config: using(srv.URL, srv.Key, role(permissions, `slug = "admin"`)), ExpectError: says(`A role with the slug "admin" already exists`)},
	)
}

func TestRoleInUse(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	member := srv.RoleID(t, "account", "member")
	permissions := []string{"account.members.view"}
	with := role(permissions, fmt.Sprintf("reassign_on_delete_to = %q", member))
	var id, alice string
	run(t,
		resource.TestStep{Config: using(srv.URL, srv.Key, role(permissions)), Check: keep("raff_role.r", &id)},
		resource.TestStep{
			PreConfig: func() { alice = srv.Invite(t, "alice@example.com", id) },
			Config:    using(srv.URL, srv.Key, ""), ExpectError: says("alice@example.com (invitation, member"),
		},
		resource.TestStep{Config: using(srv.URL, srv.Key, ""), ExpectError: says("or set reassign_on_delete_to")},
		resource.TestStep{Config: using(srv.URL, srv.Key, with), Check: keep("raff_role.r", &id)},
		resource.TestStep{Config: using(srv.URL, srv.Key, "")},
		resource.TestStep{Config: using(srv.URL, srv.Key, `data "raff_permissions" "p" {}`), Check: func(s *terraform.State) error {
			return onServer(t, srv, &alice, "role_id", member)(s)
		}},
	)
}

// A member gets a role that is created in the same run, after which the old role can be deleted.
func TestRoleOfAMemberIsReplaced(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	hcl := func(slug string) string {
		return using(srv.URL, srv.Key,
			role([]string{"account.members.view"}, fmt.Sprintf("slug = %q", slug), fmt.Sprintf("name = %q", slug), "lifecycle {\n    create_before_destroy = true\n  }")+
				"resource \"raff_member\" \"m\" {\n  email   = \"alice@example.com\"\n  role_id = raff_role.r.id\n}\n")
	}
	var id string
	run(t,
		resource.TestStep{Config: hcl("auditor"), Check: keep("raff_member.m", &id)},
		resource.TestStep{
			Config:           hcl("reader"),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: planChecks("raff_member.m", updated)},
			Check:            all(keep("raff_member.m", &id), memberAttr("role_name", "reader")),
		},
	)
}
