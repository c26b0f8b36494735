package operatorapi_test

import (
	"database/sql"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver of PostgreSQL

	"raff/internal/rafftest"
)

// exec changes the database of a running server.
func exec(t *testing.T, srv *rafftest.Server, statement string) {
	t.Helper()
	if _, err := open(t, srv).ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

// count asks the database of a running server for a number.
func count(t *testing.T, srv *rafftest.Server, query string) (n string) {
	t.Helper()
	if err := open(t, srv).QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func open(t *testing.T, srv *rafftest.Server) *sql.DB {
	t.Helper()
	if file, ok := strings.CutPrefix(srv.Database, "sqlite:"); ok {
		return rafftest.OpenSQLite(t, file)
	}
	db, err := sql.Open("pgx", srv.Database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func rows(t *testing.T, r rafftest.Response) (all []map[string]any) {
	t.Helper()
	for _, row := range r.Want(t, 200).JSON(t)["data"].([]any) {
		all = append(all, row.(map[string]any))
	}
	return all
}

// actions returns the actions in the operator's log, newest first.
func (s *side) actions(t *testing.T) (all []string) {
	t.Helper()
	for _, e := range rows(t, s.do(t, "GET", "/operator/v1/audit-events", nil)) {
		all = append(all, e["action"].(string))
	}
	return all
}

// A node that was killed stays in the list until it is forgotten; one that runs cannot be forgotten.
func TestNodes(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		o := newSide(t, srv)
		list := func() []map[string]any { return rows(t, o.do(t, "GET", "/operator/v1/nodes", nil)) }
		rafftest.Eventually(t, "the node is in the list", func() bool { return len(list()) == 1 })
		self := list()[0]
		address := strings.TrimPrefix(srv.URL, "http://")
		if self["alive"] != true || self["address"] != address || self["version"] == "" || self["host"] == "" || fmt.Sprint(self["runs"]) != "[operator]" {
			t.Errorf("the node: %v", self)
		}
		dead := "01890a5d-0000-7000-8000-000000000001"
		exec(t, srv, fmt.Sprintf("INSERT INTO nodes (id, seen_at, started_at, version, host) VALUES (%s, %d, 1, '1.2.3', 'gone.example.com')",
			rafftest.SQLID(srv.Database, dead), time.Now().Add(-time.Hour).UnixMicro()))
		if got := list(); len(got) != 2 || got[0]["id"] != dead || got[0]["alive"] != false {
			t.Errorf("with a node that was killed: %v", got)
		}
		if n := srv.Node.Nodes(); n != 1 {
			t.Errorf("%d nodes share the rate limits", n)
		}
		if r := o.do(t, "DELETE", fmt.Sprint("/operator/v1/nodes/", self["id"]), nil); code(t, r) != "409 node_running" {
			t.Errorf("forgot a node that runs: %s", r.Body)
		}
		o.do(t, "DELETE", "/operator/v1/nodes/"+dead, nil).Want(t, 200)
		o.do(t, "DELETE", "/operator/v1/nodes/"+dead, nil).Want(t, 404)
		if got := list(); len(got) != 1 {
			t.Errorf("after it was forgotten: %v", got)
		}
		if got := o.actions(t); got[0] != "node.forgotten" {
			t.Errorf("events: %v", got)
		}
		if strings.HasPrefix(srv.Database, "sqlite") {
			return
		}
		// A node that stops leaves the list.
		t.Run("second", func(t *testing.T) {
			rafftest.Start(t, rafftest.OnDatabase(srv.Database), rafftest.WithoutAccount())
			rafftest.Eventually(t, "both nodes are in the list", func() bool { return len(list()) == 2 })
		})
		if got := list(); len(got) != 1 {
			t.Errorf("after the second node stopped: %v", got)
		}
	}, rafftest.WithOperator())
}

func TestJobs(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		o := newSide(t, srv)
		list := func(query string) []map[string]any {
			return rows(t, o.do(t, "GET", "/operator/v1/jobs"+query, nil))
		}
		rafftest.Eventually(t, "the cleanup has run", func() bool {
			found := list("?name=cleanup")
			return len(found) == 1 && found[0]["last_result"] == "ok"
		})
		if all := list(""); len(all) < 7 {
			t.Errorf("jobs: %v", all)
		}
		if other := list("?node_id=01890a5d-0000-7000-8000-000000000001"); len(other) != 0 {
			t.Errorf("jobs of another node: %v", other)
		}
		before := list("?name=cleanup")[0]
		ran := o.do(t, "POST", "/operator/v1/jobs/cleanup/run", nil).Want(t, 200).Data(t)
		if ran["last_started_at"].(string) <= before["last_started_at"].(string) || ran["node_id"] != before["node_id"] || ran["every_seconds"] != 3600.0 {
			t.Errorf("before: %v\nrun: %v", before, ran)
		}
		if now := list("?name=cleanup")[0]; now["last_ended_at"].(string) < ran["last_ended_at"].(string) {
			t.Errorf("the list after the run: %v, want %v", now, ran)
		}
		if r := o.do(t, "POST", "/operator/v1/jobs/heartbeat/run", nil); code(t, r) != "409 job_not_runnable" {
			t.Errorf("a job that runs every few seconds: %s", r.Body)
		}
		o.do(t, "POST", "/operator/v1/jobs/backup/run", nil).Want(t, 404)
		if got := o.actions(t); got[0] != "job.started" {
			t.Errorf("events: %v", got)
		}
		if strings.HasPrefix(srv.Database, "sqlite") {
			return
		}
		// The reason of a failure is in the list.
		exec(t, srv, "ALTER TABLE idempotency_keys RENAME TO hidden_keys")
		failed := o.do(t, "POST", "/operator/v1/jobs/cleanup/run", nil).Want(t, 200).Data(t)
		exec(t, srv, "ALTER TABLE hidden_keys RENAME TO idempotency_keys")
		if failed["last_result"] != "failed" || !strings.Contains(fmt.Sprint(failed["last_error"]), "idempotency_keys") {
			t.Errorf("a job that fails: %v", failed)
		}
	}, rafftest.WithOperator())
}

