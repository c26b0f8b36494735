data "raff_member" "owner" {
  email = "owner@example.com"
}

output "owner_status" {
  value = data.raff_member.owner.status
}
