package tfprovider

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"raff/internal/rafftest"
)

// The configuration that Terraform generates for imported objects can be applied and changes nothing, in every state of
// the objects.
func TestGeneratedConfigurationChangesNothing(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	basic, viewer := srv.RoleID(t, "account", "member"), srv.RoleID(t, "project", "viewer")
	expired := srv.Invite(t, "expired@example.com", basic)
	srv.Advance(8 * day)
	pending, declined, held := srv.Invite(t, "pending@example.com", basic), srv.Invite(t, "declined@example.com", basic), srv.Invite(t, "held@example.com", basic)
	decline(t, srv, declined)
	patch(t, srv, held, "status", "suspended")
	active, user := srv.NewMember(t, "active@example.com", "Active", basic)
	suspended, _ := srv.NewMember(t, "suspended@example.com", "Suspended", basic)
	patch(t, srv, suspended, "status", "suspended")
	key, _ := srv.NewKeyID(t, "ci", basic)
	web := newProject(t, srv, "Web")
	grant := srv.Do(t, "POST", "/api/v1/projects/"+web+"/members", srv.Key, map[string]string{"target_user_id": user, "role_id": viewer}).Want(t, 201).Data(t)["id"].(string)
	srv.Do(t, "POST", "/api/v1/projects/"+web+"/invitations", srv.Key, map[string]string{"email": "guest@example.com", "role_id": viewer}).Want(t, 201)
	srv.Do(t, "POST", "/api/v1/roles", srv.Key, map[string]any{
		"name": "Auditor", "slug": "auditor", "scope": "account", "permissions": []string{"account.audit.view"},
	}).Want(t, 201)
	imports := [][2]string{
		{"raff_member", expired}, {"raff_member", pending}, {"raff_member", declined}, {"raff_member", held}, {"raff_member", active},
		{"raff_member", suspended}, {"raff_member", srv.OwnerMemberID}, {"raff_member", "api_key:" + key},
		{"raff_project_member", web + "/" + grant}, {"raff_project_member", web + "/guest@example.com"},
		{"raff_role", "account/auditor"}, {"raff_api_key", key}, {"raff_project", web}, {"raff_project", srv.ProjectID},
		{"raff_account_settings", srv.AccountID},
	}
	var blocks strings.Builder
	for i, one := range imports {
		fmt.Fprintf(&blocks, "import {\n  to = %s.r%d\n  id = %q\n}\n", one[0], i, one[1])
	}
	w := program(t, inBlock+blocks.String(), on(srv)...)
	want := fmt.Sprintf("Plan: %d to import, 0 to add, 0 to change, 0 to destroy.", len(imports))
	if plan := w.run("plan", "-generate-config-out=generated.tf"); !strings.Contains(plan, want) {
		generated, _ := os.ReadFile(filepath.Join(w.dir, "generated.tf"))
		t.Errorf("the plan has changes other than imports:\n%s\n%s", plan, generated)
	}
	w.settles()
	// A pending member may accept: the generated status is not enforced.
	srv.Accept(t, pending, "Pending")
	if plan := w.run("plan"); !strings.Contains(plan, "No changes") {
		t.Errorf("an acceptance changes the plan:\n%s", plan)
	}
}
