package web

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"raff/internal/team"
)

// wording is how one kind of event is told: what the filter calls it, and the sentence behind the name of who did it.
// A {word} stands for what the event tells of. A part in [brackets] is left out where one of its words is not known, or
// what stands behind a | takes its place.
type wording struct{ Action, Label, Said string }

// auditGroups are all kinds of events, as they stand in the filter.
var auditGroups = []struct {
	Key, Label, Any string
	Words           []wording
}{
	{"members", "Members", "All about members", []wording{
		{"member.added", "Added", "added {target}[ as {role}][ to {project}| to the account]"},
		{"member.updated", "Role or status changed", "changed the membership of {target}[ in {project}]"},
		{"member.removed", "Removed", "removed {target}[ from {project}| from the account]"},
	}},
	{"invitations", "Invitations", "All about invitations", []wording{
		{"invitation.created", "Invited", "invited {target}[ as {role}][ to {project}]"},
		{"invitation.resent", "Sent again", "sent the invitation again to {target}"},
		{"invitation.link_fetched", "Link fetched", "fetched the invitation link of {target}"},
		{"invitation.accepted", "Accepted", "accepted the invitation[ as {role}][ to {project}]"},
		{"invitation.declined", "Declined", "declined the invitation[ as {role}][ to {project}]"},
		{"invitation.cancelled", "Cancelled", "cancelled the invitation of {target}[ to {project}]"},
		{team.ActionInvitationRemoved, "Cleaned up", "removed the unanswered invitation of {target}[ to {project}]"},
	}},
	{"projects", "Projects", "All about projects", []wording{
		{"project.created", "Created", "created the project {target}"},
		{"project.updated", "Changed", "changed the project {target}"},
		{"project.deleted", "Deleted", "deleted the project {target}"},
	}},
	{"roles", "Roles", "All about roles", []wording{
		{"role.created", "Created", "created the role {target}"},
		{"role.updated", "Changed", "changed the role {target}"},
		{"role.deleted", "Deleted", "deleted the role {target}"},
	}},
	{"keys", "API keys", "All about API keys", []wording{
		{"api_key.created", "Created", "created the API key {target}[ with the role {role}]"},
		{"api_key.updated", "Changed", "changed the API key {target}"},
		{"api_key.regenerated", "Secret rotated", "rotated the secret of the API key {target}"},
		{"api_key.revoked", "Revoked", "revoked the API key {target}"},
	}},
	{"account", "Account", "All about the account", []wording{
		{"account.created", "Created", "created the account {target}"},
		{"account.updated", "Settings changed", "changed the settings of the account"},
		{"account.ownership_transferred", "Ownership transferred", "made {target} the Owner of the account"},
		{team.ActionCatalogApplied, "Permissions of the product changed", "changed which permissions the product has and what system roles include"},
		{team.ActionEventsMissing, "Events missing", "found that events are missing from this log"},
		{team.ActionLogAdopted, "Log sealed with a key", "began to seal this log with a key"},
	}},
	{"security", "Signing in", "All about signing in", []wording{
		{team.ActionSignedIn, "Signed in", "signed in[ {with}]"},
		{team.ActionSignedOut, "Signed out", "signed out"},
		{"user.session_ended", "Session ended", "ended a session of their own"},
		{"user.sessions_ended", "Other sessions ended", "ended all their other sessions"},
		{"user.account_switched", "Account switched", "switched accounts"},
		{team.ActionSignInFailed, "Sign-in failed", "failed to sign in as {target}"},
		{team.ActionSecondFactorRefused, "Second factor refused", "gave the password of {target} and a second factor that was refused"},
		{team.ActionCodesStopped, "Codes stopped", "gave so many wrong codes of {target} that codes of their authenticator app stopped working"},
		{"user.sign_in_reset", "Ways to sign in removed", "ended what had been set up to sign in as {target}"},
		{"user.password_link_made", "Password link made", "made a password link for {target}"},
		{"user.password_set", "Password set", "set their password"},
		{"user.password_changed", "Password changed", "changed their password"},
		{"user.password_removed", "Password removed", "removed their password"},
		{"user.second_factor_added", "Second factor added", "added a second factor"},
		{"user.second_factor_removed", "Second factor removed", "removed a second factor"},
		{"user.second_factors_reset", "Second factors reset", "removed all second factors of {target}"},
		{"user.recovery_codes_made", "Recovery codes made", "made new recovery codes"},
	}},
}

