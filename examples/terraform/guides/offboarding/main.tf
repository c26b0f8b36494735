terraform {
  required_providers {
    raff = {
      source = "raff/raff"
    }
  }
}

provider "raff" {}

variable "team" {
  description = "Email and role of everyone in the account."
  type        = map(string)
  default = {
    "alice@example.com" = "admin"
    "bob@example.com"   = "member"
  }
}

variable "leaving" {
  description = "People who are leaving, and are suspended."
  type        = set(string)
  default     = []
}

resource "raff_member" "team" {
  for_each = var.team

  email  = each.key
  role   = each.value
  status = contains(var.leaving, each.key) ? "suspended" : null

  # People who are no longer in the list lose access, and can be reviewed before they are removed.
  on_destroy = "suspend"
}
