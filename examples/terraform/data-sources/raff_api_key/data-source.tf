data "raff_whoami" "me" {}

data "raff_api_key" "own" {
  id = data.raff_whoami.me.id
}

output "own_key_ends" {
  value = data.raff_api_key.own.expires_at
}
