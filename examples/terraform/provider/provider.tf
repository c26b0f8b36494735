terraform {
  required_providers {
    raff = {
      source = "raff/raff"
    }
  }
}

# RAFF_API_URL and RAFF_API_KEY are taken from the environment, so that no secret stands here.
provider "raff" {}

data "raff_whoami" "me" {}

output "account" {
  value = data.raff_whoami.me.account_name
}
