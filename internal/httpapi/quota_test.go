package httpapi_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"raff/internal/rafftest"
	"raff/internal/signin"
	"raff/internal/team"
)

// Concurrent callers create exactly as many objects as each quota of the account allows. The others get an error with the
// limit, and can create objects again after some were deleted.
func TestQuotasOfAnAccount(t *testing.T) {
	quotas := team.Quotas{Roles: 3, Projects: 4, APIKeys: 5, Invitations: 6, ExternalIDs: 3, Sessions: 2}
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		member := srv.RoleID(t, "account", "member")
		for _, c := range []struct {
			path, what   string
			limit, there int
			body         func(i int) map[string]any
		}{
			{"/api/v1/roles", "custom roles", 3, 0, func(i int) map[string]any {
				return map[string]any{"name": fmt.Sprint("r", i), "slug": fmt.Sprint("r", i), "scope": "account", "permissions": []string{"account.members.view"}}
			}},
			{"/api/v1/projects", "projects", 4, 1, func(i int) map[string]any { return map[string]any{"name": fmt.Sprint("p", i)} }},
			{"/api/v1/api-keys", "API keys", 5, 1, func(i int) map[string]any { return map[string]any{"name": fmt.Sprint("k", i)} }},
			{"/api/v1/invitations", "invitations", 6, 0, func(i int) map[string]any {
				return map[string]any{"email": fmt.Sprintf("i%d@example.com", i), "role_id": member}
			}},
		} {
			var made, refused atomic.Int32
			var ids sync.Map
			var all sync.WaitGroup
			for i := range 20 {
				all.Go(func() {
					r := srv.Do(t, "POST", c.path, srv.Key, c.body(i))
					switch {
					case r.Status == 201:
						made.Add(1)
						ids.Store(r.Data(t)["id"], true)
					case r.Status == 409 && r.JSON(t)["code"] == "limit_reached":
						refused.Add(1)
						said := r.JSON(t)["message"].(string)
						if number := regexp.MustCompile(fmt.Sprintf(`\b%d\b`, c.limit)); len(number.FindAllString(said, -1)) != 2 || !strings.Contains(said, c.what) || !strings.Contains(said, "operator") {
							t.Errorf("%s: message of the refusal: %q", c.path, said)
						}
					default:
						t.Errorf("%s: %d %s", c.path, r.Status, r.Body)
					}
				})
			}
			all.Wait()
			if want := c.limit - c.there; int(made.Load()) != want || int(refused.Load()) != 20-want {
				t.Errorf("%s: %d created and %d refused, want %d created", c.path, made.Load(), refused.Load(), want)
			}
			ids.Range(func(id, _ any) bool {
				srv.Do(t, "DELETE", c.path+"/"+id.(string), srv.Key, nil).Want(t, 200)
				return false
			})
			srv.Do(t, "POST", c.path, srv.Key, c.body(100)).Want(t, 201)
			srv.Do(t, "POST", c.path, srv.Key, c.body(101)).Want(t, 409)
		}
		// Another account has its own quota, and accepted invitations no longer count.
		other := srv.NewAccount(t, "Other", "owner@other.example.com")
		srv.Do(t, "POST", "/api/v1/projects", other.Key, map[string]any{"name": "p"}).Want(t, 201)
	}, rafftest.WithQuotas(quotas))
}

func TestQuotaOfInvitationsInBulk(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		var rows []any
		for i := range 7 {
			rows = append(rows, map[string]any{"email": fmt.Sprintf("b%d@example.com", i), "role_id": srv.RoleID(t, "account", "member")})
		}
		r := srv.Do(t, "POST", "/api/v1/members/bulk", srv.Key, map[string]any{"members": rows}).Want(t, 200)
		if n := strings.Count(string(r.Body), `"limit_reached"`); n != 2 {
			t.Errorf("%d rows were refused, want 2: %s", n, r.Body)
		}
		list := srv.Do(t, "GET", "/api/v1/members?status=pending", srv.Key, nil).Want(t, 200).JSON(t)
		if list["total"] != 5.0 {
			t.Errorf("%v pending members, want 5", list["total"])
		}
		member := list["data"].([]any)[0].(map[string]any)["id"].(string)
		srv.Accept(t, member, "Bob")
		srv.Invite(t, "alice@example.com", srv.RoleID(t, "account", "member"))
	}, rafftest.WithQuotas(team.Quotas{Roles: 1, Projects: 1, APIKeys: 5, Invitations: 5, Sessions: 5}))
}

// Signing in once more ends the least recently used session.
func TestSessionQuota(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		if err := srv.Node.SignIn().SetPasswordByLink(t.Context(), signin.NewPassword{Token: rafftest.TokenOf(t, srv.OwnerLink), Name: "Owner", Password: rafftest.Password}); err != nil {
			t.Fatal(err)
		}
		var sessions []string
		for range 4 {
			sessions = append(sessions, srv.SignIn(t, "owner@example.com"))
			srv.Advance(1000)
		}
		for i, want := range []int{401, 401, 200, 200} {
			if r := srv.Do(t, "GET", "/api/v1/whoami", sessions[i], nil); r.Status != want {
				t.Errorf("session %d: %d, want %d", i+1, r.Status, want)
			}
		}
	}, rafftest.WithQuotas(team.Quotas{Roles: 1, Projects: 1, APIKeys: 1, Invitations: 1, Sessions: 2}))
}

// A refused row does not count against the quota of other rows. For an existing member the error says so, even if the account is full.
func TestRefusedRowsTakeNoRoom(t *testing.T) {
	quotas := team.DefaultQuotas()
	quotas.Invitations = 3
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		member := srv.RoleID(t, "account", "member")
		row := func(name string) map[string]any {
			return map[string]any{"email": name + "@example.com", "role_id": member}
		}
		add := func(names ...string) (codes []string) {
			t.Helper()
			var rows []map[string]any
			for _, name := range names {
				rows = append(rows, row(name))
			}
			for _, r := range srv.Do(t, "POST", "/api/v1/members/bulk", srv.Key, map[string]any{"members": rows}).Want(t, 200).JSON(t)["data"].([]any) {
				e, _ := r.(map[string]any)["error"].(map[string]any)
				codes = append(codes, fmt.Sprint(e["code"]))
			}
			return codes
		}
		add("alice", "bob")
		const pending = "invitation_pending"
		if got := add("alice", "bob", "alice", "carol", "dave", "bob"); !slices.Equal(got, []string{pending, pending, pending, "<nil>", "limit_reached", pending}) {
			t.Errorf("with room for one: %s", got)
		}
		if r := srv.Do(t, "POST", "/api/v1/members", srv.Key, row("alice")).Want(t, 409).JSON(t); r["code"] != "invitation_pending" || r["member_id"] == nil {
			t.Errorf("without room: %v", r)
		}
		srv.Do(t, "POST", "/api/v1/members", srv.Key, row("erin")).Want(t, 409)
	}, rafftest.WithQuotas(quotas))
}
