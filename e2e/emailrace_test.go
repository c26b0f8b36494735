package e2e

import (
	"path"
	"strings"
	"testing"

	"raff/internal/rafftest"
	"raff/internal/signin"
	"raff/internal/team"
)

// TestPasswordChangeKeepsNewEmail changes a password with a request that began before the email was changed: hashing takes long
// enough that another request of the same person can come in between.
func TestPasswordChangeKeepsNewEmail(t *testing.T) {
	smtp := rafftest.StartSMTP(t)
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		database := strings.ToLower(path.Base(t.Name()))
		before, after := database+"@example.com", "new."+database+"@example.com"
		srv.NewMember(t, before, "Alice", srv.RoleID(t, "account", "member"))
		svc := srv.Node.SignIn()
		token, err := svc.SignIn(t.Context(), signin.SignIn{Email: before, Password: rafftest.Password})
		if err != nil {
			t.Fatal(err)
		}
		me, err := srv.Node.Service().Session(t.Context(), token)
		if err != nil {
			t.Fatal(err)
		}
		proof := team.Proof{Password: rafftest.Password}
		if err := svc.RequestEmail(t.Context(), me, proof, after); err != nil {
			t.Fatal(err)
		}
		if _, err := svc.ConfirmEmail(t.Context(), me, path.Base(smtp.Wait(t, after).Link(t))); err != nil {
			t.Fatal(err)
		}
		const next = "another lamp orbit velvet"
		if err := svc.ChangePassword(t.Context(), me, proof, next); err != nil {
			t.Fatal(err)
		}
		if _, err := svc.SignIn(t.Context(), signin.SignIn{Email: after, Password: next}); err != nil {
			t.Errorf("sign in with the new email and the new password: %v", err)
		}
	}, rafftest.WithSMTP(smtp.URL()))
}