// wordingOf is how events of this kind are told.
func wordingOf(action string) (w wording, group string) {
	for _, g := range auditGroups {
		for _, w := range g.Words {
			if w.Action == action {
				return w, g.Label
			}
		}
	}
	return wording{Action: action, Label: action, Said: strings.NewReplacer("_", " ", ".", " ").Replace(action) + " {target}"}, ""
}

// actionLabel is what a choice of the filter is called where it stands alone.
func actionLabel(chosen string) string {
	for _, g := range auditGroups {
		if g.Key == chosen {
			return g.Any
		}
	}
	w, group := wordingOf(chosen)
	if group == "" {
		return w.Label
	}
	return group + ": " + strings.ToLower(w.Label[:1]) + w.Label[1:]
}

// happening is one event as a person reads it.
type happening struct {
	team.Event
	Actor   string
	Said    []phrase
	Details []detail
}

// phrase is a part of a sentence: words, or a name with what it leads to.
type phrase struct {
	Text, Link string
	Name       bool
}

// Sentence is what happened as plain text.
func (h happening) Sentence() string {
	parts := []string{h.Actor, " "}
	for _, ph := range h.Said {
		parts = append(parts, ph.Text)
	}
	return strings.Join(parts, "")
}

// detail is one line of what changed.
type detail struct{ Name, Text string }

// auditWords knows what the ids and slugs of events are called.
type auditWords struct {
	catalog  *team.Catalog
	projects []team.Project
}

// facts are the details of an event.
type facts map[string]any

func factsOf(e team.Event) facts {
	var d facts
	if json.Unmarshal([]byte(e.Details), &d) != nil {
		return nil
	}
	return d
}

// text is a detail that is a text, else empty.
func (d facts) text(name string) string {
	s, _ := d[name].(string)
	return s
}

// moved is what a detail was and what it is now; ok is false where it did not change.
func (d facts) moved(name string) (from, to any, ok bool) {
	m, ok := d[name].(map[string]any)
	return m["from"], m["to"], ok
}

func actorName(e team.Event) string {
	if e.ActorType == team.TypeOperator {
		if e.ActorID == "system" {
			return "The server"
		}
		if e.IsAnonymous() {
			return "Somebody who was not signed in"
		}
		return "The operator"
	}
	return e.ActorName
}

func targetName(e team.Event) string {
	if strings.HasSuffix(e.TargetName, team.KeyEmail("")) {
		return "an API key"
	}
	return or(factsOf(e).text("member_name"), e.TargetName)
}

func projectName(e team.Event) string {
	if e.TargetType == "project" {
		return e.TargetName
	}
	return factsOf(e).text("project_name")
}

func (a auditWords) happening(e team.Event) happening {
	d := factsOf(e)
	w, _ := wordingOf(e.Action)
	h := happening{Event: e, Actor: or(actorName(e), e.ActorID), Details: a.details(e, d)}
	words := map[string]phrase{}
	put := func(word, text, link string) {
		if text != "" {
			words[word] = phrase{Text: text, Link: link, Name: true}
		}
	}
	put("target", or(targetName(e), e.TargetID), "/audit?target="+e.TargetID)
	if e.ProjectID != "" {
		put("project", or(projectName(e), a.project(e.ProjectID)), "/audit?project="+e.ProjectID)
	}
	if from, to, ok := d.moved("role"); ok {
		fromName, toName, _ := d.moved("role_name")
		put("from", or(plain(fromName), a.role(e, from)), "")
		put("to", or(plain(toName), a.role(e, to)), "")
	} else {
		put("role", or(d.text("role_name"), a.role(e, d["role"])), "")
	}
	if d.text("with") == string(team.FactorPasskey) {
		words["with"] = phrase{Text: "with a passkey"}
	}
	h.Said = say(sentence(e, d, w.Said), words)
	return h
}

