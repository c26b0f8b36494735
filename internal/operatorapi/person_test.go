package operatorapi_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"raff/api/client"
	"raff/internal/rafftest"
)

// The operator finds people and helps them sign in.
func TestPeople(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		o := newSide(t, srv)
		other := srv.NewAccount(t, "Other", "other@example.com")
		_, alice := srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "admin"))
		srv.Do(t, "POST", "/api/v1/projects/"+srv.ProjectID+"/invitations", srv.Key, map[string]any{"email": "alice@example.com", "role_id": srv.RoleID(t, "project", "viewer")}).Want(t, 201)
		srv.Do(t, "POST", "/api/v1/members", other.Key, map[string]any{"email": "Alice@example.com", "role_id": srv.RoleID(t, "account", "member")}).Want(t, 201)
		session := srv.SignIn(t, "alice@example.com")
		p := o.do(t, "GET", "/operator/v1/people?email="+url.QueryEscape("ALICE@Example.com"), nil).Want(t, 200).Data(t)
		if p["id"] != alice || p["has_password"] != true || len(p["sessions"].([]any)) != 1 || len(p["second_factors"].([]any)) != 0 {
			t.Errorf("found: %v", p)
		}
		places := ""
		for _, row := range p["memberships"].([]any) {
			m := row.(map[string]any)
			places += m["account_name"].(string) + " " + m["role_name"].(string) + " " + m["status"].(string) + ";"
		}
		if places != "Acme Admin active;Acme Viewer active;Other Member pending;" {
			t.Errorf("memberships: %s", places)
		}
		at := "/operator/v1/people/" + alice
		if got := o.do(t, "GET", at, nil).Want(t, 200).Data(t); got["email"] != p["email"] {
			t.Errorf("by id: %v", got)
		}
		link := o.do(t, "POST", at+"/password-link", nil).Want(t, 200).Data(t)["link"].(string)
		if !strings.HasPrefix(link, srv.URL) {
			t.Errorf("link: %s", link)
		}
		srv.Do(t, "GET", "/profile", session, nil).Want(t, 200)
		if got := o.do(t, "POST", at+"/reset-second-factors", nil).Want(t, 200).Data(t); len(got["sessions"].([]any)) != 0 {
			t.Errorf("after the second factors were reset: %v", got)
		}
		if got := srv.Do(t, "GET", "/api/v1/members", session, nil); got.Status != 401 {
			t.Errorf("the session of a person whose second factors were reset: %d", got.Status)
		}
		ours := string(o.do(t, "GET", "/operator/v1/audit-events?target="+alice, nil).Want(t, 200).Body)
		theirs := string(srv.Do(t, "GET", "/api/v1/audit-events?target="+alice, srv.Key, nil).Want(t, 200).Body)
		for action, log := range map[string]string{
			"person.password_link_made": ours, "person.second_factors_reset": ours, "user.password_link_made": theirs, "user.second_factors_reset": theirs,
		} {
			if !strings.Contains(log, `"`+action+`"`) {
				t.Errorf("no event %s: %s", action, log)
			}
		}
		if strings.Contains(ours, link[strings.LastIndex(link, "/")+1:]) {
			t.Error("the log has the link")
		}
		for path, want := range map[string]string{
			"?email=nobody@example.com": "404 not_found", "?email=nobody": "400 invalid_email", "": "400 required", "/00000000-0000-0000-0000-000000000000": "404 not_found", "/alice": "404 not_found",
		} {
			if r := o.do(t, "GET", "/operator/v1/people"+path, nil); code(t, r) != want {
				t.Errorf("%s: %d %s, want %s", path, r.Status, r.Body, want)
			}
		}
	}, rafftest.WithOperator())
}

