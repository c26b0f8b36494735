package authzen_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"raff/internal/rafftest"
)

func body(subject, action, resourceType, resource string) map[string]any {
	kind := "user"
	if strings.HasPrefix(subject, "key ") {
		kind, subject = "api_key", subject[4:]
	}
	return map[string]any{
		"subject": map[string]any{"type": kind, "id": subject}, "action": map[string]any{"name": action},
		"resource": map[string]any{"type": resourceType, "id": resource},
	}
}

// ask returns the decision and the context of an evaluation.
func ask(t *testing.T, srv *rafftest.Server, key string, q map[string]any) (bool, map[string]any) {
	t.Helper()
	r := srv.Do(t, "POST", "/access/v1/evaluation", key, q).Want(t, 200).JSON(t)
	return r["decision"].(bool), r["context"].(map[string]any)
}

func code(context map[string]any) string {
	return context["reason"].(map[string]any)["code"].(string)
}

func TestExplanations(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		_, bob := srv.NewMember(t, "bob@example.com", "Bob", srv.RoleID(t, "account", "member"))
		srv.Do(t, "POST", "/api/v1/projects/"+srv.ProjectID+"/members", srv.Key, map[string]any{"target_user_id": bob, "role_id": srv.RoleID(t, "project", "viewer")}).Want(t, 201)
		f := newFixture(t, srv)
		explains := srv.NewKey(t, "explains", f.role("account", "explains", "account.decisions.evaluate", "account.decisions.explain"))
		admin := srv.NewKey(t, "admin", srv.RoleID(t, "account", "admin"))
		q := body("bob@example.com", "vm.create", "project", "default")
		for name, key := range map[string]string{"a key that may explain": explains, "Admin": admin, "Owner": srv.Key} {
			allowed, c := ask(t, srv, key, q)
			reason := c["reason"].(map[string]any)
			if want := "Bob may not vm.create in Default: the role Viewer does not grant it. These roles grant it: Operator, Project Admin, Owner."; allowed || reason["text"] != want {
				t.Errorf("%s: %v, want %q", name, c, want)
			}
			if got := fmt.Sprint(c["would_be_granted_by"]); got != "[role:operator role:project-admin role:owner]" || c["granted_by"] != nil {
				t.Errorf("%s: %v", name, c)
			}
		}
		if allowed, c := ask(t, srv, explains, body(bob, "vm.view", "project", srv.ProjectID)); !allowed || fmt.Sprint(c["granted_by"]) != "[role:viewer]" || code(c) != "granted" {
			t.Errorf("%v %v", allowed, c)
		}
		_, c := ask(t, srv, f.asks, q)
		if reason := c["reason"].(map[string]any); len(reason) != 1 || reason["code"] != "permission_missing" || c["would_be_granted_by"] != nil {
			t.Errorf("a caller who may not see explanations gets %v", c)
		}
		for why, q := range map[string]map[string]any{
			"subject_unknown": body("nobody", "vm.view", "project", "default"), "resource_unknown": body(bob, "vm.view", "project", "other"),
			"action_unknown": body(bob, "vm.fly", "project", "default"), "permission_scope_mismatch": body(bob, "vm.view", "account", srv.AccountID),
			"permission_missing": body("key "+keyID(t, srv), "vm.view", "project", "default"),
		} {
			if allowed, c := ask(t, srv, f.asks, q); allowed || code(c) != why {
				t.Errorf("%v %v, want %s", allowed, c, why)
			}
		}
	})
}

