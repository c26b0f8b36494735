package operatorapi_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"raff/api"
	"raff/internal/operator"
	"raff/internal/operatorapi"
	"raff/internal/rafftest"
)

func description(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(api.OperatorAPI)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// operator.yaml is valid, and has the same operations as the table of routes.
func TestRoutesAreDescribed(t *testing.T) {
	doc := description(t)
	if err := doc.Validate(t.Context()); err != nil {
		t.Error(err)
	}
	access := map[operatorapi.Access]string{operatorapi.Open: "open", operatorapi.Read: "read", operatorapi.Support: "support", operatorapi.Write: "write"}
	described := map[string]bool{}
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			described[method+" "+path] = true
		}
	}
	for _, r := range operatorapi.Routes() {
		name := r.Method + " " + r.Pattern
		item := doc.Paths.Find(r.Pattern)
		if item == nil || item.GetOperation(r.Method) == nil {
			t.Errorf("%s is not in operator.yaml", name)
			continue
		}
		delete(described, name)
		op := item.GetOperation(r.Method)
		if op.OperationID != r.Operation || op.Extensions["x-access"] != access[r.Access] || (op.Security != nil) != (r.Access == operatorapi.Open) {
			t.Errorf("%s: operator.yaml has %s, %v; the table %s, %s", name, op.OperationID, op.Extensions["x-access"], r.Operation, access[r.Access])
		}
		for status := range op.Responses.Map() {
			if status[0] == '2' && status != fmt.Sprint(r.Status) {
				t.Errorf("%s: operator.yaml has %s, the table %d", name, status, r.Status)
			}
		}
		query := map[string]bool{}
		for _, p := range op.Parameters {
			if p.Value.In == "query" {
				query[p.Value.Name] = true
			}
		}
		for p := range strings.FieldsSeq(r.Query) {
			if !query[p] {
				t.Errorf("%s: operator.yaml does not have the parameter %s", name, p)
			}
			delete(query, p)
		}
		if len(query) > 0 {
			t.Errorf("%s: operator.yaml has the parameters %v, which the table does not have", name, query)
		}
	}
	for name := range described {
		t.Errorf("%s is in operator.yaml and not in the table of routes", name)
	}
}

// side is the operator's API of a server. Every response is validated against operator.yaml.
type side struct {
	*rafftest.Server
	key    string
	router routers.Router
}

func init() {
	openapi3filter.RegisterBodyDecoder("application/x-ndjson", openapi3filter.PlainBodyDecoder)
}

func newSide(t *testing.T, srv *rafftest.Server) *side {
	t.Helper()
	doc := description(t)
	doc.Servers = nil
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	return &side{srv, srv.OperatorKey(t, "write"), router}
}

