# Two members of one account, one of them a person and one an API key.
#
#   export RAFF_API_URL=http://127.0.0.1:8080   # where raffd listens
#   export RAFF_API_KEY=raff_…                  # a key of the account
#   terraform init && terraform apply

terraform {
  required_providers {
    raff = {
      source = "raff/raff"
    }
  }
}

# Address and key come from the environment, so no secret stands here.
provider "raff" {}

# The roles that can be given in the account. The first one is Admin; by_slug finds the others by name.
data "raff_roles" "account" {
  scope = "account"
}

# Alice gets an invitation and is pending until she accepts. The id stays the same, and the plan stays empty.
resource "raff_member" "alice" {
  email   = "alice@example.com"
  role_id = data.raff_roles.account.roles[0].id
}

# A key starts without any right. Its secret is in the state, so keep the state private.
resource "raff_api_key" "reports" {
  name = "reports"
}

# An API key is a member like any other; here its role can be changed in place.
resource "raff_member" "reports" {
  api_key_id = raff_api_key.reports.id
  role_id    = data.raff_roles.account.by_slug["member"].id
}

# An output is part of the plan: one that shows the status would change when Alice accepts.
output "alice_id" {
  description = "Id of Alice's membership, for life."
  value       = raff_member.alice.id
}

output "reports_key" {
  description = "The secret of the key: terraform output -raw reports_key"
  value       = raff_api_key.reports.secret
  sensitive   = true
}
