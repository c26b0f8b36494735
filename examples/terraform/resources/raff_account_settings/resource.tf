resource "raff_account_settings" "this" {
  name = "Example Ltd"

  # Terraform cannot change these two, so they are checked: the plan fails when the account has another value.
  grant_policy          = "delegated"
  require_second_factor = false
}
