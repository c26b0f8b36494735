package tfprovider

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"raff/internal/rafftest"
)

// kinds is a configuration with one resource of each kind that has values others can change.
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

// A saved plan was made for what everything was then. What someone else has changed since is neither undone nor
// overwritten: the apply says what it is and changes nothing of it.
func TestASavedPlanOverwritesNobody(t *testing.T) {
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

	// Elsewhere, audit is revoked, and everything else gets other values than this plan gives it.
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
			t.Errorf("the apply does not say %q:\n%s", words, out)
		}
	}
	is := func(at, field, want string) {
		t.Helper()
		got := fmt.Sprint(srv.Do(t, "GET", at, srv.Key, nil).Want(t, 200).Data(t)[field])
		if got != want {
			t.Errorf("%s of %s is %v, want %v", field, at, got, want)
		}
	}
	is(role, "permissions", "["+view+"]")
	is(project, "description", "three")
	is(key, "name", "deploy")
	is(key, "role_id", basic)
	is(member, "role_id", admin)
	is(grant, "role_name", "Project Admin")

	// The next plan is made for that, and may be applied.
	w.run("apply", "-auto-approve")
	is(role, "permissions", "["+strings.Join([]string{view, keys, audit}, " ")+"]") // in the order of the catalog
	is(project, "description", "two")
	is(key, "name", "build")
	is(key, "role_id", billing)
	is(member, "role_id", billing)
	is(grant, "role_name", "Operator")
}

// What someone else changed and the plan does not touch stays as they left it, and is no reason to refuse the rest. Nor is
// what they changed to what the plan says.
func TestASavedPlanLeavesTheRestAlone(t *testing.T) {
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
			t.Errorf("%s is named %v, want %s", at, got, want)
		}
	}
	if active := srv.Do(t, "GET", key, srv.Key, nil).Want(t, 200).Data(t)["is_active"]; active != false {
		t.Error("the API key that was deactivated meanwhile is active again")
	}
	// Without a refresh the state still has the old names; what was renamed elsewhere is not renamed back unseen.
	out := w.run("plan")
	for _, words := range []string{`"Inspector" -> "Auditor"`, `"Site" -> "Web"`, "Plan: 0 to add, 2 to change, 0 to destroy"} {
		if !strings.Contains(out, words) {
			t.Errorf("the next plan does not say %q:\n%s", words, out)
		}
	}
}

// A rotation was planned for the secret there was: the secret that someone made meanwhile, and may have handed out, is
// not thrown away.
func TestASavedRotationIsForTheSecretItSaw(t *testing.T) {
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
		t.Errorf("the rotation was applied, or refused in other words: %v\n%s", err, out)
	}
	srv.Do(t, "GET", "/api/v1/whoami", fresh, nil).Want(t, 200)
	w.settles()
	srv.Do(t, "GET", "/api/v1/whoami", fresh, nil).Want(t, 401)
}

// Nor is the secret that somebody makes at the same moment. What else they change then is no reason to refuse.
func TestARotationDoesNotOverwriteOneAtTheSameMoment(t *testing.T) {
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
		t.Errorf("the rotation was refused in other words:\n%s", out)
	}
	srv.Do(t, "GET", "/api/v1/whoami", fresh, nil).Want(t, 200)

	just(func() { srv.Do(t, "PATCH", key, srv.Key, map[string]any{"is_active": false}).Want(t, 200) })
	w.run("apply", "-auto-approve")
	srv.Do(t, "PATCH", key, srv.Key, map[string]any{"is_active": true}).Want(t, 200)
	srv.Do(t, "GET", "/api/v1/whoami", fresh, nil).Want(t, 401)
	srv.Do(t, "GET", "/api/v1/whoami", w.attribute("raff_api_key.k", "secret"), nil).Want(t, 200)
}
