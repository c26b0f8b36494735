package e2e

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"raff/internal/audit"
	"raff/internal/operator"
	"raff/internal/rafftest"
	"raff/internal/server"
)

// everything returns all that the database stores, as text: the bytes of an SQLite file, and the rows of all tables of PostgreSQL.
func everything(t *testing.T, database string) string {
	t.Helper()
	if file, ok := strings.CutPrefix(database, "sqlite:"); ok {
		db := rafftest.OpenSQLite(t, file)
		rafftest.Eventually(t, "nothing else uses the -wal file", func() bool {
			var busy, log, done int
			if err := db.QueryRowContext(t.Context(), "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &log, &done); err != nil {
				t.Fatal(err)
			}
			return busy == 0
		})
		return bytesOf(t, file)
	}
	var all strings.Builder
	for table := range strings.FieldsSeq(askDatabase(t, database, "SELECT string_agg(tablename, ' ') FROM pg_tables WHERE schemaname = current_schema()")) {
		all.WriteString(askDatabase(t, database, "SELECT COALESCE(string_agg(to_jsonb(t)::text, E'\\n'), '') FROM "+table+" t"))
	}
	return all.String()
}

// expectNothingOf searches everything in the database for texts, in any case, and in the notations in which they may be stored.
func expectNothingOf(t *testing.T, database string, texts ...string) {
	t.Helper()
	all := strings.ToLower(everything(t, database))
	for _, text := range texts {
		text = strings.ToLower(text)
		for _, form := range []string{text, hex.EncodeToString([]byte(text))} {
			if at := strings.Index(all, form); at >= 0 {
				t.Errorf("the database still has %q: %q", text, all[max(0, at-150):min(len(all), at+150)])
			}
		}
	}
}

const (
	wonderName  = "Alice Pleasance"
	wonderEmail = "wonder.alice@example.com"
	wonderFirst = "first.alice@example.com"
)

// wonder lets alice do something of every kind in two accounts.
func wonder(t *testing.T, srv *rafftest.Server, other rafftest.Account) (user string) {
	t.Helper()
	member, admin, viewer := srv.RoleID(t, "account", "member"), srv.RoleID(t, "account", "admin"), srv.RoleID(t, "project", "viewer")
	_, user = srv.NewMember(t, "Wonder.Alice@Example.com", wonderName, admin)
	h := http.Header{"X-Api-Key": {other.Key}, "Idempotency-Key": {"add-alice"}, "Content-Type": {"application/json"}}
	srv.Send(t, "POST", "/api/v1/members", h, map[string]any{"email": wonderEmail, "role_id": member, "external_ids": map[string]any{"hr": "alice-4711"}}).Want(t, 201)
	session := srv.SignIn(t, wonderEmail)
	srv.Do(t, "POST", "/api/v1/projects/"+srv.ProjectID+"/invitations", srv.Key, map[string]any{"email": wonderEmail, "role_id": viewer}).Want(t, 201)
	srv.Do(t, "POST", "/api/v1/members", session, map[string]any{"email": "bob@example.com", "role_id": member}).Want(t, 201)
	srv.Do(t, "POST", "/api/v1/api-keys", session, map[string]any{"name": "deploy", "role_id": member}).Want(t, 201)
	cancelled := srv.Invite(t, "carol@example.com", member)
	srv.Do(t, "DELETE", "/api/v1/members/"+cancelled, session, nil).Want(t, 200)
	return user
}

// TestErasure erases a person who is in two accounts. Nothing of them is left, the logs are still proved, and changes are still detected.
func TestErasure(t *testing.T) {
	keyed := filepath.Join(t.TempDir(), "keys")
	if _, err := server.CreateKeyFile(keyed, false); err != nil {
		t.Fatal(err)
	}
	for name, more := range map[string][]rafftest.Option{"without a key": nil, "with a key": {rafftest.WithSealKeys(keyed)}} {
		t.Run(name, func(t *testing.T) {
			rafftest.EachDatabase(t, erasure, more...)
		})
	}
}

