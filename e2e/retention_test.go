package e2e

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"raff/internal/audit"
	"raff/internal/rafftest"
	"raff/internal/server"
)

const days = 24 * time.Hour

// logOf200Days creates an account whose log has events of three days 200 days ago, of 100 days ago, and of now.
func logOf200Days(t *testing.T, srv *rafftest.Server, name string) rafftest.Account {
	t.Helper()
	started := srv.Now()
	srv.Advance(-200 * days)
	a := srv.NewAccount(t, name, strings.ReplaceAll(name, " ", "-")+"@example.com")
	for i := range 3 {
		for j := range 2 {
			change(t, srv, a, fmt.Sprintf("old %d%d", i, j))
			seal(t, srv)
		}
		srv.Advance(1 * days)
	}
	srv.Advance(started.Add(-100 * days).Sub(srv.Now()))
	change(t, srv, a, "middle")
	seal(t, srv)
	srv.Advance(started.Sub(srv.Now()))
	change(t, srv, a, "new")
	seal(t, srv)
	srv.Advance(started.Sub(srv.Now()))
	return a
}

// TestAuditRetention removes old events of one account. What is left must still be proved, and nothing else may be removed.
func TestAuditRetention(t *testing.T) {
	keyed := filepath.Join(t.TempDir(), "keys")
	if _, err := server.CreateKeyFile(keyed, false); err != nil {
		t.Fatal(err)
	}
	for name, more := range map[string][]rafftest.Option{"without a key": nil, "with a key": {rafftest.WithSealKeys(keyed)}} {
		t.Run(name, func(t *testing.T) {
			rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) { auditRetention(t, srv, more != nil) }, more...)
		})
	}
}

