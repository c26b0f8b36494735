data "raff_role" "member" {
  scope = "account"
  slug  = "member"
}

resource "raff_member" "alice" {
  email   = "alice@example.com"
  role_id = data.raff_role.member.id
}

# terraform apply -invoke=action.raff_invitation_resend.alice
action "raff_invitation_resend" "alice" {
  config {
    member_id = raff_member.alice.id
  }
}
