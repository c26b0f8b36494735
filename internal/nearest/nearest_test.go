package nearest_test

import (
	"strings"
	"testing"

	"raff/internal/nearest"
	"raff/internal/rafftest"
)

func TestName(t *testing.T) {
	all := []string{"member.added", "member.removed", "role.created"}
	for given, want := range map[string]string{
		"member.aded": "member.added", "role.create": "role.created", "xyz": "", "": "", strings.Repeat("member.added", 1000): "",
	} {
		if got := nearest.Name(given, all); got != want {
			t.Errorf("%.20q: %q, want %q", given, got, want)
		}
	}
}

// The given name is untrusted, so the cost must not multiply its length by every name's.
func TestComparingCostsInProportion(t *testing.T) {
	all := []string{"account.members.view", "project.members.manage"}
	rafftest.InProportion(t, "nearest name", 32_000, func(size int) func() {
		text := strings.Repeat("a", size)
		return func() { nearest.Best(text, all) }
	})
}
