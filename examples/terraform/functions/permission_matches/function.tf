data "raff_permissions" "project" {
  scope = "project"
}

# Everything about machines, and a look at the rest.
resource "raff_role" "machinist" {
  name  = "Machinist"
  slug  = "machinist"
  scope = "project"
  permissions = [
    for name in data.raff_permissions.project.names : name
    if provider::raff::permission_matches(name, "vm.*", "*.view")
  ]
}