// unique returns an email that no other subtest uses.
func unique(t *testing.T, name string) string {
	t.Helper()
	return name + "." + strings.ToLower(strings.ReplaceAll(t.Name(), "/", ".")) + "@example.com"
}

// Emails that cannot be sent are in the outbox with the reason, and can be retried and cancelled.
func TestOutbox(t *testing.T) {
	var accepted sync.Map // addresses that are no longer refused
	box := rafftest.StartSMTP(t, rafftest.SMTPOptions{Refuse: func(to string, _ int) *smtp.SMTPError {
		_, accept := accepted.Load(to)
		switch {
		case accept:
		case strings.HasPrefix(to, "grey"):
			return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "Greylisted"}
		case strings.HasPrefix(to, "nobody"):
			return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "No such mailbox"}
		}
		return nil
	}})
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		o := newSide(t, srv)
		list := func(query string) []map[string]any {
			return rows(t, o.do(t, "GET", "/operator/v1/outbox"+query, nil))
		}
		role := srv.RoleID(t, "account", "member")
		other := srv.NewAccount(t, "Other", unique(t, "other"))
		nobody, grey := unique(t, "nobody"), unique(t, "grey")
		srv.Invite(t, nobody, role)
		srv.Invite(t, grey, role)
		srv.Do(t, "POST", "/api/v1/members", other.Key, map[string]any{"email": unique(t, "nobody2"), "role_id": role}).Want(t, 201)
		rafftest.Eventually(t, "the outcome of all three", func() bool { return len(list("?state=failed")) == 2 && len(list("?state=retrying")) == 1 })
		ours := "?account_id=" + srv.AccountID
		if all := list(ours); len(all) != 2 || all[0]["to"] != grey || all[1]["to"] != nobody || all[0]["account_name"] != "Acme" {
			t.Errorf("the emails of the account: %v", all)
		}
		failed, waits := list(ours + "&state=failed")[0], list("?state=retrying")[0]
		if !strings.Contains(fmt.Sprint(failed["last_error"]), "No such mailbox") || failed["next_at"] != nil || failed["failed_at"] == nil || failed["kind"] != "invitation" || failed["attempts"] != 1.0 {
			t.Errorf("failed: %v", failed)
		}
		if !strings.Contains(fmt.Sprint(waits["last_error"]), "Greylisted") || waits["next_at"] == nil || waits["failed_at"] != nil {
			t.Errorf("retrying: %v", waits)
		}
		page := o.do(t, "GET", "/operator/v1/outbox?limit=2", nil).Want(t, 200).JSON(t)
		rest := o.do(t, "GET", fmt.Sprint("/operator/v1/outbox?limit=2&cursor=", page["next_cursor"]), nil).Want(t, 200).JSON(t)
		if page["total"] != 3.0 || len(page["data"].([]any)) != 2 || len(rest["data"].([]any)) != 1 || rest["next_cursor"] != nil {
			t.Errorf("pages: %v, then %v", page, rest)
		}
		o.do(t, "GET", "/operator/v1/outbox?state=sent", nil).Want(t, 400)
		o.do(t, "GET", "/operator/v1/outbox?account_id=acme", nil).Want(t, 400)

		// Retried, it is refused again. Once the mail server accepts it, a retry sends it.
		at := func(e map[string]any) string { return fmt.Sprint("/operator/v1/outbox/", e["id"]) }
		invitation := func(e map[string]any) map[string]any {
			return srv.Do(t, "GET", fmt.Sprint("/api/v1/invitations/", e["invitation_id"]), srv.Key, nil).Want(t, 200).Data(t)
		}
		if r := o.do(t, "POST", at(failed)+"/retry", nil).Want(t, 200).Data(t); r["state"] != "retrying" || r["failed_at"] != nil {
			t.Errorf("retried: %v", r)
		}
		rafftest.Eventually(t, "refused again", func() bool { return box.Attempts(nobody) == 2 && list(ours+"&state=failed") != nil })
		accepted.Store(nobody, true)
		o.do(t, "POST", at(failed)+"/retry", nil).Want(t, 200)
		box.Wait(t, nobody).Link(t)
		rafftest.Eventually(t, "sent", func() bool { return len(list(ours)) == 1 && invitation(failed)["mail_state"] == "sent" })
		o.do(t, "POST", at(failed)+"/retry", nil).Want(t, 404)

		// Cancelled, the invitation stays open and says why there is no email.
		o.do(t, "DELETE", at(waits), nil).Want(t, 200)
		o.do(t, "DELETE", at(waits), nil).Want(t, 404)
		if inv := invitation(waits); inv["mail_state"] != "failed" || !strings.Contains(fmt.Sprint(inv["mail_error"]), "operator") {
			t.Errorf("the invitation whose email was cancelled: %v", inv)
		}
		if got := o.actions(t); got[0] != "email.cancelled" || got[1] != "email.retried" {
			t.Errorf("events: %v", got)
		}
		if log := o.do(t, "GET", "/operator/v1/audit-events", nil); strings.Contains(string(log.Body), grey) {
			t.Errorf("the log has the address: %s", log.Body)
		}
		// What was given up is forgotten after some days.
		if len(list("")) != 1 {
			t.Errorf("left: %v", list(""))
		}
		srv.Advance(8 * 24 * time.Hour)
		if _, err := srv.Node.Service().CleanUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		if left := list(""); len(left) != 0 {
			t.Errorf("left after a week: %v", left)
		}
	}, rafftest.WithOperator(), rafftest.WithSMTP(box.URL()))
}