// sentence chooses the words where what happened is only in the details.
func sentence(e team.Event, d facts, said string) string {
	_, role, _ := d.moved("role")
	_, status, _ := d.moved("status")
	_, active, _ := d.moved("is_active")
	switch {
	case e.Action == "user.account_switched" && d.text("direction") == "in":
		return "switched to this account"
	case e.Action == "user.account_switched":
		return "switched to another account"
	case e.Action == "user.password_link_made" && e.IsAnonymous():
		return "asked for a password link for {target}"
	case e.Action == "user.password_link_made" && e.ActorID == e.TargetID:
		return "asked for a password link"
	case e.Action == "member.updated" && role != nil:
		return "changed {target}’s role[ in {project}] from {from} to {to}"
	case e.Action == "member.updated" && status == string(team.StatusSuspended):
		return "suspended {target}[ in {project}]"
	case e.Action == "member.updated" && status == string(team.StatusActive):
		return "activated {target}[ in {project}]"
	case e.Action == "member.updated" && status == string(team.StatusPending):
		return "took the invitation of {target} off hold[ in {project}]"
	case e.Action == "api_key.updated" && active == true:
		return "activated the API key {target}"
	case e.Action == "api_key.updated" && active == false:
		return "deactivated the API key {target}"
	}
	return said
}

// say puts the words into a sentence.
func say(said string, words map[string]phrase) (all []phrase) {
	for said != "" {
		open := strings.IndexAny(said, "[{")
		if open < 0 {
			return append(all, phrase{Text: said})
		}
		if open > 0 {
			all = append(all, phrase{Text: said[:open]})
		}
		shut := strings.IndexAny(said[open:], string("]}"[strings.IndexByte("[{", said[open])])) + open
		inner := said[open+1 : shut]
		if said[open] == '{' {
			all = append(all, words[inner])
		} else {
			part, instead, _ := strings.Cut(inner, "|")
			if !tellable(part, words) {
				part = instead
			}
			all = append(all, say(part, words)...)
		}
		said = said[shut+1:]
	}
	return all
}

// tellable reports whether all words of a part are known.
func tellable(part string, words map[string]phrase) bool {
	for {
		_, rest, ok := strings.Cut(part, "{")
		if !ok {
			return true
		}
		var word string
		word, part, _ = strings.Cut(rest, "}")
		if words[word].Text == "" {
			return false
		}
	}
}

func (a auditWords) project(id string) string {
	for _, pr := range a.projects {
		if pr.ID == id {
			return pr.Name
		}
	}
	return "a project"
}

// role is what the role of this slug is called, for events that do not say it.
func (a auditWords) role(e team.Event, slug any) string {
	s, _ := slug.(string)
	scope := team.ScopeAccount
	if e.ProjectID != "" {
		scope = team.ScopeProject
	}
	for _, r := range a.catalog.SystemRoles() {
		if r.Slug == s && r.Scope == scope {
			return r.Name
		}
	}
	return s
}

// fact is how one detail is told.
type fact struct {
	Name, Label string
	Value       func(auditWords, team.Event, any) string // nil: as it is
}

// factsInWords are the details that are told, in this order. Those without a label are told by the sentence.
var factsInWords = []fact{
	{"role", "Role", auditWords.roleDetail},
	{"status", "Status", named(map[any]string{"active": "Active", "pending": "Invited", "suspended": "Suspended"})},
	{"project_name", "Project", nil},
	{"name", "Name", nil},
	{"description", "Description", nil},
	{"added", "Gained", auditWords.permissions},
	{"removed", "Lost", auditWords.permissions},
	{"permissions", "Permissions", auditWords.permissions},
	{"reassigned", "Moved to another role", counted("membership")},
	{"memberships_removed", "Removed with it", counted("membership")},
	{"project_memberships_removed", "Removed with it", counted("project role")},
	{"sessions_ended", "Signed out of", counted("session")},
	{"api_keys_deactivated", "Deactivated API keys", nil},
	{"because", "Because", named(map[any]string{
		"member.updated": "Somebody who has the secret was suspended", "member.removed": "The person was removed from the account",
		"project.deleted": "The project was deleted", "api_key.revoked": "The API key was revoked",
		"account.ownership_transferred": "The ownership was transferred",
	})},
	{"member_email", "Member", nil},
	{"key_prefix", "Begins with", nil},
	{"is_active", "Status", named(map[any]string{true: "Active", false: "Deactivated"})},
	{"expires_at", "Expires", auditWords.moment},
	{"rate_limit_tier", "Rate limit", named(map[any]string{"standard": "Standard", "high": "High"})},
	{"grace_seconds", "Old secret", auditWords.grace},
	{"grant_policy", "Handing out roles", named(map[any]string{"delegated": "Whoever manages members hands out any role", "strict": "Nobody hands out more than they hold"})},
	{"require_second_factor", "Second factor", named(map[any]string{true: "Needed", false: "Not needed"})},
	{"invitation_state", "Invitation", named(map[any]string{"expired": "Expired", "declined": "Declined"})},
	{"attempts", "Attempts", nil},
	{"second_factors", "Removed with it", counted("passkey or authenticator app")},
	{"address_proven_before", "", nil}, {"direction", "", nil}, {"with", "", nil}, {"role_name", "", nil}, {"member_name", "", nil}, {"user_id", "", nil}, {"member_id", "", nil}, {"principal_type", "", nil},
}

