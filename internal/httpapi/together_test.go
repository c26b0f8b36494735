package httpapi_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"raff/internal/rafftest"
)

// addTogether asks for a member with roles in projects.
func addTogether(t *testing.T, srv *rafftest.Server, key, email, role string, projects ...string) rafftest.Response {
	t.Helper()
	in := []map[string]any{}
	for _, p := range projects {
		id, role, _ := strings.Cut(p, ":")
		in = append(in, map[string]any{"project_id": id, "role_id": role})
	}
	return srv.Do(t, "POST", "/api/v1/members", key, map[string]any{"email": email, "name": "Alice Admin", "role_id": role, "projects": in})
}

// eventually waits until something is true, for much longer than it takes.
func eventually(t *testing.T, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it did not happen within a minute")
		}
	}
}

func newProject(t *testing.T, srv *rafftest.Server, name string) string {
	t.Helper()
	return srv.Do(t, "POST", "/api/v1/projects", srv.Key, map[string]any{"name": name}).Want(t, 201).Data(t)["id"].(string)
}

// One email is about everything, and accepting it accepts everything.
func TestInviteToSeveralPlaces(t *testing.T) {
	smtp := rafftest.StartSMTP(t)
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		web, shop := newProject(t, srv, "Website"), newProject(t, srv, "Shop")
		member, viewer, operator := srv.RoleID(t, "account", "member"), srv.RoleID(t, "project", "viewer"), srv.RoleID(t, "project", "operator")
		email := fmt.Sprintf("alice@%s.example.com", strings.ToLower(strings.NewReplacer("/", "-", "_", "-").Replace(t.Name())))
		made := addTogether(t, srv, srv.Key, email, member, web+":"+viewer, shop+":"+operator).Want(t, 201).Data(t)
		in := made["projects"].([]any)
		if first := in[0].(map[string]any); len(in) != 2 || first["project_name"] != "Website" || first["role_id"] != viewer || first["status"] != "pending" {
			t.Errorf("the answer: %v", made)
		}
		inv := srv.Do(t, "GET", "/api/v1/invitations/"+made["invitation_id"].(string), srv.Key, nil).Want(t, 200).Data(t)
		if inv["proposed_name"] != "Alice Admin" {
			t.Errorf("the invitation: %v", inv)
		}

		mail := smtp.Wait(t, email)
		for _, said := range []string{"Also in:", "Website as Viewer", "Shop as Operator"} {
			if !strings.Contains(mail.Text, said) || !strings.Contains(mail.HTML, said) {
				t.Errorf("the email does not say %q:\n%s", said, mail.Text)
			}
		}
		eventually(t, func() bool {
			page := srv.Do(t, "GET", "/api/v1/projects/"+shop+"/members?email="+email, srv.Key, nil).Want(t, 200).JSON(t)["data"].([]any)
			return len(page) == 1 && page[0].(map[string]any)["invitation_state"] == "sent"
		})
		srv.Do(t, "POST", "/api/v1/invitations/accept", "", map[string]any{
			"token": rafftest.TokenOf(t, mail.Link(t)), "name": "Alice", "password": rafftest.Password,
		}).Want(t, 200)
		for _, path := range []string{"/api/v1/members", "/api/v1/projects/" + web + "/members", "/api/v1/projects/" + shop + "/members"} {
			m := srv.Do(t, "GET", path+"?email="+email, srv.Key, nil).Want(t, 200).JSON(t)["data"].([]any)[0].(map[string]any)
			if m["status"] != "active" || m["name"] != "Alice" {
				t.Errorf("%s after accepting: %v", path, m)
			}
		}
		if n := len(smtp.Messages(email)); n != 1 {
			t.Errorf("%d emails, want one", n)
		}
	}, rafftest.WithSMTP(smtp.URL()))
}

