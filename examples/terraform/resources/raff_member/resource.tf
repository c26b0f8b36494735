data "raff_roles" "account" {
  scope = "account"
}

# A person. They are pending until they accept the invitation; the id and the plan stay the same when they do.
resource "raff_member" "alice" {
  email   = "alice@example.com"
  role_id = data.raff_roles.account.by_slug["admin"].id
}

# Somebody who is away for a while: they keep their role and cannot use it.
resource "raff_member" "bob" {
  email   = "bob@example.com"
  role_id = data.raff_roles.account.by_slug["member"].id
  status  = "suspended"
}

# An API key. It has a role of its own, which changes in place.
resource "raff_api_key" "reports" {
  name = "reports"
}

resource "raff_member" "reports" {
  api_key_id = raff_api_key.reports.id
  role_id    = data.raff_roles.account.by_slug["member"].id
}