func (s *side) do(t *testing.T, method, path string, body any) rafftest.Response {
	t.Helper()
	r := s.Operate(t, method, path, s.key, body)
	req, err := http.NewRequestWithContext(t.Context(), method, path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	route, params, err := s.router.FindRoute(req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	in := &openapi3filter.RequestValidationInput{Request: req, PathParams: params, Route: route}
	err = openapi3filter.ValidateResponse(t.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: r.Status, Header: r.Header, Body: io.NopCloser(bytes.NewReader(r.Body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	})
	if err != nil {
		t.Errorf("%s %s: the response %d is not as described: %v", method, path, r.Status, err)
	}
	return r
}

func code(t *testing.T, r rafftest.Response) string {
	t.Helper()
	return fmt.Sprint(r.Status, " ", r.JSON(t)["code"])
}

// Every operation with every kind of key.
func TestAccessMatrix(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		write, read, revoked := srv.OperatorKey(t, "write"), srv.OperatorKey(t, "read"), srv.OperatorKey(t, "write")
		keys, err := srv.Node.Operator().Keys(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := srv.Node.Operator().RevokeKey(t.Context(), program, keys[2].ID); err != nil {
			t.Fatal(err)
		}
		support := srv.OperatorKey(t, "support")
		forged := write[:len(write)-1] + map[bool]string{true: "0", false: "1"}[write[len(write)-1] != '0']
		for _, r := range operatorapi.Routes() {
			path := strings.NewReplacer("{id}", "00000000-0000-0000-0000-000000000000", "{name}", "nothing").Replace(r.Pattern)
			for name, key := range map[string]string{"none": "", "account's": srv.Key, "revoked": revoked, "forged": forged, "read": read, "support": support, "write": write} {
				got := srv.Operate(t, r.Method, path, key, nil)
				want := 401
				switch {
				case r.Access == operatorapi.Open:
					want = 200
				case name == "read" && r.Access >= operatorapi.Support, name == "support" && r.Access == operatorapi.Write:
					want = 403
				case name == "read", name == "support", name == "write":
					want = 0 // whatever the operation says
				}
				if want != 0 && got.Status != want || want == 0 && (got.Status == 401 || got.Status == 403 || got.Status >= 500) {
					t.Errorf("%s with the key %s: %d %s", r.Operation, name, got.Status, got.Body)
				}
			}
		}
		// Operator keys are never valid on the other faces.
		for _, path := range []string{"/api/v1/members", "/api/v1/whoami", "/api/v1/account", "/operator/v1/accounts"} {
			for name, h := range map[string]http.Header{"X-API-Key": {"X-Api-Key": {write}}, "Bearer": {"Authorization": {"Bearer " + write}}} {
				if got := srv.Send(t, "GET", path, h, nil); got.Status != 401 && got.Status != 404 {
					t.Errorf("%s with an operator key as %s: %d %s", path, name, got.Status, got.Body)
				}
			}
		}
		if got := srv.Operate(t, "GET", "/api/v1/members", srv.Key, nil); got.Status != 404 {
			t.Errorf("the accounts' API on the operator's listener: %d", got.Status)
		}
	}, rafftest.WithOperator())
}

// The life of an account.
func TestAccounts(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		o := newSide(t, srv)
		made := o.do(t, "POST", "/operator/v1/accounts", map[string]any{
			"name": "Größer & Co", "owner_email": "Bob@Example.com", "limits": map[string]any{"members": 2}, "attributes": map[string]any{"plan": "free"},
		}).Want(t, 201).Data(t)
		id, key := made["id"].(string), made["api_key"].(string)
		if made["owner_link"] == nil || made["owner"].(map[string]any)["email"] != "Bob@Example.com" {
			t.Errorf("created: %v", made)
		}
		at := "/operator/v1/accounts/" + id
		member := srv.RoleID(t, "account", "member")
		srv.Do(t, "POST", "/api/v1/members", key, map[string]any{"email": "carol@example.com", "role_id": member}).Want(t, 201)
		if r := srv.Do(t, "POST", "/api/v1/members", key, map[string]any{"email": "dave@example.com", "role_id": member}); code(t, r) != "409 limit_reached" {
			t.Errorf("third member: %s", r.Body)
		}
		got := o.do(t, "GET", at, nil).Want(t, 200).Data(t)
		if usage := got["usage"].(map[string]any); usage["members"] != 2.0 || usage["projects"] != 1.0 || usage["api_keys"] != 1.0 || usage["roles"] != 0.0 {
			t.Errorf("usage: %v", usage)
		}
		changed := o.do(t, "PATCH", at, map[string]any{
			"name": "Renamed", "limits": map[string]any{"members": nil, "projects": 3}, "attributes": map[string]any{"plan": nil, "crm": "4711"},
		}).Want(t, 200).Data(t)
		if fmt.Sprint(changed["name"], " ", changed["limits"], changed["attributes"]) != "Renamed map[api_keys:<nil> members:<nil> projects:3 roles:<nil>] map[crm:4711]" {
			t.Errorf("changed: %v", changed)
		}
		for _, wrong := range []struct {
			body any
			code string
		}{
			{map[string]any{}, "400 nothing_to_update"},
			{map[string]any{"state": "suspended"}, "400 unknown_field"},
			{map[string]any{"name": " "}, "400 invalid_name"},
			{map[string]any{"limits": map[string]any{"members": 0}}, "400 invalid_limit"},
			{map[string]any{"limits": map[string]any{"people": 1}}, "400 unknown_field"},
			{map[string]any{"limits": map[string]any{"members": "1"}}, "400 invalid_type"},
			{map[string]any{"limits": map[string]any{"members": 1.5}}, "400 invalid_type"},
			{map[string]any{"attributes": map[string]any{"Plan": "x"}}, "400 invalid_attributes"},
			{map[string]any{"attributes": map[string]any{"plan": strings.Repeat("x", 501)}}, "400 invalid_attributes"},
			{map[string]any{"attributes": "x"}, "400 invalid_type"},
			{`{"name": "a", "name": "b"}`, "400 duplicate_field"},
		} {
			if r := o.do(t, "PATCH", at, wrong.body); code(t, r) != wrong.code {
				t.Errorf("%v: %d %s, want %s", wrong.body, r.Status, r.Body, wrong.code)
			}
		}
		if r := o.do(t, "PATCH", at, map[string]any{"limits": map[string]any{"members": "1"}}); r.JSON(t)["message"] != "limits must be an object with a whole number or null for each name." {
			t.Errorf("wrong type of a limit: %s", r.Body)
		}
		if r := o.do(t, "POST", "/operator/v1/accounts", map[string]any{"name": "x", "owner_email": "nobody"}); r.JSON(t)["field"] != "owner_email" {
			t.Errorf("wrong email: %s", r.Body)
		}
		o.do(t, "POST", at+"/suspend", map[string]any{"reason": "unpaid"}).Want(t, 200)
		if r := srv.Do(t, "GET", "/api/v1/members", key, nil); code(t, r) != "403 account_suspended" {
			t.Errorf("suspended: %d %s", r.Status, r.Body)
		}
		if r := o.do(t, "GET", at, nil).Want(t, 200).Data(t); r["state"] != "suspended" || r["state_reason"] != "unpaid" {
			t.Errorf("suspended: %v", r)
		}
		o.do(t, "POST", at+"/resume", nil).Want(t, 200)
		srv.Do(t, "GET", "/api/v1/members", key, nil).Want(t, 200)
		events := o.do(t, "GET", "/operator/v1/audit-events?target="+id, nil).Want(t, 200).JSON(t)["data"].([]any)
		var actions []string
		for _, e := range events {
			actions = append(actions, e.(map[string]any)["action"].(string))
		}
		if got := strings.Join(actions, " "); got != "account.resumed account.suspended account.attributes_changed account.limits_changed account.updated account.created" {
			t.Errorf("events: %s", got)
		}
		if actor := events[0].(map[string]any)["actor_name"]; actor != "write key" {
			t.Errorf("actor: %v", actor)
		}
		if log := srv.Do(t, "GET", "/api/v1/audit-events", key, nil).Want(t, 200); bytes.Contains(log.Body, []byte("unpaid")) || bytes.Contains(log.Body, []byte("4711")) || bytes.Contains(log.Body, []byte("write key")) {
			t.Errorf("the log of the account has what only the operator should see: %s", log.Body)
		}
	}, rafftest.WithOperator())
}

