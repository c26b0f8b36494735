package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"raff/api/client"
	"raff/internal/audit"
	"raff/internal/operator"
	"raff/internal/rafftest"
	"raff/internal/team"
)

// settled gives an account something of every kind: projects, roles, keys, external ids, open, accepted and cancelled invitations,
// more members than are removed at once, sessions, a retention. alice is also in another account.
func settled(t *testing.T, srv *rafftest.Server, other rafftest.Account) {
	t.Helper()
	member, viewer := srv.RoleID(t, "account", "member"), srv.RoleID(t, "project", "viewer")
	post := func(key, path string, body map[string]any) map[string]any {
		t.Helper()
		return srv.Do(t, "POST", path, key, body).Want(t, 201).Data(t)
	}
	project := post(srv.Key, "/api/v1/projects", map[string]any{"name": "Shop", "external_ids": map[string]any{"crm": "p-1"}})["id"].(string)
	role := post(srv.Key, "/api/v1/roles", map[string]any{"name": "Support", "slug": "support", "scope": "account", "permissions": []string{"account.members.view"}})["id"].(string)
	key := srv.NewKey(t, "deploy", role)
	srv.Do(t, "GET", "/api/v1/members", key, nil).Want(t, 200)
	srv.NewMember(t, "alice@example.com", "Alice", member)
	srv.NewMember(t, "bob@example.com", "Bob", role)
	post(srv.Key, "/api/v1/projects/"+project+"/invitations", map[string]any{"email": "bob@example.com", "role_id": viewer})
	post(srv.Key, "/api/v1/projects/"+project+"/invitations", map[string]any{"email": "guest@example.com", "role_id": viewer})
	cancelled := srv.Invite(t, "carol@example.com", member)
	srv.Do(t, "DELETE", "/api/v1/members/"+cancelled, srv.Key, nil).Want(t, 200)
	srv.Token(t, srv.Invite(t, "carol@example.com", member))
	srv.SignIn(t, "alice@example.com")
	srv.SignIn(t, "bob@example.com")
	for part := range 2 {
		var rows []any
		for i := range 270 {
			rows = append(rows, map[string]any{"email": fmt.Sprintf("m%d-%d@example.com", part, i), "role_id": member, "external_ids": map[string]any{"hr": fmt.Sprintf("%d-%d", part, i)}})
		}
		h := http.Header{"X-Api-Key": {srv.Key}, "Idempotency-Key": {fmt.Sprint("bulk-", part)}, "Content-Type": {"application/json"}}
		srv.Send(t, "POST", "/api/v1/members/bulk", h, map[string]any{"members": rows}).Want(t, 200)
	}
	post(other.Key, "/api/v1/members", map[string]any{"email": "alice@example.com", "role_id": member})
}

// leftOf returns how many rows of each table belong to an account.
func leftOf(t *testing.T, database, account string) map[string]string {
	t.Helper()
	which := "SELECT string_agg(c.table_name, ' ') FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name) " +
		"WHERE c.column_name = 'account_id' AND t.table_type = 'BASE TABLE' AND c.table_name NOT LIKE 'audit\\_events\\_%'"
	if strings.HasPrefix(database, "sqlite:") {
		which = "SELECT group_concat(m.name, ' ') FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name = 'account_id'"
	}
	tables := askDatabase(t, database, which)
	left := map[string]string{}
	id := rafftest.SQLID(database, account)
	for table := range strings.FieldsSeq(tables) {
		if n := askDatabase(t, database, "SELECT CAST(COUNT(*) AS TEXT) FROM "+table+" WHERE account_id = "+id); n != "0" {
			left[table] = n
		}
	}
	if n := askDatabase(t, database, "SELECT CAST(COUNT(*) AS TEXT) FROM accounts WHERE id = "+id); n != "0" {
		left["accounts"] = n
	}
	return left
}

