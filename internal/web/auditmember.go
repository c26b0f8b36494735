package web

import (
	"strings"

	"raff/internal/event"
	"raff/internal/team"
)

var memberWords = []wording{
	describes("Added", describeMemberAdded),
	describes("Role or status changed", describeMemberUpdated),
	describes("Removed", describeMemberRemoved),
}

func describeMemberAdded(t *eventText, p event.MemberAdded) {
	t.person(p.MemberName)
	role := t.role(p.Role, p.RoleName)
	t.say("added ", theTarget, aName(" as ", role), theProject(" to ", p.ProjectName, " to the account"))
	t.fact("Role", role)
	t.fact("Status", statusWord(p.Status))
	t.inProject(p.ProjectName)
}

func describeMemberUpdated(t *eventText, p event.MemberUpdated) {
	t.person(p.MemberName)
	in := theProject(" in ", p.ProjectName, "")
	switch {
	case p.Role != nil:
		from, to := t.role(p.Role.From, p.RoleName.From), t.role(p.Role.To, p.RoleName.To)
		t.say("changed ", theTarget, "’s role", in, aName(" from ", from), aName(" to ", to))
		t.fact("Role", from+" → "+to)
	case p.Status == nil:
		t.say("changed the membership of ", theTarget, in)
	case p.Status.To == string(team.StatusSuspended):
		t.say("suspended ", theTarget, in)
	case p.Status.To == string(team.StatusPending):
		t.say("took the invitation of ", theTarget, " off hold", in)
	default:
		t.say("activated ", theTarget, in)
	}
	describeChange(t, "Status", p.Status, statusWord)
	t.inProject(p.ProjectName)
	t.count("Signed out of", p.SessionsEnded, "session")
	t.fact("Disabled API keys", strings.Join(p.APIKeysDeactivated, ", "))
}

func describeMemberRemoved(t *eventText, p event.MemberRemoved) {
	t.person(p.MemberName)
	t.say("removed ", theTarget, theProject(" from ", p.ProjectName, " from the account"))
	t.fact("Role", t.role(p.Role, p.RoleName))
	t.fact("Status", statusWord(p.Status))
	t.inProject(p.ProjectName)
	if p.ProjectMembershipsRemoved != nil {
		t.count("Removed with it", *p.ProjectMembershipsRemoved, "project role")
	}
	t.count("Signed out of", p.SessionsEnded, "session")
	t.fact("Disabled API keys", strings.Join(p.APIKeysDeactivated, ", "))
	t.fact("Reason", reason(p.Because))
}
