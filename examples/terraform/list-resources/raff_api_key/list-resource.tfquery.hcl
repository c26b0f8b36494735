list "raff_api_key" "all" {
  provider = raff
}
