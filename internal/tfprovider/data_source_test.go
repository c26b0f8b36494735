package tfprovider

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"raff/internal/rafftest"
)

func TestMemberDataSources(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	basic, billing := srv.RoleID(t, "account", "member"), srv.RoleID(t, "account", "billing")
	alice, aliceUser := srv.NewMember(t, "alice@example.com", "Alice", basic)
	srv.Invite(t, "bob@bücher.example.net", billing)
	key, _ := srv.NewKeyID(t, "reports", billing)
	hcl := fmt.Sprintf(`
data "raff_member" "id" {
  id = %q
}
data "raff_member" "email" {
  email = "ALICE@example.com"
}
data "raff_members" "all" {}
data "raff_members" "pending" {
  status = "pending"
}
data "raff_members" "billing" {
  role_id = %q
}
data "raff_members" "domain" {
  email_domain = "BÜCHER.example.net"
}
data "raff_members" "keys" {
  principal_type = "api_key"
  role_id        = %[2]q
}
data "raff_members" "nobody" {
  status  = "suspended"
  role_id = %[2]q
}
`, alice, billing)
	is := resource.TestCheckResourceAttr
	run(t,
		resource.TestStep{Config: using(srv.URL, srv.Key, hcl), Check: all(
			is("data.raff_member.id", "name", "Alice"),
			is("data.raff_member.id", "user_id", aliceUser),
			is("data.raff_member.id", "status", "active"),
			is("data.raff_member.id", "is_owner", "false"),
			is("data.raff_member.id", "principal_type", "user"),
			is("data.raff_member.id", "role_name", "Member"),
			is("data.raff_member.email", "id", alice),
			is("data.raff_member.email", "email", "ALICE@example.com"),
			is("data.raff_members.all", "members.#", "5"), // the Owner, the Owner's key, Alice, Bob, the key
			is("data.raff_members.all", "members.0.is_owner", "true"),
			is("data.raff_members.pending", "members.#", "1"),
			is("data.raff_members.pending", "members.0.email", "bob@bücher.example.net"),
			is("data.raff_members.billing", "members.#", "2"),
			is("data.raff_members.domain", "members.#", "1"),
			is("data.raff_members.keys", "members.#", "1"),
			is("data.raff_members.keys", "members.0.api_key_id", key),
			is("data.raff_members.nobody", "members.#", "0"),
		)},
		refused(using(srv.URL, srv.Key, `data "raff_member" "m" {}`), "Exactly one of these attributes must be configured"),
		refused(using(srv.URL, srv.Key, "data \"raff_member\" \"m\" {\n  email = \"nobody@example.com\"\n}"), "no member with the email nobody@example.com"),
	)
}

func TestRoleDataSources(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	for _, scope := range []string{"account", "project"} {
		permission := map[string]string{"account": "account.audit.view", "project": "vm.view"}[scope]
		srv.Do(t, "POST", "/api/v1/roles", srv.Key, map[string]any{
			"name": "Aaa auditor", "slug": "auditor", "scope": scope, "permissions": []string{permission},
		}).Want(t, 201)
	}
	hcl := fmt.Sprintf(`
data "raff_roles" "account" {
  scope = "account"
}
data "raff_roles" "all" {}
data "raff_role" "id" {
  id = %q
}
data "raff_role" "slug" {
  slug  = "auditor"
  scope = "project"
}
data "raff_permissions" "all" {}
data "raff_permissions" "project" {
  scope = "project"
}
`, srv.RoleID(t, "account", "billing"))
	is := resource.TestCheckResourceAttr
	run(t,
		resource.TestStep{Config: using(srv.URL, srv.Key, hcl), Check: all(
			is("data.raff_roles.account", "roles.#", "5"),
			is("data.raff_roles.account", "roles.0.slug", "admin"),
			is("data.raff_roles.account", "roles.0.permissions.#", "15"),
			is("data.raff_roles.account", "roles.4.slug", "auditor"), // custom roles come after system roles
			is("data.raff_roles.account", "by_slug.member.name", "Member"),
			is("data.raff_roles.account", "by_slug.member.is_system", "true"),
			is("data.raff_roles.account", "by_slug.auditor.scope", "account"),
			is("data.raff_roles.all", "roles.#", "10"),
			is("data.raff_roles.all", "by_slug.%", "10"),
			is("data.raff_roles.all", "by_slug.project/auditor.scope", "project"),
			is("data.raff_role.id", "slug", "billing"),
			is("data.raff_role.slug", "scope", "project"),
			resource.TestCheckTypeSetElemAttr("data.raff_role.slug", "permissions.*", "vm.view"),
			is("data.raff_permissions.all", "permissions.#", "61"),
			is("data.raff_permissions.project", "names.#", "40"),
			is("data.raff_permissions.all", "permissions.0.name", "account.projects.view"),
			is("data.raff_permissions.all", "permissions.0.category", "Projects"),
		)},
		refused(using(srv.URL, srv.Key, "data \"raff_role\" \"r\" {\n  slug = \"admin\"\n}"), "These attributes must be configured together"),
		refused(using(srv.URL, srv.Key, "data \"raff_role\" \"r\" {\n  slug  = \"nobody\"\n  scope = \"account\"\n}"), `no account role with the slug "nobody"`),
	)
}
