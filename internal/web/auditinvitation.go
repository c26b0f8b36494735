package web

import "raff/internal/event"

var invitationWords = []wording{
	describes("Invited", describeInvitationCreated),
	describes("Resent", describeInvitationResent),
	describes("Link fetched", describeInvitationLinkFetched),
	describes("Accepted", describeInvitationAccepted),
	describes("Declined", describeInvitationDeclined),
	describes("Cancelled", describeInvitationCancelled),
	describes("Cleaned up", describeInvitationRemoved),
}

func describeInvitationCreated(t *eventText, p event.InvitationCreated) {
	role := t.role(p.Role, p.RoleName)
	t.say("invited ", theTarget, aName(" as ", role), theProject(" to ", p.ProjectName, ""))
	t.fact("Role", role)
	t.fact("Status", statusWord(p.Status))
	t.inProject(p.ProjectName)
}

func describeInvitationResent(t *eventText, p event.InvitationResent) {
	t.say("resent the invitation to ", theTarget)
	t.fact("Role", p.RoleName)
	t.inProject(p.ProjectName)
}

func describeInvitationLinkFetched(t *eventText, p event.InvitationLinkFetched) {
	t.say("fetched the invitation link of ", theTarget)
	t.fact("Role", p.RoleName)
	t.inProject(p.ProjectName)
}

func describeInvitationAccepted(t *eventText, p event.InvitationAccepted) {
	t.person(p.MemberName)
	role := t.role(p.Role, p.RoleName)
	t.say("accepted the invitation", aName(" as ", role), theProject(" to ", p.ProjectName, ""))
	t.fact("Role", role)
	t.inProject(p.ProjectName)
}

func describeInvitationDeclined(t *eventText, p event.InvitationDeclined) {
	t.say("declined the invitation", aName(" as ", p.RoleName), theProject(" to ", p.ProjectName, ""))
	t.fact("Role", p.RoleName)
	t.inProject(p.ProjectName)
}

func describeInvitationCancelled(t *eventText, p event.InvitationCancelled) {
	t.say("cancelled the invitation of ", theTarget, theProject(" to ", p.ProjectName, ""))
	t.fact("Role", t.role(p.Role, p.RoleName))
	t.inProject(p.ProjectName)
	t.fact("Reason", reason(p.Because))
}

func describeInvitationRemoved(t *eventText, p event.InvitationRemoved) {
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
