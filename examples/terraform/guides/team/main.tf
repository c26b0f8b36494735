terraform {
  required_providers {
    raff = {
      source = "raff/raff"
    }
  }
}

provider "raff" {}

locals {
  # The list to edit: all people with their account roles and project roles.
  team = {
    "alice@example.com" = { role = "admin", projects = { website = "project-admin" } }
    "bob@example.com"   = { role = "member", projects = { website = "operator", shop = "viewer" } }
    "carol@example.com" = { role = "auditor", projects = {} }
  }

  projects = {
    website = "Website"
    shop    = "Shop"
  }

  grants = merge([
    for email, person in local.team : {
      for project, role in person.projects : "${project}/${email}" => { project = project, email = email, role = role }
    }
  ]...)
}

data "raff_roles" "account" {
  scope = "account"
}

data "raff_roles" "project" {
  scope = "project"
}

data "raff_permissions" "account" {
  scope = "account"
}

# A custom role that can view everything in the account.
resource "raff_role" "auditor" {
  name        = "Auditor"
  slug        = "auditor"
  scope       = "account"
  permissions = [for name in data.raff_permissions.account.names : name if provider::raff::permission_matches(name, "*.view")]

  lifecycle {
    create_before_destroy = true
  }
}

locals {
  account_roles = merge({ for slug, role in data.raff_roles.account.by_slug : slug => role.id }, { auditor = raff_role.auditor.id })
}

resource "raff_member" "team" {
  for_each = local.team

  email   = each.key
  role_id = local.account_roles[each.value.role]
}

resource "raff_project" "all" {
  for_each = local.projects

  name = each.value
}

resource "raff_project_member" "grants" {
  for_each = local.grants

  project_id = raff_project.all[each.value.project].id
  email      = raff_member.team[each.value.email].email
  role_id    = data.raff_roles.project.by_slug[each.value.role].id
}

# A key that deploys the website: it has a role in this project only, and a new secret every 90 days.
resource "raff_api_key" "deploy" {
  name          = "deploy"
  lifetime      = "90d"
  rotate_before = "14d"
}

resource "raff_project_member" "deploy" {
  project_id = raff_project.all["website"].id
  api_key_id = raff_api_key.deploy.id
  role_id    = data.raff_roles.project.by_slug["operator"].id
}

output "deploy_key" {
  value     = raff_api_key.deploy.secret
  sensitive = true
}