// A link that would have expired is not sent, and the outbox never has one.
func TestOutboxOfSignIn(t *testing.T) {
	box := rafftest.StartSMTP(t, rafftest.SMTPOptions{Refuse: func(string, int) *smtp.SMTPError {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "No such mailbox"}
	}})
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		o := newSide(t, srv)
		if err := srv.Node.SignIn().ForgotPassword(t.Context(), "owner@example.com", ""); err != nil {
			t.Fatal(err)
		}
		failed := func() []map[string]any {
			var found []map[string]any
			for _, e := range rows(t, o.do(t, "GET", "/operator/v1/outbox?state=failed", nil)) {
				if e["kind"] == "password" {
					found = append(found, e)
				}
			}
			return found
		}
		rafftest.Eventually(t, "the password email was refused", func() bool { return len(failed()) == 1 })
		e := failed()[0]
		if e["to"] != "owner@example.com" || e["account_id"] != nil || e["invitation_id"] != nil || strings.Contains(fmt.Sprint(e), "/password/") {
			t.Errorf("the email: %v", e)
		}
		srv.Advance(2 * time.Hour)
		if r := o.do(t, "POST", fmt.Sprint("/operator/v1/outbox/", e["id"], "/retry"), nil); code(t, r) != "409 email_too_old" {
			t.Errorf("a link that would have expired: %s", r.Body)
		}
	}, rafftest.WithOperator(), rafftest.WithSMTP(box.URL()))
}

