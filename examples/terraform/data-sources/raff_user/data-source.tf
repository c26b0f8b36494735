# Anybody the account knows, in any spelling of the address. The Owner is always one of them.
data "raff_user" "owner" {
  email = "Owner@example.com"
}

output "owner_id" {
  value = data.raff_user.owner.id
}
