data "raff_role" "member" {
  scope = "account"
  slug  = "member"
}

# Each secret is valid for 90 days. From 14 days before it expires, plans show the rotation.
resource "raff_api_key" "reports" {
  name          = "reports"
  role_id       = data.raff_role.member.id
  lifetime      = "90d"
  rotate_before = "14d"
}

# The secret of this key is not in the state: the person who needs it creates one.
resource "raff_api_key" "laptop" {
  name         = "Alice's laptop"
  role_id      = data.raff_role.member.id
  store_secret = false
}

output "reports_key" {
  value     = raff_api_key.reports.secret
  sensitive = true
}