func TestCallersOfDecisions(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		q := body("owner@example.com", "vm.view", "project", "default")
		f := newFixture(t, srv)
		member := srv.NewKey(t, "member", srv.RoleID(t, "account", "member"))
		r := srv.Do(t, "POST", "/access/v1/evaluation", member, q).Want(t, 403).JSON(t)
		if r["permission"] != "account.decisions.evaluate" {
			t.Errorf("%v", r)
		}
		srv.Do(t, "GET", "/api/v1/members", f.asks, nil).Want(t, 403) // the service has no other permission
		send := func(h http.Header) rafftest.Response {
			h.Set("Content-Type", "application/json; charset=iso-8859-1")
			return srv.Send(t, "POST", "/access/v1/evaluation", h, q)
		}
		send(http.Header{"Authorization": {"Bearer " + f.asks}}).Want(t, 200)
		send(http.Header{"Authorization": {"Basic " + f.asks}}).Want(t, 401)
		send(http.Header{"Authorization": {"Bearer " + f.asks}, "X-Api-Key": {f.asks}}).Want(t, 400)
		srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "admin"))
		send(http.Header{"Cookie": {strings.TrimPrefix(srv.SignIn(t, "alice@example.com"), "cookie: ")}}).Want(t, 401)
		other := srv.NewAccount(t, "Other", "owner@other.example.com")
		for _, subject := range []string{srv.OwnerUserID, srv.OwnerMemberID, "owner@example.com"} {
			if allowed, c := ask(t, srv, other.Key, body(subject, "account.audit.view", "account", other.AccountID)); allowed || code(c) != "subject_unknown" {
				t.Errorf("another account can find %s: %v", subject, c)
			}
		}
		if allowed, c := ask(t, srv, other.Key, body(other.OwnerUserID, "vm.view", "project", srv.ProjectID)); allowed || code(c) != "resource_unknown" {
			t.Errorf("another account can find the project: %v", c)
		}
	})
}

func TestDiscovery(t *testing.T) {
	srv := rafftest.Start(t)
	const id = "01890000-0000-7000-8000-000000000000"
	for path, point := range map[string]string{"": srv.URL, "/" + id: srv.URL + "/" + id} {
		m := srv.Do(t, "GET", "/.well-known/authzen-configuration"+path, "", nil).Want(t, 200).JSON(t)
		if m["policy_decision_point"] != point || m["access_evaluation_endpoint"] != srv.URL+"/access/v1/evaluation" ||
			m["search_action_endpoint"] != srv.URL+"/access/v1/search/action" || m["raff_max_evaluations"] != 200.0 {
			t.Errorf("%s: %v", path, m)
		}
	}
	srv.Do(t, "GET", "/.well-known/authzen-configuration/acme", "", nil).Want(t, 404)
	srv.Do(t, "POST", "/.well-known/authzen-configuration", "", nil).Want(t, 405)
	srv.Do(t, "POST", "/access/v1/other", srv.Key, nil).Want(t, 404)
}

func TestRequestsAreParsedAsTheProtocolRequires(t *testing.T) {
	srv := rafftest.Start(t)
	good := `"subject":{"type":"user","id":"owner@example.com"},"action":{"name":"vm.view"},"resource":{"type":"project","id":"default"}`
	item := "{" + good + "}"
	for text, want := range map[string]int{
		"{" + good + "}": 200, "{" + good + `,"context":null,"page":null,"options":null,"evaluations":null}`: 200,
		"{" + good + "} x": 400, "{" + good + "}{}": 400, "{" + good + `,"context":"now"}`: 400, "": 400, " ": 400, "null": 400, "[]": 400,
		"{" + strings.Replace(good, `"user"`, `""`, 1) + "}": 400, `{"Subject":{"type":"user","id":"x"}}`: 400, "{" + good + `,"subject":null}`: 400,
		"{" + strings.Replace(good, `"id":"default"`, `"id":"default","properties":[]`, 1) + "}": 400,
		"{" + good + `,"min_revision":7}`: 400, "{" + good + `,"min_revision":"x"}`: 400,
		"{" + good + `,"x":"` + strings.Repeat("x", 300<<10) + `"}`: 413,
	} {
		if r := srv.Do(t, "POST", "/access/v1/evaluation", srv.Key, text); r.Status != want {
			t.Errorf("%.80s: status %d, want %d: %s", text, r.Status, want, r.Body)
		}
	}
	for text, want := range map[string]string{
		`{"evaluations":[` + item + `,7,{}]}`: "200/true/false/false", `{` + good + `,"evaluations":[]}`: "200",
		`{"evaluations":[{},` + item + `,{}],"options":{"evaluations_semantic":"deny_on_first_deny"}}`:     "200/false",
		`{"evaluations":[{},` + item + `,{}],"options":{"evaluations_semantic":"permit_on_first_permit"}}`: "200/false/true",
		`{"evaluations":[` + strings.Repeat(item+",", 200) + item + `]}`:                                   "400",
		`{"evaluations":{}}`: "400", `{"subject":"bob","evaluations":[` + item + `]}`: "400",
	} {
		r := srv.Do(t, "POST", "/access/v1/evaluations", srv.Key, text)
		got := fmt.Sprint(r.Status)
		if all, ok := r.JSON(t)["evaluations"].([]any); ok {
			for _, one := range all {
				got += fmt.Sprint("/", one.(map[string]any)["decision"])
			}
		}
		if got != want {
			t.Errorf("%.80s: %s, want %s: %s", text, got, want, r.Body)
		}
	}
	search := func(change func(q map[string]any)) rafftest.Response {
		q := body("owner@example.com", "vm.view", "project", "ignored")
		q["page"] = map[string]any{"limit": 1}
		change(q)
		return srv.Do(t, "POST", "/access/v1/search/resource", srv.Key, q)
	}
	srv.Do(t, "POST", "/api/v1/projects", srv.Key, map[string]any{"name": "Web shop"}).Want(t, 201)
	token := search(func(map[string]any) {}).Want(t, 200).JSON(t)["page"].(map[string]any)["next_token"].(string)
	with := func(q map[string]any) { q["page"] = map[string]any{"token": token, "limit": 5} }
	if r := search(with).Want(t, 200).JSON(t); len(r["results"].([]any)) != 1 || r["page"].(map[string]any)["next_token"] != "" {
		t.Errorf("second page: %v", r)
	}
	if r := search(func(q map[string]any) { with(q); q["action"] = map[string]any{"name": "vm.create"} }).Want(t, 400).JSON(t); r["code"] != "parameters_changed" {
		t.Errorf("%v", r)
	}
	search(func(q map[string]any) { q["page"] = map[string]any{"token": "x"} }).Want(t, 400)
	search(func(q map[string]any) { q["page"] = map[string]any{"limit": 0} }).Want(t, 400)
}

