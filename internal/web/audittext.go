package web

import (
	"cmp"
	"strings"
	"time"

	"raff/internal/event"
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

// word is a part of a sentence that depends on the event. It returns nil if the part is omitted.
type word func(*eventText) []phrase

// say adds parts to the sentence: strings and words.
func (t *eventText) say(parts ...any) {
	for _, part := range parts {
		switch part := part.(type) {
		case string:
			t.said = append(t.said, phrase{Text: part})
		case word:
			t.said = append(t.said, part(t)...)
		}
	}
}

// fact adds a line to the details, unless it is empty.
func (t *eventText) fact(name, text string) {
	if text != "" {
		t.details = append(t.details, detail{name, text})
	}
}

// count adds a line with a number, unless it is 0.
func (t *eventText) count(name string, n int, noun string) {
	if n > 0 {
		t.fact(name, plural(n, noun))
	}
}

// describeChange adds a line with the values before and after a change.
func describeChange[T any](t *eventText, name string, c *event.Change[T], text func(T) string) {
	if c != nil {
		t.fact(name, cmp.Or(text(c.From), "none")+" → "+cmp.Or(text(c.To), "none"))
	}
}

func asIs(s string) string { return s }

// yesNo returns a function that formats a boolean setting.
func yesNo(yes, no string) func(bool) string {
	return func(is bool) string {
		if is {
			return yes
		}
		return no
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

// theTarget is the name of the event's target.
var theTarget word = func(t *eventText) []phrase {
	return []phrase{{Text: cmp.Or(t.name, t.event.TargetID), Link: "/audit?target=" + t.event.TargetID, Name: true}}
}

// theProject is the name of the event's project, after the text before; or inAccount if the event has no project.
func theProject(before, name, inAccount string) word {
	return func(t *eventText) []phrase {
		if t.event.ProjectID == "" {
			if inAccount == "" {
				return nil
			}
			return []phrase{{Text: inAccount}}
		}
		t.projectName = cmp.Or(name, t.words.project(t.event.ProjectID))
		return []phrase{{Text: before}, {Text: t.projectName, Link: "/audit?project=" + t.event.ProjectID, Name: true}}
	}
}

// aName is a name after the text before; it is omitted if the name is not known.
func aName(before, name string) word {
	return func(*eventText) []phrase {
		if name == "" {
			return nil
		}
		return []phrase{{Text: before}, {Text: name, Name: true}}
	}
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
	return "a project"
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
	return strings.Join(t.words.catalog.Words(names), "; ")
}

func statusWord(status string) string {
	switch team.Status(status) {
	case team.StatusActive:
		return "Active"
	case team.StatusPending:
		return "Invited"
	case team.StatusSuspended:
		return "Suspended"
	}
	return status
}

// reason describes why something ended as a side effect of another change.
func reason(because event.Action) string {
	switch because {
	case "":
		return ""
	case event.ActionMemberUpdated:
		return "A person who was shown the secret was suspended"
	case event.ActionMemberRemoved:
		return "The person was removed from the account"
	case event.ActionProjectDeleted:
		return "The project was deleted"
	case event.ActionAPIKeyRevoked:
		return "The API key was revoked"
	case event.ActionAccountOwnershipTransferred:
		return "Ownership was transferred"
	case event.ActionSignInReset:
		return "The email was verified for the first time"
	}
	return string(because)
}

func expiryWord(x event.Expiry) string {
	if x.IsZero() {
		return "never"
	}
	return until(x.Time)
}

// graceWord describes how long the old secret of a key works.
func graceWord(seconds int) string {
	d := time.Duration(seconds) * time.Second
	switch {
	case seconds == 0:
		return "Stopped working immediately"
	case d%(24*time.Hour) == 0:
		return "Works for another " + plural(seconds/86400, "day")
	case d%time.Hour == 0:
		return "Works for another " + plural(seconds/3600, "hour")
	}
	return "Works for another " + plural(seconds, "second")
}
