package tfprovider

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"raff/internal/rafftest"
)

// projectMember is the raff_project_member "m" with these arguments.
func projectMember(projectID, roleID string, arguments ...string) string {
	lines := append([]string{fmt.Sprintf("project_id = %q", projectID), fmt.Sprintf("role_id = %q", roleID)}, arguments...)
	return "resource \"raff_project_member\" \"m\" {\n  " + strings.Join(lines, "\n  ") + "\n}\n"
}

func newProject(t *testing.T, srv *rafftest.Server, name string) (id string) {
	t.Helper()
	return srv.Do(t, "POST", "/api/v1/projects", srv.Key, map[string]string{"name": name}).Want(t, 201).Data(t)["id"].(string)
}

func inProjectAttr(name, value string) resource.TestCheckFunc {
	return resource.TestCheckResourceAttr("raff_project_member.m", name, value)
}

// inProject checks a field of the project member on the server; id is <project_id>/<member_id>.
func inProject(t *testing.T, srv *rafftest.Server, id *string, field string, want any) resource.TestCheckFunc {
	return func(*terraform.State) error {
		project, member, _ := strings.Cut(*id, "/")
		d := srv.Do(t, "GET", "/api/v1/projects/"+project+"/members/"+member, srv.Key, nil).Want(t, 200).Data(t)
		if d[field] != want {
			return fmt.Errorf("the server has %s = %v, want %v", field, d[field], want)
		}
		return nil
	}
}

func TestProjectMemberLife(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	wire := tap(t, srv)
	viewer, operator := srv.RoleID(t, "project", "viewer"), srv.RoleID(t, "project", "operator")
	basic := srv.RoleID(t, "account", "member")
	_, alice := srv.NewMember(t, "alice@example.com", "Alice", basic)
	key, _ := srv.NewKeyID(t, "deploy", "")
	web, shop := newProject(t, srv, "Web"), newProject(t, srv, "Shop")
	byUser, byKey := fmt.Sprintf("target_user_id = %q", alice), fmt.Sprintf("api_key_id = %q", key)
	hcl := func(project, role string, arguments ...string) string {
		return using(wire.URL, srv.Key, projectMember(project, role, arguments...))
	}
	var id, second string
	run(t,
		refused(hcl(web, viewer), "Exactly one of these attributes must be configured"),
		refused(hcl(web, basic, byUser), `"Member" is an account role`),
		refused(hcl(web, basic, byUser), viewer+" Viewer"),
		refused(hcl("00000000-0000-4000-8000-000000000000", viewer, byUser), "The account has no project with the ID"),
		resource.TestStep{
			Config: hcl(web, viewer, byUser),
			Check: all(keep("raff_project_member.m", &id), inProjectAttr("status", "active"), inProjectAttr("role_name", "Viewer"),
				inProjectAttr("user_id", alice), inProjectAttr("principal_email", "alice@example.com"), func(s *terraform.State) error {
					a := s.RootModule().Resources["raff_project_member.m"].Primary.Attributes
					if want := web + "/" + a["member_id"]; a["id"] != want {
						return fmt.Errorf("id %s, want %s", a["id"], want)
					}
					return nil
				}),
		},
		resource.TestStep{
			PreConfig:        func() { wire.since() },
			Config:           hcl(web, operator, byUser),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: planChecks("raff_project_member.m", updated)},
			Check: all(keep("raff_project_member.m", &id), inProjectAttr("role_name", "Operator"), func(*terraform.State) error {
				project, member, _ := strings.Cut(id, "/")
				want := []string{fmt.Sprintf(`PATCH /api/v1/projects/%s/members/%s {"role_id":%q}`, project, member, operator)}
				if got := wire.since(); !slices.Equal(got, want) {
					return fmt.Errorf("written: %q, want %q", got, want)
				}
				return nil
			}),
		},
		resource.TestStep{
			Config: hcl(web, operator, byUser, `status = "suspended"`),
			Check:  all(keep("raff_project_member.m", &id), inProject(t, srv, &id, "status", "suspended")),
		},
		empty(hcl(web, operator, byUser), nil),
		// Identifying the same person by email is an update in place that sends no request.
		resource.TestStep{
			PreConfig: func() { wire.since() },
			Config:    hcl(web, operator, `email = "ALICE@example.com"`),
			Check: all(keep("raff_project_member.m", &id), func(*terraform.State) error {
				if got := wire.since(); len(got) != 0 {
					return fmt.Errorf("written: %q, want nothing", got)
				}
				return nil
			}),
		},
		planned(hcl(shop, operator, `email = "alice@example.com"`), nil, acts("raff_project_member.m", replaced)),
		resource.TestStep{
			Config:           hcl(web, operator, byKey),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: planChecks("raff_project_member.m", replaced)},
			Check: all(keep("raff_project_member.m", &second), inProjectAttr("status", "active"), func(*terraform.State) error {
				srv.Do(t, "GET", "/api/v1/projects/"+strings.Replace(id, "/", "/members/", 1), srv.Key, nil).Want(t, 404)
				memberOf(t, srv, "alice@example.com") // she stays in the account
				return nil
			}),
		},
		resource.TestStep{ResourceName: "raff_project_member.m", ImportState: true, ImportStateKind: resource.ImportBlockWithID},
		resource.TestStep{ResourceName: "raff_project_member.m", ImportState: true, ImportStateVerify: true},
		resource.TestStep{ResourceName: "raff_project_member.m", ImportState: true, ImportStateVerify: true, ImportStateId: web + "/api_key:" + key},
		resource.TestStep{ResourceName: "raff_project_member.m", ImportState: true, ImportStateId: key, ExpectError: says("has no project")},
		resource.TestStep{ResourceName: "raff_project_member.m", ImportState: true, ImportStateId: web + "/bob@example.com", ExpectError: says("has no member with the email bob@example.com")},
		refused(using(srv.URL, srv.NewAccount(t, "Other", "owner@other.example.com").Key, projectMember(web, operator, byKey)), "The API key belongs to another account"),
		// Removed elsewhere.
		planned(hcl(web, operator, byKey), func() {
			srv.Do(t, "DELETE", "/api/v1/projects/"+web+"/members/"+strings.TrimPrefix(second, web+"/"), srv.Key, nil).Want(t, 200)
		}, acts("raff_project_member.m", created)),
	)
}

