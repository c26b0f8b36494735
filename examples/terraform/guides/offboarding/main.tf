terraform {
  required_providers {
    raff = {
      source = "raff/raff"
    }
  }
}

provider "raff" {}

variable "team" {
  description = "Address and role of everyone in the account."
  type        = map(string)
  default = {
    "alice@example.com" = "admin"
    "bob@example.com"   = "member"
  }
}

variable "leaving" {
  description = "Who is on the way out: suspended from now on."
  type        = set(string)
  default     = []
}

resource "raff_member" "team" {
  for_each = var.team

  email  = each.key
  role   = each.value
  status = contains(var.leaving, each.key) ? "suspended" : null

  # Whoever disappears from the list loses access and can be looked at before they are removed.
  on_destroy = "suspend"
}
