terraform {
  required_providers {
    raff = {
      source = "raff/raff"
    }
  }
}

provider "raff" {}

# Only the permissions that the pipeline needs.
resource "raff_role" "deployer" {
  name        = "Deployer"
  slug        = "deployer"
  scope       = "project"
  permissions = ["project.members.view", "vm.power", "vm.view"]

  lifecycle {
    create_before_destroy = true
  }
}

resource "raff_project" "website" {
  name = "Website"
}

# A key for the pipeline. Each secret is valid for 90 days. From 14 days before it expires, plans show the rotation. The
# old secret keeps working for an hour, so that running jobs can finish.
resource "raff_api_key" "ci" {
  name             = "ci"
  lifetime         = "90d"
  rotate_before    = "14d"
  grace_seconds    = 3600
  rotation_trigger = "1" # another value creates a new secret immediately
}

# It only has a role in this project.
resource "raff_project_member" "ci" {
  project_id = raff_project.website.id
  api_key_id = raff_api_key.ci.id
  role       = raff_role.deployer.slug
}

output "ci_key" {
  value     = raff_api_key.ci.secret
  sensitive = true
}
