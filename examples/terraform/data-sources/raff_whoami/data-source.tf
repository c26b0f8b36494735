data "raff_whoami" "me" {}

# Stop before anything is changed, if the key belongs to another account than it should.
check "account" {
  assert {
    condition     = data.raff_whoami.me.account_name == "Acme"
    error_message = "This key belongs to ${data.raff_whoami.me.account_name}."
  }
}
