package spreadsheet

import "strings"

// importColumns are the columns that an import of members uses. The last ones are only used in a file that was exported.
var importColumns = map[string]bool{
	"email": true, "role": true, "name": true, ColumnProjects: true,
	"principal_type": true, "is_owner": true, "status": true, "account_suspended": true, "invitation_state": true,
}

// ColumnProjects is the column with roles in projects; see WriteProjects.
const ColumnProjects = "projects"

// Members is a CSV file of members to import.
type Members struct {
	// Columns are the names of the columns in lower case, and Ignored those that an import does not use, as in the file.
	Columns, Ignored []string
	Rows             []Row
	at               map[string]int
}

// ReadMembers reads a file like Read. ColumnProjects is only used for an import into the account, not intoProject. Of columns
// with the same name, the first one is used.
func ReadMembers(b []byte, intoProject bool) (m Members, err error) {
	names, rows, err := Read(b, "email")
	if err != nil {
		return m, err
	}
	m.Rows, m.at = rows, map[string]int{}
	for i, name := range names {
		column := strings.ToLower(name)
		m.Columns = append(m.Columns, column)
		switch {
		case name == "":
		case m.Has(column) || !importColumns[column] || intoProject && column == ColumnProjects:
			m.Ignored = append(m.Ignored, name)
		default:
			m.at[column] = i
		}
	}
	return m, nil
}

// Has reports whether the file has a column that an import uses.
func (m Members) Has(column string) bool { _, ok := m.at[column]; return ok }

// Cell returns the text of a row in a column, or "" if there is none.
func (m Members) Cell(r Row, column string) string {
	i, ok := m.at[column]
	if !ok {
		return ""
	}
	return r.Cell(i)
}

// IsKey reports whether a row of an exported file is an API key, which is not imported.
func (m Members) IsKey(r Row) bool { return strings.EqualFold(m.Cell(r, "principal_type"), "api_key") }

// IsOwner reports whether a row of an exported file is about the Owner, who is not imported. Spreadsheet programs save
// true as TRUE.
func (m Members) IsOwner(r Row) bool { return strings.EqualFold(m.Cell(r, "is_owner"), "true") }

// Inactivity is why a row of an exported file is about somebody who had no access when it was exported, and should not get any
// because of an import.
type Inactivity string

// The kinds of Inactivity. Active is also a row of a file that does not say.
const (
	Active    Inactivity = ""
	Suspended Inactivity = "suspended"
	Declined  Inactivity = "declined" // their invitation
	Expired   Inactivity = "expired"  // their invitation
)

// Inactivity returns what a row of an exported file says.
func (m Members) Inactivity(r Row) Inactivity {
	switch state := Inactivity(strings.ToLower(m.Cell(r, "invitation_state"))); {
	case strings.EqualFold(m.Cell(r, "status"), string(Suspended)), strings.EqualFold(m.Cell(r, "account_suspended"), "true"):
		return Suspended
	case state == Declined || state == Expired:
		return state
	}
	return Active
}
