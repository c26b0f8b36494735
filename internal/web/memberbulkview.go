package web

import "raff/internal/team"

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

// bulkDo is one of the changes.
type bulkDo struct {
	Title, Button string
	Asks          bool // the change is confirmed before it is made
	Grave         bool
	Undo          string // the change that undoes it, or empty
}

var bulkDos = map[string]bulkDo{
	"role":     {"Change the role of", "Change role", true, false, "restore"},
	"suspend":  {"Suspend", "Suspend", true, true, "activate"},
	"activate": {"Activate", "Activate", false, false, "suspend"},
	"resend":   {"Resend the invitation of", "Resend", false, false, ""},
	"remove":   {"Remove", "Remove", true, true, ""},
	"restore":  {"Change back the role of", "Undo", false, false, ""},
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
