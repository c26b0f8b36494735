package e2e

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"raff/internal/rafftest"
	"raff/internal/team"
)

// TestDryRun tries mixed lists of members before they are added. The results must be the same, row by row, and the dry run
// must leave the database unchanged, send no email and count towards no limit or quota.
func TestDryRun(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); tryAndAdd(t) })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); tryAndAdd(t, rafftest.OnPostgres(t)) })
}

func tryAndAdd(t *testing.T, on ...rafftest.Option) {
	box := rafftest.StartSMTP(t)
	srv := rafftest.Start(t, append(on, rafftest.WithSMTP(box.URL()), rafftest.WithMailLimits("sender=6/1h"),
		rafftest.WithQuotas(team.Quotas{Roles: 5, Projects: 5, APIKeys: 20, Invitations: 14, Sessions: 5}))...)
	join := func(email, role string) (member, user string) {
		member = srv.Invite(t, email, role)
		body := map[string]any{"token": rafftest.TokenOf(t, box.Wait(t, email).Link(t)), "name": "Someone", "password": rafftest.Password}
		return member, srv.Do(t, "POST", "/api/v1/invitations/accept", "", body).Want(t, 200).Data(t)["user_id"].(string)
	}
	role, viewer := srv.RoleID(t, "account", "member"), srv.RoleID(t, "project", "viewer")
	owner := srv.RoleID(t, "account", "owner")
	_, known := join("known@example.com", role)
	srv.Invite(t, "invited@example.com", role)
	member, back := join("back@example.com", role)
	srv.Do(t, "DELETE", "/api/v1/members/"+member, srv.Key, nil).Want(t, 200)
	bot, _ := srv.NewKeyID(t, "bot", "")
	inviter := srv.NewKey(t, "inviter", customRole(t, srv, "Inviter", "account", "account.members.invite", "account.members.view"))
	billing := srv.NewKey(t, "billing", srv.RoleID(t, "account", "billing"))
	mine := srv.NewKey(t, "viewer", role)
	row := func(field, value, role string) map[string]any { return map[string]any{field: value, "role_id": role} }
	mixed := func(p, role, wrong string) []any {
		return []any{
			row("email", p+"1@example.com", role), row("email", strings.ToUpper(p)+"1@Example.com", role), row("email", "nobody", role),
			row("email", "known@example.com", role), row("email", "invited@example.com", role), row("target_user_id", back, role),
			row("target_user_id", known, role), row("api_key_id", bot, role), row("api_key_id", team.NoID, role), row("email", p+"2@example.com", wrong),
			row("email", p+"3@example.com", owner), row("email", p+"4@example.com", team.NoID), map[string]any{}, row("email", p+"5@example.com", role),
			row("email", p+"6@example.com", role), row("email", p+"7@example.com", role), row("email", p+"8@example.com", role),
			row("email", p+"9@example.com", role), row("email", p+"10@example.com", role),
		}
	}
	codes := map[string]bool{}
	for _, c := range []struct {
		what, path, key string
		rows            []any
		status          int
	}{
		{"may not", "/api/v1/members/bulk", billing, mixed("n", role, viewer), 403},
		{"may only look", "/api/v1/members/bulk", mine, mixed("n", role, viewer), 403},
		{"may only invite", "/api/v1/members/bulk", inviter, mixed("i", role, viewer), 200},
		{"owner", "/api/v1/members/bulk", srv.Key, mixed("o", role, viewer), 200},
		{"one row", "/api/v1/members/bulk", srv.Key, []any{row("email", "alone@example.com", role)}, 200},
		{"project", "/api/v1/projects/" + srv.ProjectID + "/members/bulk", srv.Key, mixed("p", viewer, role), 200},
		{"project, may only invite into the account", "/api/v1/projects/" + srv.ProjectID + "/members/bulk", inviter, mixed("p", viewer, role), 403},
		{"no such project", "/api/v1/projects/" + team.NoID + "/members/bulk", srv.Key, mixed("p", viewer, role), 404},
		{"nothing", "/api/v1/members/bulk", srv.Key, []any{}, 400},
	} {
		srv.Advance(time.Hour) // resets the limits on emails
		h := http.Header{"X-Api-Key": {c.key}, "Idempotency-Key": {"try"}, "Content-Type": {"application/json"}}
		var tries []string
		changed := ""
		for range 3 { // background work of the node, such as seals, may run during one of them
			before := dump(t, srv.Database)
			r := srv.Send(t, "POST", c.path, h, map[string]any{"members": c.rows, "dry_run": true}).Want(t, c.status)
			if r.Header.Get("Idempotency-Replayed") != "" {
				t.Errorf("%s: the response to a dry run was replayed", c.what)
			}
			tries = append(tries, plain(r.Body))
			if changed = difference(before, dump(t, srv.Database)); changed == "" {
				break
			}
		}
		if changed != "" {
			t.Errorf("%s: the dry run changed the database:\n%s", c.what, changed)
		}
		kept := plain(srv.Do(t, "POST", c.path, c.key, map[string]any{"members": c.rows, "dry_run": false}).Want(t, c.status).Body)
		for _, said := range tries {
			if said != kept {
				t.Errorf("%s: the results of the dry run and of the request differ:\n%s", c.what, difference(strings.Split(said, "\n"), strings.Split(kept, "\n")))
			}
		}
		for _, code := range regexp.MustCompile(`"code": "(\w+)"`).FindAllStringSubmatch(kept, -1) {
			codes[code[1]] = true
		}
	}
	for code := range strings.FieldsSeq("already_member invitation_pending invalid_email invalid_reference role_scope_mismatch " +
		"owner_role_not_assignable exactly_one_of permission_denied escalation_denied mail_limited limit_reached") {
		if !codes[code] {
			t.Errorf("no row was refused as %s; the others were as %v", code, slices.Sorted(maps.Keys(codes)))
		}
	}
}

