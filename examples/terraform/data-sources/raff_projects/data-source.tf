data "raff_projects" "all" {}

output "projects" {
  value = [for p in data.raff_projects.all.projects : p.name]
}