// A refusal in one place leaves nothing behind, neither alone nor among others.
func TestSeveralPlacesAreAllOrNothing(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		web, shop := newProject(t, srv, "Website"), newProject(t, srv, "Shop")
		member, viewer := srv.RoleID(t, "account", "member"), srv.RoleID(t, "project", "viewer")
		srv.Do(t, "POST", "/api/v1/projects/"+shop+"/invitations", srv.Key, map[string]any{"email": "alice@example.com", "role_id": viewer}).Want(t, 201)
		total := func() any { return srv.Do(t, "GET", "/api/v1/invitations", srv.Key, nil).Want(t, 200).JSON(t)["total"] }
		inWeb := func() any {
			return srv.Do(t, "GET", "/api/v1/projects/"+web+"/invitations", srv.Key, nil).Want(t, 200).JSON(t)["total"]
		}
		for name, c := range map[string]struct {
			projects []string
			status   int
			code     string
		}{
			"invited there":    {[]string{web + ":" + viewer, shop + ":" + viewer}, 409, "invitation_pending"},
			"account role":     {[]string{web + ":" + member}, 400, "role_scope_mismatch"},
			"no such project":  {[]string{web + ":" + viewer, srv.AccountID + ":" + viewer}, 400, "invalid_reference"},
			"twice":            {[]string{web + ":" + viewer, web + ":" + viewer}, 400, "invalid_projects"},
			"not even an uuid": {[]string{"web:" + viewer}, 400, "invalid_uuid"},
		} {
			e := addTogether(t, srv, srv.Key, "alice@example.com", member, c.projects...).Want(t, c.status).JSON(t)
			if e["code"] != c.code {
				t.Errorf("%s: %v", name, e)
			}
			if name == "invited there" && (e["project_id"] != shop || e["field"] != "projects" || e["member_id"] == nil) {
				t.Errorf("%s: the facts: %v", name, e)
			}
		}
		rows := []map[string]any{
			{"email": "alice@example.com", "role_id": member, "projects": []map[string]any{{"project_id": web, "role_id": viewer}, {"project_id": shop, "role_id": viewer}}},
			{"email": "bob@example.com", "role_id": member, "projects": []map[string]any{{"project_id": web, "role_id": viewer}}},
		}
		out := srv.Do(t, "POST", "/api/v1/members/bulk", srv.Key, map[string]any{"members": rows}).Want(t, 200).JSON(t)["data"].([]any)
		if out[0].(map[string]any)["status"] != 409.0 || out[1].(map[string]any)["status"] != 201.0 {
			t.Errorf("many at once: %v", out)
		}
		if total() != 1.0 || inWeb() != 1.0 {
			t.Errorf("invitations in the account and the project afterwards: %v and %v, want only bob's", total(), inWeb())
		}
	})
}

// Who may invite to the account, but not to a project, adds nobody there.
func TestTheGuardDecidesForEachPlace(t *testing.T) {
	srv := rafftest.Start(t)
	web := newProject(t, srv, "Website")
	role := srv.Do(t, "POST", "/api/v1/roles", srv.Key, map[string]any{"name": "Inviter", "slug": "inviter", "scope": "account", "permissions": []string{"account.members.invite", "account.members.view"}}).Want(t, 201).Data(t)["id"].(string)
	key := srv.NewKey(t, "Inviter", role)
	addTogether(t, srv, key, "alice@example.com", role, web+":"+srv.RoleID(t, "project", "viewer")).Want(t, 403)
	if n := srv.Do(t, "GET", "/api/v1/invitations", srv.Key, nil).Want(t, 200).JSON(t)["total"]; n != 0.0 {
		t.Errorf("%v invitations", n)
	}
}

// People who are in the account already, and keys, are added at once; a person gets one notice.
func TestAddSomeoneKnownToSeveralPlaces(t *testing.T) {
	smtp := rafftest.StartSMTP(t)
	srv := rafftest.Start(t, rafftest.WithSMTP(smtp.URL()))
	web, shop := newProject(t, srv, "Website"), newProject(t, srv, "Shop")
	viewer := srv.RoleID(t, "project", "viewer")
	d := srv.Do(t, "POST", "/api/v1/projects/"+srv.ProjectID+"/invitations", srv.Key, map[string]any{"email": "bob@example.com", "role_id": viewer}).Want(t, 201).Data(t)
	srv.Do(t, "POST", "/api/v1/invitations/accept", "", map[string]any{
		"token": rafftest.TokenOf(t, smtp.Wait(t, d["email"].(string)).Link(t)), "name": "Bob", "password": rafftest.Password,
	}).Want(t, 200)
	made := addTogether(t, srv, srv.Key, "bob@example.com", srv.RoleID(t, "account", "member"), web+":"+viewer, shop+":"+viewer).Want(t, 201).Data(t)
	if made["status"] != "active" || made["name"] != "Bob" || made["projects"].([]any)[1].(map[string]any)["status"] != "active" {
		t.Errorf("the answer: %v", made)
	}
	notice := smtp.WaitNotice(t, "bob@example.com", "You were added to Acme")
	if !strings.Contains(notice.Text, "Website as Viewer") || !strings.Contains(notice.Text, "Shop as Viewer") {
		t.Errorf("the notice:\n%s", notice.Text)
	}
}

