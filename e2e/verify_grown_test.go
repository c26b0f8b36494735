package e2e

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"raff/internal/audit"
	"raff/internal/rafftest"
)

// growLog adds events to the log of an account, without the API, 20 ms apart, and lets them be in the past.
func growLog(t *testing.T, srv *rafftest.Server, events int) {
	t.Helper()
	ms := fmt.Sprintf("%d + 20 * i", srv.Now().UnixMilli())
	defer srv.Advance(time.Duration(events) * 20 * time.Millisecond)
	account := rafftest.SQLID(srv.Database, srv.AccountID)
	columns := "INSERT INTO audit_events (account_id, at, id, actor_type, actor_id, actor_name, action, target_type, target_id, target_name, delegated, request_id, details) "
	if file, ok := strings.CutPrefix(srv.Database, "sqlite:"); ok {
		_, err := rafftest.OpenSQLite(t, file).ExecContext(t.Context(), fmt.Sprintf("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) ", events)+columns+
			"SELECT "+account+", 1000 * ("+ms+"), "+sqlTimeID(ms, "i")+", 'user', unhex(printf('%032x', i % 97 + 1)), 'Someone', 'role.updated', 'member', randomblob(16), "+
			"'someone' || i || '@example.com', 0, randomblob(16), '{}' FROM n")
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	tamper(t, srv.Database, columns+"SELECT "+account+", 1000 * ("+ms+"), (lpad(to_hex("+ms+"), 12, '0') || '7000' || '8000' || lpad(to_hex(i), 12, '0'))::uuid, 'user', "+
		"'00000000-0000-7000-8000-' || lpad(to_hex(i % 97 + 1), 12, '0'), 'Someone', 'role.updated', 'member', gen_random_uuid()::text, 'someone' || i || '@example.com', "+
		fmt.Sprintf("false, gen_random_uuid()::text, '{}' FROM generate_series(1::bigint, %d) i", events))
}

// A long log is sealed and verified in steps, with progress, and after a saved head only what is new is read. RAFF_GROWN=1 makes it
// a million events, which takes some minutes, and prints how long each step took.
func TestVerifyLongLog(t *testing.T) {
	events := 20_000
	if os.Getenv("RAFF_GROWN") != "" {
		events = 1_000_000
	}
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		began := time.Now()
		took := func(what string) {
			t.Logf("%s: %.1f s", what, time.Since(began).Seconds())
			began = time.Now()
		}
		growLog(t, srv, events)
		took("grow")
		seal(t, srv)
		took("seal")
		log := srv.Node.Audit()
		verify := func(c audit.Check) (audit.Verified, int) {
			t.Helper()
			steps, read := 0, 0
			c.AccountID, c.Progress = srv.AccountID, func(p audit.Progress) { steps, read = steps+1, p.Events }
			found, err := log.Verify(t.Context(), c)
			if err != nil || len(found) != 1 || found[0].Broken != "" {
				t.Fatalf("verified: %+v, %v", found, err)
			}
			if want := read / 5000; steps < want {
				t.Errorf("%d reports of progress for %d events", steps, read)
			}
			return found[0], read
		}
		_, all := verify(audit.Check{})
		took("verify all")
		if all < events {
			t.Errorf("%d events were read, want at least %d", all, events)
		}
		heads, err := log.Heads(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		change(t, srv, srv.Account, "later")
		seal(t, srv)
		began = time.Now()
		if _, rest := verify(audit.Check{Kept: heads, SinceKept: true}); rest > events/10 {
			t.Errorf("%d events were read after the saved head", rest)
		}
		took("verify what is new")
	}, rafftest.Quiet())
}
