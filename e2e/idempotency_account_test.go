package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"raff/internal/rafftest"
	"raff/internal/signin"
)

// TestIdempotencyKeysPerAccount sends the same request with the same key in two accounts of one user.
func TestIdempotencyKeysPerAccount(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		if err := srv.Node.SignIn().SetPasswordByLink(t.Context(), signin.NewPassword{Token: rafftest.TokenOf(t, srv.OwnerLink), Name: "Owner", Password: rafftest.Password}); err != nil {
			t.Fatal(err)
		}
		other := srv.NewAccount(t, "Other", "owner@example.com")
		me := srv.SignIn(t, "owner@example.com")
		project := func() string {
			h := http.Header{"Cookie": {strings.TrimPrefix(me, "cookie: ")}, "Idempotency-Key": {"nightly"}, "Content-Type": {"application/json"}}
			return srv.Send(t, "POST", "/api/v1/projects", h, map[string]any{"name": "Plan"}).Want(t, http.StatusCreated).Data(t)["account_id"].(string)
		}
		here := srv.Do(t, "GET", "/api/v1/whoami", me, nil).Data(t)["account"].(map[string]any)["id"].(string)
		there := other.AccountID
		if here == there {
			there = srv.AccountID
		}
		if got := project(); got != here {
			t.Errorf("a project of account %s, want %s", got, here)
		}
		h := http.Header{"Cookie": {strings.TrimPrefix(me, "cookie: ")}, "Content-Type": {"application/x-www-form-urlencoded"}, "Sec-Fetch-Site": {"same-origin"}}
		srv.Send(t, "POST", "/account", h, url.Values{"account": {there}, "here": {here}}.Encode())
		for range 2 {
			if got := project(); got != there {
				t.Errorf("a project of account %s, want %s", got, there)
			}
		}
	})
}

// TestIdempotencyKeysExpire checks in the table that responses are stored as long as documented, and no longer.
func TestIdempotencyKeysExpire(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		h := http.Header{"X-Api-Key": {srv.Key}, "Idempotency-Key": {"once"}, "Content-Type": {"application/json"}}
		srv.Send(t, "POST", "/api/v1/projects", h, map[string]any{"name": "Plan"}).Want(t, http.StatusCreated)
		db := openSQL(t, srv.Database)
		defer func() { _ = db.Close() }()
		kept := func(after time.Duration) (n int) {
			srv.Advance(after)
			if _, err := srv.Node.Service().CleanUp(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM idempotency_keys").Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		if got := fmt.Sprint(kept(23*time.Hour), kept(2*time.Hour)); got != "1 0" {
			t.Errorf("%s rows after 23 and 25 hours, want 1 0", got)
		}
	})
}
