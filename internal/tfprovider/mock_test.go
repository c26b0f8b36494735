package tfprovider

import (
	"strings"
	"testing"
)

// A module can be tested with a mocked provider without any settings, a server or a key: references to mocked attributes
// must be valid.
func TestBareMockProvider(t *testing.T) {
	t.Parallel()
	terraform := program(t, `
data "raff_role" "member" {
  scope = "account"
  slug  = "member"
}
data "raff_member" "alice" {
  email = "alice@example.com"
}
data "raff_member" "again" {
  id = data.raff_member.alice.id
}
data "raff_permissions" "all" {}
resource "raff_role" "auditor" {
  name                  = "Auditor"
  slug                  = raff_project.web.slug
  scope                 = "account"
  permissions           = [for p in data.raff_permissions.all.permissions : p.name]
  reassign_on_delete_to = data.raff_role.member.id
}
resource "raff_project" "web" {
  name = "Web"
}
resource "raff_api_key" "ci" {
  name       = "ci"
  role_id    = raff_role.auditor.id
  expires_at = data.raff_member.alice.created_at
}
resource "raff_member" "bob" {
  email   = data.raff_member.again.email
  role_id = data.raff_role.member.id
}
resource "raff_member" "user" {
  target_user_id = data.raff_member.alice.user_id
  role_id        = raff_role.auditor.id
}
resource "raff_member" "ci" {
  api_key_id = raff_api_key.ci.id
  role_id    = raff_role.auditor.id
}
resource "raff_project_member" "bob" {
  project_id = raff_project.web.id
  email      = raff_member.bob.principal_email
  role_id    = data.raff_role.member.id
}
resource "raff_members_exclusive" "x" {
  project_id    = raff_project.web.id
  member_ids    = [raff_project_member.bob.id]
  ignore_emails = [data.raff_member.again.email]
}
`)
	terraform.write("a.tftest.hcl", `
mock_provider "raff" {}
run "plan" {
  command = plan
}
run "apply" {
  command = apply
  assert {
    condition     = raff_member.bob.role_id == data.raff_role.member.id
    error_message = "x"
  }
}
`)
	if out := terraform.run("test"); !strings.Contains(out, "2 passed") {
		t.Errorf("terraform test: %s", out)
	}
}
