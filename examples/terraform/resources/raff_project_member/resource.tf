resource "raff_project" "website" {
  name = "Website"
}

# By email: Alice is invited to the account, and gets the project role with the same acceptance.
resource "raff_member" "alice" {
  email = "alice@example.com"
  role  = "member"
}

resource "raff_project_member" "alice" {
  project_id = raff_project.website.id
  email      = raff_member.alice.email
  role       = "operator"
}

# By user ID: a current or former user of the account.
data "raff_user" "carol" {
  email = "carol@example.com"
}

resource "raff_project_member" "carol" {
  project_id     = raff_project.website.id
  target_user_id = data.raff_user.carol.id
  role           = "viewer"
}

# By API key ID: a key that only has access to this project. Here, the role is set by its ID.
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
