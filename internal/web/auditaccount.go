package web

import (
	"strconv"
	"strings"

	"raff/internal/event"
	"raff/internal/lang"
)

var accountWords = []wording{
	sentence[event.AccountCreated]("Created", "{actor} created the account {target}"),
	describes("Settings changed", describeAccountUpdated),
	sentence[event.AccountSuspended]("Suspended", "{actor} suspended the account {target}"),
	sentence[event.AccountResumed]("Resumed", "{actor} resumed the account {target}"),
	describes("Limits changed", describeLimitsChanged),
	describes("Branding changed", describeBrandingChanged),
	describes("Deletion scheduled", func(t *eventText, p event.AccountDeletionScheduled) {
		t.say("{actor} scheduled the deletion of the account")
		t.fact("Can be resumed until", p.DeleteAt)
	}),
	sentence[event.AccountExported]("Exported", "{actor} exported all data of the account {target}"),
	describes("Ownership transferred", describeOwnershipTransferred),
	describes("Catalog changed", describeCatalogApplied),
	describes("Events missing", func(t *eventText, p event.EventsMissing) {
		t.say("{actor} found that events are missing from this log")
		t.count("Missing", p.Events, "event")
		t.fact("The first happened at", p.FirstAt)
		t.fact("IDs", strings.Join(p.IDs, ", "))
	}),
	describes("Log sealed with a key", func(t *eventText, p event.LogAdopted) {
		t.say("{actor} started to seal this log with a key")
		t.fact("Key", p.Key)
		t.fact("Last seal without it", strconv.Itoa(p.Seal))
	}),
	describes("Retention changed", func(t *eventText, p event.LogRetentionChanged) {
		t.say("{actor} changed how long this log is kept")
		t.fact("Kept for", t.keptFor(p.Days.From)+" → "+t.keptFor(p.Days.To))
	}),
	describes("Shorter retention announced", func(t *eventText, p event.LogRetentionAnnounced) {
		t.say("{actor} announced that this log will be kept for a shorter time")
		t.fact("Kept for", t.keptFor(p.Days.From)+" → "+t.keptFor(p.Days.To))
		t.fact("Takes effect", p.EffectiveAt)
	}),
	describes("Old events removed", func(t *eventText, p event.LogExpired) {
		t.say("{actor} removed events that are older than this log is kept")
		t.count("Removed", p.Events, "event")
		t.fact("Before", p.Until)
		t.fact("Kept for", t.keptFor(&p.Days))
	}),
	describes("Erasure of a person ordered", func(t *eventText, p event.PersonErasureOrdered) {
		t.say("{actor} ordered the erasure of {target}")
		t.count("Removed with it", p.MembershipsRemoved, "membership")
		t.fact("Disabled API keys", strings.Join(p.APIKeysDeactivated, ", "))
	}),
	describes("Person erased from this log", func(t *eventText, p event.PersonErased) {
		t.say("{actor} erased a person from this log")
		t.fact("Pseudonym", p.Person)
		t.count("Changed", p.Events, "event")
		t.fact("From number", strconv.Itoa(p.FirstSequence))
		t.fact("To number", strconv.Itoa(p.LastSequence))
		t.fact("Digest", p.Digest)
	}),
}

// keptFor is a retention in words.
func (t *eventText) keptFor(days *int) string {
	if days == nil {
		return t.words.in.Say("unlimited time")
	}
	return t.words.in.Many(*days, "", nouns["day"].one, nouns["day"].other)
}

func describeAccountUpdated(t *eventText, p event.AccountUpdated) {
	t.say("{actor} changed the settings of the account")
	describeChange(t, "Name", p.Name, asIs)
	describeChange(t, "Language", p.Language, languageName)
	describeChange(t, "Assigning roles", p.GrantPolicy, func(policy string) string {
		switch policy {
		case "delegated":
			return t.words.in.Say("Anyone who manages members can assign any role")
		case "strict":
			return t.words.in.Say("Requires every permission in the role")
		}
		return policy
	})
	describeChange(t, "Second factor", p.RequireSecondFactor, t.yesNo("Required", "Not required"))
}

func describeLimitsChanged(t *eventText, p event.AccountLimitsChanged) {
	t.say("{actor} changed the limits of the account")
	for _, limit := range []struct {
		name    lang.Text
		changed *event.Change[*int]
	}{{"Members", p.Members}, {"Projects", p.Projects}, {"API keys", p.APIKeys}, {"Roles", p.Roles}} {
		if limit.changed != nil {
			t.fact(limit.name, t.most(limit.changed.From)+" → "+t.most(limit.changed.To))
		}
	}
}

func describeBrandingChanged(t *eventText, p event.AccountBrandingChanged) {
	t.say("{actor} changed the branding of the account")
	describeChange(t, "Product name", p.ProductName, asIs)
	describeChange(t, "Accent color", p.AccentColor, asIs)
	describeChange(t, "Logo", p.Logo, func(hash string) string { return hash[:min(len(hash), 12)] })
	describeChange(t, "Support contact", p.Support, asIs)
	describeChange(t, "Sender of emails", p.MailSenderName, asIs)
	describeChange(t, "Footer of emails", p.MailFooter, asIs)
}

func (t *eventText) most(n *int) string {
	if n == nil {
		return t.words.in.Say("no limit")
	}
	return strconv.Itoa(*n)
}

func describeOwnershipTransferred(t *eventText, p event.AccountOwnershipTransferred) {
	t.person(p.MemberName)
	t.say("{actor} made {target} the Owner of the account")
	if p.Role != nil {
		t.fact("Role", t.role(p.Role.From, p.RoleName.From)+" → "+t.role(p.Role.To, p.RoleName.To))
	}
	t.fact("Disabled API keys", strings.Join(p.APIKeysDeactivated, ", "))
}

func describeCatalogApplied(t *eventText, p event.CatalogApplied) {
	t.say("{actor} changed the catalog of permissions and system roles")
	for _, r := range p.Roles {
		if r.New {
			t.fact("New role", r.RoleName)
		}
		t.line(t.words.in.Say("{role} gained", r.RoleName), t.permissions(r.Gains))
		t.line(t.words.in.Say("{role} lost", r.RoleName), t.permissions(r.Loses))
	}
}
