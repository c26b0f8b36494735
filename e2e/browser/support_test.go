package browser

import (
	"testing"

	"raff/internal/rafftest"
)

// In a real browser, the banner is on every page, readable in both themes and on a phone, and one click ends the access.
func TestSupportBanner(t *testing.T) {
	srv := rafftest.Start(t, rafftest.WithOperator())
	b := newTab(t, srv.URL)
	b.open(srv.OwnerLink)
	b.fill("#name", "Trent")
	b.fill("#password", rafftest.Password)
	b.follow("button[type=submit]")
	srv.Support(t, "read")
	for _, at := range []string{"/members", "/settings", "/audit"} {
		b.open(at)
		b.shows("Support has access", "Granted by Owner key")
		b.both("support-banner")
	}
	b.open("/members")
	b.follow("section.support button")
	b.shows("Support access ended")
	b.open("/members")
	b.lacks("Support has access")

	_, link := srv.Support(t, "read")
	support := newTab(t, srv.URL)
	support.open(link)
	support.follow("main button")
	support.shows("Support session", "End session")
	support.both("support-session")
	srv.Do(t, "DELETE", "/api/v1/account/support-access", srv.Key, nil).Want(t, 200)
	support.open("/members")
	support.lacks("Support session")
}