func (a auditWords) details(e team.Event, d facts) (all []detail) {
	if d.text("member_name") != "" {
		all = append(all, detail{"Address", e.TargetName})
	}
	var names []string
	for name := range d {
		names = append(names, name)
	}
	slices.Sort(names)
	place := func(name string) int {
		return slices.IndexFunc(factsInWords, func(f fact) bool { return f.Name == name })
	}
	slices.SortStableFunc(names, func(x, y string) int { return place(x) - place(y) })
	for _, name := range names {
		f := fact{Name: name, Label: strings.ToUpper(name[:1]) + strings.ReplaceAll(name[1:], "_", " ")}
		if i := place(name); i >= 0 {
			f = factsInWords[i]
		}
		if f.Label == "" || d[name] == float64(0) && f.Name != "grace_seconds" {
			continue
		}
		value := func(x any) string {
			if f.Value == nil {
				return or(plain(x), "none")
			}
			return or(f.Value(a, e, x), "none")
		}
		if from, to, ok := d.moved(name); ok {
			if name == "role" {
				if was, is, known := d.moved("role_name"); known {
					from, to = was, is
				}
			}
			all = append(all, detail{f.Label, value(from) + " → " + value(to)})
		} else if name == "role" && d.text("role_name") != "" {
			all = append(all, detail{f.Label, d.text("role_name")})
		} else {
			all = append(all, detail{f.Label, value(d[name])})
		}
	}
	return all
}

func (a auditWords) roleDetail(e team.Event, x any) string { return a.role(e, x) }

func (a auditWords) permissions(_ team.Event, x any) string {
	list, _ := x.([]any)
	names := make([]string, len(list))
	for i, one := range list {
		names[i] = plain(one)
	}
	return strings.Join(a.catalog.Words(names), "; ")
}

func (auditWords) moment(_ team.Event, x any) string {
	t, err := time.Parse(time.RFC3339, plain(x))
	if err != nil {
		return plain(x)
	}
	return until(t)
}

func (auditWords) grace(_ team.Event, x any) string {
	seconds, _ := x.(float64)
	if seconds == 0 {
		return "Stopped at once"
	}
	d := time.Duration(seconds) * time.Second
	switch {
	case d%(24*time.Hour) == 0:
		return "Works for " + plural(int(d/(24*time.Hour)), "day") + " more"
	case d%time.Hour == 0:
		return "Works for " + plural(int(d/time.Hour), "hour") + " more"
	}
	return "Works for " + plural(int(seconds), "second") + " more"
}

// named tells a value by its name.
func named(names map[any]string) func(auditWords, team.Event, any) string {
	return func(_ auditWords, _ team.Event, x any) string { return or(names[x], plain(x)) }
}

func counted(noun string) func(auditWords, team.Event, any) string {
	return func(_ auditWords, _ team.Event, x any) string {
		n, _ := x.(float64)
		return plural(int(n), noun)
	}
}

// plain writes a value as it is.
func plain(x any) string {
	switch x := x.(type) {
	case nil:
		return ""
	case string:
		return x
	case []any:
		words := make([]string, len(x))
		for i, one := range x {
			words[i] = plain(one)
		}
		return strings.Join(words, ", ")
	}
	return fmt.Sprint(x)
}
