package web

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"raff/internal/event"
	"raff/internal/lang"
	"raff/internal/permission"
	"raff/internal/team"
)

// eventText collects the description of one event: its sentence and its details.
type eventText struct {
	words             auditWords
	event             event.Event
	name, projectName string // of the target and the project
	said              []phrase
	details           []detail
}

// say sets the sentence. Its placeholders are {actor}, {target} and {project}, and those in more, which alternates names of placeholders
// and names of objects.
func (t *eventText) say(text lang.Text, more ...string) {
	names := lang.Placeholders(string(text))
	for _, p := range t.words.in.Parts(text) {
		if p.Literal != "" {
			t.said = append(t.said, phrase{Text: p.Literal})
		}
		if p.Value < 0 {
			continue
		}
		switch name := names[p.Value]; name {
		case "actor":
			t.said = append(t.said, phrase{Text: t.actor(), Link: "/audit?actor=" + t.event.ActorID, Name: true, Badge: actorBadges[t.event.ActorType]})
		case "target":
			t.said = append(t.said, phrase{Text: cmp.Or(t.name, t.event.TargetID), Link: "/audit?target=" + t.event.TargetID, Name: true})
		case "project":
			t.said = append(t.said, phrase{Text: t.projectName, Link: "/audit?project=" + t.event.ProjectID, Name: true})
		default:
			if i := slices.Index(more, name); i >= 0 {
				t.said = append(t.said, phrase{Text: cmp.Or(more[i+1], "–"), Name: true})
			}
		}
	}
}

// either is the first text for an event in a project, whose name is set for it, and the second for one in the account.
func (t *eventText) either(projectName string, in, out lang.Text) lang.Text {
	if t.event.ProjectID == "" {
		return out
	}
	t.projectName = cmp.Or(projectName, t.words.project(t.event.ProjectID))
	return in
}

// actor is who did it.
func (t *eventText) actor() string { return cmp.Or(actorName(t.words.in, t.event), t.event.ActorID) }

// fact adds a line to the details, unless it is empty.
func (t *eventText) fact(name lang.Text, text string) { t.line(t.words.in.Say(name), text) }

// line is fact for a name that is not a message of its own.
func (t *eventText) line(name, text string) {
	if text != "" {
		t.details = append(t.details, detail{name, text})
	}
}

// count adds a line with a number, unless it is 0.
func (t *eventText) count(name lang.Text, n int, what string) {
	if n > 0 {
		t.fact(name, t.words.in.Many(n, "", nouns[what].one, nouns[what].other))
	}
}

// describeChange adds a line with the values before and after a change.
func describeChange[T any](t *eventText, name lang.Text, c *event.Change[T], text func(T) string) {
	if c != nil {
		none := t.words.in.Say("none")
		t.fact(name, cmp.Or(text(c.From), none)+" → "+cmp.Or(text(c.To), none))
	}
}

func asIs(s string) string { return s }

// yesNo returns a function that formats a boolean setting.
func (t *eventText) yesNo(yes, no lang.Text) func(bool) string {
	return func(is bool) string {
		if is {
			return t.words.in.Say(yes)
		}
		return t.words.in.Say(no)
	}
}

// person uses the name of the event's target, if it has one, and adds a line with the email.
func (t *eventText) person(name string) {
	if name != "" {
		t.name = name
		t.fact("Email", t.event.TargetName)
	}
}

// inProject adds a line with the project, if there is one.
func (t *eventText) inProject(name string) {
	t.projectName = cmp.Or(t.projectName, name)
	t.fact("Project", name)
}

func (a auditWords) project(id string) string {
	for _, pr := range a.projects {
		if pr.ID == id {
			return pr.Name
		}
	}
	if a.other != nil && id != "" {
		if name := a.other(id); name != "" {
			return name
		}
	}
	return a.in.Say("a project")
}

// role returns the name of a role. Events that were recorded without the name get the name of the system role with the
// slug.
func (t *eventText) role(slug, name string) string {
	if name != "" {
		return name
	}
	scope := permission.ScopeAccount
	if t.event.ProjectID != "" {
		scope = permission.ScopeProject
	}
	for _, r := range t.words.catalog.SystemRoles() {
		if r.Slug == slug && r.Scope == scope {
			return r.Name
		}
	}
	return slug
}

// permissions lists permissions by their descriptions.
func (t *eventText) permissions(names []string) string {
	return strings.Join(owned(t.words.in, t.words.catalog.Words(names)), "; ")
}

// owned translates texts of the catalog.
func owned(l *lang.Language, texts []string) []string {
	all := make([]string, len(texts))
	for i, text := range texts {
		all[i] = l.Own(text)
	}
	return all
}

// oneWord is the word for a value in an event, or the value itself if it has none.
func (t *eventText) oneWord(words map[string]lang.Text, value string) string {
	if text, ok := words[value]; ok {
		return t.words.in.Say(text)
	}
	return value
}

func (t *eventText) status(status string) string {
	return t.oneWord(map[string]lang.Text{
		string(team.StatusActive): "Active", string(team.StatusPending): "Invited", string(team.StatusSuspended): "Suspended",
	}, status)
}

// reason describes why something ended as a side effect of another change.
func (t *eventText) reason(because event.Action) string {
	return t.oneWord(map[string]lang.Text{
		string(event.ActionMemberUpdated):               "A person who was shown the secret was suspended",
		string(event.ActionMemberRemoved):               "The person was removed from the account",
		string(event.ActionProjectDeleted):              "The project was deleted",
		string(event.ActionAPIKeyRevoked):               "The API key was revoked",
		string(event.ActionAccountOwnershipTransferred): "Ownership was transferred",
		string(event.ActionSignInReset):                 "The email was verified for the first time",
	}, string(because))
}

func (t *eventText) expiry(x event.Expiry) string {
	if x.IsZero() {
		return t.words.in.Say("never")
	}
	return t.words.in.Moment(x.UTC())
}

// grace describes how long the old secret of a key works.
func (t *eventText) grace(seconds int) string {
	d, l := time.Duration(seconds)*time.Second, t.words.in
	switch {
	case seconds == 0:
		return l.Say("Stopped working immediately")
	case d%(24*time.Hour) == 0:
		return l.Many(seconds/86400, "", "Works for another {n} day", "Works for another {n} days")
	case d%time.Hour == 0:
		return l.Many(seconds/3600, "", "Works for another {n} hour", "Works for another {n} hours")
	}
	return l.Many(seconds, "", "Works for another {n} second", "Works for another {n} seconds")
}

func actorName(l *lang.Language, e event.Event) string {
	switch {
	case e.ActorType != event.Operator:
		return e.ActorName
	case e.ActorID == event.SystemID:
		return l.Say("The server")
	case e.IsAnonymous():
		return l.Say("Someone who was not signed in")
	}
	return l.Say("The operator")
}

// wording describes the events of one action: their label in the filter, and a function that describes one of them.
type wording struct {
	Action   event.Action
	Label    lang.Text
	describe func(*eventText, event.Payload)
}

// describes returns the wording of the events with the payload type P.
func describes[P event.Payload](label lang.Text, describe func(*eventText, P)) wording {
	var zero P
	return wording{zero.Action(), label, func(t *eventText, p event.Payload) { describe(t, p.(P)) }}
}

// sentence returns the wording of events that are described by a sentence without details.
func sentence[P event.Payload](label lang.Text, text lang.Text) wording {
	return describes(label, func(t *eventText, _ P) { t.say(text) })
}
