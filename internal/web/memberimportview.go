package web

import (
	"errors"
	"slices"

	"raff/internal/spreadsheet"
	"raff/internal/team"
)

// importView is the page that adds the people of a CSV file: the file, then what the server would do with each row, then
// what it did.
type importView struct {
	Place    team.Project // zero for the account
	Projects []team.Project
	Account  permit // people can be invited to the account
	Role     string // for rows without one
	Inactive bool   // rows of an exported file are added although they are about people without access; see spreadsheet.Inactivity
	CSV      string
	Once     string
	Wrong    string
	Ignored  []string // columns
	Rows     []importRow
	Done     bool // Rows are what was done, not what would be
	roles    byName[team.Role]
	names    importNames
}

// refusedInactive are the refusals of rows about people without access.
var refusedInactive = map[spreadsheet.Inactivity]*team.Refusal{
	spreadsheet.Suspended: refusedRowSuspended, spreadsheet.Declined: refusedRowDeclined, spreadsheet.Expired: refusedRowExpired,
}

func inactive(r *team.Refusal) bool {
	for _, refused := range refusedInactive {
		if r == refused {
			return true
		}
	}
	return false
}

// importRow is one row of the file, and what would become, or became, of it.
type importRow struct {
	Line        int
	Email, Role string
	Projects    string // as the file names them
	Text        string
	Kind        string // of the standing: "on", "wait" or "off"
	add         team.NewMember
}

// inProjects reports whether the file names projects.
func (f importView) inProjects() bool {
	return slices.ContainsFunc(f.Rows, func(r importRow) bool { return r.Projects != "" })
}

// leftOut is how many rows are left out because of what the file says about the person's access.
func (f importView) leftOut() (n int) {
	for _, r := range f.Rows {
		if e, ok := errors.AsType[*team.Error](r.add.Invalid); ok && inactive(e.Refusal) {
			n++
		}
	}
	return n
}

// counted is how many rows would be, or were, carried out.
func (f importView) counted() (n int) {
	for _, r := range f.Rows {
		if r.Kind == "on" {
			n++
		}
	}
	return n
}
