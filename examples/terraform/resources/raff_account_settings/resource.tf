resource "raff_account_settings" "this" {
  name = "Example Ltd"

  # Terraform cannot change these two, but checks them: the plan fails if the account has another value.
  grant_policy          = "delegated"
  require_second_factor = false
}
