resource "raff_project" "website" {
  name = "Website"
}

# By address: Alice is invited to the account, and gets her role in the project with the same acceptance.
resource "raff_member" "alice" {
  email = "alice@example.com"
  role  = "member"
}

resource "raff_project_member" "alice" {
  project_id = raff_project.website.id
  email      = raff_member.alice.email
  role       = "operator"
}

# By user: someone the account knows.
data "raff_user" "carol" {
  email = "carol@example.com"
}

resource "raff_project_member" "carol" {
  project_id     = raff_project.website.id
  target_user_id = data.raff_user.carol.id
  role           = "viewer"
}

# By API key: one that works in this project and nowhere else. Here the role is named by its id.
data "raff_role" "project_member" {
  scope = "project"
  slug  = "project-member"
}

resource "raff_api_key" "deploy" {
  name = "deploy"
}

resource "raff_project_member" "deploy" {
  project_id = raff_project.website.id
  api_key_id = raff_api_key.deploy.id
  role_id    = data.raff_role.project_member.id
}
