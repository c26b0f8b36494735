# A role for auditors, who can view everything in the account.
resource "raff_role" "auditor" {
  name        = "Auditor"
  slug        = "auditor"
  scope       = "account"
  description = "Read-only access to the account"
  permissions = [
    "account.audit.view",
    "account.billing.view",
    "account.members.view",
    "account.roles.view",
  ]

  # If a change replaces the role, its members get the new one before the old one is deleted.
  lifecycle {
    create_before_destroy = true
  }
}

resource "raff_member" "auditor" {
  email   = "auditor@example.com"
  role_id = raff_role.auditor.id
}