func TestRevisionsAndExpiry(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		at := srv.Now().Add(time.Hour).UTC().Truncate(time.Second)
		d := srv.Do(t, "POST", "/api/v1/api-keys", srv.Key, map[string]any{
			"name": "robot", "role_id": srv.RoleID(t, "account", "member"), "expires_at": at.Format(time.RFC3339),
		}).Want(t, 201).Data(t)
		q := body("key "+d["id"].(string), "account.members.view", "account", srv.AccountID)
		allowed, c := ask(t, srv, srv.Key, q)
		if until, err := time.Parse(time.RFC3339, fmt.Sprint(c["valid_until"])); !allowed || err != nil || !until.Equal(at) {
			t.Errorf("%v %v, want until %v", allowed, c, at)
		}
		before := c["revision"].(string)
		srv.Do(t, "POST", "/api/v1/projects", srv.Key, map[string]any{"name": "Web shop"}).Want(t, 201)
		q["min_revision"] = before
		_, c = ask(t, srv, srv.Key, q)
		if c["revision"] == before {
			t.Error("the revision is the same after a change")
		}
		later, _, _ := strings.Cut(c["revision"].(string), ".")
		q["min_revision"] = later + "z.x"
		if r := srv.Do(t, "POST", "/access/v1/evaluation", srv.Key, q).Want(t, 503); r.JSON(t)["code"] != "revision_not_reached" {
			t.Errorf("%s", r.Body)
		}
		delete(q, "min_revision")
		srv.Advance(2 * time.Hour)
		if allowed, c := ask(t, srv, srv.Key, q); allowed || code(c) != "key_expired" || c["valid_until"] != nil {
			t.Errorf("%v %v", allowed, c)
		}
	})
}

