package spreadsheet_test

import (
	"testing"

	"raff/internal/spreadsheet"
)

func TestGuard(t *testing.T) {
	for cell, want := range map[string]string{
		"":                       "",
		"Alice":                  "Alice",
		"alice@example.com":      "alice@example.com",
		"=1+1":                   "'=1+1",
		"+49 30":                 "'+49 30",
		"-1":                     "'-1",
		"@SUM(A1)":               "'@SUM(A1)",
		"\t=1+1":                 "'\t=1+1",
		"\r=1+1":                 "'\r=1+1",
		"'=1+1":                  "''=1+1",
		"''=1+1":                 "'''=1+1",
		"'Alice":                 "'Alice",
		"2026-11-25T00:00:00Z":   "2026-11-25T00:00:00Z",
		"=HYPERLINK(\"x\",\"\")": "'=HYPERLINK(\"x\",\"\")",
	} {
		got := spreadsheet.Guard(cell)
		if got != want {
			t.Errorf("Guard(%q) = %q, want %q", cell, got, want)
		}
		if back := spreadsheet.Unguard(got); back != cell {
			t.Errorf("Unguard(%q) = %q, want %q", got, back, cell)
		}
	}
}
