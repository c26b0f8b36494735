package e2e

import (
	"testing"
	"time"

	"raff/internal/rafftest"
	"raff/internal/signin"
)

// TestNameChangesWhileALinkSetsThePassword changes a name while the new password is hashed, which takes a while.
func TestNameChangesWhileALinkSetsThePassword(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "member"))
		db := openSQL(t, srv.Database)
		defer db.Close() //nolint:errcheck // nothing is pending on it
		svc := srv.Node.SignIn()
		link, err := svc.PasswordLink(t.Context(), "alice@example.com")
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() {
			done <- svc.SetPasswordByLink(t.Context(), signin.NewPassword{Token: rafftest.TokenOf(t, link.URL), Name: "Alice", Password: "another lamp orbit velvet"})
		}()
		time.Sleep(10 * time.Millisecond) // whenever it happens, the new name stays
		if _, err := db.ExecContext(t.Context(), "UPDATE users SET name = 'Alice Liddell' WHERE email = 'alice@example.com'"); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if name := askDatabase(t, srv.Database, "SELECT name FROM users WHERE email = 'alice@example.com'"); name != "Alice Liddell" {
			t.Errorf("the name is %q", name)
		}
	})
}
