resource "raff_project" "website" {
  name        = "Website"
  description = "What customers see"
}
