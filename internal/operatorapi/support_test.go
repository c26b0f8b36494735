package operatorapi_test

import (
	"strings"
	"testing"

	"raff/internal/rafftest"
)

// Every response about support is as described, and an export has the support access.
func TestSupportSessions(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		o := newSide(t, srv)
		account := "/operator/v1/accounts/" + srv.AccountID
		body := map[string]any{"person": "Dana Example", "reason": "Ticket 4711", "minutes": 30}
		if got := o.do(t, "GET", account+"/support-access", nil).Want(t, 200).Data(t); got["grant"] != nil {
			t.Errorf("before: %v", got)
		}
		if got := code(t, o.do(t, "POST", account+"/support-sessions", body)); got != "403 support_not_granted" {
			t.Error(got)
		}
		srv.Do(t, "POST", "/api/v1/account/support-access", srv.Key, nil).Want(t, 201)
		id := o.do(t, "POST", account+"/support-sessions", body).Want(t, 201).Data(t)["id"].(string)
		if got := o.do(t, "GET", account+"/support-access", nil).Want(t, 200).Data(t)["sessions"].([]any); len(got) != 1 || got[0].(map[string]any)["id"] != id {
			t.Errorf("sessions: %v", got)
		}
		if text := string(o.do(t, "GET", account+"/export", nil).Want(t, 200).Body); !strings.Contains(text, `{"type":"support_access","data":{"grant":{"level":"read"`) || strings.Contains(text, "rsp_") {
			t.Error("the export has no support access, or a secret")
		}
		o.do(t, "DELETE", account+"/support-sessions/"+id, nil).Want(t, 200)
		if got := code(t, o.do(t, "DELETE", account+"/support-sessions/"+id, nil)); got != "404 not_found" {
			t.Error(got)
		}
		for range 20 {
			o.do(t, "POST", account+"/support-sessions", body).Want(t, 201)
		}
		if got := code(t, o.do(t, "POST", account+"/support-sessions", body)); got != "409 limit_reached" {
			t.Error(got)
		}
		// An account that is removed takes its support access with it.
		deleteNow(t, srv)
		for {
			n, err := srv.Node.Operator().RemoveDeleted(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if n == 0 {
				break
			}
		}
		o.do(t, "GET", account+"/support-access", nil).Want(t, 404)
		if err := srv.Node.Service().ExpireSupport(t.Context()); err != nil {
			t.Fatal(err)
		}
	}, rafftest.WithOperator())
}
