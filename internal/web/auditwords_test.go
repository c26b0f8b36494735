package web

import (
	"strings"
	"testing"

	"raff/internal/event"
	"raff/internal/permission"
)

// Every action has a description, also if the details of the event cannot be decoded.
func TestEveryEventReadsAsASentence(t *testing.T) {
	words := auditWords{catalog: permission.Default()}
	for _, action := range event.Actions() {
		for _, details := range []string{"{}", "["} {
			e := event.Event{ActorType: event.User, ActorName: "Alice", Action: action, Details: details, Target: event.Target{TargetID: "x", TargetName: "the target"}}
			h := words.view(e)
			if s := h.Sentence(); !strings.HasPrefix(s, "Alice ") || strings.Contains(s, "  ") || strings.HasSuffix(s, " ") {
				t.Errorf("%s with %s: sentence %q", action, details, s)
			}
			if _, _, ok := wordingOf(action); !ok {
				t.Errorf("%s has no wording", action)
			}
		}
	}
}
