data "raff_permissions" "project" {
  scope = "project"
}

# Everything in a project but what destroys something.
resource "raff_role" "careful" {
  name        = "Careful"
  slug        = "careful"
  scope       = "project"
  permissions = [for p in data.raff_permissions.project.permissions : p.name if !p.removes]
}
