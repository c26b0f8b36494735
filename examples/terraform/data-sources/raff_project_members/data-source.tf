data "raff_project" "default" {
  slug = "default"
}

data "raff_project_members" "people" {
  project_id     = data.raff_project.default.id
  principal_type = "user"
}

output "people" {
  value = [for m in data.raff_project_members.people.members : m.email]
}