func TestAccountsAreFound(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		o := newSide(t, srv)
		var ids []string
		for i := range 5 {
			ids = append(ids, srv.NewAccount(t, fmt.Sprintf("Shop %d_%%", i), fmt.Sprintf("owner%d@shop.example.com", i)).AccountID)
		}
		o.do(t, "POST", "/operator/v1/accounts/"+ids[1]+"/suspend", nil).Want(t, 200)
		for query, want := range map[string]int{
			"": 6, "?q=SHOP": 5, "?q=p+3": 1, "?q=%25": 5, "?q=x%25": 0, "?q=Owner4@": 1, "?q=" + ids[2]: 1, "?state=suspended": 1, "?state=active&q=shop": 4, "?state=deleting": 0,
		} {
			r := o.do(t, "GET", "/operator/v1/accounts"+query, nil).Want(t, 200).JSON(t)
			if len(r["data"].([]any)) != want || r["total"] != float64(want) {
				t.Errorf("%q: %d of %v, want %d", query, len(r["data"].([]any)), r["total"], want)
			}
		}
		var seen []string
		next := "/operator/v1/accounts?q=shop&limit=2"
		for range 5 {
			r := o.do(t, "GET", next, nil).Want(t, 200).JSON(t)
			for _, a := range r["data"].([]any) {
				seen = append(seen, a.(map[string]any)["id"].(string))
			}
			cursor, more := r["next_cursor"].(string)
			if !more {
				break
			}
			next = "/operator/v1/accounts?q=shop&limit=2&cursor=" + cursor
		}
		if fmt.Sprint(seen) != fmt.Sprint(ids) {
			t.Errorf("pages: %v, want %v", seen, ids)
		}
		o.do(t, "GET", "/operator/v1/accounts?state=gone", nil).Want(t, 400)
		o.do(t, "GET", "/operator/v1/accounts?status=active", nil).Want(t, 400)
	}, rafftest.WithOperator())
}

