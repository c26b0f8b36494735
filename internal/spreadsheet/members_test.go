package spreadsheet_test

import (
	"slices"
	"testing"

	"raff/internal/spreadsheet"
)

func TestReadMembers(t *testing.T) {
	file := []byte("Email,Team,role,,EMAIL,projects,Principal_Type,is_owner\n" +
		"alice@example.com,a,admin,x,b@example.com,Shop (viewer),user,FALSE\nkey,,admin,,,,API_KEY,\ntrent@example.com,,owner,,,,user,TRUE\n")
	for intoProject, ignored := range map[bool][]string{false: {"Team", "EMAIL"}, true: {"Team", "EMAIL", "projects"}} {
		m, err := spreadsheet.ReadMembers(file, intoProject)
		if err != nil || len(m.Rows) != 3 {
			t.Fatalf("%d rows, %v", len(m.Rows), err)
		}
		if !slices.Equal(m.Ignored, ignored) {
			t.Errorf("into a project: %v, ignored %v, want %v", intoProject, m.Ignored, ignored)
		}
		if m.Has(spreadsheet.ColumnProjects) == intoProject || m.Has("name") || !m.Has("email") {
			t.Errorf("into a project: %v, the columns are wrong", intoProject)
		}
		projects := map[bool]string{false: "Shop (viewer)"}[intoProject]
		if a := m.Rows[0]; m.Cell(a, "email") != "alice@example.com" || m.Cell(a, "projects") != projects || m.Cell(a, "name") != "" || m.IsKey(a) || m.IsOwner(a) {
			t.Errorf("the first row is %v", a)
		}
		if !m.IsKey(m.Rows[1]) || m.IsOwner(m.Rows[1]) || m.IsKey(m.Rows[2]) || !m.IsOwner(m.Rows[2]) {
			t.Error("an API key or the Owner is not recognized")
		}
	}
}