// The operator erases people, by email or id.
func TestErasePeople(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		o := newSide(t, srv)
		_, alice := srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "admin"))
		session := srv.SignIn(t, "alice@example.com")
		pending := srv.Do(t, "POST", "/api/v1/members", srv.Key, map[string]any{
			"email": "bob@example.com", "name": "Robert Example", "role_id": srv.RoleID(t, "account", "member"),
		}).Want(t, 201).Data(t)["id"].(string)
		created := func() string {
			return string(srv.Do(t, "GET", "/api/v1/audit-events?action=invitation.created", srv.Key, nil).Want(t, 200).Body)
		}
		if !strings.Contains(created(), "Robert Example") {
			t.Errorf("the log lacks the proposed name: %s", created())
		}
		const path = "/operator/v1/people/erase"
		for _, wrong := range []struct {
			body any
			code string
		}{
			{map[string]any{}, "400 exactly_one_of"},
			{map[string]any{"email": "alice@example.com", "person_id": alice}, "400 exactly_one_of"},
			{map[string]any{"email": "nobody"}, "400 invalid_email"},
			{map[string]any{"person_id": "00000000-0000-0000-0000-000000000000"}, "404 not_found"},
			{map[string]any{"email": "owner@example.com"}, "409 owns_accounts"},
			{map[string]any{"person_id": srv.OwnerUserID}, "409 owns_accounts"},
		} {
			if r := o.do(t, "POST", path, wrong.body); code(t, r) != wrong.code {
				t.Errorf("%v: %d %s, want %s", wrong.body, r.Status, r.Body, wrong.code)
			}
		}
		x := o.do(t, "POST", path, map[string]any{"person_id": alice}).Want(t, 202).Data(t)
		if x["state"] != "running" || x["memberships_removed"] != 1.0 || x["person_id"] != alice {
			t.Errorf("erased: %v", x)
		}
		if r := srv.Do(t, "GET", "/api/v1/members", session, nil); r.Status != 401 {
			t.Errorf("the session of an erased person: %d", r.Status)
		}
		invited := o.do(t, "POST", path, map[string]any{"email": "Bob@example.com"}).Want(t, 202).Data(t)
		if invited["person_id"] != nil || invited["memberships_removed"] != 1.0 {
			t.Errorf("someone who was only invited: %v", invited)
		}
		srv.Do(t, "GET", "/api/v1/members/"+pending, srv.Key, nil).Want(t, 404)
		o.do(t, "GET", "/operator/v1/people/"+alice, nil).Want(t, 404)
		if _, err := srv.Node.Operator().EraseOrdered(t.Context()); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(created(), "Robert Example") {
			t.Errorf("the log still has the proposed name: %s", created())
		}
		done := o.do(t, "GET", "/operator/v1/erasures/"+x["id"].(string), nil).Want(t, 200).Data(t)
		if done["state"] != "done" || done["events_erased"].(float64) < 2 || done["ordered_by"] == "" {
			t.Errorf("done: %v", done)
		}
		for name, log := range map[string]rafftest.Response{
			"the operator's": o.do(t, "GET", "/operator/v1/audit-events?target="+x["id"].(string), nil).Want(t, 200),
			"the account's":  srv.Do(t, "GET", "/api/v1/audit-events?action=person.erasure_ordered", srv.Key, nil).Want(t, 200),
		} {
			if !strings.Contains(string(log.Body), x["pseudonym"].(string)) {
				t.Errorf("%s log does not explain the pseudonym: %s", name, log.Body)
			}
		}
		o.do(t, "GET", "/operator/v1/erasures/00000000-0000-0000-0000-000000000000", nil).Want(t, 404)
	}, rafftest.WithOperator())
}

// exportOf returns the records of an export of a person by type.
func exportOf(t *testing.T, o *side, id string) (all map[string][]map[string]any, text string) {
	t.Helper()
	text = string(o.do(t, "GET", "/operator/v1/people/"+id+"/export", nil).Want(t, 200).Body)
	if _, err := client.VerifyExport(strings.NewReader(text)); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	all = map[string][]map[string]any{}
	for line := range strings.Lines(text) {
		var record struct {
			Type string
			Data map[string]any
		}
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		all[record.Type] = append(all[record.Type], record.Data)
	}
	return all, text
}

