# By email, in any spelling.
data "raff_member" "owner" {
  email = "owner@example.com"
}

# By ID, such as that of the provider's own API key.
data "raff_whoami" "me" {}

data "raff_member" "key" {
  id = data.raff_whoami.me.member_id
}

output "owner_status" {
  value = data.raff_member.owner.status
}

output "key_role" {
  value = data.raff_member.key.role_name
}
