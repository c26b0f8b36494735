package signin_test

import (
	"fmt"
	"strings"
	"testing"

	"raff/internal/event"
	"raff/internal/nearest"
	"raff/internal/rafftest"
	"raff/internal/team"
)

// The cost of processing untrusted text is proportional to its length.
func TestTextsCostInProportion(t *testing.T) {
	var actions []string
	for _, a := range event.Actions() {
		actions = append(actions, string(a))
	}
	walks := map[string]func(string){
		"User-Agent":   func(s string) { team.CleanUserAgent(s) },
		"address":      func(s string) { _, _ = team.CanonicalEmail(s + "@example.com") },
		"folded name":  func(s string) { team.FoldName(s) },
		"slug":         func(s string) { team.SlugOf(s) },
		"nearest name": func(s string) { nearest.Name(s, actions) },
	}
	for name, walk := range walks {
		for _, part := range []string{"a", "a ", "\u0301", "\u200b", "i\u0307", "\ufdfa", "account.members.view "} {
			rafftest.InProportion(t, fmt.Sprintf("%s of %q", name, part), 32_000, func(size int) func() {
				text := strings.Repeat(part, size/len(part))
				return func() { walk(text) }
			})
		}
	}
}

func TestUserAgent(t *testing.T) {
	for text, want := range map[string]string{
		"curl/8":                            "curl/8",
		"a\r\nb\x00c\xff\u202ed":            "abcd",
		strings.Repeat("ä", 300):            strings.Repeat("ä", 200),
		strings.Repeat("\u200b", 300) + "x": "x",
	} {
		if got := team.CleanUserAgent(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