// A member who was removed and invited again is a new member: roles and external ids are not restored.
func TestRecreatedObjectsInheritNothing(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		f := newFixture(t, srv)
		name := func(member string) {
			f.do("PUT", "/api/v1/external-ids", 200, map[string]any{"kind": "member", "source": "idp", "id": "sub-1", "object_id": member})
		}
		member, user := srv.NewMember(t, "bob@example.com", "Bob", srv.RoleID(t, "account", "member"))
		srv.Do(t, "POST", "/api/v1/projects/"+srv.ProjectID+"/members", srv.Key, map[string]any{"target_user_id": user, "role_id": srv.RoleID(t, "project", "viewer")}).Want(t, 201)
		name(member)
		for _, id := range []string{"sub-1", "ext:idp:sub-1", member, user, "BOB@example.com"} {
			if allowed, c := ask(t, srv, f.asks, body(id, "vm.view", "project", "default")); !allowed {
				t.Errorf("%s: %v", id, c)
			}
		}
		srv.Do(t, "DELETE", "/api/v1/members/"+member, srv.Key, nil).Want(t, 200)
		srv.NewMember(t, "bob@example.com", "Bob", srv.RoleID(t, "account", "member"))
		for id, why := range map[string]string{
			"sub-1": "subject_unknown", member: "subject_unknown", "bob@example.com": "permission_missing", user: "permission_missing",
		} {
			if allowed, c := ask(t, srv, f.asks, body(id, "vm.view", "project", "default")); allowed || code(c) != why {
				t.Errorf("%s: %v %v, want %s", id, allowed, c, why)
			}
		}
	})
}

// An explanation says whether an invitation that is not accepted yet would grant the permission.
func TestInvitationsArePending(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		pending := srv.Invite(t, "carol@example.com", srv.RoleID(t, "account", "admin"))
		srv.Do(t, "POST", "/api/v1/projects/"+srv.ProjectID+"/invitations", srv.Key, map[string]any{"email": "carol@example.com", "role_id": srv.RoleID(t, "project", "viewer")}).Want(t, 201)
		srv.Do(t, "POST", "/api/v1/projects/"+srv.ProjectID+"/invitations", srv.Key, map[string]any{"email": "alice@example.com", "role_id": srv.RoleID(t, "project", "viewer")}).Want(t, 201)
		want := func(id, action, resource, object, reason, text string) {
			t.Helper()
			allowed, c := ask(t, srv, srv.Key, body(id, action, resource, object))
			said, _ := c["reason"].(map[string]any)["text"].(string)
			if allowed || code(c) != reason || !strings.HasSuffix(said, text) {
				t.Errorf("%s: %v %v, want %s, %s", id, allowed, c, reason, text)
			}
		}
		for _, id := range []string{pending, "carol@example.com"} {
			want(id, "account.audit.view", "account", srv.AccountID, "member_pending", "the invitation has not been accepted yet. Its role Admin would grant it.")
			want(id, "vm.view", "project", "default", "member_pending", "the invitation has not been accepted yet. Its role Viewer would grant it.")
			want(id, "vm.create", "project", "default", "permission_missing", "These roles grant it: Operator, Project Admin, Owner.")
		}
		want("alice@example.com", "vm.view", "project", "default", "member_pending", "Its role Viewer would grant it.")
		want("alice@example.com", "account.audit.view", "account", srv.AccountID, "permission_missing", "These roles grant it: Admin, Owner.")
		srv.Do(t, "PATCH", "/api/v1/members/"+pending, srv.Key, map[string]any{"status": "suspended"}).Want(t, 200)
		want(pending, "vm.view", "project", "default", "member_suspended", "the membership is suspended.")
		// Searches do not find them, and they have no actions.
		r := srv.Do(t, "POST", "/access/v1/search/subject", srv.Key, `{"subject":{"type":"user"},"action":{"name":"vm.view"},"resource":{"type":"project","id":"default"}}`).Want(t, 200)
		if strings.Contains(string(r.Body), "carol") || strings.Contains(string(r.Body), pending) {
			t.Errorf("found: %s", r.Body)
		}
		r = srv.Do(t, "POST", "/access/v1/search/action", srv.Key, `{"subject":{"type":"user","id":"alice@example.com"},"resource":{"type":"project","id":"default"}}`).Want(t, 200)
		if strings.Contains(string(r.Body), "vm.") {
			t.Errorf("actions: %s", r.Body)
		}
	})
}

