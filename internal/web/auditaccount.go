package web

import (
	"strconv"
	"strings"

	"raff/internal/event"
)

var accountWords = []wording{
	sentence[event.AccountCreated]("Created", "created the account ", theTarget),
	describes("Settings changed", describeAccountUpdated),
	sentence[event.AccountSuspended]("Suspended", "suspended the account ", theTarget),
	sentence[event.AccountResumed]("Resumed", "resumed the account ", theTarget),
	describes("Limits changed", describeLimitsChanged),
	describes("Deletion scheduled", func(t *eventText, p event.AccountDeletionScheduled) {
		t.say("scheduled the deletion of the account")
		t.fact("Can be resumed until", p.DeleteAt)
	}),
	sentence[event.AccountExported]("Exported", "exported all data of the account ", theTarget),
	describes("Ownership transferred", describeOwnershipTransferred),
	describes("Catalog changed", describeCatalogApplied),
	describes("Events missing", func(t *eventText, p event.EventsMissing) {
		t.say("found that events are missing from this log")
		t.count("Missing", p.Events, "event")
		t.fact("The first happened at", p.FirstAt)
		t.fact("IDs", strings.Join(p.IDs, ", "))
	}),
	describes("Log sealed with a key", func(t *eventText, p event.LogAdopted) {
		t.say("started to seal this log with a key")
		t.fact("Key", p.Key)
		t.fact("Last seal without it", strconv.Itoa(p.Seal))
	}),
	describes("Retention changed", func(t *eventText, p event.LogRetentionChanged) {
		t.say("changed how long this log is kept")
		t.fact("Kept for", keptFor(p.Days.From)+" → "+keptFor(p.Days.To))
	}),
	describes("Old events removed", func(t *eventText, p event.LogExpired) {
		t.say("removed events that are older than this log is kept")
		t.count("Removed", p.Events, "event")
		t.fact("Before", p.Until)
		t.fact("Kept for", keptFor(&p.Days))
	}),
}

// keptFor is a retention in words.
func keptFor(days *int) string {
	switch {
	case days == nil:
		return "unlimited time"
	case *days == 1:
		return "1 day"
	}
	return strconv.Itoa(*days) + " days"
}

func describeAccountUpdated(t *eventText, p event.AccountUpdated) {
	t.say("changed the settings of the account")
	describeChange(t, "Name", p.Name, asIs)
	describeChange(t, "Assigning roles", p.GrantPolicy, func(policy string) string {
		switch policy {
		case "delegated":
			return "Anyone who manages members can assign any role"
		case "strict":
			return "Requires every permission in the role"
		}
		return policy
	})
	describeChange(t, "Second factor", p.RequireSecondFactor, yesNo("Required", "Not required"))
}

func describeLimitsChanged(t *eventText, p event.AccountLimitsChanged) {
	t.say("changed the limits of the account")
	for _, limit := range []struct {
		name    string
		changed *event.Change[*int]
	}{{"Members", p.Members}, {"Projects", p.Projects}, {"API keys", p.APIKeys}, {"Roles", p.Roles}} {
		if limit.changed != nil {
			t.fact(limit.name, most(limit.changed.From)+" → "+most(limit.changed.To))
		}
	}
}

func most(n *int) string {
	if n == nil {
		return "no limit"
	}
	return strconv.Itoa(*n)
}

func describeOwnershipTransferred(t *eventText, p event.AccountOwnershipTransferred) {
	t.person(p.MemberName)
	t.say("made ", theTarget, " the Owner of the account")
	if p.Role != nil {
		t.fact("Role", t.role(p.Role.From, p.RoleName.From)+" → "+t.role(p.Role.To, p.RoleName.To))
	}
	t.fact("Disabled API keys", strings.Join(p.APIKeysDeactivated, ", "))
}

func describeCatalogApplied(t *eventText, p event.CatalogApplied) {
	t.say("changed the catalog of permissions and system roles")
	for _, r := range p.Roles {
		if r.New {
			t.fact("New role", r.RoleName)
		}
		t.fact(r.RoleName+" gained", t.permissions(r.Gains))
		t.fact(r.RoleName+" lost", t.permissions(r.Loses))
	}
}
