package tfprovider

import (
	"testing"

	"raff/internal/naming"
	"raff/internal/team"
)

// The provider and the server agree on which emails are the same, and refuse the same emails because they would become
// another mailbox.
func TestEmailsAreComparedAsOnTheServer(t *testing.T) {
	for _, address := range []string{
		"alice@example.com", "Alice@EXAMPLE.com", "a.b+tag@example.com", "A@B\u00dcCHER.DE", "a@bu\u0308cher.de", "JOSE\u0301@example.com",
		"\u017fam@example.com", "d\u0131ke@example.com", "\u0394\u03a3@example.com", "stra\u00dfe@example.com", "\uff21@example.com",
	} {
		want, err := team.CanonicalEmail(address)
		if err != nil {
			t.Fatal(err)
		}
		if got := naming.CanonicalEmail(address); got != want || !plainAddress(address) {
			t.Errorf("%q: the canonical form is %q (valid: %v), want %q", address, got, plainAddress(address), want)
		}
	}
	for _, address := range []string{"\u0130ke@example.com", "I\u0307ke@example.com", "i\u212ae@example.com", "\u03f4a@example.com"} {
		if _, err := team.CanonicalEmail(address); err == nil || plainAddress(address) {
			t.Errorf("%q was accepted: by the server %v, by the provider %v", address, err == nil, plainAddress(address))
		}
		if got := naming.CanonicalEmail(address); got == "ike@example.com" {
			t.Errorf("%q has the canonical form %s", address, got)
		}
	}
}
