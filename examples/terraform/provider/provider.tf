terraform {
  required_providers {
    raff = {
      source = "raff/raff"
    }
  }
}

# RAFF_API_URL and RAFF_API_KEY are read from the environment, so that the configuration has no secrets.
provider "raff" {}

data "raff_whoami" "me" {}

output "account" {
  value = data.raff_whoami.me.account_name
}
