# By slug.
data "raff_project" "default" {
  slug = "default"
}

# By name.
data "raff_project" "by_name" {
  name = data.raff_project.default.name
}

# By ID.
data "raff_project" "by_id" {
  id = data.raff_project.default.id
}

output "default_project" {
  value = "${data.raff_project.by_name.id}: ${data.raff_project.by_id.name}"
}
