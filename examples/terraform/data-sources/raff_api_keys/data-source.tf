data "raff_api_keys" "all" {}

output "keys_without_an_end" {
  value = [for k in data.raff_api_keys.all.api_keys : k.name if k.expires_at == null]
}