// Services treat the holder of an external id as the member, so only someone who holds all permissions of the member can
// set it.
func TestExternalIDsDoNotGrantMoreAccess(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		f := newFixture(t, srv)
		manager := srv.NewKey(t, "manager", f.role("account", "manager", "account.members.manage"))
		admin, _ := srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "admin"))
		weak, _ := srv.NewMember(t, "bob@example.com", "Bob", f.roles["asks"])
		set := func(member, id string) rafftest.Response {
			return srv.Do(t, "PUT", "/api/v1/external-ids", manager, map[string]any{"kind": "member", "source": "idp", "id": id, "object_id": member})
		}
		for id, member := range map[string]string{"o": srv.OwnerMemberID, "a": admin} {
			if r := set(member, id).Want(t, 403).JSON(t); r["code"] != "escalation_denied" && r["code"] != "target_dominates" {
				t.Errorf("%v", r)
			}
		}
		set(weak, "w").Want(t, 200)
		srv.Do(t, "PUT", "/api/v1/external-ids", srv.Key, map[string]any{"kind": "member", "source": "idp", "id": "a", "object_id": admin}).Want(t, 200)
		srv.Do(t, "DELETE", "/api/v1/external-ids?kind=member&source=idp&id=a", manager, nil).Want(t, 403)
	})
}

// On every node, a decision that begins after the response to a change sees it.
func TestDecisionsAreNeverStale(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		nodes := []*rafftest.Server{srv, rafftest.Start(t, rafftest.OnDatabase(srv.Database), rafftest.WithoutAccount())}
		_, user := srv.NewMember(t, "bob@example.com", "Bob", srv.RoleID(t, "account", "member"))
		d := srv.Do(t, "POST", "/api/v1/projects/"+srv.ProjectID+"/members", srv.Key, map[string]any{"target_user_id": user, "role_id": srv.RoleID(t, "project", "operator")}).Want(t, 201).Data(t)
		member := "/api/v1/projects/" + srv.ProjectID + "/members/" + d["id"].(string)
		for i := range 40 {
			for _, status := range []string{"suspended", "active"} {
				nodes[i%2].Do(t, "PATCH", member, srv.Key, map[string]any{"status": status}).Want(t, 200)
				for _, node := range nodes {
					if allowed, c := ask(t, node, srv.Key, body(user, "vm.create", "project", "default")); allowed != (status == "active") {
						t.Fatalf("status %s, decision %v: %v", status, allowed, c)
					}
				}
			}
		}
	})
}

func keyID(t *testing.T, srv *rafftest.Server) string {
	t.Helper()
	id, _ := srv.NewKeyID(t, "robot", "")
	return id
}

// A subject in more projects than are read together is decided about like any other.
func TestSubjectsInManyProjects(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		f := newFixture(t, srv)
		f.role("project", "sees", "vm.view")
		id, _ := srv.NewKeyID(t, "robot", srv.RoleID(t, "account", "member"))
		_, f.people["bob"] = srv.NewMember(t, "bob@example.com", "Bob", srv.RoleID(t, "account", "member"))
		var members []string
		for i := range 70 {
			name := fmt.Sprintf("Project %d", i)
			f.project(name)
			d := f.do("POST", "/api/v1/projects/"+f.projects[name]+"/members", 201, map[string]any{"api_key_id": id, "role_id": f.roles["sees"]})
			f.join(name, "bob", "sees")
			members = append(members, "/api/v1/projects/"+f.projects[name]+"/members/"+d["id"].(string))
		}
		check := func(subject string, i int, want bool) {
			t.Helper()
			if allowed, c := ask(t, srv, f.asks, body(subject, "vm.view", "project", f.projects[fmt.Sprintf("Project %d", i)])); allowed != want {
				t.Errorf("project %d: %v %v", i, allowed, c)
			}
		}
		for _, i := range []int{0, 33, 64, 65, 69} {
			check("key "+id, i, true)
			check(f.people["bob"], i, true)
		}
		if allowed, _ := ask(t, srv, f.asks, body("key "+id, "account.members.view", "account", srv.AccountID)); !allowed {
			t.Error("the role in the account is not seen")
		}
		srv.Do(t, "DELETE", members[69], srv.Key, nil).Want(t, 200)
		check("key "+id, 69, false)
		check("key "+id, 68, true)
		srv.Do(t, "PATCH", "/api/v1/api-keys/"+id, srv.Key, map[string]any{"is_active": false}).Want(t, 200)
		check("key "+id, 68, false)
	})
}
