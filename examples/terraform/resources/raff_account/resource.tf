# RAFF_OPERATOR_URL and RAFF_OPERATOR_KEY are read from the environment.
resource "raff_account" "shop" {
  name        = "Shop"
  owner_email = "shop-owner@example.com"

  limits = {
    members  = 25
    projects = 5
  }
  attributes = {
    plan = "pro"
  }
  branding = {
    product_name = "Shop"
    accent_color = "#702070"
  }

  # Destroying the resource deletes the account after this time, during which it can be resumed.
  deletion_grace_days = 14
}
