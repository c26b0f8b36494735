data "raff_role" "admin" {
  scope = "account"
  slug  = "admin"
}

output "what_an_admin_may_do" {
  value = data.raff_role.admin.permissions
}