// A deleted account is complete during the grace period, and can be kept. Afterwards nothing of it is left but the event in the
// operator's log, and other accounts are as before.
func TestAccountDeletion(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		other := srv.NewAccount(t, "Other", "other@example.com")
		settled(t, srv, other)
		seal(t, srv)
		op := srv.Node.Operator()
		if err := srv.Node.Audit().SetRetention(t.Context(), srv.AccountID, 400); err != nil {
			t.Fatal(err)
		}
		logo := rafftest.Logo(t)
		if _, err := op.UpdateAccount(t.Context(), operator.Program, srv.AccountID, operator.AccountChange{Branding: operator.BrandingChange{"logo": &logo}}); err != nil {
			t.Fatal(err)
		}
		before := leftOf(t, srv.Database, srv.AccountID)
		remove := func(want int) {
			t.Helper()
			if n, err := op.RemoveDeleted(t.Context()); err != nil || n != want {
				t.Fatalf("removed %d accounts, want %d: %v", n, want, err)
			}
		}
		scheduled, err := op.Delete(t.Context(), operator.Program, srv.AccountID, nil)
		if err != nil || scheduled.DeleteAt.Sub(srv.Now()) < 29*24*time.Hour {
			t.Fatalf("deleted: %+v, %v", scheduled, err)
		}
		srv.Advance(29 * 24 * time.Hour)
		remove(0)
		if r := srv.Do(t, "GET", "/api/v1/members", srv.Key, nil); r.Status != 403 || r.JSON(t)["code"] != "account_deleting" {
			t.Errorf("during the grace period: %d %s", r.Status, r.Body)
		}
		if again, err := op.Delete(t.Context(), operator.Program, srv.AccountID, nil); err != nil || !again.DeleteAt.Equal(scheduled.DeleteAt) {
			t.Errorf("deleted again: %v, %v, want %v", again.DeleteAt, err, scheduled.DeleteAt)
		}
		if _, err := op.Resume(t.Context(), operator.Program, srv.AccountID); err != nil {
			t.Fatal(err)
		}
		srv.Advance(2 * 24 * time.Hour)
		remove(0)
		srv.Do(t, "GET", "/api/v1/members", srv.Key, nil).Want(t, 200)
		for table, n := range leftOf(t, srv.Database, srv.AccountID) {
			if table != "audit_events" && table != "event_slices" && table != "audit_seals" && n != before[table] {
				t.Errorf("after the account was resumed, %s has %s rows, before %s", table, n, before[table])
			}
		}
		seal(t, srv)
		heads, err := srv.Node.Audit().Heads(t.Context())
		if err != nil {
			t.Fatal(err)
		}

		now := 0
		if _, err := op.Delete(t.Context(), operator.Program, srv.AccountID, &now); err != nil {
			t.Fatal(err)
		}
		remove(1)
		remove(0)
		if left := leftOf(t, srv.Database, srv.AccountID); len(left) > 0 {
			t.Errorf("left of the account: %v", left)
		}
		if people := askDatabase(t, srv.Database, "SELECT string_agg(email, ' ' ORDER BY email) FROM users"); people != "alice@example.com other@example.com" {
			t.Errorf("people: %s", people)
		}
		if n := askDatabase(t, srv.Database, "SELECT CAST((SELECT COUNT(*) FROM secret_holders) + (SELECT COUNT(*) FROM memberships) AS TEXT)"); n != "4" {
			t.Errorf("%s memberships and secret holders, want the 3 memberships and the secret holder of the other account", n)
		}
		if n := srv.Do(t, "GET", "/api/v1/members", other.Key, nil).Want(t, 200).JSON(t)["total"]; n != 3.0 {
			t.Errorf("the other account has %v members, want 3", n)
		}
		srv.Do(t, "GET", "/api/v1/members", srv.Key, nil).Want(t, 401)
		if _, err := op.Resume(t.Context(), operator.Program, srv.AccountID); !team.IsNotFound(err) {
			t.Errorf("resumed after it was removed: %v", err)
		}
		seal(t, srv)
		for _, check := range []audit.Check{{}, {Kept: heads}} {
			found, err := srv.Node.Audit().Verify(t.Context(), check)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range found {
				if v.Broken != "" {
					t.Errorf("log of %s: %s", v.AccountID, v.Broken)
				}
			}
		}
		for i := range heads {
			if heads[i].AccountID == srv.AccountID {
				heads[i].Seq++
			}
		}
		if found, err := srv.Node.Audit().Verify(t.Context(), audit.Check{AccountID: srv.AccountID, Kept: heads}); err != nil || len(found) != 1 || found[0].Broken == "" {
			t.Errorf("a saved head that is not of the deleted log: %+v, %v", found, err)
		}
	})
}

