package browser

import (
	"testing"

	"raff/internal/brand"
	"raff/internal/rafftest"
)

// TestAccountBrandInBrowser opens the pages of an account that has its own name and color, in both themes.
func TestAccountBrandInBrowser(t *testing.T) {
	smtp := rafftest.StartSMTP(t)
	srv := rafftest.Start(t, rafftest.WithOperator(), rafftest.WithSMTP(smtp.URL()), rafftest.WithBrand(brand.Settings{Name: "Mindful VMs", Accent: "#702070", Support: "help@example.com"}))
	srv.Operate(t, "PATCH", "/operator/v1/accounts/"+srv.AccountID, srv.OperatorKey(t, "write"), map[string]any{"branding": map[string]any{
		"product_name": "Lamp Works", "accent_color": "#205020", "support": "lamps@example.com",
	}}).Want(t, 200)
	srv.Invite(t, "alice@example.com", srv.RoleID(t, "account", "admin"))

	alice := newTab(t, srv.URL)
	alice.open("/sign-in")
	alice.shows("Mindful VMs", "help@example.com")
	alice.open(smtp.Wait(t, "alice@example.com").Link(t))
	alice.shows("Lamp Works", "lamps@example.com")
	alice.lacks("Mindful VMs", "raff")
	alice.both("account-brand-invitation")
	alice.look(phone, "dark")
	alice.fits()
	alice.look(wide, "light")
	alice.fill("#name", "Alice")
	alice.fill("#password", rafftest.Password)
	alice.follow("button[value='accept']")
	alice.open("/members")
	alice.shows("Lamp Works", "Alice")
	alice.lacks("Mindful VMs")
	alice.look(wide, "light")
	if got := ask[string](alice, "getComputedStyle(document.querySelector('.button.primary, button.primary')).backgroundColor"); got != "rgb(32, 80, 32)" {
		t.Errorf("buttons are %s", got)
	}
	if !ask[bool](alice, "document.querySelector('img.mark').naturalWidth > 0") {
		t.Error("the logo was not loaded")
	}
	alice.both("account-brand-members")
}
