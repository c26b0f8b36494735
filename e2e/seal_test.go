package e2e

import (
	"database/sql"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // for an attacker with access to the database
	_ "modernc.org/sqlite"

	"raff/internal/audit"
	"raff/internal/rafftest"
	"raff/internal/server"
)

// otherID is an id that nothing has; in statements it is $C.
const otherID = "01a1ff59-0000-7000-8000-000000000001"

// eventColumns are the columns of audit_events, each with an expression for another value.
var eventColumns = map[string]string{
	"id": "$C", "at": "at + 1", "actor_type": "'user'", "actor_id": "actor_id || 'x'", "actor_name": "actor_name || 'x'",
	"action": "'role.deleted'", "target_type": "target_type || 'x'", "target_id": "target_id || 'x'", "target_name": "target_name || 'x'",
	"project_id": "$C", "delegated": "NOT delegated", "request_id": "request_id || 'x'",
	"address": "substr(address, 2)", "user_agent": "user_agent || 'x'", "details": "'{\"x\":1}'", "after_seal": "after_seal + 1", "sequence": "sequence + 1",
}

var sealColumns = map[string]string{
	"seq": "seq + 100", "version": "1", "from_at": "COALESCE(from_at, 0) + 1", "until_at": "until_at + 1", "events": "events + 1",
	"hash": "prev", "prev": "hash", "key_id": "key_id || 'x'", "note": "'adopted'", "created_at": "created_at + 1",
}

var headColumns = map[string]string{
	"sealed_seq": "sealed_seq - 1", "sealed_until": "sealed_until - 1", "hash": "NULL", "closed_seq": "closed_seq + 2", "closed_until": "1",
}

// event inserts a copy of the role's event with another time.
func event(at string) string {
	return `INSERT INTO audit_events (id, account_id, at, actor_type, actor_id, actor_name, action, target_type, target_id, target_name, project_id,
		delegated, request_id, details, after_seal, mac) SELECT $C, account_id, ` + at + `, actor_type, actor_id, actor_name,
		action, target_type, target_id, target_name, project_id, delegated, request_id, details, after_seal, mac FROM audit_events
		WHERE account_id = $A AND action = 'role.created'`
}

const (
	noRoleEvent = "DELETE FROM audit_events WHERE account_id = $A AND action = 'role.created'"
	noSeals     = "DELETE FROM audit_seals WHERE account_id = $A"
	noHead      = "DELETE FROM audit_heads WHERE account_id = $A"
	setBack     = `DELETE FROM audit_seals WHERE account_id = $A AND seq > 1;
		UPDATE audit_heads SET sealed_seq = 1, closed_seq = 1, sealed_until = (SELECT until_at FROM audit_seals s WHERE s.account_id = $A),
		closed_until = (SELECT until_at FROM audit_seals s WHERE s.account_id = $A), hash = (SELECT hash FROM audit_seals s WHERE s.account_id = $A),
		key_id = (SELECT key_id FROM audit_seals s WHERE s.account_id = $A), note = '' WHERE account_id = $A`
)

// tampering lists changes by someone who can write to the database, in the log of account $A, as statements separated by
// semicolons.
func tampering() map[string]string {
	all := map[string]string{
		"event removed":                      noRoleEvent,
		"event added":                        event("at + 1"),
		"event removed and inserted again":   event("at + 1") + ";DELETE FROM audit_events WHERE account_id = $A AND action = 'role.created' AND id <> $C",
		"all events removed":                 "DELETE FROM audit_events WHERE account_id = $A",
		"first seal removed":                 noSeals + " AND seq = 1",
		"seal in between removed":            noSeals + " AND seq = 2",
		"last seal removed":                  noSeals + " AND seq = (SELECT MAX(seq) FROM audit_seals WHERE account_id = $A)",
		"last seals and their events":        noSeals + " AND seq > 1;DELETE FROM audit_events WHERE account_id = $A AND after_seal >= 1",
		"all seals removed":                  noSeals,
		"all seals and an event removed":     noSeals + ";" + noRoleEvent,
		"head removed":                       noHead,
		"seals, head and an event removed":   noSeals + ";" + noHead + ";" + noRoleEvent,
		"everything removed":                 noSeals + ";" + noHead + ";DELETE FROM audit_events WHERE account_id = $A",
		"set back, without an event":         setBack + ";" + noRoleEvent,
		"set back, an event changed":         setBack + ";UPDATE audit_events SET actor_name = 'someone else' WHERE account_id = $A AND action = 'role.created'",
		"head set back, seals left":          "UPDATE audit_heads SET sealed_seq = 1, closed_seq = 1 WHERE account_id = $A",
		"head and seals of the first moment": noSeals + ";UPDATE audit_heads SET sealed_seq = 0, closed_seq = 0, sealed_until = NULL, closed_until = NULL, hash = NULL, key_id = '' WHERE account_id = $A;" + noRoleEvent,
	}
	for table, rows := range map[string]string{"audit_events": " AND action = 'role.created'", "audit_seals": " AND seq = 2", "audit_heads": ""} {
		all["moved to another account: "+table] = "UPDATE " + table + " SET account_id = $B WHERE account_id = $A" + rows
	}
	for column, other := range eventColumns {
		all["event: "+column] = "UPDATE audit_events SET " + column + " = " + other + " WHERE account_id = $A AND action = 'role.created'"
	}
	for column, other := range sealColumns {
		all["seal: "+column] = "UPDATE audit_seals SET " + column + " = " + other + " WHERE account_id = $A AND seq = 2"
	}
	for column, other := range headColumns {
		all["head: "+column] = "UPDATE audit_heads SET " + column + " = " + other + " WHERE account_id = $A"
	}
	return all
}

