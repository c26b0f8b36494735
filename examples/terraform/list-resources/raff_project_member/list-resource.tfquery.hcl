variable "project_id" {
  type = string
}

list "raff_project_member" "all" {
  provider = raff

  config {
    project_id = var.project_id
  }
}
