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
	t.say(t.either(p.ProjectName, "{actor} added {target} as {role} to {project}", "{actor} added {target} as {role} to the account"), "role", role)
	t.fact("Role", role)
	t.fact("Status", t.status(p.Status))
	t.inProject(p.ProjectName)
}

func describeMemberUpdated(t *eventText, p event.MemberUpdated) {
	t.person(p.MemberName)
	switch {
	case p.Role != nil:
		from, to := t.role(p.Role.From, p.RoleName.From), t.role(p.Role.To, p.RoleName.To)
		t.say(t.either(p.ProjectName, "{actor} changed {target}’s role in {project} from {from} to {to}", "{actor} changed {target}’s role from {from} to {to}"), "from", from, "to", to)
		t.fact("Role", from+" → "+to)
	case p.Status == nil:
		t.say(t.either(p.ProjectName, "{actor} changed the membership of {target} in {project}", "{actor} changed the membership of {target}"))
	case p.Status.To == string(team.StatusSuspended):
		t.say(t.either(p.ProjectName, "{actor} suspended {target} in {project}", "{actor} suspended {target}"))
	case p.Status.To == string(team.StatusPending):
		t.say(t.either(p.ProjectName, "{actor} took the invitation of {target} off hold in {project}", "{actor} took the invitation of {target} off hold"))
	default:
		t.say(t.either(p.ProjectName, "{actor} activated {target} in {project}", "{actor} activated {target}"))
	}
	describeChange(t, "Status", p.Status, t.status)
	t.inProject(p.ProjectName)
	t.count("Signed out of", p.SessionsEnded, "session")
	t.fact("Disabled API keys", strings.Join(p.APIKeysDeactivated, ", "))
}

func describeMemberRemoved(t *eventText, p event.MemberRemoved) {
	t.person(p.MemberName)
	t.say(t.either(p.ProjectName, "{actor} removed {target} from {project}", "{actor} removed {target} from the account"))
	t.fact("Role", t.role(p.Role, p.RoleName))
	t.fact("Status", t.status(p.Status))
	t.inProject(p.ProjectName)
	if p.ProjectMembershipsRemoved != nil {
		t.count("Removed with it", *p.ProjectMembershipsRemoved, "project role")
	}
	t.count("Signed out of", p.SessionsEnded, "session")
	t.fact("Disabled API keys", strings.Join(p.APIKeysDeactivated, ", "))
	t.fact("Reason", t.reason(p.Because))
}
