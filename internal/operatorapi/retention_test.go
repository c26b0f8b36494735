package operatorapi_test

import (
	"strings"
	"testing"
	"time"

	"raff/internal/rafftest"
)

// A shorter retention takes effect a week after it was announced in the account's own log, a longer one immediately.
func TestAuditRetention(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		o := newSide(t, srv)
		at := "/operator/v1/accounts/" + srv.AccountID
		set := func(days any) map[string]any {
			t.Helper()
			return o.do(t, "PATCH", at, map[string]any{"audit_retention_days": days}).Want(t, 200).Data(t)
		}
		week := func() { // and the job that runs every hour
			t.Helper()
			srv.Advance(7*24*time.Hour + time.Minute)
			if strings.HasPrefix(srv.Database, "postgres") { // which uses its own clock
				exec(t, srv, "UPDATE audit_retention_changes SET effective_at = effective_at - 605000000000")
			}
			if _, err := srv.Node.Audit().Expire(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		events := func(action string) int {
			t.Helper()
			theirs := rows(t, srv.Do(t, "GET", "/api/v1/audit-events?action="+action, srv.Key, nil))
			return len(theirs)
		}
		for body, want := range map[string]string{"29": "400 invalid_audit_retention_days", "0": "400 invalid_audit_retention_days", "36501": "400 invalid_audit_retention_days", `"x"`: "400 invalid_type", "30.5": "400 invalid_type"} {
			if r := o.do(t, "PATCH", at, `{"audit_retention_days": `+body+`}`); code(t, r) != want {
				t.Errorf("%s: %d %s, want %s", body, r.Status, r.Body, want)
			}
		}
		a := set(90)
		if a["audit_retention_days"] != nil || a["next_audit_retention_days"] != 90.0 {
			t.Errorf("announced: %v", a)
		}
		due, err := time.Parse(time.RFC3339, a["next_audit_retention_at"].(string))
		if left := due.Sub(srv.Now()); err != nil || left < 6*24*time.Hour || left > 8*24*time.Hour {
			t.Errorf("takes effect in %v, %v", left, err)
		}
		if _, err := srv.Node.Audit().Expire(t.Context()); err != nil {
			t.Fatal(err)
		}
		if a := o.do(t, "GET", at, nil).Want(t, 200).Data(t); a["audit_retention_days"] != nil {
			t.Errorf("before the week is over: %v", a)
		}
		set(90) // again, nothing changes
		if n := events("audit_log.retention_announced"); n != 1 || o.actions(t)[0] != "audit_log.retention_announced" {
			t.Errorf("%d events announce it; the operator's: %v", n, o.actions(t))
		}
		week()
		a = o.do(t, "GET", at, nil).Want(t, 200).Data(t)
		if a["audit_retention_days"] != 90.0 || a["next_audit_retention_days"] != nil || events("audit_log.retention_changed") != 1 {
			t.Errorf("after a week: %v", a)
		}
		if got := srv.Do(t, "GET", "/api/v1/account", srv.Key, nil).Want(t, 200).Data(t)["audit_retention_days"]; got != 90.0 {
			t.Errorf("the account sees %v", got)
		}
		if a := set(400); a["audit_retention_days"] != 400.0 || a["next_audit_retention_days"] != nil {
			t.Errorf("a longer one: %v", a)
		}
		set(60)
		if a := set(500); a["audit_retention_days"] != 500.0 || a["next_audit_retention_days"] != nil {
			t.Errorf("taken back: %v", a)
		}
		week()
		set(60)
		if a := set(nil); a["audit_retention_days"] != nil || a["next_audit_retention_days"] != nil {
			t.Errorf("forever: %v", a)
		}
		week()
		if a := o.do(t, "GET", at, nil).Want(t, 200).Data(t); a["audit_retention_days"] != nil {
			t.Errorf("after a week: %v", a)
		}
	}, rafftest.WithOperator())
}
