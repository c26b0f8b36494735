package web

import (
	"raff/internal/event"
	"raff/internal/lang"
	"raff/internal/permission"
	"raff/internal/team"
)

// auditWords has the names for the ids and slugs in events.
type auditWords struct {
	in       *lang.Language
	catalog  *permission.Catalog
	projects []team.Project
	other    func(id string) string // the name of a project that is not in projects; may be nil
}

// phrase is a part of a sentence: plain text, or a name with a link.
type phrase struct {
	Text, Link string
	Name       bool
	Badge      lang.Text // what did it, if it was not a user
}

// actorBadges mark the names of actors that are not users.
var actorBadges = map[event.ActorType]lang.Text{event.APIKey: "API key", event.Support: "Support"}

// detail is one line of an event's details.
type detail struct{ Name, Text string }