// deleteNow deletes an account without a grace period, which takes access to the database.
func deleteNow(t *testing.T, srv *rafftest.Server) {
	t.Helper()
	now := 0
	if _, err := srv.Node.Operator().Delete(t.Context(), operator.Program, srv.AccountID, &now); err != nil {
		t.Fatal(err)
	}
}

// With an operator key alone, nobody can destroy an account at once, or shorten the time that is left to less than a week, and the Owner
// is told each time.
func TestDeletionIsNeverImmediate(t *testing.T) {
	smtp := rafftest.StartSMTP(t)
	srv := rafftest.Start(t, rafftest.WithSMTP(smtp.URL()), rafftest.WithOperator())
	o := newSide(t, srv)
	at := "/operator/v1/accounts/" + srv.AccountID
	for _, days := range []string{"0", "6"} {
		if got := code(t, o.do(t, "DELETE", at+"?grace_days="+days, nil)); got != "400 invalid_grace_days" {
			t.Errorf("%s days: %s", days, got)
		}
	}
	srv.Do(t, "GET", "/api/v1/members", srv.Key, nil).Want(t, 200)
	o.do(t, "DELETE", at, nil).Want(t, 200)
	m := smtp.WaitNotice(t, "owner@example.com", "Acme is being deleted")
	if want := srv.Now().UTC().AddDate(0, 0, operator.DefaultGraceDays).Format("2 January 2006"); !strings.Contains(m.Text, want) {
		t.Errorf("the email lacks %q:\n%s", want, m.Text)
	}
	if got := code(t, o.do(t, "DELETE", at+"?grace_days=0", nil)); got != "400 invalid_grace_days" {
		t.Errorf("an account that is being deleted, 0 days: %s", got)
	}
	o.do(t, "DELETE", at+"?grace_days=7", nil).Want(t, 200)
	smtp.WaitNotice(t, "owner@example.com", "Acme is being deleted")
	if n, err := srv.Node.Operator().RemoveDeleted(t.Context()); n != 0 || err != nil {
		t.Errorf("removed %d accounts, %v", n, err)
	}
	o.do(t, "POST", at+"/resume", nil).Want(t, 200)
	srv.Do(t, "GET", "/api/v1/members", srv.Key, nil).Want(t, 200)
}

// An account is deleted, and kept.
func TestDeletion(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		o := newSide(t, srv)
		at := "/operator/v1/accounts/" + srv.AccountID
		for _, wrong := range []string{"-1", "0", "6", "366", "many", ""} {
			if r := o.do(t, "DELETE", at+"?grace_days="+wrong, nil); code(t, r) != "400 invalid_grace_days" {
				t.Errorf("%q: %s", wrong, r.Body)
			}
		}
		if d := o.do(t, "DELETE", at+"?grace_days=7", nil).Want(t, 200).Data(t); d["state"] != "deleting" || d["delete_at"] == nil {
			t.Errorf("deleted: %v", d)
		}
		if r := o.do(t, "POST", at+"/suspend", nil); code(t, r) != "409 account_deleting" {
			t.Errorf("suspended: %s", r.Body)
		}
		if r := o.do(t, "GET", "/operator/v1/accounts?state=deleting", nil).Want(t, 200).JSON(t); r["total"] != 1.0 {
			t.Errorf("deleted accounts: %v", r)
		}
		o.do(t, "GET", at+"/export", nil).Want(t, 200)
		if d := o.do(t, "POST", at+"/resume", nil).Want(t, 200).Data(t); d["state"] != "active" || d["delete_at"] != nil {
			t.Errorf("resumed: %v", d)
		}
		srv.Do(t, "GET", "/api/v1/members", srv.Key, nil).Want(t, 200)
		events := o.do(t, "GET", "/operator/v1/audit-events?target="+srv.AccountID, nil).Want(t, 200)
		for _, action := range []string{"account.deletion_scheduled", "account.exported", "account.resumed"} {
			if !strings.Contains(string(events.Body), `"`+action+`"`) {
				t.Errorf("no event %s: %s", action, events.Body)
			}
		}
	}, rafftest.WithOperator())
}