// The export of a person has everything of them in all accounts, also from before, and nothing of others but what they did to each other.
func TestPersonExport(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		o := newSide(t, srv)
		other, left := srv.NewAccount(t, "Other", "other@example.com"), srv.NewAccount(t, "Left", "left@example.com")
		strange := srv.NewAccount(t, "Strange", "strange@example.com")
		member := srv.RoleID(t, "account", "member")
		mine, alice := srv.NewMember(t, "Alice@example.com", "Alice", srv.RoleID(t, "account", "admin"))
		session := srv.SignIn(t, "alice@example.com")
		was := srv.Do(t, "POST", "/api/v1/members", left.Key, map[string]any{"email": "alice@example.com", "role_id": member}).Want(t, 201).Data(t)["id"].(string)
		srv.Do(t, "DELETE", "/api/v1/members/"+was, left.Key, nil).Want(t, 200)
		srv.Do(t, "POST", "/api/v1/members", strange.Key, map[string]any{"email": "bob@example.com", "role_id": member}).Want(t, 201)
		srv.Do(t, "POST", "/api/v1/members", other.Key, map[string]any{"email": "ALICE@example.com", "role_id": member, "external_ids": map[string]any{"hr": "4711"}}).Want(t, 201)
		srv.Do(t, "POST", "/api/v1/projects/"+srv.ProjectID+"/invitations", srv.Key, map[string]any{"email": "alice@example.com", "role_id": srv.RoleID(t, "project", "viewer")}).Want(t, 201)
		made := srv.Do(t, "POST", "/api/v1/api-keys", session, map[string]any{"name": "deploy", "role_id": member}).Want(t, 201).Data(t)
		srv.Do(t, "POST", "/api/v1/api-keys", srv.Key, map[string]any{"name": "of nobody"}).Want(t, 201)
		srv.NewMember(t, "carol@example.com", "Carol", srv.RoleID(t, "account", "admin"))
		carol := srv.SignIn(t, "carol@example.com")
		srv.Do(t, "PATCH", "/api/v1/members/"+mine, carol, map[string]any{"role_id": member}).Want(t, 200)
		if _, err := srv.Node.Operator().PasswordLink(t.Context(), program, alice); err != nil {
			t.Fatal(err)
		}

		all, text := exportOf(t, o, alice)
		for kind, want := range map[string]int{"person": 1, "session": 1, "account": 2, "membership": 3, "external_id": 1, "api_key": 1, "manifest": 1} {
			if len(all[kind]) != want {
				t.Errorf("%d records %s, want %d: %v", len(all[kind]), kind, want, all[kind])
			}
		}
		if p := all["person"][0]; p["email"] != "Alice@example.com" || p["has_password"] != true || p["id"] != alice {
			t.Errorf("person: %v", p)
		}
		if k := all["api_key"][0]; k["name"] != "deploy" || k["key_prefix"] != made["key_prefix"] {
			t.Errorf("key: %v", k)
		}
		if s := all["session"][0]; s["address"] != "127.0.0.1" || s["user_agent"] == "" {
			t.Errorf("session: %v", s)
		}
		if n := len(all["link"]); n < 1 {
			t.Errorf("%d links", n)
		}
		seen, others := map[string]bool{}, map[string]bool{}
		for _, e := range all["audit_event"] {
			if seen[e["id"].(string)] {
				t.Errorf("twice: %v", e)
			}
			seen[e["id"].(string)] = true
			others[e["account_id"].(string)+" "+e["action"].(string)] = true
			if e["actor_name"] == "Carol" && (e["address"] != nil || e["user_agent"] != nil) {
				t.Errorf("the event has the address of somebody else: %v", e)
			}
			if e["action"] == "user.signed_in" && e["address"] != "127.0.0.1" {
				t.Errorf("the event does not have the address of the person: %v", e)
			}
		}
		for _, want := range []string{
			srv.AccountID + " user.signed_in", srv.AccountID + " api_key.created", srv.AccountID + " member.updated", srv.AccountID + " invitation.created",
			other.AccountID + " invitation.created", "00000000-0000-0000-0000-000000000001 person.password_link_made", "00000000-0000-0000-0000-000000000001 person.exported",
		} {
			if !others[want] {
				t.Errorf("no event %s in %v", want, others)
			}
		}
		for _, secret := range []string{"bob@example.com", "argon2id", made["secret"].(string)[14:], strange.AccountID} {
			if strings.Contains(text, secret) {
				t.Errorf("the export has %s", secret)
			}
		}
		// Someone who left is still known to the account, and their former membership is.
		srv.Do(t, "DELETE", "/api/v1/members/"+mine, srv.Key, nil).Want(t, 200)
		all, _ = exportOf(t, o, alice)
		found := false
		for _, e := range all["audit_event"] {
			found = found || e["target_id"] == mine && e["action"] == "member.removed"
		}
		if !found || len(all["account"]) != 2 || len(all["membership"]) != 1 {
			t.Errorf("after they left: %v", all)
		}
		o.do(t, "GET", "/operator/v1/people/00000000-0000-0000-0000-000000000000/export", nil).Want(t, 404)
		if got := o.actions(t); got[0] != "person.exported" {
			t.Errorf("events: %v", got)
		}
	}, rafftest.WithOperator())
}

