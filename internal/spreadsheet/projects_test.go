package spreadsheet_test

import (
	"slices"
	"testing"

	"raff/internal/spreadsheet"
)

type roles = []spreadsheet.ProjectRole

func TestProjects(t *testing.T) {
	for cell, want := range map[string]roles{
		"":                                       nil,
		"Web shop (operator)":                    {{"Web shop", "operator"}},
		"Web shop (operator); Other (viewer)":    {{"Web shop", "operator"}, {"Other", "viewer"}},
		`"Shop (old)" (viewer)`:                  {{"Shop (old)", "viewer"}},
		`"a; b ""c""" (viewer); d ("On (call)")`: {{`a; b "c"`, "viewer"}, {"d", "On (call)"}},
		`"""" (viewer)`:                          {{`"`, "viewer"}},
	} {
		got, rest := spreadsheet.ReadProjects(cell)
		if !slices.Equal(got, want) || rest != "" {
			t.Errorf("ReadProjects(%q) = %q, %q, want %q", cell, got, rest, want)
		}
		if back := spreadsheet.WriteProjects(got); back != cell {
			t.Errorf("WriteProjects(%q) = %q, want %q", got, back, cell)
		}
	}
	if got, rest := spreadsheet.ReadProjects(` Web shop(operator) ;"Other" ( "viewer" ); `); !slices.Equal(got, roles{{"Web shop", "operator"}, {"Other", "viewer"}}) || rest != "" {
		t.Errorf("with other spaces: %q, %q", got, rest)
	}
	for cell, want := range map[string]string{
		"web":                        "web",
		"a (viewer); web:operator":   "web:operator",
		"a (viewer) b (viewer)":      "a (viewer) b (viewer)",
		"Shop (old) (viewer)":        "Shop (old) (viewer)",
		"a (viewer":                  "a (viewer",
		"a ()":                       "a ()",
		"(viewer)":                   "(viewer)",
		`"a (viewer)`:                `"a (viewer)`,
		"; a (viewer)":               "; a (viewer)",
		`a (viewer); "b" c (viewer)`: `"b" c (viewer)`,
	} {
		if got, rest := spreadsheet.ReadProjects(cell); got != nil || rest != want {
			t.Errorf("ReadProjects(%q) = %q, %q, want the rest %q", cell, got, rest, want)
		}
	}
}
