package web

import (
	"strings"

	"raff/internal/event"
	"raff/internal/team"
)

var supportWords = []wording{
	describes("Support access granted", func(t *eventText, p event.SupportAccessGranted) {
		t.say("{actor} granted support access to the account {target}")
		t.fact("Support can", t.words.in.Say(mayWords(team.SupportLevel(p.Level))))
		t.fact("Until", p.ExpiresAt)
		t.fact("Reason", p.Reason)
		if p.Replaced {
			t.fact("Earlier access", t.words.in.Say("ended"))
		}
	}),
	describes("Support access ended", func(t *eventText, p event.SupportAccessEnded) {
		t.say("{actor} ended the access of support")
		t.ended(p.People, p.Requests)
	}),
	describes("Support access expired", func(t *eventText, p event.SupportAccessExpired) {
		t.say("{actor} ended the access of support, because its time was over")
		t.ended(p.People, p.Requests)
	}),
	describes("Support session opened", func(t *eventText, p event.SupportSessionOpened) {
		t.say("{actor} opened a support session in the account {target}")
		t.fact("Person", p.Person)
		t.fact("Reason", p.Reason)
		t.fact("Support can", t.words.in.Say(mayWords(team.SupportLevel(p.Level))))
		t.fact("Until", p.ExpiresAt)
		t.fact("Operator key", p.OperatorKey)
	}),
	sentence[event.SupportSessionEntered]("Dashboard opened by support", "{actor} opened the dashboard"),
	describes("Support session ended", func(t *eventText, p event.SupportSessionEnded) {
		t.say("{actor} ended the support session of {person}", "person", p.Person)
		if p.Expired {
			t.fact("Why", t.words.in.Say("its time was over"))
		}
		t.count("Requests, about", p.Requests, "request")
	}),
}

// ended adds whose sessions ended, and how many requests they made.
func (t *eventText) ended(people []string, requests int) {
	t.fact("Ended sessions", strings.Join(people, ", "))
	t.count("Requests, about", requests, "request")
}
