# Two members of one account: a person and an API key.
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

# The URL and the API key come from the environment, so that the configuration has no secrets.
provider "raff" {}

# The account roles. The first one is Admin; by_slug has all of them by slug.
data "raff_roles" "account" {
  scope = "account"
}

# Alice gets an invitation and is pending until she accepts. Her ID stays the same, and the plan stays empty.
resource "raff_member" "alice" {
  email   = "alice@example.com"
  role_id = data.raff_roles.account.roles[0].id
}

# A new key has no permissions. Its secret is in the state, so keep the state private.
resource "raff_api_key" "reports" {
  name = "reports"
}

# An API key can be a member, like a person. Its role can be changed in place.
resource "raff_member" "reports" {
  api_key_id = raff_api_key.reports.id
  role_id    = data.raff_roles.account.by_slug["member"].id
}

# Outputs are part of the plan: an output with the status would change when Alice accepts.
output "alice_id" {
  description = "ID of Alice's membership, which never changes."
  value       = raff_member.alice.id
}

output "reports_key" {
  description = "The secret of the key: terraform output -raw reports_key"
  value       = raff_api_key.reports.secret
  sensitive   = true
}
