terraform {
  required_providers {
    raff = {
      source = "raff/raff"
    }
  }
}

provider "raff" {}

# All members of the account, including pending ones, except the Owner and API keys.
data "raff_members" "all" {}

locals {
  people = {
    for m in data.raff_members.all.members : provider::raff::normalize_email(m.email) => m
    if m.principal_type != "api_key" && !m.is_owner
  }
}

import {
  for_each = local.people
  to       = raff_member.people[each.key]
  id       = each.value.id
}

resource "raff_member" "people" {
  for_each = local.people

  email   = each.value.email
  role_id = each.value.role_id
}

# The values for the configuration: terraform output people
output "people" {
  value = { for email, m in local.people : email => m.role_name }
}

data "raff_projects" "all" {}

locals {
  projects = { for p in data.raff_projects.all.projects : p.slug => p }
}

import {
  for_each = local.projects
  to       = raff_project.all[each.key]
  id       = each.value.id
}

resource "raff_project" "all" {
  for_each = local.projects

  name        = each.value.name
  description = each.value.description
}

data "raff_project_members" "all" {
  for_each = local.projects

  project_id = each.value.id
}

locals {
  grants = merge([
    for slug, found in data.raff_project_members.all : {
      for m in found.members : "${slug}/${m.email}" => merge(m, { project_id = found.project_id })
      if m.principal_type != "api_key"
    }
  ]...)
}

import {
  for_each = local.grants
  to       = raff_project_member.all[each.key]
  id       = "${each.value.project_id}/${each.value.id}"
}

resource "raff_project_member" "all" {
  for_each = local.grants

  project_id = each.value.project_id
  email      = each.value.email
  role_id    = each.value.role_id
}
