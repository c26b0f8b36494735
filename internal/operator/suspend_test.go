package operator_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"raff/internal/operator"
	"raff/internal/rafftest"
)

// reply is the status of a response with its code or, if it has none, what the response says in a word.
func reply(t *testing.T, r rafftest.Response) string {
	t.Helper()
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		return fmt.Sprint(r.Status)
	}
	v := r.JSON(t)
	for _, name := range []string{"code", "decision"} {
		if said, ok := v[name]; ok {
			return fmt.Sprint(r.Status, " ", said)
		}
	}
	if data, ok := v["data"].(map[string]any); ok && data["code"] != nil {
		return fmt.Sprint(r.Status, " ", data["code"])
	}
	return fmt.Sprint(r.Status)
}

// The next request after an account was suspended is refused, with every credential, on every face and node; and accepted
// again after it was resumed.
func TestSuspendedAccountIsRefused(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		nodes := []*rafftest.Server{srv}
		if strings.HasPrefix(srv.Database, "postgres") {
			nodes = append(nodes, rafftest.Start(t, rafftest.OnDatabase(srv.Database), rafftest.WithoutAccount()))
		}
		member := srv.RoleID(t, "account", "member")
		_, alice := srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "admin"))
		session := srv.SignIn(t, "alice@example.com")
		token := session[strings.LastIndex(session, "=")+1:]
		invited := srv.Token(t, srv.Invite(t, "bob@example.com", member))
		evaluation := map[string]any{
			"subject": map[string]any{"type": "user", "id": alice}, "action": map[string]any{"name": "account.members.view"},
			"resource": map[string]any{"type": "account", "id": srv.AccountID},
		}
		type request struct {
			method, path, credential string
			body                     any
			before, during           string
		}
		all := []request{
			{"GET", "/api/v1/members", srv.Key, nil, "200", "403 account_suspended"},
			{"GET", "/api/v1/members", session, nil, "200", "403 account_suspended"},
			{"GET", "/api/v1/whoami", srv.Key, nil, "200", "403 account_suspended"},
			{"PATCH", "/api/v1/account", srv.Key, map[string]any{"name": "Acme"}, "200", "403 account_suspended"},
			{"PATCH", "/api/v1/account", session, map[string]any{"name": "Acme"}, "200", "403 account_suspended"},
			{"GET", "/", session, nil, "200", "403"},
			{"GET", "/profile", session, nil, "200", "200"},
			{"POST", "/access/v1/evaluation", srv.Key, evaluation, "200 true", "200 false"},
			{"POST", "/api/v1/keys/verify", srv.Key, map[string]any{"key": srv.Key}, "200 VALID", "200 SUSPENDED"},
			{"POST", "/api/v1/sessions/verify", srv.Key, map[string]any{"token": token}, "200 VALID", "200 SUSPENDED"},
			{"GET", "/invite/" + invited, "", nil, "200", "403"},
			{"POST", "/api/v1/invitations/accept", "", map[string]any{"token": invited, "name": "Bob", "password": "short"}, "400 password_too_short", "403 account_suspended"},
		}
		expect := func(when string, want func(request) string) {
			t.Helper()
			for _, q := range all {
				for n, node := range nodes {
					if got := reply(t, node.Do(t, q.method, q.path, q.credential, q.body)); got != want(q) {
						t.Errorf("%s: node %d: %s %s: %s, want %s", when, n+1, q.method, q.path, got, want(q))
					}
				}
			}
		}
		before, during := func(q request) string { return q.before }, func(q request) string { return q.during }
		op := srv.Node.Operator()
		for round := range 2 {
			expect(fmt.Sprint("before ", round), before)
			if _, err := op.Suspend(t.Context(), operator.Program, srv.AccountID, "unpaid"); err != nil {
				t.Fatal(err)
			}
			expect(fmt.Sprint("during ", round), during)
			if _, err := op.Resume(t.Context(), operator.Program, srv.AccountID); err != nil {
				t.Fatal(err)
			}
		}
		expect("after", before)
		log := srv.Do(t, "GET", "/api/v1/audit-events?action=account.suspended", srv.Key, nil).Want(t, 200)
		if strings.Contains(string(log.Body), "unpaid") || strings.Count(string(log.Body), `"account.suspended"`) != 2 {
			t.Errorf("events of the account: %s", log.Body)
		}
	})
}