func customRole(t *testing.T, srv *rafftest.Server, name, scope string, permissions ...string) string {
	t.Helper()
	return srv.Do(t, "POST", "/api/v1/roles", srv.Key, map[string]any{
		"name": name, "slug": strings.ToLower(name), "scope": scope, "permissions": permissions,
	}).Want(t, 201).Data(t)["id"].(string)
}

// plain returns a response without what differs every time: times, request ids, and ids of new objects.
func plain(body []byte) string {
	var answer map[string]any
	if err := json.Unmarshal(body, &answer); err != nil {
		return string(body)
	}
	delete(answer, "request_id")
	rows, _ := answer["data"].([]any)
	made := map[any]bool{}
	for _, r := range rows {
		if m, ok := r.(map[string]any)["member"].(map[string]any); ok {
			made[m["id"]] = true
			for name, v := range m {
				if s, ok := v.(string); ok && (name == "id" || name == "invitation_id" || strings.HasSuffix(name, "_at")) {
					m[name] = regexp.MustCompile(`[0-9a-f]`).ReplaceAllString(s, "x")[:1]
				}
			}
		}
		if e, ok := r.(map[string]any)["error"].(map[string]any); ok {
			delete(e, "request_id")
			if made[e["member_id"]] {
				e["member_id"] = "a row before"
			}
			if _, limited := e["retry_after_seconds"]; limited { // time passes between the two
				e["retry_after_seconds"], e["message"] = "some", "later"
			}
		}
	}
	b, _ := json.MarshalIndent(answer, "", " ")
	return string(b)
}

// dump returns every row of a database once all emails are sent, except what every request updates: when a key was used,
// and that the node is alive.
func dump(t *testing.T, url string) (lines []string) {
	t.Helper()
	db := openSQL(t, url)
	defer func() { _ = db.Close() }()
	for deadline := time.Now().Add(3 * time.Minute); len(records(t, db, "SELECT id FROM outbox")) > 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("an email was not sent")
		}
	}
	list := "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'"
	if strings.HasPrefix(url, "sqlite:") {
		list = "SELECT name FROM sqlite_master WHERE type = 'table'"
	}
	for _, table := range records(t, db, list) {
		if table[0] == "nodes" {
			continue
		}
		for _, row := range records(t, db, fmt.Sprintf("SELECT * FROM %s", table[0]), "last_used_at") {
			lines = append(lines, table[0]+": "+strings.Join(row, "|"))
		}
	}
	if len(lines) < 20 {
		t.Fatalf("only %d rows", len(lines))
	}
	slices.Sort(lines)
	return lines
}

// records returns the rows of a query as text, without the columns of these names.
func records(t *testing.T, db *sql.DB, query string, without ...string) (out [][]string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		values, to := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			to[i] = &values[i]
		}
		if err := rows.Scan(to...); err != nil {
			t.Fatal(err)
		}
		var row []string
		for i, v := range values {
			if b, ok := v.([]byte); ok {
				v = string(b)
			}
			if !slices.Contains(without, columns[i]) {
				row = append(row, fmt.Sprint(v))
			}
		}
		out = append(out, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func difference(a, b []string) string {
	var out strings.Builder
	for _, line := range a {
		if !slices.Contains(b, line) {
			fmt.Fprintln(&out, "-", line)
		}
	}
	for _, line := range b {
		if !slices.Contains(a, line) {
			fmt.Fprintln(&out, "+", line)
		}
	}
	return out.String()
}
