package web

import (
	"raff/internal/event"
	"raff/internal/permission"
	"raff/internal/team"
)

// auditWords has the names for the ids and slugs in events.
type auditWords struct {
	catalog  *permission.Catalog
	projects []team.Project
	other    func(id string) string // the name of a project that is not in projects; may be nil
}

// phrase is a part of a sentence: plain text, or a name with a link.
type phrase struct {
	Text, Link string
	Name       bool
}

// detail is one line of an event's details.
type detail struct{ Name, Text string }

// wording describes the events of one action: their label in the filter, and a function that describes one of them.
type wording struct {
	Action   event.Action
	Label    string
	describe func(*eventText, event.Payload)
}

// describes returns the wording of the events with the payload type P.
func describes[P event.Payload](label string, describe func(*eventText, P)) wording {
	var zero P
	return wording{zero.Action(), label, func(t *eventText, p event.Payload) { describe(t, p.(P)) }}
}

// sentence returns the wording of events that are described by a sentence without details.
func sentence[P event.Payload](label string, parts ...any) wording {
	return describes(label, func(t *eventText, _ P) { t.say(parts...) })
}
