package cli

import (
	"slices"
	"testing"

	"raff/internal/spreadsheet"
)

// The files of the command line have the columns of those of the dashboard, whose tests compare them with the same lists.
func TestFilesHaveTheColumnsOfTheDashboard(t *testing.T) {
	if got, want := keys(accountMemberColumns), append(slices.Clone(spreadsheet.MemberColumns), "projects", "external_ids"); !slices.Equal(got, want) {
		t.Errorf("members: %v, want %v", got, want)
	}
	if got := keys(eventColumns); !slices.Equal(got, spreadsheet.EventColumns) {
		t.Errorf("events: %v, want %v", got, spreadsheet.EventColumns)
	}
}

func keys[T any](columns []column[T]) (all []string) {
	for _, c := range columns {
		if c.key != "" {
			all = append(all, c.key)
		}
	}
	return all
}
