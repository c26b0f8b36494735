data "raff_role" "viewer" {
  scope = "project"
  slug  = "viewer"
}

data "raff_project" "default" {
  slug = "default"
}

resource "raff_project_member" "alice" {
  project_id = data.raff_project.default.id
  email      = "alice@example.com"
  role_id    = data.raff_role.viewer.id
}

data "raff_project_member" "alice" {
  project_id = raff_project_member.alice.project_id
  email      = "alice@example.com"
}

output "alice_is" {
  value = data.raff_project_member.alice.status
}
