# By address: a person who is invited. They are pending until they accept; the id and the plan stay the same when they do.
resource "raff_member" "alice" {
  email = "alice@example.com"
  role  = "admin"
}

# Someone who is away for a while: they keep their role and cannot use it.
resource "raff_member" "bob" {
  email  = "bob@example.com"
  role   = "member"
  status = "suspended"
}

# By user: someone the account knows, because they were a member before. They are in at once, without an invitation.
data "raff_user" "carol" {
  email = "carol@example.com"
}

resource "raff_member" "carol" {
  target_user_id = data.raff_user.carol.id
  role           = "member"

  # Whoever takes Carol out of the configuration suspends her first; removing her is another step.
  on_destroy = "suspend"
}

# By API key. The role of a key changes in place, like that of a person. Here the role is named by its id.
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
