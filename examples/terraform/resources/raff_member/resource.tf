# By email: the person is invited, and is pending until they accept. The ID stays the same, and the plan stays empty.
resource "raff_member" "alice" {
  email = "alice@example.com"
  role  = "admin"
}

# A suspended member, who keeps the role but has no access.
resource "raff_member" "bob" {
  email  = "bob@example.com"
  role   = "member"
  status = "suspended"
}

# By user ID: a former member, who becomes a member immediately, without an invitation.
data "raff_user" "carol" {
  email = "carol@example.com"
}

resource "raff_member" "carol" {
  target_user_id = data.raff_user.carol.id
  role           = "member"

  # Removing Carol from the configuration only suspends her.
  on_destroy = "suspend"
}

# By API key ID. The role of a key can be changed in place, like that of a person. Here, the role is set by its ID.
data "raff_role" "billing" {
  scope = "account"
  slug  = "billing"
}

resource "raff_api_key" "reports" {
  name = "reports"
}

resource "raff_member" "reports" {
  api_key_id = raff_api_key.reports.id
  role_id    = data.raff_role.billing.id
}
