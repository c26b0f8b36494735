# Invitations that nobody has accepted yet.
data "raff_members" "pending" {
  status = "pending"
}

output "waiting_for" {
  value = [for m in data.raff_members.pending.members : m.email]
}
