package sqlite

import (
	"strings"

	"raff/internal/store/engine"
)

// kinds is a set of kinds of remembered rows, with one bit for each.
type kinds uint

const allKinds kinds = 1<<engine.Kinds - 1

func kindsOf(list ...engine.Kind) (k kinds) {
	for _, kind := range list {
		k |= 1 << kind
	}
	return k
}

// inserts and changes say which kinds of remembered rows a statement may make wrong: an INSERT into a table, or an UPDATE or
// DELETE. A table that is not listed makes all of them wrong. What does not exist is remembered of subjects, grants, places and
// pages, but not of keys and members, so a new row concerns only the former.
var (
	inserts = map[string]kinds{
		"accounts": 0,
		"users":    0,
		"roles":    0,
		"api_keys": kindsOf(engine.KindSubject, engine.KindGrant),
		"projects": kindsOf(engine.KindPlace),
		// A member of a project is remembered with whether its membership of the account is suspended.
		"memberships": kindsOf(engine.KindSubject, engine.KindGrant, engine.KindMember, engine.KindMembers),
		// A member is remembered with its invitation and the state of its mail.
		"invitations":       kindsOf(engine.KindMember, engine.KindMembers),
		"invitation_tokens": kindsOf(engine.KindMember, engine.KindMembers),
		"outbox":            kindsOf(engine.KindMember, engine.KindMembers),
		"audit_events":      kindsOf(engine.KindRevision),
		// Triggers keep the counts that are the totals of pages; the statements that fire them have the tables above.
		"counts": kindsOf(engine.KindMembers),
	}
	changes = map[string]kinds{
		"invitations":       kindsOf(engine.KindMember, engine.KindMembers),
		"invitation_tokens": kindsOf(engine.KindMember, engine.KindMembers),
		"outbox":            kindsOf(engine.KindMember, engine.KindMembers),
		"audit_events":      kindsOf(engine.KindRevision),
		// Triggers keep the counts that are the totals of pages; the statements that fire them have the tables above.
		"counts": kindsOf(engine.KindMembers),
	}
	// concernNothing are tables of which nothing is remembered.
	concernNothing = []string{
		"account_logos", "account_users", "audit_heads", "audit_retention_changes", "audit_seals", "audit_secrets", "erased_events", "erasures", "event_slices", "factors", "idempotency_keys", "limits", "link_tokens", "nodes", "operator_keys",
		"recovery_codes", "secret_holders", "sessions", "settings", "signing_keys", "support_grants", "support_sessions",
		"usage_days", "usage_ids",
	}
)

func init() {
	for _, t := range concernNothing {
		inserts[t], changes[t] = 0, 0
	}
}

// touchedBy returns the kinds of rows that a statement may change.
func touchedBy(statement string) kinds {
	words := strings.Fields(statement)
	if len(words) < 3 {
		return allKinds
	}
	table, list := "", changes
	switch {
	case words[0] == "INSERT" && words[1] == "INTO":
		if table, list = words[2], inserts; strings.Contains(statement, "DO UPDATE") {
			list = changes
		}
	case words[0] == "UPDATE":
		table = words[1]
	case words[0] == "DELETE" && words[1] == "FROM":
		table = words[2]
	}
	if k, ok := list[strings.TrimRight(table, "(,;")]; ok {
		return k
	}
	return allKinds
}
