data "raff_whoami" "me" {}

# Fail before anything is changed if the API key belongs to the wrong account.
check "account" {
  assert {
    condition     = data.raff_whoami.me.account_name == "Acme"
    error_message = "This key belongs to ${data.raff_whoami.me.account_name}."
  }
}
