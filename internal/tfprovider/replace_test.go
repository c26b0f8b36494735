package tfprovider

import (
	"fmt"
	"strings"
	"testing"

	"raff/internal/rafftest"
)

// Replacing a member removes their project roles. Terraform does not show warnings of the provider about a planned
// replacement, so the apply lists the roles.
func TestReplacingAMemberListsTheProjectRoles(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	id, user := srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "member"))
	for name, role := range map[string]string{"Web": "viewer", "Shop": "operator"} {
		grant := map[string]string{"target_user_id": user, "role_id": srv.RoleID(t, "project", role)}
		srv.Do(t, "POST", "/api/v1/projects/"+newProject(t, srv, name)+"/members", srv.Key, grant).Want(t, 201)
	}
	w := program(t, inBlock+member("m", srv.RoleID(t, "account", "member"), `email = "alice@example.com"`), on(srv)...)
	w.run("import", "raff_member.m", id)
	out := w.run("apply", "-auto-approve", "-replace=raff_member.m")
	for _, words := range []string{"alice@example.com has lost project roles", "Viewer in the project Web", "Operator in the project Shop", "raff_project_member"} {
		if !says(words).MatchString(out) {
			t.Errorf("the output of the apply does not contain %q:\n%s", words, out)
		}
	}
}

// Replacing a role that is in use requires another name: the plan warns about it, and the apply changes nothing.
func TestReplacingARoleNeedsAnotherName(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	hcl := func(name, slug string) string {
		return required + inBlock + role([]string{"account.members.view"}, fmt.Sprintf("name = %q", name), fmt.Sprintf("slug = %q", slug), "lifecycle {\n    create_before_destroy = true\n  }") +
			"resource \"raff_member\" \"m\" {\n  email   = \"alice@example.com\"\n  role_id = raff_role.r.id\n}\n"
	}
	w := program(t, hcl("Auditor", "auditor"), on(srv)...)
	w.run("apply", "-auto-approve")
	before := w.attribute("raff_role.r", "id")
	w.write("main.tf", hcl("Auditor", "auditor-2"))
	for _, out := range []string{w.run("plan"), w.fails("apply", "-auto-approve")} {
		if !says("change name and slug together").MatchString(out) {
			t.Errorf("the output does not say what to change:\n%s", out)
		}
	}
	srv.Do(t, "GET", "/api/v1/roles/"+before, srv.Key, nil).Want(t, 200)
	w.write("main.tf", hcl("Auditor 2", "auditor-2"))
	if out := w.settles(); strings.Contains(out, "keeps its name") {
		t.Errorf("a warning about the name:\n%s", out)
	}
	srv.Do(t, "GET", "/api/v1/roles/"+before, srv.Key, nil).Want(t, 404)
}
