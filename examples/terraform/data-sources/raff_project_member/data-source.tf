data "raff_project" "default" {
  slug = "default"
}

resource "raff_project_member" "alice" {
  project_id = data.raff_project.default.id
  email      = "alice@example.com"
  role       = "viewer"
}

# By email, in any spelling.
data "raff_project_member" "alice" {
  project_id = raff_project_member.alice.project_id
  email      = "Alice@example.com"
}

# By the ID of the member.
data "raff_project_member" "same" {
  project_id = raff_project_member.alice.project_id
  member_id  = raff_project_member.alice.member_id
}

output "alice_is" {
  value = "${data.raff_project_member.same.role_name}, ${data.raff_project_member.alice.status}"
}