// A project role can be assigned to a person who has not accepted yet. Accepting an emailed link accepts both invitations.
func TestProjectMemberIsPending(t *testing.T) {
	t.Parallel()
	mail := rafftest.StartSMTP(t)
	srv := rafftest.Start(t, rafftest.WithSMTP(mail.URL()))
	basic, viewer, operator := srv.RoleID(t, "account", "member"), srv.RoleID(t, "project", "viewer"), srv.RoleID(t, "project", "operator")
	hcl := func(role string, arguments ...string) string {
		lines := strings.Join(append(arguments, "email = raff_member.alice.email"), "\n  ")
		return using(srv.URL, srv.Key, project("Web")+member("alice", basic, `email = "alice@example.com"`)+
			strings.Replace(projectMember("", role, lines), `project_id = ""`, "project_id = raff_project.p.id", 1))
	}
	var id, inAccount string
	run(t,
		resource.TestStep{
			Config: hcl(viewer),
			Check: all(keep("raff_project_member.m", &id), keep("raff_member.alice", &inAccount),
				inProjectAttr("status", "pending"), inProject(t, srv, &id, "status", "pending")),
		},
		resource.TestStep{
			Config:           hcl(operator),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: planChecks("raff_project_member.m", updated)},
			Check:            all(keep("raff_project_member.m", &id), inProject(t, srv, &id, "role_name", "Operator")),
		},
		empty(hcl(operator, `status = "active"`), nil),
		resource.TestStep{ResourceName: "raff_project_member.m", ImportState: true, ImportStateVerify: true, ImportStateIdFunc: func(*terraform.State) (string, error) {
			project, _, _ := strings.Cut(id, "/")
			return project + "/Alice@Example.com", nil
		}},
		resource.TestStep{
			PreConfig: func() { srv.Advance(8 * 24 * time.Hour) },
			Config:    hcl(operator),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				acts("raff_member.alice", updated), acts("raff_project_member.m", updated),
			}},
			Check: all(keep("raff_project_member.m", &id), keep("raff_member.alice", &inAccount)),
		},
		empty(hcl(operator), func() { acceptByMail(t, srv, mail, "alice@example.com") }),
		resource.TestStep{Config: hcl(operator), Check: all(keep("raff_project_member.m", &id), inProjectAttr("status", "active"))},
	)
}

