package tfprovider

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"raff/internal/rafftest"
)

// kinds is a configuration with one resource of each type whose values others can change.
func kinds(project, role, web, key string, permissions ...string) string {
	return required + inBlock + fmt.Sprintf(`
resource "raff_role" "auditor" {
  name        = "Auditor"
  slug        = "auditor"
  scope       = "account"
  permissions = [%s]
}

resource "raff_project" "web" {
  name        = "Web"
  description = %q
}

resource "raff_api_key" "ci" {
  name    = %q
  role_id = %q
}

resource "raff_member" "alice" {
  email   = "alice@example.com"
  role_id = %q
}

resource "raff_project_member" "bob" {
  project_id = %q
  email      = "bob@example.com"
  role       = %q
}
`, strings.Join(quoted(permissions), ", "), web, key, role, role, project, map[bool]string{true: "viewer", false: "operator"}[web == "one"])
}

// A saved plan does not undo or overwrite what someone else has changed since the plan: the apply is refused and shows the
// changes.
func TestSavedPlanOverwritesNoChanges(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	admin, basic, billing := srv.RoleID(t, "account", "admin"), srv.RoleID(t, "account", "member"), srv.RoleID(t, "account", "billing")
	const view, audit, keys = "account.members.view", "account.audit.view", "account.apikeys.view"
	w := program(t, kinds(srv.ProjectID, basic, "one", "ci", view, audit), on(srv)...)
	w.run("apply", "-auto-approve")
	ids := map[string]string{}
	for _, address := range []string{"raff_role.auditor", "raff_project.web", "raff_api_key.ci", "raff_member.alice", "raff_project_member.bob"} {
		ids[address] = w.attribute(address, "id")
	}
	role, project, key := "/api/v1/roles/"+ids["raff_role.auditor"], "/api/v1/projects/"+ids["raff_project.web"], "/api/v1/api-keys/"+ids["raff_api_key.ci"]
	member, grant := "/api/v1/members/"+ids["raff_member.alice"], "/api/v1/projects/"+srv.ProjectID+"/members/"+w.attribute("raff_project_member.bob", "member_id")

	// Someone else revokes the key audit, and changes everything else to other values than the plan.
	w.write("main.tf", kinds(srv.ProjectID, billing, "two", "build", view, audit, keys))
	w.run("plan", "-out=saved")
	srv.Do(t, "PATCH", role, srv.Key, map[string]any{"permissions": []string{view}}).Want(t, 200)
	srv.Do(t, "PUT", project, srv.Key, map[string]any{"description": "three"}).Want(t, 200)
	srv.Do(t, "PATCH", key, srv.Key, map[string]any{"name": "deploy"}).Want(t, 200)
	patch(t, srv, ids["raff_member.alice"], "role_id", admin)
	srv.Do(t, "PATCH", grant, srv.Key, map[string]any{"role_id": srv.RoleID(t, "project", "project-admin")}).Want(t, 200)
	out, err := w.try("apply", "saved")
	if err == nil {
		t.Errorf("the saved plan was applied:\n%s", out)
	}
	for _, words := range []string{
		"The role Auditor was changed after the plan was made", "the permission account.audit.view was removed", "The project Web was changed after the plan was made", `"three"`,
		"The API key ci was changed after the plan was made", `"deploy"`, "The member alice@example.com was changed after the plan was made",
		"The member bob@example.com was changed after the plan was made", "Run the plan again",
	} {
		if !says(words).MatchString(out) {
			t.Errorf("the output of the apply does not contain %q:\n%s", words, out)
		}
	}
	is := func(at, field, want string) {
		t.Helper()
		got := fmt.Sprint(srv.Do(t, "GET", at, srv.Key, nil).Want(t, 200).Data(t)[field])
		if got != want {
			t.Errorf("%s of %s: %v, want %v", field, at, got, want)
		}
	}
	is(role, "permissions", "["+view+"]")
	is(project, "description", "three")
	is(key, "name", "deploy")
	is(key, "role_id", basic)
	is(member, "role_id", admin)
	is(grant, "role_name", "Project Admin")

	// The next plan is based on the current state and can be applied.
	w.run("apply", "-auto-approve")
	is(role, "permissions", "["+strings.Join([]string{view, keys, audit}, " ")+"]") // in the order of the catalog
	is(project, "description", "two")
	is(key, "name", "build")
	is(key, "role_id", billing)
	is(member, "role_id", billing)
	is(grant, "role_name", "Operator")
}

