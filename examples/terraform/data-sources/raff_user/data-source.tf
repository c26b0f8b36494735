# Any current or former user of the account, such as the Owner, by email in any spelling.
data "raff_user" "owner" {
  email = "Owner@example.com"
}

output "owner_id" {
  value = data.raff_user.owner.id
}