// acceptByMail accepts with the newest emailed link; emails may still be in transit.
func acceptByMail(t *testing.T, srv *rafftest.Server, mail *rafftest.SMTP, email string) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		for _, m := range mail.Messages(email) {
			body := map[string]any{"token": rafftest.TokenOf(t, m.Link(t)), "name": "Alice", "password": rafftest.Password}
			if srv.Do(t, "POST", "/api/v1/invitations/accept", "", body).Status == 200 {
				return
			}
		}
	}
	t.Fatalf("no email to %s has a link that works", email)
}

func TestProjectMemberAlreadyExists(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	viewer, operator := srv.RoleID(t, "project", "viewer"), srv.RoleID(t, "project", "operator")
	web := newProject(t, srv, "Web")
	_, alice := srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "member"))
	there := srv.Do(t, "POST", "/api/v1/projects/"+web+"/members", srv.Key, map[string]string{"target_user_id": alice, "role_id": viewer}).Want(t, 201).Data(t)["id"].(string)
	id := web + "/" + there
	hcl := func(arguments ...string) string {
		return using(srv.URL, srv.Key, projectMember(web, operator, append(arguments, `email = "alice@example.com"`)...))
	}
	run(t,
		resource.TestStep{Config: hcl(), ExpectError: says(`to = raff_project_member.NAME id = "` + id + `"`)},
		resource.TestStep{
			Config: hcl("adopt_existing = true"),
			Check:  all(keep("raff_project_member.m", &id), inProject(t, srv, &id, "role_name", "Operator")),
		},
	)
}

// Someone who is already in the account is active in the project immediately, also by email. If a step after the
// invitation fails, the id is in the state nevertheless.
func TestProjectMemberByEmailIsInTheState(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	wire := tap(t, srv)
	web := newProject(t, srv, "Web")
	srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "member"))
	hcl := using(wire.URL, srv.Key, projectMember(web, srv.RoleID(t, "project", "viewer"), `email = "alice@example.com"`, `status = "suspended"`))
	fail := true
	wire.intercept(func(r *http.Request) {
		if fail && r.Method == http.MethodPatch {
			fail = false
			r.URL.Path += "/nowhere"
		}
	})
	var id string
	run(t,
		resource.TestStep{Config: hcl, ExpectError: says("Could not set the status of the member alice@example.com")},
		// The first one is in the state, tainted, so that no member is left on the server.
		resource.TestStep{Config: hcl, Check: all(keep("raff_project_member.m", &id), inProject(t, srv, &id, "status", "suspended"))},
	)
}

