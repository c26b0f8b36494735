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

# Members of the account who are not in the team are removed. The plan lists them.
resource "raff_members_exclusive" "account" {
  member_ids    = [for m in raff_member.team : m.id]
  ignore_emails = ["auditor@example.com"]
}
