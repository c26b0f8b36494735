data "raff_accounts" "suspended" {
  state = "suspended"
}

output "suspended" {
  value = [for a in data.raff_accounts.suspended.accounts : a.name]
}
