package web

import (
	"raff/internal/lang"
	"raff/internal/team"
)

// bulkView is a change of several people: first what would be changed, then the result for each of them.
type bulkView struct {
	Do       string // "role", "suspend", "activate", "resend" or "remove"
	People   []team.Person
	Roles    []choice
	Keys     []team.HeldKey // API keys that the change disables
	KeepKeys bool
	Back     string // the list from which the people were chosen
	Wrong    string
	Results  []bulkResult
}

// bulkResult is what became of one person.
type bulkResult struct {
	team.Person
	Text string
	OK   bool
	// Was is what undoes the change, as the form for undoing sends it; empty if there is nothing to undo.
	Was string
}

// bulkDo is one of the changes: what its page asks for one and for several people, what its button says, and what the page of its results
// says.
type bulkDo struct {
	One     lang.One
	Title   lang.Text
	Button  lang.Text
	DoneOne lang.One
	Done    lang.Text
	Asks    bool // the change is confirmed before it is made
	Grave   bool
	Undo    string // the change that undoes it, or empty
}

var bulkDos = map[string]bulkDo{
	"role": {
		"Change the role of {n} person", "Change the role of {n} people", "Change role",
		"Role changed: {some} of {n} person", "Role changed: {some} of {n} people", true, false, "restore",
	},
	"suspend": {
		"Suspend {n} person", "Suspend {n} people", "Suspend",
		"Suspended: {some} of {n} person", "Suspended: {some} of {n} people", true, true, "activate",
	},
	"activate": {
		"Activate {n} person", "Activate {n} people", "Activate",
		"Activated: {some} of {n} person", "Activated: {some} of {n} people", false, false, "suspend",
	},
	"resend": {
		"Resend the invitation of {n} person", "Resend the invitation of {n} people", "Resend",
		"Invitation resent: {some} of {n} person", "Invitation resent: {some} of {n} people", false, false, "",
	},
	"remove": {
		"Remove {n} person", "Remove {n} people", "Remove",
		"Removed: {some} of {n} person", "Removed: {some} of {n} people", true, true, "",
	},
	"restore": {
		"Change back the role of {n} person", "Change back the role of {n} people", "Undo",
		"Role changed back: {some} of {n} person", "Role changed back: {some} of {n} people", false, false, "",
	},
}

// done is how many of the results succeeded.
func (b bulkView) done() (n int) {
	for _, r := range b.Results {
		if r.OK {
			n++
		}
	}
	return n
}

// undoable are the results that can be undone, if there are any.
func (b bulkView) undoable() (all []string) {
	if bulkDos[b.Do].Undo == "" {
		return nil
	}
	for _, r := range b.Results {
		if r.Was != "" {
			all = append(all, r.Was)
		}
	}
	return all
}

// actionsView is what the user can do with one person.
type actionsView struct {
	team.Person
	Change, Remove, Resend permit
	Back                   string
}
