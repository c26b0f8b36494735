data "raff_permissions" "project" {
  scope = "project"
}

# All permissions for virtual machines, and read access to everything else.
resource "raff_role" "machinist" {
  name  = "Machinist"
  slug  = "machinist"
  scope = "project"
  permissions = [
    for name in data.raff_permissions.project.names : name
    if provider::raff::permission_matches(name, "vm.*", "*.view")
  ]
}