// sealedHistory creates an account whose log has three seals and one unsealed event.
func sealedHistory(t *testing.T, srv *rafftest.Server, n int) rafftest.Account {
	t.Helper()
	a := srv.NewAccount(t, fmt.Sprintf("Account %d", n), fmt.Sprintf("owner%d@example.com", n))
	seal(t, srv)
	change(t, srv, a, "role")
	seal(t, srv)
	change(t, srv, a, "invitation")
	seal(t, srv)
	change(t, srv, a, "project")
	return a
}

func change(t *testing.T, srv *rafftest.Server, a rafftest.Account, what string) {
	t.Helper()
	switch what {
	case "role":
		srv.Do(t, "POST", "/api/v1/roles", a.Key, map[string]any{"name": "First", "slug": "first", "scope": "account", "permissions": []string{"account.members.view"}}).Want(t, 201)
	case "invitation":
		srv.Do(t, "POST", "/api/v1/members", a.Key, map[string]any{"email": "bob@example.com", "role_id": srv.RoleID(t, "account", "member")}).Want(t, 201)
	default:
		srv.Do(t, "POST", "/api/v1/projects", a.Key, map[string]any{"name": what}).Want(t, 201)
	}
}

// TestTamperingIsDetected changes logs in the database, and verifies them immediately and after more seals.
func TestTamperingIsDetected(t *testing.T) {
	keyed := filepath.Join(t.TempDir(), "keys")
	if _, err := server.CreateKeyFile(keyed, false); err != nil {
		t.Fatal(err)
	}
	for name, more := range map[string][]rafftest.Option{"without a key": nil, "with a key": {rafftest.WithSealKeys(keyed)}} {
		t.Run(name, func(t *testing.T) {
			rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
				untouched := sealedHistory(t, srv, 0)
				n := 0
				for what, statements := range tampering() {
					n++
					a := sealedHistory(t, srv, n)
					if broken := verifiedAlone(t, srv, a).Broken; broken != "" {
						t.Fatalf("%s: before the change: %s", what, broken)
					}
					tamperWith(t, srv.Database, a, statements)
					v := verifiedAlone(t, srv, a)
					if v.Broken == "" && !strings.HasPrefix(what, "set back") && what != "head and seals of the first moment" {
						t.Errorf("%s: not detected immediately", what)
					}
					for i := range 2 {
						change(t, srv, a, fmt.Sprint("later ", i))
						seal(t, srv)
					}
					if v := verifiedAlone(t, srv, a); v.Broken == "" {
						t.Errorf("%s: not detected after the server sealed again: %+v", what, v)
					}
				}
				if v := verifiedAlone(t, srv, untouched); v.Broken != "" || v.Seals < 4 || v.Keyed != map[bool]int{true: 1}[more != nil] {
					t.Errorf("an unchanged log: %+v", v)
				}
			}, more...)
		})
	}
}

// The server remembers its own events until they are sealed.
func TestRemovedUnsealedEventIsDetected(t *testing.T) {
	each(t, func(t *testing.T, g guard) {
		seal(t, g.Server)
		change(t, g.Server, g.Account, "role")
		change(t, g.Server, g.Account, "invitation")
		tamperWith(t, g.Database, g.Account, noRoleEvent)
		seal(t, g.Server)
		_, _ = g.Node.Audit().Seal(t.Context()) // reports the missing event
		if v := verified(t, g.Server, g.Account); !strings.Contains(v.Broken, "missed events") {
			t.Errorf("verified: %+v", v)
		}
		if n := count(t, g.Server, "audit_log.events_missing"); n != 1 {
			t.Errorf("the log has %d events about it", n)
		}
	})
}

