locals {
  engineering = ["Alice@Example.com", "bob@example.com"]
  support     = ["alice@example.com", "carol@example.com"]

  # One entry for Alice, in any spelling.
  everyone = toset([for address in concat(local.engineering, local.support) : provider::raff::normalize_email(address)])
}

output "everyone" {
  value = local.everyone
}