// The export of an account has everything of it and no secret, and is refused if it is not as it was written.
func TestAccountExport(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		other := srv.NewAccount(t, "Other", "other@example.com")
		settled(t, srv, other)
		seal(t, srv)
		o, err := client.NewOperator(srv.Node.OperatorURL(), srv.OperatorKey(t, "write"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.Accounts.Delete(t.Context(), srv.AccountID, client.DeleteAccountOptions{}); err != nil {
			t.Fatal(err)
		}
		var file bytes.Buffer
		m, err := o.Accounts.Export(t.Context(), srv.AccountID, &file)
		if err != nil {
			t.Fatal(err)
		}
		records := map[string]int{}
		for _, s := range m.Sections {
			records[s.Type] = s.Records
		}
		events := askDatabase(t, srv.Database, "SELECT CAST(COUNT(*) AS TEXT) FROM audit_events WHERE account_id = "+rafftest.SQLID(srv.Database, srv.AccountID))
		want := map[string]int{"account": 1, "project": 2, "api_key": 2, "member": 1 + 2 + 1 + 540 + 2 + 2, "invitation": 1 + 540 + 1, "external_id": 541}
		for name, n := range want {
			if records[name] != n {
				t.Errorf("%d records %s, want %d", records[name], name, n)
			}
		}
		if fmt.Sprint(records["audit_event"]) != events || records["audit_seal"] == 0 || records["role"] < 2 {
			t.Errorf("records: %v, and the log has %s events", records, events)
		}
		text := file.String()
		if strings.Contains(text, srv.Key[14:]) || strings.Contains(text, other.AccountID) || strings.Contains(text, "argon2id") {
			t.Error("the export has a secret, or something of another account")
		}
		lines := strings.SplitAfter(strings.TrimSuffix(text, "\n"), "\n")
		for _, line := range lines {
			var record struct {
				Type string
				Data map[string]any
			}
			if err := json.Unmarshal([]byte(line), &record); err != nil || record.Type == "" || record.Data == nil {
				t.Fatalf("%s: %v", line, err)
			}
		}
		last := len(lines) - 1
		for name, changed := range map[string]string{
			"without the manifest": strings.Join(lines[:last], ""), "without a line": strings.Join(lines[1:], "") + "\n", "with an end": text + "{}\n",
			"cut off": text[:len(text)-2], "changed": strings.Replace(text, "Alice", "Bobby", 1), "empty": "",
		} {
			if _, err := client.VerifyExport(strings.NewReader(changed)); err == nil {
				t.Errorf("an export %s passes", name)
			}
		}
		reader, err := client.NewOperator(srv.Node.OperatorURL(), srv.OperatorKey(t, "read"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := reader.Accounts.Export(t.Context(), srv.AccountID, &file); !client.IsDenied(err) {
			t.Errorf("exported with a key that can only read: %v", err)
		}
		if _, err := o.Accounts.Export(t.Context(), srv.OwnerUserID, &file); !client.IsNotFound(err) {
			t.Errorf("exported an unknown account: %v", err)
		}
	}, rafftest.WithOperator())
}

// Someone who can write to the database cannot prevent the verification of a log by marking its account as being removed.
func TestOnlyDeletedAccountsAreNotVerified(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		seal(t, srv)
		heads, err := srv.Node.Audit().Heads(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		op, id := srv.Node.Operator(), rafftest.SQLID(srv.Database, srv.AccountID)
		marked := func() audit.Verified {
			t.Helper()
			tamper(t, srv.Database, "UPDATE accounts SET state = 'removing' WHERE id = "+id)
			found, err := srv.Node.Audit().Verify(t.Context(), audit.Check{AccountID: srv.AccountID, Kept: heads})
			if err != nil || len(found) != 1 {
				t.Fatalf("%+v, %v", found, err)
			}
			tamper(t, srv.Database, "UPDATE accounts SET state = 'active' WHERE id = "+id)
			return found[0]
		}
		if v := marked(); !strings.Contains(v.Broken, "was not deleted") {
			t.Errorf("an account that nobody deleted: %+v", v)
		}
		now := 0
		if _, err := op.Delete(t.Context(), operator.Program, srv.AccountID, &now); err != nil {
			t.Fatal(err)
		}
		if v := marked(); v.Broken != "" || v.Seq == 0 || len(v.Head) == 0 {
			t.Errorf("a deleted account: %+v, want the saved head", v)
		}
		tamper(t, srv.Database, "UPDATE accounts SET state = 'deleting' WHERE id = "+id)
		if _, err := op.Resume(t.Context(), operator.Program, srv.AccountID); err != nil {
			t.Fatal(err)
		}
		if v := marked(); !strings.Contains(v.Broken, "was not deleted") {
			t.Errorf("an account that was resumed: %+v", v)
		}
	})
}
