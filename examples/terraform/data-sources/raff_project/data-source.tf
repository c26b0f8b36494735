data "raff_project" "default" {
  slug = "default"
}

output "default_project_id" {
  value = data.raff_project.default.id
}