// The link of an invitation that leads others is gone with it, so another one takes its place.
func TestCancellingOneOfSeveralInvitations(t *testing.T) {
	smtp := rafftest.StartSMTP(t)
	srv := rafftest.Start(t, rafftest.WithSMTP(smtp.URL()))
	web, shop := newProject(t, srv, "Website"), newProject(t, srv, "Shop")
	viewer := srv.RoleID(t, "project", "viewer")
	made := addTogether(t, srv, srv.Key, "alice@example.com", srv.RoleID(t, "account", "member"), web+":"+viewer, shop+":"+viewer).Want(t, 201).Data(t)
	smtp.Wait(t, "alice@example.com")
	srv.Do(t, "DELETE", "/api/v1/members/"+made["id"].(string), srv.Key, nil).Want(t, 200)
	second := smtp.Wait(t, "alice@example.com")
	if !strings.Contains(second.Text, "Website") || !strings.Contains(second.Text, "Shop as Viewer") {
		t.Errorf("the second email:\n%s", second.Text)
	}
	lead := made["projects"].([]any)[0].(map[string]any)["member_id"].(string)
	inv := srv.Do(t, "GET", "/api/v1/projects/"+web+"/members/"+lead, srv.Key, nil).Want(t, 200).Data(t)["invitation_id"].(string)
	srv.Do(t, "POST", "/api/v1/invitations/"+inv+"/resend", srv.Key, nil).Want(t, 200)
	third := smtp.Wait(t, "alice@example.com")
	srv.Do(t, "POST", "/api/v1/invitations/decline", "", map[string]any{"token": rafftest.TokenOf(t, third.Link(t))}).Want(t, 200)
	for _, project := range []string{web, shop} {
		m := srv.Do(t, "GET", "/api/v1/projects/"+project+"/members?email=alice@example.com", srv.Key, nil).Want(t, 200).JSON(t)["data"].([]any)[0].(map[string]any)
		if m["invitation_state"] != "declined" {
			t.Errorf("after declining: %v", m)
		}
	}
}

// Without email, accepting with a link that the inviter handed over includes only what the inviter may assign.
func TestFetchedLinkToSeveralPlaces(t *testing.T) {
	srv := rafftest.Start(t)
	web := newProject(t, srv, "Website")
	viewer, member := srv.RoleID(t, "project", "viewer"), srv.RoleID(t, "account", "member")
	role := srv.Do(t, "POST", "/api/v1/roles", srv.Key, map[string]any{"name": "Inviter", "slug": "inviter", "scope": "account", "permissions": []string{"account.members.invite", "account.members.view", "account.projects.view"}}).Want(t, 201).Data(t)["id"].(string)
	for name, c := range map[string]struct{ key, role, want string }{
		"by who offered it":   {srv.Key, member, "active"},
		"by who may not give": {srv.NewKey(t, "Inviter", role), role, "pending"},
	} {
		email := strings.ReplaceAll(name, " ", "-") + "@example.com"
		made := addTogether(t, srv, srv.Key, email, c.role, web+":"+viewer).Want(t, 201).Data(t)
		link := srv.Do(t, "POST", "/api/v1/invitations/"+made["invitation_id"].(string)+"/link", c.key, nil).Want(t, 200).Data(t)["link"].(string)
		srv.Do(t, "POST", "/api/v1/invitations/accept", "", map[string]any{"token": rafftest.TokenOf(t, link), "name": "Alice", "password": rafftest.Password}).Want(t, 200)
		m := srv.Do(t, "GET", "/api/v1/projects/"+web+"/members?email="+email, srv.Key, nil).Want(t, 200).JSON(t)["data"].([]any)[0].(map[string]any)
		if m["status"] != c.want {
			t.Errorf("a link fetched %s: the project membership is %v, want %s", name, m["status"], c.want)
		}
	}
}

