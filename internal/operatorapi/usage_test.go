package operatorapi_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"raff/internal/operator"
	"raff/internal/rafftest"
	"raff/internal/team"
)

func usageLine(u map[string]any) string {
	return fmt.Sprint(u["active_members"], " ", u["api_keys_used"], " ", u["requests"], " ", u["decisions"])
}

// Every person and key counts once a day, on all servers together; requests and decisions add up.
func TestUsage(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		o := newSide(t, srv)
		nodes := []*rafftest.Server{srv, srv}
		if strings.HasPrefix(srv.Database, "postgres") {
			nodes[1] = rafftest.Start(t, rafftest.OnDatabase(srv.Database), rafftest.WithoutAccount())
		}
		advance := func(d time.Duration) {
			srv.Advance(d)
			if nodes[1] != srv {
				nodes[1].Advance(d)
			}
		}
		flush := func() {
			t.Helper()
			for _, n := range nodes {
				if err := n.Node.Operator().FlushActivity(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
		other := srv.NewAccount(t, "Other", "other@example.com")
		_, alice := srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "admin"))
		session := srv.SignIn(t, "alice@example.com")
		at := "/operator/v1/accounts/" + srv.AccountID + "/usage"
		flush()
		before := rows(t, o.do(t, "GET", at, nil))
		if len(before) != 1 {
			t.Fatalf("the days: %v", before)
		}
		question := map[string]any{
			"subject": map[string]any{"type": "user", "id": alice}, "action": map[string]any{"name": "account.members.view"},
			"resource": map[string]any{"type": "account", "id": srv.AccountID},
		}
		three := map[string]any{"evaluations": []any{question, question, question}}
		const more = 5 // requests on each node
		for _, n := range nodes {
			n.Do(t, "GET", "/api/v1/members", session, nil).Want(t, 200)
			n.Do(t, "GET", "/api/v1/members", srv.Key, nil).Want(t, 200)
			n.Do(t, "GET", "/api/v1/members/nothing", srv.Key, nil).Want(t, 404)
			n.Do(t, "POST", "/access/v1/evaluation", srv.Key, question).Want(t, 200)
			n.Do(t, "POST", "/access/v1/evaluations", srv.Key, three).Want(t, 200)
			if n.Do(t, "GET", "/api/v1/members", srv.Key+"0", nil).Status != 401 {
				t.Error("a request without a valid key")
			}
		}
		flush()
		flush()
		now := rows(t, o.do(t, "GET", at, nil))[0]
		if want := fmt.Sprint(1, " ", 1, " ", before[0]["requests"].(float64)+2*more, " ", 8); usageLine(now) != want || now["date"] != srv.Now().UTC().Format(time.DateOnly) {
			t.Errorf("usage: %v, want %s, before %v", now, want, before)
		}
		if nodes[1] != srv { // what a server counted is stored before it stops
			t.Run("stops", func(t *testing.T) {
				rafftest.Start(t, rafftest.OnDatabase(srv.Database), rafftest.WithoutAccount()).Do(t, "GET", "/api/v1/members", srv.Key, nil).Want(t, 200)
			})
			after := rows(t, o.do(t, "GET", at, nil))[0]
			if after["requests"] != now["requests"].(float64)+1 {
				t.Errorf("after a server stopped: %v, before %v", after, now)
			}
			now = after
		}
		today := now["date"].(string)
		// The next day counts anew. Once the ids are gone, the numbers are the same.
		day := 24 * time.Hour
		advance(day)
		nodes[1].Do(t, "GET", "/api/v1/members", other.Key, nil).Want(t, 200)
		srv.Do(t, "GET", "/api/v1/members", srv.Key, nil).Want(t, 200)
		flush()
		for range 2 {
			if err := srv.Node.Operator().TidyUsage(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		days := rows(t, o.do(t, "GET", at, nil))
		if len(days) != 2 || usageLine(days[0]) != usageLine(now) || usageLine(days[1]) != "0 1 1 0" {
			t.Errorf("the next day: %v, want first %v", days, now)
		}
		advance(day)
		for range 2 {
			for _, n := range nodes {
				if err := n.Node.Operator().TidyUsage(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
		if got := rows(t, o.do(t, "GET", at+"?to="+today, nil)); len(got) != 1 || usageLine(got[0]) != usageLine(now) {
			t.Errorf("two days later: %v, want %v", got, now)
		}
		if all := rows(t, o.do(t, "GET", "/operator/v1/usage?date="+today+"&limit=1", nil)); len(all) != 1 || all[0]["account_name"] != "Acme" || usageLine(all[0]) != usageLine(now) {
			t.Errorf("all accounts: %v", all)
		}
		advance(-day)
		first := o.do(t, "GET", "/operator/v1/usage?limit=1&date="+days[1]["date"].(string), nil).Want(t, 200).JSON(t)
		second := o.do(t, "GET", fmt.Sprint("/operator/v1/usage?limit=1&date=", days[1]["date"], "&cursor=", first["next_cursor"]), nil).Want(t, 200).JSON(t)
		if first["total"] != 2.0 || first["data"].([]any)[0].(map[string]any)["account_name"] != "Acme" || second["next_cursor"] != nil ||
			second["data"].([]any)[0].(map[string]any)["account_name"] != "Other" {
			t.Errorf("pages: %v, then %v", first, second)
		}
		for path, want := range map[string]string{
			at + "?from=2030-02-01&to=2030-01-01": "400 invalid_range", at + "?from=2020-01-01&to=2030-01-01": "400 invalid_range", at + "?from=today": "400 invalid_date",
			"/operator/v1/usage?date=2030-13-01": "400 invalid_date", "/operator/v1/accounts/" + alice + "/usage": "404 not_found",
		} {
			if r := o.do(t, "GET", path, nil); code(t, r) != want {
				t.Errorf("%s: %d %s, want %s", path, r.Status, r.Body, want)
			}
		}
		advance(operator.UsageKept * day)
		if err := srv.Node.Operator().TidyUsage(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := rows(t, o.do(t, "GET", at+"?to="+today, nil)); len(got) != 0 {
			t.Errorf("after more than a year: %v", got)
		}
	}, rafftest.WithOperator())
}

// Nothing of an account or a person stays in the usage when they are removed; the numbers of the account stay the same without the person.
func TestUsageOfTheRemoved(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		o, op := newSide(t, srv), srv.Node.Operator()
		_, alice := srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "admin"))
		session := srv.SignIn(t, "alice@example.com")
		srv.Do(t, "GET", "/api/v1/members", session, nil).Want(t, 200)
		if err := op.FlushActivity(t.Context()); err != nil {
			t.Fatal(err)
		}
		at := "/operator/v1/accounts/" + srv.AccountID
		if all, _ := exportOf(t, o, alice); len(all["active_day"]) != 1 || all["active_day"][0]["account_id"] != srv.AccountID {
			t.Errorf("the export of the person: %v", all["active_day"])
		}
		if text := string(o.do(t, "GET", at+"/export", nil).Want(t, 200).Body); !strings.Contains(text, `{"type":"usage_day","data":{"date":`) {
			t.Error("the export of the account has no usage")
		}
		ids := func() string { return count(t, srv, "SELECT COUNT(*) FROM usage_ids WHERE kind = 'member'") }
		before := rows(t, o.do(t, "GET", at+"/usage", nil))[0]
		if ids() != "1" || before["active_members"] != 1.0 {
			t.Fatalf("%s ids, %v", ids(), before)
		}
		o.do(t, "POST", "/operator/v1/people/erase", map[string]any{"person_id": alice}).Want(t, 202)
		after := rows(t, o.do(t, "GET", at+"/usage", nil))[0]
		if ids() != "0" || after["active_members"] != 1.0 {
			t.Errorf("after the person was erased: %s ids, %v", ids(), after)
		}
		deleteNow(t, srv)
		if n, err := op.RemoveDeleted(t.Context()); n != 1 || err != nil {
			t.Fatalf("removed %d accounts, %v", n, err)
		}
		op.Used(&team.Principal{Type: team.TypeAPIKey, ID: srv.ProjectID, AccountID: srv.AccountID}, 1) // a request that was still counted
		if err := op.FlushActivity(t.Context()); err != nil {
			t.Error(err)
		}
		if n := count(t, srv, "SELECT COUNT(*) FROM usage_days") + count(t, srv, "SELECT COUNT(*) FROM usage_ids"); n != "00" {
			t.Errorf("%s rows are left", n)
		}
	}, rafftest.WithOperator())
}
