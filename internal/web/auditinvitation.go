package web

import "raff/internal/event"

var invitationWords = []wording{
	tells("Invited", tellInvitationCreated),
	tells("Resent", tellInvitationResent),
	tells("Link fetched", tellInvitationLinkFetched),
	tells("Accepted", tellInvitationAccepted),
	tells("Declined", tellInvitationDeclined),
	tells("Cancelled", tellInvitationCancelled),
	tells("Cleaned up", tellInvitationRemoved),
}

func tellInvitationCreated(t *telling, p event.InvitationCreated) {
	role := t.role(p.Role, p.RoleName)
	t.say("invited ", theTarget, aName(" as ", role), theProject(" to ", p.ProjectName, ""))
	t.fact("Role", role)
	t.fact("Status", statusWord(p.Status))
	t.inProject(p.ProjectName)
}

func tellInvitationResent(t *telling, p event.InvitationResent) {
	t.say("resent the invitation to ", theTarget)
	t.fact("Role", p.RoleName)
	t.inProject(p.ProjectName)
}

func tellInvitationLinkFetched(t *telling, p event.InvitationLinkFetched) {
	t.say("fetched the invitation link of ", theTarget)
	t.fact("Role", p.RoleName)
	t.inProject(p.ProjectName)
}

func tellInvitationAccepted(t *telling, p event.InvitationAccepted) {
	t.person(p.MemberName)
	role := t.role(p.Role, p.RoleName)
	t.say("accepted the invitation", aName(" as ", role), theProject(" to ", p.ProjectName, ""))
	t.fact("Role", role)
	t.inProject(p.ProjectName)
}

func tellInvitationDeclined(t *telling, p event.InvitationDeclined) {
	t.say("declined the invitation", aName(" as ", p.RoleName), theProject(" to ", p.ProjectName, ""))
	t.fact("Role", p.RoleName)
	t.inProject(p.ProjectName)
}

func tellInvitationCancelled(t *telling, p event.InvitationCancelled) {
	t.say("cancelled the invitation of ", theTarget, theProject(" to ", p.ProjectName, ""))
	t.fact("Role", t.role(p.Role, p.RoleName))
	t.inProject(p.ProjectName)
	t.fact("Reason", reason(p.Because))
}

func tellInvitationRemoved(t *telling, p event.InvitationRemoved) {
	t.say("removed the unanswered invitation of ", theTarget, theProject(" to ", "", ""))
	switch p.InvitationState {
	case "expired":
		t.fact("Invitation", "Expired")
	case "declined":
		t.fact("Invitation", "Declined")
	default:
		t.fact("Invitation", p.InvitationState)
	}
}
