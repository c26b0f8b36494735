package browser

import "testing"

// TestTryInBrowser goes from the reference of the API to a form, and sends it, on a phone and on a wide screen.
func TestTryInBrowser(t *testing.T) {
	w := newCrew(t)
	b := w.signIn(t)
	b.open("/overview")
	b.follow("a.seek[href='/docs']")
	b.open("/docs/api/members")
	b.follow("a[href='/request/listMembers']")
	b.shows("Try listMembers", "Changes are real")
	b.fill("#p_q", "alice")
	b.follow("form[action='/request/listMembers'] button[type=submit]")
	b.shows("Response: 200 OK", "alice@example.com", "X-API-Key: $RAFF_API_KEY")
	for _, size := range [][2]int64{phone, wide} {
		for _, theme := range []string{"dark", "light"} {
			b.look(size, theme)
			b.fits()
		}
	}
	b.open("/request/createProject")
	b.follow("form[action='/request/createProject'] button[type=submit]")
	b.shows("Response: 201 Created", "website")
	b.speak("de")
	b.look(phone, "light")
	b.open("/request/removeMember")
	b.shows("removeMember ausprobieren", "Änderungen sind echt", "DELETE senden")
	b.fits()
}
