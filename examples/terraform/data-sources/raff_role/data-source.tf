# By scope and slug.
data "raff_role" "admin" {
  scope = "account"
  slug  = "admin"
}

# By ID, such as that of the role of the provider's own API key.
data "raff_whoami" "me" {}

data "raff_role" "own" {
  id = data.raff_whoami.me.role_id
}

output "what_an_admin_may_do" {
  value = data.raff_role.admin.permissions
}

output "own_role" {
  value = data.raff_role.own.slug
}
