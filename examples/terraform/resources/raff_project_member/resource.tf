data "raff_roles" "project" {
  scope = "project"
}

data "raff_role" "member" {
  scope = "account"
  slug  = "member"
}

resource "raff_project" "website" {
  name = "Website"
}

# Alice is invited to the account and gets her role in the project with the same acceptance.
resource "raff_member" "alice" {
  email   = "alice@example.com"
  role_id = data.raff_role.member.id
}

resource "raff_project_member" "alice" {
  project_id = raff_project.website.id
  email      = raff_member.alice.email
  role_id    = data.raff_roles.project.by_slug["operator"].id
}

# A key that works in this project and nowhere else.
resource "raff_api_key" "deploy" {
  name = "deploy"
}

resource "raff_project_member" "deploy" {
  project_id = raff_project.website.id
  api_key_id = raff_api_key.deploy.id
  role_id    = data.raff_roles.project.by_slug["project-member"].id
}
