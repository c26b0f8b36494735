package browser

import (
	"testing"

	"raff/internal/brand"
	"raff/internal/rafftest"
)

// TestEmailInBrowser changes the own email with a real browser, on the pages of a product with its own look.
func TestEmailInBrowser(t *testing.T) {
	smtp := rafftest.StartSMTP(t)
	srv := rafftest.Start(t, rafftest.WithSMTP(smtp.URL()), rafftest.WithBrand(brand.Settings{Name: "Mindful VMs", Accent: "#702070", Support: "help@example.com"}))
	owner := newTab(t, srv.URL)
	owner.open("/sign-in")
	owner.shows("Mindful VMs", "Need help?", "help@example.com")
	owner.lacks("raff")
	owner.both("brand-sign-in")
	owner.look(phone, "dark")
	owner.fits()

	owner.look(wide, "light")
	owner.open(srv.OwnerLink)
	owner.fill("#name", "Trent")
	owner.fill("#password", rafftest.Password)
	owner.follow("form button")
	owner.open("/profile")
	owner.click("section[aria-labelledby='email-title'] summary")
	owner.both("profile-email")
	owner.fill("#new-email", "boss@example.com")
	owner.fill("#email_password", rafftest.Password)
	owner.look(phone, "dark")
	owner.fits()
	owner.follow("form[action='/profile/email'] button")
	owner.shows("A link was sent to the new email", "owner@example.com")
	owner.open("/profile")
	owner.lacks("A link was sent")

	owner.open(smtp.Wait(t, "boss@example.com").Link(t))
	owner.shows("Confirm your email", "owner@example.com", "boss@example.com")
	owner.fits()
	owner.both("email-confirm")
	owner.follow("form button")
	owner.shows("Email changed", "boss@example.com")
	owner.look(wide, "light")
	owner.open("/audit?action=user.email_changed")
	owner.click("details.more summary")
	owner.shows("changed their email", "Network address", "127.0.0.1", "Browser", "Chrome")
	owner.both("audit-origin")
	smtp.WaitNotice(t, "owner@example.com", "Your email was changed")
}
