package web

import (
	"strings"

	"raff/internal/event"
	"raff/internal/permission"
	"raff/internal/team"
)

// wording is how events of one action are told: what the filter calls them, and what tells one of them.
type wording struct {
	Action event.Action
	Label  string
	tell   func(*telling, event.Payload)
}

// tells is the wording of the events whose payload is a P.
func tells[P event.Payload](label string, tell func(*telling, P)) wording {
	var zero P
	return wording{zero.Action(), label, func(t *telling, p event.Payload) { tell(t, p.(P)) }}
}

// says is the wording of events that need nothing but a sentence.
func says[P event.Payload](label string, parts ...any) wording {
	return tells(label, func(t *telling, _ P) { t.say(parts...) })
}

// auditGroup is the actions of one noun, as the filter shows them. Any is the choice of all of them.
type auditGroup struct {
	Key, Label, Any string
	Words           []wording
}

// auditGroups are all actions, in the order of the filter.
var auditGroups = []auditGroup{
	{"members", "Members", "All member events", memberWords},
	{"invitations", "Invitations", "All invitation events", invitationWords},
	{"projects", "Projects", "All project events", projectWords},
	{"roles", "Roles", "All role events", roleWords},
	{"keys", "API keys", "All API key events", keyWords},
	{"account", "Account", "All account events", accountWords},
	{"security", "Signing in", "All sign-in events", userWords},
}

// wordingOf is how events of this action are told, and the label of their group; ok is false for an unknown action.
func wordingOf(action event.Action) (w wording, group string, ok bool) {
	for _, g := range auditGroups {
		for _, w := range g.Words {
			if w.Action == action {
				return w, g.Label, true
			}
		}
	}
	return wording{}, "", false
}

// actionLabel is what a choice of the filter is called where it stands alone.
func actionLabel(chosen string) string {
	for _, g := range auditGroups {
		if g.Key == chosen {
			return g.Any
		}
	}
	w, group, ok := wordingOf(event.Action(chosen))
	if !ok {
		return chosen
	}
	return group + ": " + strings.ToLower(w.Label[:1]) + w.Label[1:]
}

// auditWords knows what the ids and slugs in events are called.
type auditWords struct {
	catalog  *permission.Catalog
	projects []team.Project
}

// happening is one event as a person reads it.
type happening struct {
	event.Event
	Actor           string
	Target, Project string
	Said            []phrase
	Details         []detail
}

// phrase is a part of a sentence: words, or a name with what it leads to.
type phrase struct {
	Text, Link string
	Name       bool
}

// detail is one line of what an event tells.
type detail struct{ Name, Text string }

// Sentence is what happened as plain text.
func (h happening) Sentence() string {
	parts := []string{h.Actor, " "}
	for _, ph := range h.Said {
		parts = append(parts, ph.Text)
	}
	return strings.Join(parts, "")
}

// happening puts an event into words.
func (a auditWords) happening(e event.Event) happening {
	t := telling{words: a, event: e}
	t.name = e.TargetName
	if strings.HasSuffix(t.name, team.KeyEmail("")) {
		t.name = "an API key"
	}
	if e.TargetType == "project" {
		t.projectName = e.TargetName
	}
	p := e.Payload()
	w, _, ok := wordingOf(e.Action)
	if _, unread := p.(event.Unknown); unread || !ok {
		t.say(strings.NewReplacer("_", " ", ".", " ").Replace(string(e.Action)), " ", theTarget)
	} else {
		w.tell(&t, p)
	}
	return happening{
		Event: e, Actor: or(actorName(e), e.ActorID), Target: t.name, Project: t.projectName, Said: t.said, Details: t.details,
	}
}

func actorName(e event.Event) string {
	switch {
	case e.ActorType != event.Operator:
		return e.ActorName
	case e.ActorID == event.SystemID:
		return "The server"
	case e.IsAnonymous():
		return "Someone who was not signed in"
	}
	return "The operator"
}
