list "raff_project" "all" {
  provider = raff
}