// A proposed name is bounded like every name, belongs to invitations only, and is gone when the invitation is over.
func TestProposedName(t *testing.T) {
	srv := rafftest.Start(t)
	member := srv.RoleID(t, "account", "member")
	for _, name := range []string{strings.Repeat("x", 65), "Alice\u202e", "Alice\n", " "} {
		srv.Do(t, "POST", "/api/v1/members", srv.Key, map[string]any{"email": "alice@example.com", "role_id": member, "name": name}).Want(t, 400)
	}
	id, _ := srv.NewKeyID(t, "CI", "")
	srv.Do(t, "POST", "/api/v1/members", srv.Key, map[string]any{"api_key_id": id, "role_id": member, "name": "Alice"}).Want(t, 400)
	made := srv.Do(t, "POST", "/api/v1/members", srv.Key, map[string]any{"email": "alice@example.com", "role_id": member, "name": "Alice Admin"}).Want(t, 201).Data(t)
	if made["name"] != nil {
		t.Errorf("a pending member has the proposed name as its own: %v", made)
	}
	invitation := "/api/v1/invitations/" + made["invitation_id"].(string)
	if d := srv.Do(t, "GET", invitation, srv.Key, nil).Want(t, 200).Data(t); d["proposed_name"] != "Alice Admin" {
		t.Errorf("the invitation: %v", d)
	}
	events := srv.Do(t, "GET", "/api/v1/audit-events?action=invitation.created", srv.Key, nil).Want(t, 200)
	if !strings.Contains(string(events.Body), `"proposed_name":"Alice Admin"`) {
		t.Errorf("the event: %s", events.Body)
	}
	srv.Accept(t, made["id"].(string), "Alice")
	if d := srv.Do(t, "GET", invitation, srv.Key, nil).Want(t, 200).Data(t); d["proposed_name"] != nil {
		t.Errorf("the accepted invitation: %v", d)
	}
}

// After one of several invitations ends, the next email has a link that can be used, and counts like every other email.
func TestTheNextLinkOfSeveralInvitations(t *testing.T) {
	smtp := rafftest.StartSMTP(t)
	srv := rafftest.Start(t, rafftest.WithSMTP(smtp.URL()), rafftest.WithMailLimits("sender=4/24h"))
	web, shop := newProject(t, srv, "Website"), newProject(t, srv, "Shop")
	member, viewer := srv.RoleID(t, "account", "member"), srv.RoleID(t, "project", "viewer")
	invite := func(email string) {
		made := addTogether(t, srv, srv.Key, email, member, web+":"+viewer, shop+":"+viewer).Want(t, 201).Data(t)
		smtp.Wait(t, email)
		if email == "alice@example.com" {
			held := made["projects"].([]any)[0].(map[string]any)["member_id"].(string)
			srv.Do(t, "PATCH", "/api/v1/projects/"+web+"/members/"+held, srv.Key, map[string]any{"status": "suspended"}).Want(t, 200)
		}
		srv.Do(t, "DELETE", "/api/v1/invitations/"+made["invitation_id"].(string), srv.Key, nil).Want(t, 200)
	}
	invite("alice@example.com")
	link := smtp.Wait(t, "alice@example.com").Link(t)
	in := srv.Do(t, "POST", "/api/v1/invitations/accept", "", map[string]any{"token": rafftest.TokenOf(t, link), "name": "Alice", "password": rafftest.Password}).Want(t, 200).Data(t)
	if in["role"] != "viewer" {
		t.Errorf("accepted: %v", in)
	}
	invite("bob@example.com")
	smtp.Wait(t, "bob@example.com") // the fourth email
	srv.Do(t, "DELETE", "/api/v1/projects/"+web, srv.Key, nil).Want(t, 200)
	left := srv.Do(t, "GET", "/api/v1/projects/"+shop+"/invitations", srv.Key, nil).Want(t, 200).JSON(t)["data"].([]any)
	if len(left) != 1 || left[0].(map[string]any)["mail_state"] != "failed" || !strings.Contains(fmt.Sprint(left[0].(map[string]any)["mail_error"]), "limit of emails") {
		t.Errorf("the invitation without a working link: %v", left)
	}
	if n := len(smtp.Messages("bob@example.com")); n != 2 {
		t.Errorf("%d emails, want 2", n)
	}
}

