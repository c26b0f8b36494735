list "raff_role" "account" {
  provider = raff

  config {
    scope = "account"
  }
}