func erasure(t *testing.T, srv *rafftest.Server) {
	other := srv.NewAccount(t, "Other", "other@example.com")
	user := wonder(t, srv, other)
	op, log := srv.Node.Operator(), srv.Node.Audit()
	seal(t, srv)
	heads, err := log.Heads(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if all := everything(t, srv.Database); !strings.Contains(all, wonderName) || !strings.Contains(all, wonderEmail) {
		t.Fatal("nothing of the person is in the database before the erasure")
	}
	change(t, srv, srv.Account, "project") // not sealed yet
	x, err := op.EraseEmail(t.Context(), operator.Program, strings.ToUpper(wonderEmail))
	if err != nil || x.Memberships != 3 || x.UserID != user {
		t.Fatalf("erased: %+v, %v", x, err)
	}
	if n, err := op.EraseOrdered(t.Context()); n != 1 || err != nil {
		t.Fatalf("%d erasures were finished, %v", n, err)
	}
	if x, err = op.Erasure(t.Context(), x.ID); err != nil || x.DoneAt.IsZero() || x.Events < 8 {
		t.Errorf("the erasure: %+v, %v", x, err)
	}
	expectNothingOf(t, srv.Database, wonderName, wonderEmail, "alice-4711")
	for i := range 2 { // also after the events about the erasure are sealed
		for _, a := range []rafftest.Account{srv.Account, other} {
			if v := verified(t, srv, a); v.Broken != "" || v.Erased == 0 {
				t.Errorf("verified %d: %+v", i, v)
			}
		}
		seal(t, srv)
	}
	again, err := log.Verify(t.Context(), audit.Check{Kept: heads})
	for _, v := range again {
		if v.Broken != "" {
			t.Errorf("with the heads from before: %+v", v)
		}
	}
	if err != nil {
		t.Error(err)
	}
	events := string(srv.Do(t, "GET", "/api/v1/audit-events?limit=200", srv.Key, nil).Want(t, 200).Body)
	for _, want := range []string{`"person.erasure_ordered"`, `"person.erased"`, x.Person, "bob@example.com"} {
		if !strings.Contains(events, want) {
			t.Errorf("the log does not have %s", want)
		}
	}
	if n := strings.Count(events, `"actor_id":"`+user+`"`); n == 0 {
		t.Error("the log has no event by the pseudonym")
	}
	if r := srv.Do(t, "GET", "/api/v1/api-keys?limit=100", srv.Key, nil).Want(t, 200); !strings.Contains(string(r.Body), `"is_active":false`) {
		t.Errorf("the key that the person made still works: %s", r.Body)
	}
	eraseAgain(t, srv, x)
	forgedErasures(t, srv, x.Person)
}

// eraseAgain erases the same email again, and after a new invitation, which begins anew.
func eraseAgain(t *testing.T, srv *rafftest.Server, before operator.Erasure) {
	t.Helper()
	op := srv.Node.Operator()
	y, err := op.EraseEmail(t.Context(), operator.Program, wonderEmail)
	if err != nil || y.Memberships != 0 {
		t.Errorf("erased again: %+v, %v", y, err)
	}
	pending := srv.Invite(t, wonderEmail, srv.RoleID(t, "account", "member"))
	if n, err := op.EraseOrdered(t.Context()); n != 1 || err != nil {
		t.Errorf("%d erasures were finished, %v", n, err)
	}
	srv.Do(t, "GET", "/api/v1/members/"+pending, srv.Key, nil).Want(t, 200)
	z, err := op.EraseEmail(t.Context(), operator.Program, wonderEmail)
	if err != nil || z.Memberships != 1 || z.UserID != "" || z.Person == before.Person {
		t.Errorf("someone who was only invited: %+v, %v", z, err)
	}
	if n, err := op.EraseOrdered(t.Context()); n != 1 || err != nil {
		t.Errorf("%d erasures were finished, %v", n, err)
	}
	expectNothingOf(t, srv.Database, wonderName, wonderEmail)
	seal(t, srv)
	if v := verified(t, srv, srv.Account); v.Broken != "" {
		t.Errorf("after two more erasures: %+v", v)
	}
}

// forgedErasures changes what was erased, and erases by hand.
func forgedErasures(t *testing.T, srv *rafftest.Server, person string) {
	t.Helper()
	const anyErased = "(SELECT x.id FROM erased_events x WHERE x.account_id = $A ORDER BY x.at LIMIT 1)"
	commitment := strings.Repeat("ab", 32)
	for what, change := range map[string][2]string{
		"another name in an erased event":      {"UPDATE audit_events SET target_name = 'Mallory' WHERE account_id = $A AND target_type = 'member' AND target_name = '" + person + "'", "UPDATE audit_events SET target_name = '" + person + "' WHERE account_id = $A AND target_name = 'Mallory'"},
		"another action in an erased event":    {"UPDATE audit_events SET delegated = NOT delegated WHERE account_id = $A AND id = " + anyErased, "UPDATE audit_events SET delegated = NOT delegated WHERE account_id = $A AND id = " + anyErased},
		"details of an erased event":           {"UPDATE audit_events SET details = replace(details, '\"Member\"', '\"Nobody\"') WHERE account_id = $A", "UPDATE audit_events SET details = replace(details, '\"Nobody\"', '\"Member\"') WHERE account_id = $A"},
		"what is left of an erased event":      {"UPDATE erased_events SET account_id = $B WHERE account_id = $A", "UPDATE erased_events SET account_id = $A WHERE account_id = $B"},
		"an erasure by hand":                   {"UPDATE audit_events SET target_name = '" + person + "' WHERE account_id = $A AND target_name = 'project'", "UPDATE audit_events SET target_name = 'project' WHERE account_id = $A AND target_type = 'project' AND target_name = '" + person + "' AND id NOT IN (SELECT x.id FROM erased_events x)"},
		"an erasure by hand with a commitment": {"INSERT INTO erased_events (account_id, at, id, openings) SELECT e.account_id, e.at, e.id, '[{},{\"c\":\"" + commitment + "\",\"p\":\"" + person + "\"}]' FROM audit_events e WHERE e.account_id = $A AND e.target_name = 'project';UPDATE audit_events SET target_name = '" + person + "' WHERE account_id = $A AND target_name = 'project'", "UPDATE audit_events SET target_name = 'project' WHERE account_id = $A AND id IN (SELECT x.id FROM erased_events x WHERE x.openings LIKE '%" + commitment + "%');DELETE FROM erased_events WHERE openings LIKE '%" + commitment + "%'"},
		"the secret of a log":                  {"UPDATE audit_secrets SET account_id = $B WHERE account_id = $A", "UPDATE audit_secrets SET account_id = $A WHERE account_id = $B"},
	} {
		if what == "the secret of a log" && verified(t, srv, srv.Account).Keyed > 0 {
			continue // the salts follow from the key
		}
		tamperWith(t, srv.Database, srv.Account, change[0])
		if v := verified(t, srv, srv.Account); v.Broken == "" {
			t.Errorf("%s: not detected", what)
		}
		tamperWith(t, srv.Database, srv.Account, change[1])
		if v := verified(t, srv, srv.Account); v.Broken != "" {
			t.Fatalf("%s, undone: %s", what, v.Broken)
		}
	}
}

// The Owner of an account cannot be erased.
func TestOwnerIsNotErased(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		other := srv.NewAccount(t, "Other", "owner@example.com")
		_, err := srv.Node.Operator().EraseEmail(t.Context(), operator.Program, "owner@example.com")
		if err == nil || !strings.Contains(err.Error(), srv.AccountID) || !strings.Contains(err.Error(), "Other ("+other.AccountID) {
			t.Errorf("erased: %v", err)
		}
		srv.Do(t, "GET", "/api/v1/whoami", srv.Key, nil).Want(t, 200)
		if all := everything(t, srv.Database); !strings.Contains(all, "owner@example.com") {
			t.Error("the Owner is not in the database any more")
		}
	})
}