// A catalog is compared and applied, and each account gets an event.
func TestCatalog(t *testing.T) {
	def, err := os.ReadFile("../permission/catalog.yaml")
	if err != nil {
		t.Fatal(err)
	}
	own := strings.ReplaceAll(string(def), "vm.console", "report.read")
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		o := newSide(t, srv)
		srv.Do(t, "POST", "/api/v1/roles", srv.Key, map[string]any{"name": "Console", "slug": "console", "scope": "project", "permissions": []string{"vm.console", "vm.view"}}).Want(t, 201)
		now := o.do(t, "GET", "/operator/v1/catalog", nil).Want(t, 200).Data(t)
		if now["catalog"] != string(def) || now["default"] != true || now["restart_required"] != false {
			t.Errorf("the catalog: %.300v", now)
		}
		for _, wrong := range []struct {
			body any
			code string
		}{
			{map[string]any{}, "400 exactly_one_of"},
			{map[string]any{"catalog": own, "default": true}, "400 exactly_one_of"},
			{map[string]any{"catalog": "permissions: 3"}, "400 invalid_catalog"},
			{map[string]any{"file": own}, "400 unknown_field"},
		} {
			for _, r := range []rafftest.Response{o.do(t, "POST", "/operator/v1/catalog/diff", wrong.body), o.do(t, "PUT", "/operator/v1/catalog", wrong.body)} {
				if code(t, r) != wrong.code {
					t.Errorf("%.50v: %s, want %s", wrong.body, r.Body, wrong.code)
				}
			}
		}
		diff := o.do(t, "POST", "/operator/v1/catalog/diff", map[string]any{"catalog": own}).Want(t, 200).Data(t)
		custom := false
		for _, row := range diff["roles"].([]any) {
			r := row.(map[string]any)
			if r["slug"] == "console" {
				custom = r["account_id"] == srv.AccountID && fmt.Sprint(r["loses"]) == "[vm.console]" && fmt.Sprint(r["gains"]) == "[]"
			}
		}
		if diff["same"] != false || diff["expected_fingerprint"] != now["fingerprint"] || !custom {
			t.Errorf("compared: %v", diff)
		}
		if got := o.do(t, "GET", "/operator/v1/catalog", nil).Want(t, 200).Data(t); got["fingerprint"] != now["fingerprint"] {
			t.Error("comparing changed the catalog")
		}
		if r := o.do(t, "PUT", "/operator/v1/catalog", map[string]any{"catalog": own, "expected_fingerprint": "0"}); code(t, r) != "409 catalog_changed" {
			t.Errorf("another catalog than the compared one: %s", r.Body)
		}
		applied := o.do(t, "PUT", "/operator/v1/catalog", map[string]any{"catalog": own, "expected_fingerprint": now["fingerprint"]}).Want(t, 200).Data(t)
		if fmt.Sprint(applied["roles"]) != fmt.Sprint(diff["roles"]) {
			t.Errorf("applied: %v\ncompared: %v", applied, diff)
		}
		events := rows(t, srv.Do(t, "GET", "/api/v1/audit-events?action=catalog.applied", srv.Key, nil))
		if len(events) != 1 || events[0]["actor_type"] != "operator" {
			t.Errorf("the events of the account: %v", events)
		}
		if got := o.actions(t); got[0] != "catalog.applied" {
			t.Errorf("the operator's events: %v", got)
		}
		// Once more, it changes nothing.
		if again := o.do(t, "PUT", "/operator/v1/catalog", map[string]any{"catalog": own}).Want(t, 200).Data(t); again["same"] != true || len(again["roles"].([]any)) != 0 {
			t.Errorf("applied again: %v", again)
		}
		if n := len(rows(t, srv.Do(t, "GET", "/api/v1/audit-events?action=catalog.applied", srv.Key, nil))); n != 1 {
			t.Errorf("%d events after it was applied again", n)
		}
		after := o.do(t, "GET", "/operator/v1/catalog", nil).Want(t, 200).Data(t)
		if after["catalog"] != own || after["default"] != false || after["restart_required"] != true {
			t.Errorf("the catalog afterwards: %.300v", after)
		}
		rafftest.Eventually(t, "the server is not ready", func() bool { return srv.Do(t, "GET", "/ready", "", nil).Status == 503 })
	}, rafftest.WithOperator())
}
