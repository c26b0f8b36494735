data "raff_roles" "project" {
  scope = "project"
}

output "viewer_id" {
  value = data.raff_roles.project.by_slug["viewer"].id
}
