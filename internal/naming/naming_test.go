package naming_test

import (
	"strings"
	"testing"

	"raff/internal/naming"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	for name, words := range map[string]string{
		"Alice": "", "Zoë O'Neil": "", "A  B": "", "日本 ": "ends with a space", " A": "starts with a space",
		"": "is required", strings.Repeat("é", 64): "", strings.Repeat("é", 65): "has 65 characters", "A\x00": "U+0000", "A\u200d": "U+200D",
		"A\ufe0f": "U+FE0F", "A\u034fB": "U+034F", "\u3164": "U+3164", "A\xff": "U+FFFD", "   ": "spaces only", "A\u00a0 B": "several different spaces",
	} {
		if got := naming.Check(name, 64); (words == "") != (got == "") || !strings.Contains(got, words) {
			t.Errorf("Check(%q) says %q, want %q", name, got, words)
		}
	}
}