// Places where somebody has the same role already can be skipped; another role is not changed.
func TestSkipExistingPlaces(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		web, shop := newProject(t, srv, "Website"), newProject(t, srv, "Shop")
		member, viewer, operator := srv.RoleID(t, "account", "member"), srv.RoleID(t, "project", "viewer"), srv.RoleID(t, "project", "operator")
		in := func(project, role string) map[string]any {
			return map[string]any{"project_id": project, "role_id": role}
		}
		add := func(path, role string, projects ...map[string]any) map[string]any {
			t.Helper()
			row := map[string]any{"email": "alice@example.com", "role_id": role, "projects": append([]map[string]any{}, projects...), "skip_existing": true}
			return srv.Do(t, "POST", path, srv.Key, map[string]any{"members": []map[string]any{row}}).Want(t, 200).JSON(t)["data"].([]any)[0].(map[string]any)
		}
		// try is a dry run of several rows. It returns the ids of the members and of their first projects.
		try := func(rows ...map[string]any) (ids string) {
			t.Helper()
			for _, row := range srv.Do(t, "POST", "/api/v1/members/bulk", srv.Key, map[string]any{"members": rows, "dry_run": true}).Want(t, 200).JSON(t)["data"].([]any) {
				m, _ := row.(map[string]any)["member"].(map[string]any)
				ids += fmt.Sprintln(m["id"], m["projects"].([]any)[0].(map[string]any)["member_id"])
			}
			return ids
		}
		row := func(project string) map[string]any {
			return map[string]any{"email": "alice@example.com", "role_id": member, "projects": []map[string]any{in(project, viewer)}, "skip_existing": true}
		}
		none := "00000000-0000-0000-0000-000000000000"
		if got, want := try(row(web), row(shop)), none+" "+none+"\n"+none+" "+none+"\n"; got != want {
			t.Errorf("a dry run for somebody new: %s", got)
		}
		const account = "/api/v1/members/bulk"
		there := add(account, member)["member"].(map[string]any)
		if got, want := try(row(web), row(shop)), fmt.Sprintf("%s %s\n%[1]s %[2]s\n", there["id"], none); got != want {
			t.Errorf("a dry run for a member: %s, want %s", got, want)
		}
		now := add(account, member, in(web, viewer), in(shop, viewer))
		m, _ := now["member"].(map[string]any)
		if now["status"] != 201.0 || m["id"] != there["id"] || len(m["projects"].([]any)) != 2 {
			t.Errorf("the projects that were missing: %v", now)
		}
		for name, c := range map[string]struct {
			got   map[string]any
			field any
		}{
			"everything is there":     {add(account, member, in(shop, viewer)), nil},
			"one place":               {add("/api/v1/projects/"+web+"/members/bulk", viewer, in(shop, viewer)), nil},
			"another account role":    {add(account, srv.RoleID(t, "account", "admin"), in(shop, viewer)), "role_id"},
			"another role in project": {add(account, member, in(shop, operator)), "projects"},
		} {
			e, _ := c.got["error"].(map[string]any)
			if c.got["status"] != 409.0 || e["code"] != "invitation_pending" || e["field"] != c.field {
				t.Errorf("%s: %v", name, c.got)
			}
		}
		if n := srv.Do(t, "GET", "/api/v1/projects/"+shop+"/members?email=alice@example.com", srv.Key, nil).Want(t, 200).JSON(t)["total"]; n != 1.0 {
			t.Errorf("%v memberships", n)
		}
	})
}

// A caller who may invite, but not view members, learns nothing about a person whose place was skipped.
func TestSkippedPlaceTellsNothing(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		shop, viewer := newProject(t, srv, "Shop"), srv.RoleID(t, "project", "viewer")
		role := func(slug, scope string, permissions ...string) string {
			return srv.Do(t, "POST", "/api/v1/roles", srv.Key, map[string]any{"name": slug, "slug": slug, "scope": scope, "permissions": permissions}).Want(t, 201).Data(t)["id"].(string)
		}
		crew, host := role("crew", "account", "account.members.invite"), role("host", "project", "project.members.invite")
		keyID, key := srv.NewKeyID(t, "Inviter", crew)
		srv.Do(t, "POST", "/api/v1/projects/"+shop+"/members", srv.Key, map[string]any{"api_key_id": keyID, "role_id": host}).Want(t, 201)
		id, user := srv.NewMember(t, "alice@example.com", "Alice", crew)
		srv.Do(t, "PATCH", "/api/v1/members/"+id, srv.Key, map[string]any{"status": "suspended"}).Want(t, 200)
		srv.Do(t, "GET", "/api/v1/members/"+id, key, nil).Want(t, 403)

		body := map[string]any{"email": "alice@example.com", "role_id": crew, "skip_existing": true, "projects": []map[string]any{{"project_id": shop, "role_id": host}}}
		m := srv.Do(t, "POST", "/api/v1/members", key, body).Want(t, 201).Data(t)
		if m["id"] != id || m["role_id"] != crew || m["user_id"] != user || m["status"] != "active" || m["invited_by"] != keyID || m["accepted_at"] != nil {
			t.Errorf("the caller may not view the member, and got %v", m)
		}
		body["projects"] = []map[string]any{{"project_id": newProject(t, srv, "Docs"), "role_id": viewer}}
		if m := srv.Do(t, "POST", "/api/v1/members", srv.Key, body).Want(t, 201).Data(t); m["id"] != id || m["status"] != "suspended" || m["accepted_at"] == nil {
			t.Errorf("the caller may view the member, and got %v", m)
		}
	})
}
