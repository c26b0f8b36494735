data "raff_permissions" "project" {
  scope = "project"
}

# All project permissions except those to delete something or to remove access.
resource "raff_role" "careful" {
  name        = "Careful"
  slug        = "careful"
  scope       = "project"
  permissions = [for p in data.raff_permissions.project.permissions : p.name if !p.removes]
}