// An erasure that is interrupted again and again, while another node continues it, too, and both add events, still erases everything once.
func TestInterruptedErasure(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		nodes := []*rafftest.Server{srv}
		if strings.HasPrefix(srv.Database, "postgres") {
			nodes = append(nodes, rafftest.Start(t, rafftest.OnDatabase(srv.Database), rafftest.WithoutAccount()))
		}
		member := srv.RoleID(t, "account", "member")
		_, _ = srv.NewMember(t, wonderEmail, wonderName, srv.RoleID(t, "account", "admin"))
		session := srv.SignIn(t, wonderEmail)
		for i := range 3 {
			rows := []any{}
			for j := range 250 {
				rows = append(rows, map[string]any{"email": fmt.Sprintf("m%d-%d@example.com", i, j), "role_id": member})
			}
			srv.Do(t, "POST", "/api/v1/members/bulk", session, map[string]any{"members": rows}).Want(t, 200)
		}
		x, err := srv.Node.Operator().EraseEmail(t.Context(), operator.Program, wonderEmail)
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for n, node := range nodes {
			all.Go(func() {
				for i := range 12 {
					ctx, cancel := context.WithCancel(t.Context())
					go func() {
						node.Do(t, "POST", "/api/v1/roles", srv.Key, map[string]any{"name": fmt.Sprint("r ", n, " ", i), "slug": fmt.Sprint("r-", n, "-", i), "scope": "account", "permissions": []string{"account.members.view"}})
						cancel()
					}()
					_, _ = node.Node.Operator().EraseOrdered(ctx) // often interrupted
					<-ctx.Done()
				}
			})
		}
		all.Wait()
		// Sealing may still hold the locks that erasing waits for, and the job of a server may be erasing.
		rafftest.Eventually(t, "erasing is done", func() bool {
			if _, err := srv.Node.Operator().EraseOrdered(t.Context()); err != nil {
				t.Log(err)
			}
			now, err := srv.Node.Operator().Erasure(t.Context(), x.ID)
			return err == nil && !now.DoneAt.IsZero()
		})
		if x, err = srv.Node.Operator().Erasure(t.Context(), x.ID); err != nil || x.DoneAt.IsZero() || x.Events < 750 {
			t.Errorf("the erasure: %+v, %v", x, err)
		}
		expectNothingOf(t, srv.Database, wonderName, wonderEmail)
		seal(t, srv)
		if v := verified(t, srv, srv.Account); v.Broken != "" || v.Erased != x.Events {
			t.Errorf("verified: %+v", v)
		}
		// Each transaction records how many events it changed.
		told := string(srv.Do(t, "GET", "/api/v1/audit-events?action=person.erased&limit=1000", srv.Key, nil).Want(t, 200).Body)
		sizes := regexp.MustCompile(`"events":(\d+)`).FindAllStringSubmatch(told, -1)
		for _, size := range sizes {
			if n, err := strconv.Atoi(size[1]); err != nil || n < 1 || n > 25 {
				t.Errorf("one transaction changed %s events, and everybody else waited for it", size[1])
			}
		}
		if len(sizes) < 30 {
			t.Errorf("%d transactions changed %d events", len(sizes), x.Events)
		}
	}, rafftest.Quiet())
}
