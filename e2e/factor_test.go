package e2e

import (
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"raff/internal/factor"
	"raff/internal/rafftest"
	"raff/internal/signin"
	"raff/internal/team"
)

// TestFirstFactorDuringSignIns signs in with the password repeatedly while the first second factor is added. Every session
// must be ended or ask for the factor.
func TestFirstFactorDuringSignIns(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		members, svc, ctx := srv.Node.Service(), srv.Node.SignIn(), t.Context()
		srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "member"))
		in := signin.SignIn{Email: "alice@example.com", Password: rafftest.Password}
		for range trials(t, 5) {
			srv.Advance(10 * time.Minute)
			token, err := svc.SignIn(ctx, in)
			if err != nil {
				t.Fatal(err)
			}
			me, err := members.Session(ctx, token)
			if err != nil {
				t.Fatal(err)
			}
			f, err := svc.AddTOTP(ctx, me, team.Proof{Password: rafftest.Password})
			if err != nil {
				t.Fatal(err)
			}
			code := factor.Code(string(f.Secret), srv.Now())
			var all sync.WaitGroup
			tokens := make([]string, 4)
			for i := range tokens {
				all.Go(func() {
					var err error
					if tokens[i], err = svc.SignIn(ctx, in); err != nil {
						t.Error(err)
					}
				})
			}
			time.Sleep(rand.N(200 * time.Millisecond)) // checking a password takes time
			if _, err := svc.ConfirmTOTP(ctx, me, code); err != nil {
				t.Fatal(err)
			}
			all.Wait()
			for _, token := range tokens {
				if _, err := members.Session(ctx, token); !errors.Is(err, team.ErrFactorNeeded) && !errors.Is(err, team.ErrSignedOut) {
					t.Errorf("a session without the second factor: %v", err)
				}
			}
			if _, err := members.Session(ctx, token); err != nil {
				t.Errorf("the session that added the factor: %v", err)
			}
			if err := svc.ResetFactors(ctx, in.Email); err != nil {
				t.Fatal(err)
			}
		}
	}, rafftest.WithSlowPasswords())
}