// Somebody whose invitations were all cancelled is exported by email: logs still have it.
func TestExportOfWhoIsNoLongerInvited(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		o := newSide(t, srv)
		other := srv.NewAccount(t, "Other", "other@example.com")
		former := srv.Do(t, "POST", "/api/v1/members", other.Key, map[string]any{"email": "erin@example.com", "role_id": srv.RoleID(t, "account", "member")}).Want(t, 201).Data(t)["id"].(string)
		srv.Do(t, "DELETE", "/api/v1/members/"+former, other.Key, nil).Want(t, 200)
		text := string(o.do(t, "GET", "/operator/v1/people/export?email=Erin@example.com", nil).Want(t, 200).Body)
		if m, err := client.VerifyExport(strings.NewReader(text)); err != nil || m.Email != "erin@example.com" {
			t.Fatalf("manifest: %+v, %v", m, err)
		}
		if !strings.Contains(text, former) || !strings.Contains(text, "invitation.created") {
			t.Errorf("the export lacks the invitation: %s", text)
		}
		if got := o.actions(t); got[0] != "person.exported" {
			t.Errorf("the log: %v", got)
		}
	}, rafftest.WithOperator())
}

// Somebody who was only invited is exported by email, with former invitations of other accounts, and erased with the record of the export.
func TestExportOfWhoWasInvited(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		o := newSide(t, srv)
		other := srv.NewAccount(t, "Other", "other@example.com")
		member := srv.RoleID(t, "account", "member")
		open := srv.Invite(t, "Dora@example.com", member)
		srv.Invite(t, "carol@example.com", member)
		former := srv.Do(t, "POST", "/api/v1/members", other.Key, map[string]any{"email": "dora@example.com", "role_id": member}).Want(t, 201).Data(t)["id"].(string)
		srv.Do(t, "DELETE", "/api/v1/members/"+former, other.Key, nil).Want(t, 200)
		const at = "/operator/v1/people/export?email="
		for query, want := range map[string]string{at + "nobody@example.com": "404 not_found", "/operator/v1/people/export": "400 required", at + "dora": "400 invalid_email"} {
			if got := code(t, o.do(t, "GET", query, nil)); got != want {
				t.Errorf("%s: %s, want %s", query, got, want)
			}
		}
		text := string(o.do(t, "GET", at+"DORA@example.com", nil).Want(t, 200).Body)
		m, err := client.VerifyExport(strings.NewReader(text))
		if err != nil || m.PersonID != "" || m.Email != "dora@example.com" {
			t.Fatalf("manifest: %+v, %v", m, err)
		}
		records := map[string]int{}
		for _, s := range m.Sections {
			records[s.Type] = s.Records
		}
		if records["account"] != 1 || records["membership"] != 1 || records["person"]+records["api_key"]+records["session"] != 0 {
			t.Errorf("records: %v", records)
		}
		if !strings.Contains(text, open) || !strings.Contains(text, former) || strings.Contains(text, "carol@example.com") {
			t.Errorf("the export lacks an invitation, or has somebody else: %s", text)
		}
		o.do(t, "POST", "/operator/v1/people/erase", map[string]any{"email": "dora@example.com"}).Want(t, 202)
		if _, err := srv.Node.Operator().EraseOrdered(t.Context()); err != nil {
			t.Fatal(err)
		}
		if log := string(o.do(t, "GET", "/operator/v1/audit-events?limit=100", nil).Want(t, 200).Body); strings.Contains(log, "dora@") {
			t.Errorf("the operator's log still has the person: %s", log)
		}
		if got := code(t, o.do(t, "GET", at+"dora@example.com", nil)); got != "404 not_found" {
			t.Errorf("after the erasure: %s", got)
		}
	}, rafftest.WithOperator())
}