// TestClockChangesDoNotBreakLogs sets clocks back and forward.
func TestClockChangesDoNotBreakLogs(t *testing.T) {
	each(t, func(t *testing.T, g guard) {
		ahead := rafftest.Start(t, rafftest.OnDatabase(g.Database))
		ahead.Advance(2 * time.Minute)
		change(t, g.Server, g.Account, "one")
		ahead.Do(t, "POST", "/api/v1/projects", g.Key, map[string]any{"name": "ahead"}).Want(t, 201)
		for i, srv := range []*rafftest.Server{g.Server, ahead, g.Server} {
			if _, err := srv.Node.Audit().Seal(t.Context()); err != nil {
				t.Fatal(err)
			}
			change(t, g.Server, g.Account, fmt.Sprint("behind ", i))
			ahead.Do(t, "POST", "/api/v1/projects", g.Key, map[string]any{"name": fmt.Sprint("ahead ", i)}).Want(t, 201)
		}
		g.Advance(10 * time.Minute)
		seal(t, g.Server)
		for _, back := range []time.Duration{-9 * time.Minute, -48 * time.Hour, -400 * 24 * time.Hour} {
			g.Advance(back)
			change(t, g.Server, g.Account, fmt.Sprint("after ", back))
			if _, err := g.Node.Audit().Seal(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		g.Advance(-2 * time.Minute)
		change(t, g.Server, g.Account, "last")
		seal(t, g.Server)
		v := verified(t, g.Server, g.Account)
		if v.Broken != "" || v.Unsealed != 0 || v.Events != count(t, g.Server, "") {
			t.Errorf("an unchanged log of %d events: %+v", count(t, g.Server, ""), v)
		}
	})
}

// TestTruncatedLogIsDetectedWithHead resets a whole log to an earlier state, which only a saved head can detect.
func TestTruncatedLogIsDetectedWithHead(t *testing.T) {
	each(t, func(t *testing.T, g guard) {
		seal(t, g.Server)
		change(t, g.Server, g.Account, "role")
		seal(t, g.Server)
		heads, err := g.Node.Audit().Heads(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		for _, h := range heads {
			text.WriteString(h.Line() + "\n")
		}
		all, err := audit.ParseHeads(text.String())
		kept := slices.DeleteFunc(slices.Clone(all), func(h audit.KeptHead) bool { return h.AccountID != g.AccountID })
		if err != nil || len(all) != 2 || len(kept) != 1 { // of the operator and of the account
			t.Fatalf("%q: %v, %v", &text, all, err)
		}
		broken := func(id string) bool {
			t.Helper()
			found, err := g.Node.Audit().Verify(t.Context(), audit.Check{Kept: kept})
			i := slices.IndexFunc(found, func(v audit.Verified) bool { return v.AccountID == id })
			if err != nil || i < 0 {
				t.Fatalf("%s: %+v, %v", id, found, err)
			}
			return found[i].Broken != ""
		}
		change(t, g.Server, g.Account, "project")
		seal(t, g.Server)
		if broken(g.AccountID) {
			t.Error("an unchanged log is reported")
		}
		tamperWith(t, g.Database, g.Account, setBack+";DELETE FROM audit_events WHERE account_id = $A AND after_seal >= 1")
		if !broken(g.AccountID) {
			t.Error("a truncated log is not detected")
		}
		kept[0].AccountID = otherID
		if !broken(otherID) {
			t.Error("a removed account is not detected")
		}
	})
}

// TestAdoptSealKey starts to use a key on a database that was sealed without one, and rotates it.
func TestAdoptSealKey(t *testing.T) {
	each(t, func(t *testing.T, g guard) {
		seal(t, g.Server)
		file := filepath.Join(t.TempDir(), "keys")
		if _, err := server.CreateKeyFile(file, false); err != nil {
			t.Fatal(err)
		}
		if _, err := server.CreateKeyFile(file, false); err == nil {
			t.Error("a key was overwritten")
		}
		with := rafftest.Start(t, rafftest.OnDatabase(g.Database), rafftest.WithSealKeys(file), rafftest.WithoutAccount())
		with.Account = g.Account
		command, err := server.Open(t.Context(), server.Config{Database: g.Database, PublicURL: g.URL, SealKeyFile: file, Mode: server.Looking})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = command.Close() }()
		// A server without the key would write events that look forged.
		if err := command.AdoptAudit(t.Context(), io.Discard); err == nil || !strings.Contains(err.Error(), "do not have the key") {
			t.Errorf("adopted while a server does not have the key: %v", err)
		}
		g.Stop()
		if _, err := with.Node.RunJob(t.Context(), "keys"); err != nil {
			t.Fatal(err)
		}
		a := with.NewAccount(t, "Other", "other@example.com") // signed from its first event
		change(t, with, g.Account, "role")
		seal(t, with)
		if v := verified(t, with, g.Account); !strings.Contains(v.Broken, "raffd audit adopt") {
			t.Errorf("before adoption: %+v", v)
		}
		var out strings.Builder
		if err := command.AdoptAudit(t.Context(), &out); err != nil || strings.Count(out.String(), "sealed with the key from now on") != 2 { // of the account, and of the operator
			t.Fatalf("adopted %v, %s", err, &out)
		}
		change(t, with, g.Account, "invitation")
		seal(t, with)
		for _, account := range []rafftest.Account{g.Account, a} {
			if v := verified(t, with, account); v.Broken != "" || v.Keyed == 0 {
				t.Errorf("after adoption: %+v", v)
			}
		}
		if _, err := server.Open(t.Context(), server.Config{Database: g.Database, PublicURL: g.URL}); err == nil || !strings.Contains(err.Error(), "--seal-key-file") {
			t.Errorf("a node without the key starts: %v", err)
		}
		if _, err := server.CreateKeyFile(file, true); err != nil {
			t.Fatal(err)
		}
		rotated := rafftest.Start(t, rafftest.OnDatabase(g.Database), rafftest.WithSealKeys(file))
		rotated.Advance(10 * time.Minute)
		change(t, rotated, g.Account, "project")
		seal(t, rotated)
		if v := verified(t, rotated, g.Account); v.Broken != "" {
			t.Errorf("after the rotation: %+v", v)
		}
		// An event that was not signed with the key is also detected before it is sealed.
		tamperWith(t, g.Database, g.Account, event("(SELECT MAX(l.at) + 1 FROM audit_events l)"))
		if v := verified(t, rotated, g.Account); !strings.Contains(v.Broken, "not written by a server with the key") {
			t.Errorf("a forged event: %+v", v)
		}
	})
}

func verified(t *testing.T, srv *rafftest.Server, a rafftest.Account) audit.Verified {
	t.Helper()
	return verifiedWith(t, srv, a, audit.Check{})
}

// verifiedAlone is verified without the logs of other accounts.
func verifiedAlone(t *testing.T, srv *rafftest.Server, a rafftest.Account) audit.Verified {
	t.Helper()
	return verifiedWith(t, srv, a, audit.Check{AccountID: a.AccountID})
}

func verifiedWith(t *testing.T, srv *rafftest.Server, a rafftest.Account, c audit.Check) audit.Verified {
	t.Helper()
	found, err := srv.Node.Audit().Verify(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range found {
		if v.AccountID == a.AccountID {
			return v
		}
	}
	t.Fatalf("no result for account %s", a.AccountID)
	return audit.Verified{}
}

func seal(t *testing.T, srv *rafftest.Server) {
	t.Helper()
	srv.Advance(2 * time.Minute)
	if _, err := srv.Node.Audit().Seal(t.Context()); err != nil && !strings.Contains(err.Error(), "tampered") && !strings.Contains(err.Error(), "sealed with the key") {
		t.Fatal(err)
	}
}

// tamperWith runs statements, the first of which must change something. $A is the id of the account, $B and $C are
// others.
func tamperWith(t *testing.T, url string, a rafftest.Account, statements ...string) {
	t.Helper()
	for statement := range strings.SplitSeq(strings.NewReplacer("$A", rafftest.SQLID(url, a.AccountID), "$B", rafftest.SQLID(url, a.OwnerUserID), "$C", rafftest.SQLID(url, otherID)).Replace(strings.Join(statements, ";")), ";") {
		tamper(t, url, statement)
	}
}

func tamper(t *testing.T, url, statement string) {
	t.Helper()
	driver := "pgx"
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		driver, url = "sqlite", "file:"+path+"?_pragma=busy_timeout(5000)"
	}
	db, err := sql.Open(driver, url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // nothing is pending on it
	res, err := db.ExecContext(t.Context(), statement)
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		t.Fatalf("the statement %s changed nothing: %d rows, %v", statement, n, err)
	}
}
