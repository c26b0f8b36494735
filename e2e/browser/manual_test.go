package browser

import (
	"testing"

	"raff/internal/rafftest"
)

// The documentation is accessible and fits the screen, on a wide screen with the light theme and on a phone with the dark
// theme.
func TestDocumentationIsAccessible(t *testing.T) {
	srv := rafftest.Start(t)
	b := newTab(t, srv.URL)
	for _, path := range []string{"/docs", "/docs/cli", "/docs/operations", "/docs/api", "/docs/api/members", "/docs/api/objects", "/docs/terraform/resources/member", "/docs/search?q=role"} {
		b.look(wide, "light")
		b.open(path)
		b.fits()
		b.look(phone, "dark")
		b.fits()
	}
	// A search from a page, by keyboard alone.
	b.look(wide, "light")
	b.open("/docs")
	b.tabTo("input[type=search]")
	b.fill("input[type=search]", "rotate secret")
	b.follow("form[role=search] button")
	b.shows("raff api-key rotate")
}
