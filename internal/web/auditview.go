package web

import (
	"cmp"
	"strings"

	"raff/internal/event"
	"raff/internal/lang"
	"raff/internal/team"
)

// auditGroup is a group of actions in the filter. Any is the label of the option for all of them.
type auditGroup struct {
	Key        string
	Label, Any lang.Text
	Words      []wording
}

// auditGroups are all actions, in the order of the filter.
var auditGroups = []auditGroup{
	{"members", "Members", "All member events", memberWords},
	{"invitations", "Invitations", "All invitation events", invitationWords},
	{"projects", "Projects", "All project events", projectWords},
	{"roles", "Roles", "All role events", roleWords},
	{"external-ids", "External IDs", "All external ID events", externalIDWords},
	{"keys", "API keys", "All API key events", keyWords},
	{"account", "Account", "All account events", accountWords},
	{"support", "Support", "All support events", supportWords},
	{"security", "Signing in", "All sign-in events", userWords},
}

// wordingOf returns the wording of an action and the label of its group; ok is false for an unknown action.
func wordingOf(action event.Action) (w wording, group lang.Text, ok bool) {
	for _, g := range auditGroups {
		for _, w := range g.Words {
			if w.Action == action {
				return w, g.Label, true
			}
		}
	}
	return wording{}, "", false
}

// actionLabel is the label of an option of the filter when it is shown without its group.
func actionLabel(l *lang.Language, chosen string) string {
	for _, g := range auditGroups {
		if g.Key == chosen {
			return l.Say(g.Any)
		}
	}
	w, group, ok := wordingOf(event.Action(chosen))
	if !ok {
		return chosen
	}
	label := l.Say(w.Label)
	if l == lang.English {
		label = strings.ToLower(label[:1]) + label[1:]
	}
	return l.Say(group) + ": " + label
}

// eventView is one event as the page shows it.
type eventView struct {
	event.Event
	Actor           string
	Target, Project string
	Said            []phrase
	Details         []detail
}

// Sentence returns the description as plain text.
func (h eventView) Sentence() string {
	var parts []string
	for _, ph := range h.Said {
		parts = append(parts, ph.Text)
	}
	return strings.Join(parts, "")
}

// view describes an event.
func (a auditWords) view(e event.Event) eventView {
	a.in = cmp.Or(a.in, lang.English)
	t := eventText{words: a, event: e}
	t.name = e.TargetName
	if strings.HasSuffix(t.name, team.KeyEmail("")) {
		t.name = a.in.Say("an API key")
	}
	if e.TargetType == "project" {
		t.projectName = e.TargetName
	}
	p := e.Payload()
	w, _, ok := wordingOf(e.Action)
	if _, unread := p.(event.Unknown); unread || !ok {
		t.say("{actor} {action} {target}", "action", strings.NewReplacer("_", " ", ".", " ").Replace(string(e.Action)))
	} else {
		w.describe(&t, p)
	}
	if o := e.OnBehalfOf(); o != nil {
		t.fact("On behalf of", t.words.in.Say("the account, let in by {name}", o.GrantedBy))
	}
	return eventView{
		Event: e, Actor: t.actor(), Target: t.name, Project: t.projectName, Said: t.said, Details: t.details,
	}
}
