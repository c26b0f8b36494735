# terraform query -generate-config-out=members.tf
list "raff_member" "people" {
  provider = raff

  config {
    principal_type = "user"
  }
}
