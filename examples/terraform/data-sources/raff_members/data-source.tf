# Invitations that have not been accepted yet.
data "raff_members" "pending" {
  status = "pending"
}

# Members with emails of another company.
data "raff_members" "guests" {
  principal_type = "user"
  email_domain   = "partner.example.com"
}

# All members with a role.
data "raff_role" "admin" {
  scope = "account"
  slug  = "admin"
}

data "raff_members" "admins" {
  role_id = data.raff_role.admin.id
}

output "waiting_for" {
  value = [for m in data.raff_members.pending.members : m.email]
}

output "guests" {
  value = [for m in data.raff_members.guests.members : m.email]
}

output "admins" {
  value = [for m in data.raff_members.admins.members : m.email]
}