// The provider's own key cannot change its own project role.
func TestProjectMemberIsTheProvidersOwnKey(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	web := newProject(t, srv, "Web")
	id, key := srv.NewKeyID(t, "automation", srv.RoleID(t, "account", "admin"))
	admin, viewer := srv.RoleID(t, "project", "project-admin"), srv.RoleID(t, "project", "viewer")
	srv.Do(t, "POST", "/api/v1/projects/"+web+"/members", srv.Key, map[string]string{"api_key_id": id, "role_id": admin}).Want(t, 201)
	hcl := func(role string) string {
		return using(srv.URL, key, projectMember(web, role, fmt.Sprintf("api_key_id = %q", id)))
	}
	imports := fmt.Sprintf("import {\n  to = raff_project_member.m\n  id = \"%s/api_key:%s\"\n}\n", web, id)
	forget := "removed {\n  from = raff_project_member.m\n  lifecycle {\n    destroy = false\n  }\n}\n"
	run(t,
		resource.TestStep{Config: hcl(admin) + imports, Check: inProjectAttr("role_name", "Project Admin")},
		refused(hcl(viewer), "An API key cannot be changed as a member by itself"),
		refused(using(srv.URL, key, ""), "An API key cannot be removed as a member by itself"),
		resource.TestStep{Config: using(srv.URL, key, forget)},
	)
}

func TestProjectDataSources(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	viewer := srv.RoleID(t, "project", "viewer")
	web := newProject(t, srv, "Web")
	_, alice := srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "member"))
	keyID, _ := srv.NewKeyID(t, "deploy", "")
	for _, who := range []map[string]string{{"target_user_id": alice}, {"api_key_id": keyID}} {
		who["role_id"] = viewer
		srv.Do(t, "POST", "/api/v1/projects/"+web+"/members", srv.Key, who).Want(t, 201)
	}
	hcl := fmt.Sprintf(`
data "raff_projects" "all" {}
data "raff_project" "slug" {
  slug = "web"
}
data "raff_project" "id" {
  id = %q
}
data "raff_project_members" "all" {
  project_id = data.raff_project.slug.id
}
data "raff_project_members" "keys" {
  project_id     = data.raff_project.slug.id
  principal_type = "api_key"
}
data "raff_project_member" "alice" {
  project_id = data.raff_project.slug.id
  email      = "Alice@example.com"
}
data "raff_api_keys" "all" {}
data "raff_api_key" "deploy" {
  id = %q
}
data "raff_whoami" "me" {}
`, srv.ProjectID, keyID)
	is := resource.TestCheckResourceAttr
	run(t,
		resource.TestStep{Config: using(srv.URL, srv.Key, hcl), Check: all(
			is("data.raff_projects.all", "projects.#", "2"),
			is("data.raff_projects.all", "projects.0.is_default", "true"),
			is("data.raff_projects.all", "by_slug.web.id", web),
			is("data.raff_project.slug", "name", "Web"),
			is("data.raff_project.id", "is_default", "true"),
			is("data.raff_project_members.all", "members.#", "2"),
			is("data.raff_project_members.all", "members.0.name", "Alice"),
			is("data.raff_project_members.keys", "members.0.api_key_id", keyID),
			is("data.raff_project_member.alice", "user_id", alice),
			is("data.raff_project_member.alice", "role_id", viewer),
			resource.TestCheckResourceAttrWith("data.raff_project_member.alice", "id", func(id string) error {
				if !strings.HasPrefix(id, web+"/") {
					return fmt.Errorf("id %s", id)
				}
				return nil
			}),
			is("data.raff_api_keys.all", "api_keys.#", "2"),
			is("data.raff_api_key.deploy", "name", "deploy"),
			is("data.raff_api_key.deploy", "project_accesses.0.project_name", "Web"),
			is("data.raff_api_key.deploy", "project_accesses.0.role_id", viewer),
			is("data.raff_whoami.me", "account_name", "Acme"),
			is("data.raff_whoami.me", "role_name", "Owner"),
			is("data.raff_whoami.me", "id", srv.KeyID),
			is("data.raff_whoami.me", "permissions.#", "21"),
		)},
		refused(using(srv.URL, srv.Key, "data \"raff_project\" \"p\" {}"), "Exactly one of these attributes must be configured"),
		refused(using(srv.URL, srv.Key, "data \"raff_project\" \"p\" {\n  name = \"Nowhere\"\n}"), `no project with the name "Nowhere"`),
		// The cleanup uses the last configuration, so it must be valid.
		empty(using(srv.URL, srv.Key, hcl), nil),
	)
}
