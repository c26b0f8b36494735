# Whoever looks after the books: sees everything in the account, changes nothing.
resource "raff_role" "auditor" {
  name        = "Auditor"
  slug        = "auditor"
  scope       = "account"
  description = "Sees everything, changes nothing"
  permissions = [
    "account.audit.view",
    "account.billing.view",
    "account.members.view",
    "account.roles.view",
  ]

  # Where a change replaces the role, its members move to the new one before the old one goes.
  lifecycle {
    create_before_destroy = true
  }
}

resource "raff_member" "auditor" {
  email   = "auditor@example.com"
  role_id = raff_role.auditor.id
}