func TestRepeatedCreation(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		key := srv.OperatorKey(t, "write")
		post := func(name string) rafftest.Response {
			h := http.Header{"Authorization": {"Bearer " + key}, "Idempotency-Key": {"signup-1"}, "Content-Type": {"application/json"}}
			return (&rafftest.Server{URL: srv.Node.OperatorURL()}).Send(t, "POST", "/operator/v1/accounts", h, map[string]any{"name": name, "owner_email": "bob@example.com"})
		}
		first := post("Shop").Want(t, 201).Data(t)
		again := post("Shop").Want(t, 201)
		if again.Data(t)["id"] != first["id"] || again.Header.Get("Idempotency-Replayed") != "true" || again.Data(t)["api_key"] != nil || again.Data(t)["owner_link"] != nil {
			t.Errorf("repeated: %s", again.Body)
		}
		if r := post("Other"); code(t, r) != "422 idempotency_key_reused" {
			t.Errorf("another request with the same key: %s", r.Body)
		}
	}, rafftest.WithOperator())
}

func TestOwnerIsChanged(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		o := newSide(t, srv)
		at := "/operator/v1/accounts/" + srv.AccountID + "/owner"
		alice, _ := srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "member"))
		invited := srv.Invite(t, "bob@example.com", srv.RoleID(t, "account", "member"))
		for _, wrong := range []struct {
			body any
			code string
		}{
			{map[string]any{}, "400 exactly_one_of"},
			{map[string]any{"member_id": alice, "email": "alice@example.com"}, "400 exactly_one_of"},
			{map[string]any{"member_id": invited}, "400 invalid_reference"},
			{map[string]any{"email": "nobody@example.com"}, "400 invalid_reference"},
			{map[string]any{"email": "owner@example.com"}, "400 nothing_to_update"},
			{map[string]any{"member_id": "00000000-0000-0000-0000-000000000000"}, "404 not_found"},
		} {
			if r := o.do(t, "POST", at, wrong.body); code(t, r) != wrong.code {
				t.Errorf("%v: %d %s, want %s", wrong.body, r.Status, r.Body, wrong.code)
			}
		}
		r := o.do(t, "POST", at, map[string]any{"email": "ALICE@example.com"}).Want(t, 200).Data(t)
		if r["owner"].(map[string]any)["member_id"] != alice || fmt.Sprint(r["disabled_api_keys"]) != "[Owner key]" {
			t.Errorf("changed: %v", r)
		}
		srv.Do(t, "GET", "/api/v1/members", srv.Key, nil).Want(t, 401)
		// A repeated request gets the same response, although the member is the Owner now.
		back := func(key string) rafftest.Response {
			h := http.Header{"Authorization": {"Bearer " + o.key}, "Idempotency-Key": {key}, "Content-Type": {"application/json"}}
			return (&rafftest.Server{URL: srv.Node.OperatorURL()}).Send(t, "POST", at, h, map[string]any{"email": "owner@example.com"})
		}
		first, again := back("handover-1").Want(t, 200), back("handover-1").Want(t, 200)
		if !bytes.Equal(first.Body, again.Body) || again.Header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("repeated: %s, want %s", again.Body, first.Body)
		}
		if r := back("handover-2"); code(t, r) != "400 nothing_to_update" {
			t.Errorf("another request: %s", r.Body)
		}
	}, rafftest.WithOperator())
}

var program = operator.Program
