package e2e

import (
	"strings"
	"testing"

	"raff/internal/brand"
	"raff/internal/rafftest"
	"raff/internal/signin"
)

// TestCommandsQueueNotices runs commands next to a server that sends email: people are told, with the brand of the server.
func TestCommandsQueueNotices(t *testing.T) {
	box := rafftest.StartSMTP(t)
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		alice := "alice." + strings.ToLower(strings.ReplaceAll(t.Name(), "/", ".")) + "@example.com"
		member := srv.Invite(t, alice, srv.RoleID(t, "account", "admin"))
		link := box.Wait(t, alice).Link(t)
		if _, err := srv.Node.SignIn().AcceptInvitation(t.Context(), signin.Accept{Token: rafftest.TokenOf(t, link), Name: "Alice", Password: rafftest.Password}); err != nil {
			t.Fatal(err)
		}
		s := command(t, srv)
		if err := s.ResetFactors(t.Context(), alice); err != nil {
			t.Fatal(err)
		}
		if m := box.WaitNotice(t, alice, "Your second factors were removed"); !strings.Contains(m.HTML, "Lamp Works") || !strings.Contains(m.Text, srv.URL+"/forgot") {
			t.Errorf("the notice: %s", m.Text)
		}
		if _, _, err := s.TransferOwnership(t.Context(), srv.AccountID, member, ""); err != nil {
			t.Fatal(err)
		}
		box.WaitNotice(t, alice, "You are now the Owner of Acme")
		if m := box.WaitNotice(t, "owner@example.com", "You are no longer the Owner of Acme"); !strings.Contains(m.Text, "of Acme to alice.") || !strings.Contains(m.Text, "Your role is now Admin") {
			t.Errorf("the email to the former Owner: %s", m.Text)
		}
	}, rafftest.WithSMTP(box.URL()), rafftest.WithBrand(brand.Settings{Name: "Lamp Works"}))
}

// Without a server that sends email, nothing is queued to be sent much later.
func TestCommandsQueueNothingWithoutMail(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "admin"))
		if err := command(t, srv).ResetFactors(t.Context(), "alice@example.com"); err != nil {
			t.Fatal(err)
		}
		if n := askDatabase(t, srv.Database, "SELECT COUNT(*) FROM outbox"); n != "0" {
			t.Errorf("%s emails are queued", n)
		}
	})
}
