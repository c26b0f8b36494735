package e2e

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"testing"
	"time"

	"raff/internal/factor"
	"raff/internal/rafftest"
	"raff/internal/signin"
	"raff/internal/team"
)

// stoppedReset is a password reset on PostgreSQL that has removed the factors and waits before it ends the sessions.
type stoppedReset struct {
	database string
	hold     *sql.Tx
	done     chan error
}

// stopReset starts the reset of a user whose first session is locked by a transaction of the test.
func stopReset(t *testing.T, srv *rafftest.Server, email, sessionID string) *stoppedReset {
	t.Helper()
	svc := srv.Node.SignIn()
	link, err := svc.PasswordLink(t.Context(), email)
	if err != nil {
		t.Fatal(err)
	}
	db := openSQL(t, srv.Database)
	t.Cleanup(func() { _ = db.Close() })
	r := &stoppedReset{database: srv.Database, done: make(chan error, 1)}
	if r.hold, err = db.BeginTx(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := r.hold.ExecContext(t.Context(), "SELECT 1 FROM sessions WHERE id = $1 FOR UPDATE", sessionID); err != nil {
		t.Fatal(err)
	}
	go func() {
		r.done <- svc.SetPasswordByLink(context.WithoutCancel(t.Context()), signin.NewPassword{Token: rafftest.TokenOf(t, link.URL), Name: "Alice", Password: "another lamp orbit velvet"})
	}()
	r.waiting(t, 1, nil)
	return r
}

// waiting returns when n transactions wait for a lock, or when the reset has returned.
func (r *stoppedReset) waiting(t *testing.T, n int, answered <-chan error) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); {
		select {
		case err := <-answered:
			t.Logf("it did not wait for the reset: %v", err)
			return
		case <-time.After(10 * time.Millisecond):
		}
		waits := askDatabase(t, r.database, "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
		if got, err := strconv.Atoi(waits); err == nil && got >= n {
			return
		}
	}
	t.Fatalf("timed out waiting for %d transactions that wait for a lock", n)
}

// beside runs a function while the reset is blocked, and then unblocks the reset.
func (r *stoppedReset) beside(t *testing.T, do func() error) {
	t.Helper()
	answered, result := make(chan error, 1), make(chan error, 1)
	go func() {
		err := do()
		answered <- err
		result <- err
	}()
	r.waiting(t, 2, answered)
	if err := r.hold.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := <-r.done; err != nil {
		t.Fatalf("the reset: %v", err)
	}
	if err := <-result; !errors.Is(err, team.ErrSignedOut) {
		t.Errorf("during a reset: %v, want %v", err, team.ErrSignedOut)
	}
}

// twoSessions signs a user in twice. The first session is only used as a lock.
func twoSessions(t *testing.T, srv *rafftest.Server, email string) (held string, me team.SignedIn) {
	t.Helper()
	svc := srv.Node.SignIn()
	var tokens [2]string
	for i := range tokens {
		var err error
		if tokens[i], err = svc.SignIn(t.Context(), signin.SignIn{Email: email, Password: rafftest.Password}); err != nil {
			t.Fatal(err)
		}
	}
	first, err := srv.Node.Service().Session(t.Context(), tokens[0])
	if err != nil {
		t.Fatal(err)
	}
	if me, err = srv.Node.Service().Session(t.Context(), tokens[1]); err != nil {
		t.Fatal(err)
	}
	return first.Session.ID, me
}

// A previous user of an unverified email must not keep an authenticator app that waits
// to be confirmed.
func TestAuthenticatorAddedDuringReset(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t, rafftest.OnPostgres(t), rafftest.WithSlowPasswords())
	svc, email := srv.Node.SignIn(), "alice@example.com"
	_, user := srv.NewMember(t, email, "Alice", srv.RoleID(t, "account", "member"))
	held, me := twoSessions(t, srv, email)
	stopReset(t, srv, email, held).beside(t, func() error {
		_, err := svc.AddTOTP(context.WithoutCancel(t.Context()), me, team.Proof{Password: rafftest.Password})
		return err
	})
	if left := askDatabase(t, srv.Database, "SELECT COUNT(*) FROM factors WHERE user_id = "+rafftest.SQLID(srv.Database, user)); left != "0" {
		t.Errorf("%s authenticator apps remain after the reset", left)
	}
}

// A sign-in that began with the old password must not become a session that continues
// after the reset.
func TestSecondFactorVerifiedDuringReset(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t, rafftest.OnPostgres(t), rafftest.WithSlowPasswords())
	svc, email := srv.Node.SignIn(), "alice@example.com"
	_, user := srv.NewMember(t, email, "Alice", srv.RoleID(t, "account", "member"))
	link, err := svc.PasswordLink(t.Context(), email) // verifies the email, so that the next reset keeps the factor
	if err != nil {
		t.Fatal(err)
	}
	if err := svc.SetPasswordByLink(t.Context(), signin.NewPassword{Token: rafftest.TokenOf(t, link.URL), Name: "Alice", Password: rafftest.Password}); err != nil {
		t.Fatal(err)
	}
	_, me := twoSessions(t, srv, email)
	f, err := svc.AddTOTP(t.Context(), me, team.Proof{Password: rafftest.Password})
	if err != nil {
		t.Fatal(err)
	}
	codes, err := svc.ConfirmTOTP(t.Context(), me, factor.Code(string(f.Secret), srv.Now()))
	if err != nil {
		t.Fatal(err)
	}
	awaiting, err := svc.SignIn(t.Context(), signin.SignIn{Email: email, Password: rafftest.Password})
	if err != nil {
		t.Fatal(err)
	}
	// The first factor ended the other session.
	stopReset(t, srv, email, me.Session.ID).beside(t, func() error {
		_, err := svc.ProveCode(context.WithoutCancel(t.Context()), awaiting, signin.CodeTry{Code: codes[0]})
		return err
	})
	if left := askDatabase(t, srv.Database, "SELECT COUNT(*) FROM sessions WHERE user_id = "+rafftest.SQLID(srv.Database, user)); left != "0" {
		t.Errorf("%s sessions remain after the reset", left)
	}
}
