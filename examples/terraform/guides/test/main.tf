terraform {
  required_providers {
    raff = {
      source = "raff/raff"
    }
  }
}

variable "team" {
  description = "Email and role of everyone in the account."
  type        = map(string)

  validation {
    condition     = alltrue([for email, role in var.team : endswith(email, "@example.com")])
    error_message = "Only addresses of example.com may be in the team."
  }
}

resource "raff_member" "team" {
  for_each = var.team

  email = each.key
  role  = each.value
}

output "admins" {
  value = [for email, role in var.team : email if role == "admin"]
}
