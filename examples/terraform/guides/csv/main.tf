terraform {
  required_providers {
    raff = {
      source = "raff/raff"
    }
  }
}

provider "raff" {}

locals {
  rows   = csvdecode(file("${path.module}/people.csv"))
  people = { for row in local.rows : provider::raff::normalize_email(row.email) => row }
}

resource "raff_member" "people" {
  for_each = local.people

  email = each.value.email
  role  = each.value.role
}

output "people" {
  value = keys(local.people)

  # A plan removes everyone who is not in the file. An empty or truncated file must not remove the whole team.
  precondition {
    condition     = length(local.people) >= 2
    error_message = "people.csv has ${length(local.people)} rows. Is the file complete?"
  }
}
