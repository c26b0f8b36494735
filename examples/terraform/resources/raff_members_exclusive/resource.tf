data "raff_role" "member" {
  scope = "account"
  slug  = "member"
}

locals {
  team = toset(["alice@example.com", "bob@example.com"])
}

resource "raff_member" "team" {
  for_each = local.team

  email   = each.key
  role_id = data.raff_role.member.id
}

# Whoever is in the account and not in the team is removed. The plan names them.
resource "raff_members_exclusive" "account" {
  member_ids    = [for m in raff_member.team : m.id]
  ignore_emails = ["auditor@example.com"]
}