// Changes by someone else to attributes that the plan does not change are kept, and do not make the apply fail. The same
// applies to changes to the planned value.
func TestSavedPlanKeepsUnrelatedChanges(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	basic, billing := srv.RoleID(t, "account", "member"), srv.RoleID(t, "account", "billing")
	const view, audit = "account.members.view", "account.audit.view"
	w := program(t, kinds(srv.ProjectID, basic, "one", "ci", view), on(srv)...)
	w.run("apply", "-auto-approve")
	role, project, key := "/api/v1/roles/"+w.attribute("raff_role.auditor", "id"), "/api/v1/projects/"+w.attribute("raff_project.web", "id"), "/api/v1/api-keys/"+w.attribute("raff_api_key.ci", "id")
	member := w.attribute("raff_member.alice", "id")

	w.write("main.tf", kinds(srv.ProjectID, billing, "two", "build", view, audit))
	w.run("plan", "-out=saved")
	srv.Do(t, "PATCH", role, srv.Key, map[string]any{"name": "Inspector"}).Want(t, 200)
	srv.Do(t, "PUT", project, srv.Key, map[string]any{"name": "Site"}).Want(t, 200)
	srv.Do(t, "PATCH", key, srv.Key, map[string]any{"is_active": false, "name": "build"}).Want(t, 200)
	srv.Accept(t, member, "Alice")
	patch(t, srv, member, "role_id", billing)
	w.run("apply", "saved")
	for at, want := range map[string]string{role: "Inspector", project: "Site", key: "build", "/api/v1/members/" + member: "Alice"} {
		if got := srv.Do(t, "GET", at, srv.Key, nil).Want(t, 200).Data(t)["name"]; got != want {
			t.Errorf("name of %s: %v, want %s", at, got, want)
		}
	}
	if active := srv.Do(t, "GET", key, srv.Key, nil).Want(t, 200).Data(t)["is_active"]; active != false {
		t.Error("the API key that was disabled in the meantime is enabled again")
	}
	// Without a refresh, the state still has the old names. Objects that were renamed elsewhere are not silently renamed back.
	out := w.run("plan")
	for _, words := range []string{`"Inspector" -> "Auditor"`, `"Site" -> "Web"`, "Plan: 0 to add, 2 to change, 0 to destroy"} {
		if !strings.Contains(out, words) {
			t.Errorf("the next plan does not contain %q:\n%s", words, out)
		}
	}
}

// A planned rotation does not replace a secret that someone else created after the plan.
func TestSavedRotationAppliesOnlyToTheSecretInThePlan(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	hcl := func(trigger string) string {
		return required + inBlock + apiKey(fmt.Sprintf("rotation_trigger = %q", trigger))
	}
	w := program(t, hcl("1"), on(srv)...)
	w.run("apply", "-auto-approve")
	w.write("main.tf", hcl("2"))
	w.run("plan", "-out=saved")
	fresh := srv.Do(t, "POST", "/api/v1/api-keys/"+w.attribute("raff_api_key.k", "id")+"/regenerate", srv.Key, nil).Want(t, 200).Data(t)["secret"].(string)
	if out, err := w.try("apply", "saved"); err == nil || !says("The API key reports was changed after the plan was made").MatchString(out) {
		t.Errorf("the rotation was applied, or refused with another message: %v\n%s", err, out)
	}
	srv.Do(t, "GET", "/api/v1/whoami", fresh, nil).Want(t, 200)
	w.settles()
	srv.Do(t, "GET", "/api/v1/whoami", fresh, nil).Want(t, 401)
}

// A rotation does not replace a secret that someone else creates at the same time. Their other changes do not make the
// apply fail.
func TestRotationDoesNotOverwriteAConcurrentOne(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	wire := tap(t, srv)
	hcl := func(trigger string) string {
		return required + inBlock + apiKey(fmt.Sprintf("rotation_trigger = %q", trigger))
	}
	w := program(t, hcl("1"), "RAFF_API_URL="+wire.URL, "RAFF_API_KEY="+srv.Key)
	w.run("apply", "-auto-approve")
	key := "/api/v1/api-keys/" + w.attribute("raff_api_key.k", "id")
	just := func(f func()) {
		var once sync.Once
		wire.intercept(func(r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/regenerate") {
				once.Do(f)
			}
		})
	}
	w.write("main.tf", hcl("2"))
	var fresh string
	just(func() {
		fresh = srv.Do(t, "POST", key+"/regenerate", srv.Key, nil).Want(t, 200).Data(t)["secret"].(string)
	})
	if out := w.fails("apply", "-auto-approve"); !says("The API key reports was changed after the plan was made").MatchString(out) {
		t.Errorf("the rotation was refused with another message:\n%s", out)
	}
	srv.Do(t, "GET", "/api/v1/whoami", fresh, nil).Want(t, 200)

	just(func() { srv.Do(t, "PATCH", key, srv.Key, map[string]any{"is_active": false}).Want(t, 200) })
	w.run("apply", "-auto-approve")
	srv.Do(t, "PATCH", key, srv.Key, map[string]any{"is_active": true}).Want(t, 200)
	srv.Do(t, "GET", "/api/v1/whoami", fresh, nil).Want(t, 401)
	srv.Do(t, "GET", "/api/v1/whoami", w.attribute("raff_api_key.k", "secret"), nil).Want(t, 200)
}
