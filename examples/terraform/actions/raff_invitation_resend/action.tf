resource "raff_member" "alice" {
  email = "alice@example.com"
  role  = "member"
}

# terraform apply -invoke=action.raff_invitation_resend.alice
action "raff_invitation_resend" "alice" {
  config {
    member_id = raff_member.alice.id
  }
}

# Or by the ID of the invitation.
action "raff_invitation_resend" "invitation" {
  config {
    invitation_id = raff_member.alice.invitation_id
  }
}
