package web_test

import (
	"strings"
	"testing"

	"raff/internal/rafftest"
)

// One form invites people to the account and to several projects. Names from an email program are proposed: the inviter
// sees and edits them, and the invited person finds them filled in.
func TestInviteToSeveralProjectsWithNames(t *testing.T) {
	o := newOffice(t)
	web, shop := o.newProject(t, "Website"), o.newProject(t, "Shop")
	o.join(t, "Max", "member")
	member, viewer, operator := o.RoleID(t, "account", "member"), o.RoleID(t, "project", "viewer"), o.RoleID(t, "project", "operator")
	form := o.owner.open(t, "/invitations/new").shows(t, 200, "Also in projects", "Website", "Shop")

	text := `"Admin, Alice" <alice@example.com>; Max <max@example.com>; bob@example`
	preview := form.submitTo(t, "/invitations", "emails", text)
	preview.shows(t, 400, "alice@example.com proposed name: Alice Admin", "bob@example")

	in := []string{"emails", text, "role_id", member, "in_" + web, viewer, "in_" + shop, operator}
	sent := form.submitTo(t, "/invitations", in...).shows(t, 200, "1 of 3 people invited", "alice@example.com proposed name: Alice Admin", "Show the member")
	if left := sent.forms[len(sent.forms)-1].fields; left.Get("emails") != "Max <max@example.com>\nbob@example" || left.Get("in_"+web) != viewer {
		t.Errorf("what is left in the form: %v", left)
	}
	o.owner.open(t, "/invitations?state=all").shows(t, 200, "proposed name: Alice Admin", "Website as Viewer", "Shop as Operator")
	alice := o.Do(t, "GET", "/api/v1/members?email=alice@example.com", o.Key, nil).Want(t, 200).JSON(t)["data"].([]any)[0].(map[string]any)["id"].(string)
	page := open(t, o.URL+"/invite/"+o.Token(t, alice)).shows(t, 200, "Join Acme", "Also in Website as Viewer Shop as Operator")
	if name := page.forms[len(page.forms)-1].fields.Get("name"); name != "Alice Admin" {
		t.Errorf("the name in the form is %q", name)
	}
	page.submit(t, "answer", "accept", "name", "Alice", "password", rafftest.Password).shows(t, 200)
	o.owner.open(t, "/projects/"+shop).shows(t, 200, "Alice", "Operator").lacks(t, "Alice Admin")
	o.owner.open(t, "/audit").shows(t, 200, "Proposed name Alice Admin")

	// Someone who is in the account gets the roles in the projects at once.
	form.submitTo(t, "/invitations", "project", web, "emails", "max@example.com", "role_id", viewer, "in_"+shop, viewer).shows(t, 200, "1 person already in the account")
	o.owner.open(t, "/projects/"+shop).shows(t, 200, "Max")
	refused := form.submitTo(t, "/invitations", "project", web, "emails", "alice@example.com", "role_id", viewer, "in_"+shop, viewer).shows(t, 409)
	if strings.Contains(refused.text(), "1 of 1") {
		t.Error("a person was added to one of two projects")
	}
}