// No change of a credential of the account commits after Suspend has returned.
func TestNothingCommitsAfterASuspension(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		for round := range 10 {
			var returned atomic.Bool
			var all sync.WaitGroup
			for writer := range 4 {
				all.Go(func() {
					for i := range 1000 {
						late := returned.Load()
						r := srv.Do(t, "POST", "/api/v1/roles", srv.Key, map[string]any{
							"name": fmt.Sprint("r", round, " ", writer, " ", i), "slug": fmt.Sprint("r", round, "-", writer, "-", i), "scope": "account", "permissions": []string{"account.members.view"},
						})
						if r.Status == 403 {
							return
						}
						if late || r.Status != 201 {
							t.Errorf("round %d: %d %s, after the suspension: %v", round, r.Status, r.Body, late)
							return
						}
					}
				})
			}
			if _, err := srv.Node.Operator().Suspend(t.Context(), operator.Program, srv.AccountID, ""); err != nil {
				t.Error(err)
			}
			returned.Store(true)
			all.Wait()
			if _, err := srv.Node.Operator().Resume(t.Context(), operator.Program, srv.AccountID); err != nil {
				t.Fatal(err)
			}
		}
	}, rafftest.Quiet())
}

// The limit of members counts people who are invited, once each; a lower limit removes nobody.
func TestLimitOfMembers(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		op, five, two := srv.Node.Operator(), 5, 2
		set := func(n *int) {
			t.Helper()
			if _, err := op.UpdateAccount(t.Context(), operator.Program, srv.AccountID, operator.AccountChange{Limits: operator.LimitChange{"members": n}}); err != nil {
				t.Fatal(err)
			}
		}
		set(&five)
		role, viewer := srv.RoleID(t, "account", "member"), srv.RoleID(t, "project", "viewer")
		var made, refused atomic.Int32
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				path, body := "/api/v1/members", map[string]any{"email": fmt.Sprintf("m%d@example.com", i), "role_id": role}
				switch {
				case i%3 == 1:
					path, body["role_id"] = "/api/v1/projects/"+srv.ProjectID+"/invitations", viewer
				case i%3 == 2:
					path = "/api/v1/invitations"
				}
				r := srv.Do(t, "POST", path, srv.Key, body)
				v := r.JSON(t)
				switch {
				case r.Status == 201:
					made.Add(1)
				case r.Status == 409 && v["code"] == "limit_reached" && v["current"] == 5.0 && v["limit"] == 5.0:
					refused.Add(1)
				default:
					t.Errorf("%s: %d %s", path, r.Status, r.Body)
				}
			})
		}
		all.Wait()
		if made.Load() != 4 || refused.Load() != 16 {
			t.Errorf("%d added and %d refused beside the Owner, want 4 and 16", made.Load(), refused.Load())
		}
		// Someone who has a place gets another role, and an API key needs no place.
		email := srv.Do(t, "GET", "/api/v1/members?status=pending&limit=1", srv.Key, nil).Want(t, 200).JSON(t)["data"].([]any)
		if len(email) > 0 {
			srv.Do(t, "POST", "/api/v1/projects/"+srv.ProjectID+"/invitations", srv.Key, map[string]any{"email": email[0].(map[string]any)["email"], "role_id": viewer}).Want(t, 201)
		}
		srv.NewKey(t, "deploy", role)
		bulk := srv.Do(t, "POST", "/api/v1/members/bulk", srv.Key, map[string]any{"members": []any{map[string]any{"email": "late@example.com", "role_id": role}}}).Want(t, 200)
		if !strings.Contains(string(bulk.Body), `"limit_reached"`) {
			t.Errorf("bulk: %s", bulk.Body)
		}
		set(&two)
		if _, usage, err := op.Account(t.Context(), srv.AccountID); err != nil || usage.Members != 5 {
			t.Errorf("members after the limit was lowered: %+v, %v", usage, err)
		}
		set(nil)
		srv.Do(t, "POST", "/api/v1/members", srv.Key, map[string]any{"email": "late@example.com", "role_id": role}).Want(t, 201)
	})
}

func TestLimitsOfProjectsKeysAndRoles(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		one, two, none := 1, 2, 0
		change := operator.AccountChange{Limits: operator.LimitChange{"projects": &two, "api_keys": &one, "roles": &none}}
		if _, err := srv.Node.Operator().UpdateAccount(t.Context(), operator.Program, srv.AccountID, change); err != nil {
			t.Fatal(err)
		}
		srv.Do(t, "POST", "/api/v1/projects", srv.Key, map[string]any{"name": "p2"}).Want(t, 201)
		for path, body := range map[string]map[string]any{
			"/api/v1/projects": {"name": "p3"}, "/api/v1/api-keys": {"name": "k2"},
			"/api/v1/roles": {"name": "r", "slug": "r", "scope": "account", "permissions": []string{"account.members.view"}},
		} {
			if r := srv.Do(t, "POST", path, srv.Key, body); reply(t, r) != "409 limit_reached" || r.JSON(t)["current"] != r.JSON(t)["limit"] {
				t.Errorf("%s: %d %s", path, r.Status, r.Body)
			}
		}
	})
}
