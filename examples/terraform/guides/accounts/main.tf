terraform {
  required_providers {
    raff = {
      source = "raff/raff"
    }
  }
}

variable "production_key" {
  type      = string
  sensitive = true
}

variable "staging_key" {
  type      = string
  sensitive = true
}

# One provider configuration for each account, because an API key belongs to one account.
provider "raff" {
  alias   = "production"
  api_key = var.production_key
}

provider "raff" {
  alias   = "staging"
  api_key = var.staging_key
}

locals {
  team = toset(["alice@example.com", "bob@example.com"])
}

# Everyone can make changes in staging, but only a few people in production.
resource "raff_member" "production" {
  provider = raff.production
  for_each = local.team

  email = each.key
  role  = "member"
}

resource "raff_member" "staging" {
  provider = raff.staging
  for_each = local.team

  email = each.key
  role  = "admin"
}