func auditRetention(t *testing.T, srv *rafftest.Server, keyed bool) {
	log := srv.Node.Audit()
	a, other := logOf200Days(t, srv, "acme"), logOf200Days(t, srv, "other")
	of := func(a rafftest.Account, table, where string) string {
		return askDatabase(t, srv.Database, "SELECT CAST(COUNT(*) AS TEXT) FROM "+table+" WHERE account_id = "+rafftest.SQLID(srv.Database, a.AccountID)+where)
	}
	before := of(other, "audit_events", "")
	head, err := log.Heads(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if n, err := log.Expire(t.Context()); err != nil || n != 0 {
		t.Fatalf("%d events were removed without a retention, %v", n, err)
	}
	if got := srv.Do(t, "GET", "/api/v1/account", a.Key, nil).Want(t, 200).Data(t)["audit_retention_days"]; got != nil {
		t.Errorf("audit_retention_days is %v", got)
	}
	if err := log.SetRetention(t.Context(), a.AccountID, 150); err != nil {
		t.Fatal(err)
	}
	if got := srv.Do(t, "GET", "/api/v1/account", a.Key, nil).Want(t, 200).Data(t)["audit_retention_days"]; got != 150.0 {
		t.Errorf("audit_retention_days is %v", got)
	}
	removed, err := log.Expire(t.Context())
	if err != nil || removed < 6 {
		t.Fatalf("%d events were removed, %v", removed, err)
	}
	seal(t, srv)
	if again, err := log.Expire(t.Context()); err != nil || again != 0 {
		t.Errorf("%d events were removed again, %v", again, err)
	}
	v := verified(t, srv, a)
	if v.Broken != "" || v.Begins.IsZero() || len(v.Notes) > 1 || (v.Keyed > 0) != keyed {
		t.Errorf("the rest of the log: %+v", v)
	}
	// The list, its filters and the numbers continue with what is left.
	list := srv.Do(t, "GET", "/api/v1/audit-events?action=project.created&limit=100", a.Key, nil).Want(t, 200)
	if text := string(list.Body); strings.Contains(text, `"old `) || !strings.Contains(text, `"middle"`) || !strings.Contains(text, `"new"`) {
		t.Errorf("projects in the log: %s", text)
	}
	for action, target := range map[string]string{"audit_log.expired": fmt.Sprintf(`"events":%d`, removed), "audit_log.retention_changed": `"from":null,"to":150`} {
		if text := string(srv.Do(t, "GET", "/api/v1/audit-events?action="+action, a.Key, nil).Want(t, 200).Body); !strings.Contains(text, target) {
			t.Errorf("the event %s: %s", action, text)
		}
	}
	border := srv.Now().Add(-150 * days).UnixMicro()
	for table, old := range map[string]string{"audit_events": fmt.Sprintf(" AND at < %d", border), "event_slices": fmt.Sprintf(" AND slice < %d", border>>16)} {
		if n := of(a, table, old); n != "0" {
			t.Errorf("%s old rows of %s are left", n, table)
		}
		if n := of(other, table, old); n == "0" {
			t.Errorf("%s of another account were removed", table)
		}
	}
	if n := of(other, "audit_events", ""); n != before {
		t.Errorf("the log of another account has %s events, %s before", n, before)
	}
	if v := verified(t, srv, other); v.Broken != "" || !v.Begins.IsZero() {
		t.Errorf("the log of another account: %+v", v)
	}
	// Heads that were saved before still prove the log.
	for _, only := range []bool{false, true} {
		if found, err := log.Verify(t.Context(), audit.Check{AccountID: a.AccountID, Kept: head, SinceKept: only}); err != nil || !passes(found, a) {
			t.Errorf("with the saved head: %+v, %v", found, err)
		}
	}
	retentionTampering(t, srv, keyed)
}

func passes(found []audit.Verified, a rafftest.Account) bool {
	for _, v := range found {
		if v.AccountID == a.AccountID {
			return v.Broken == ""
		}
	}
	return false
}

// retentionTampering changes logs before and after old events were removed.
func retentionTampering(t *testing.T, srv *rafftest.Server, keyed bool) {
	log := srv.Node.Audit()
	broken := logOf200Days(t, srv, "broken")
	tamperWith(t, srv.Database, broken, "DELETE FROM audit_events WHERE account_id = $A AND target_name = 'old 11'")
	if err := log.SetRetention(t.Context(), broken.AccountID, 150); err != nil {
		t.Fatal(err)
	}
	if n, err := log.Expire(t.Context()); err == nil || n != 0 || !strings.Contains(err.Error(), "nothing was removed") {
		t.Errorf("%d events of a log that was tampered with were removed, %v", n, err)
	}
	set := func(column, value string) string {
		return "UPDATE audit_checkpoints SET " + column + " = " + value + " WHERE account_id = $A"
	}
	first := "(SELECT MIN(seq) FROM audit_seals WHERE account_id = $A)"
	tampered := map[string]string{
		"checkpoint removed":     "DELETE FROM audit_checkpoints WHERE account_id = $A",
		"seq":                    set("seq", "seq + 1"),
		"until_at":               set("until_at", "until_at + 1"),
		"hash":                   set("hash", "mac"),
		"sequence":               set("sequence", "sequence + 1"),
		"days":                   set("days", "1"),
		"mac":                    set("mac", "hash"),
		"created_at":             set("created_at", "created_at + 1"),
		"key_id":                 set("key_id", "'other'"),
		"seal of the checkpoint": "DELETE FROM audit_seals WHERE account_id = $A AND seq = " + first,
		"event after it":         "DELETE FROM audit_events WHERE account_id = $A AND target_name = 'middle'",
		"moved to a later seal": "UPDATE audit_checkpoints SET seq = (SELECT MAX(seq) FROM audit_seals WHERE account_id = $A), until_at = (SELECT MAX(until_at) FROM audit_seals WHERE account_id = $A)," +
			" hash = (SELECT hash FROM audit_seals WHERE account_id = $A ORDER BY seq DESC LIMIT 1) WHERE account_id = $A",
	}
	if keyed {
		tampered["signed without the key"] = set("key_id", "''")
	}
	n := 0
	for what, statement := range tampered {
		n++
		a := logOf200Days(t, srv, fmt.Sprint("tampered ", n))
		if err := log.SetRetention(t.Context(), a.AccountID, 150); err != nil {
			t.Fatal(err)
		}
		_, _ = log.Expire(t.Context()) // the broken log is reported again
		if v := verified(t, srv, a); v.Broken != "" || v.Begins.IsZero() {
			t.Fatalf("%s: before: %+v", what, v)
		}
		tamperWith(t, srv.Database, a, statement)
		if v := verified(t, srv, a); v.Broken == "" {
			t.Errorf("%s: not detected: %+v", what, v)
		}
	}
}
