package e2e

import (
	"path"
	"strings"
	"testing"

	"raff/internal/rafftest"
	"raff/internal/signin"
	"raff/internal/team"
)

// emailChange is a person who is about to change their email: confirm changes it while a request that began before it is running, for
// which me is who signed in.
type emailChange struct {
	before, after string
	me            team.SignedIn
	confirm       func()
}

func beginEmailChange(t *testing.T, srv *rafftest.Server, smtp *rafftest.SMTP) emailChange {
	t.Helper()
	database := strings.ToLower(path.Base(t.Name()))
	e := emailChange{before: database + "@example.com", after: "new." + database + "@example.com"}
	srv.Invite(t, e.before, srv.RoleID(t, "account", "member"))
	accept := map[string]any{"token": path.Base(smtp.Wait(t, e.before).Link(t)), "name": "Alice", "password": rafftest.Password}
	srv.Do(t, "POST", "/api/v1/invitations/accept", "", accept).Want(t, 200)
	svc := srv.Node.SignIn()
	token, err := svc.SignIn(t.Context(), signin.SignIn{Email: e.before, Password: rafftest.Password})
	if err != nil {
		t.Fatal(err)
	}
	if e.me, err = srv.Node.Service().Session(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	if err := svc.RequestEmail(t.Context(), e.me, team.Proof{Password: rafftest.Password}, e.after); err != nil {
		t.Fatal(err)
	}
	link := path.Base(smtp.Wait(t, e.after).Link(t))
	e.confirm = func() {
		t.Helper()
		if _, err := svc.ConfirmEmail(t.Context(), e.me, link); err != nil {
			t.Fatal(err)
		}
	}
	return e
}

// Hashing a password takes long enough that the same person can confirm a new email in the meantime.
func TestPasswordChangeKeepsNewEmail(t *testing.T) {
	smtp := rafftest.StartSMTP(t)
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		e := beginEmailChange(t, srv, smtp)
		e.confirm()
		const next = "another lamp orbit velvet"
		if err := srv.Node.SignIn().ChangePassword(t.Context(), e.me, team.Proof{Password: rafftest.Password}, next); err != nil {
			t.Fatal(err)
		}
		if _, err := srv.Node.SignIn().SignIn(t.Context(), signin.SignIn{Email: e.after, Password: next}); err != nil {
			t.Errorf("sign in with the new email and the new password: %v", err)
		}
	}, rafftest.WithSMTP(smtp.URL()), rafftest.WithSlowPasswords())
}

// An invitation is for its email: it cannot be accepted by someone who does not have it any more.
func TestInvitationOfFormerEmail(t *testing.T) {
	smtp := rafftest.StartSMTP(t)
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		e := beginEmailChange(t, srv, smtp)
		other := srv.NewAccount(t, "Other", "other."+e.before)
		srv.Do(t, "POST", "/api/v1/members", other.Key, map[string]any{"email": e.before, "role_id": srv.RoleID(t, "account", "member")}).Want(t, 201)
		token := path.Base(smtp.Wait(t, e.before).Link(t))
		e.confirm()
		if m, err := srv.Node.SignIn().AcceptSignedIn(t.Context(), e.me, token); err == nil {
			t.Errorf("accepted as %s", m.Email)
		}
	}, rafftest.WithSMTP(smtp.URL()))
}
