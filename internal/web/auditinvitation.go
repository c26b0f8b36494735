package web

import (
	"raff/internal/event"
	"raff/internal/lang"
)

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
	t.say(t.either(p.ProjectName, "{actor} invited {target} as {role} to {project}", "{actor} invited {target} as {role}"), "role", role)
	t.fact("Role", role)
	t.fact("Status", t.status(p.Status))
	if p.ProposedName != "" {
		t.fact("Proposed name", p.ProposedName)
	}
	t.inProject(p.ProjectName)
}

func describeInvitationResent(t *eventText, p event.InvitationResent) {
	t.say("{actor} resent the invitation to {target}")
	t.fact("Role", p.RoleName)
	t.inProject(p.ProjectName)
}

func describeInvitationLinkFetched(t *eventText, p event.InvitationLinkFetched) {
	t.say("{actor} fetched the invitation link of {target}")
	t.fact("Role", p.RoleName)
	t.inProject(p.ProjectName)
}

func describeInvitationAccepted(t *eventText, p event.InvitationAccepted) {
	t.person(p.MemberName)
	role := t.role(p.Role, p.RoleName)
	t.say(t.either(p.ProjectName, "{actor} accepted the invitation as {role} to {project}", "{actor} accepted the invitation as {role}"), "role", role)
	t.fact("Role", role)
	t.inProject(p.ProjectName)
}

func describeInvitationDeclined(t *eventText, p event.InvitationDeclined) {
	t.say(t.either(p.ProjectName, "{actor} declined the invitation as {role} to {project}", "{actor} declined the invitation as {role}"), "role", p.RoleName)
	t.fact("Role", p.RoleName)
	t.inProject(p.ProjectName)
}

func describeInvitationCancelled(t *eventText, p event.InvitationCancelled) {
	t.say(t.either(p.ProjectName, "{actor} cancelled the invitation of {target} to {project}", "{actor} cancelled the invitation of {target}"))
	t.fact("Role", t.role(p.Role, p.RoleName))
	t.inProject(p.ProjectName)
	t.fact("Reason", t.reason(p.Because))
}

func describeInvitationRemoved(t *eventText, p event.InvitationRemoved) {
	t.say(t.either("", "{actor} removed the unanswered invitation of {target} to {project}", "{actor} removed the unanswered invitation of {target}"))
	t.fact("Invitation", t.oneWord(map[string]lang.Text{"expired": "Expired", "declined": "Declined"}, p.InvitationState))
}
