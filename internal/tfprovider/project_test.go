package tfprovider

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"raff/internal/rafftest"
)

// project is a raff_project with these arguments.
func project(name string, arguments ...string) string {
	hcl := fmt.Sprintf("resource \"raff_project\" \"p\" {\n  name = %q\n", name)
	for _, a := range arguments {
		hcl += "  " + a + "\n"
	}
	return hcl + "}\n"
}

func projectAttr(name, value string) resource.TestCheckFunc {
	return resource.TestCheckResourceAttr("raff_project.p", name, value)
}

func TestProjectLife(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	hcl := func(name string, arguments ...string) string {
		return using(srv.URL, srv.Key, project(name, arguments...))
	}
	other := srv.NewAccount(t, "Other", "owner@other.example.com").Key
	var id, second string
	runCase(t, resource.TestCase{
		ProtoV6ProviderFactories: providers,
		Steps: []resource.TestStep{
			{
				Config: hcl("Web Site"),
				Check: all(keep("raff_project.p", &id), projectAttr("slug", "web-site"), projectAttr("description", ""),
					projectAttr("default_region", "us-east"), projectAttr("is_default", "false")),
			},
			{
				Config:           hcl("Shop", `description = "Sells things"`),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: planChecks("raff_project.p", updated)},
				Check: all(keep("raff_project.p", &id), projectAttr("slug", "web-site"), func(*terraform.State) error {
					d := srv.Do(t, "GET", "/api/v1/projects/"+id, srv.Key, nil).Want(t, 200).Data(t)
					if got := fmt.Sprint(d["name"], ", ", d["description"]); got != "Shop, Sells things" {
						return fmt.Errorf("the server has %s", got)
					}
					return nil
				}),
			},
			planned(hcl("Shop"), func() {
				srv.Do(t, "PUT", "/api/v1/projects/"+id, srv.Key, map[string]string{"name": "Store"}).Want(t, 200)
			}, acts("raff_project.p", updated)),
			{ResourceName: "raff_project.p", ImportState: true, ImportStateKind: resource.ImportBlockWithID},
			{ResourceName: "raff_project.p", ImportState: true, ImportStateVerify: true, ImportStateId: "web-site"},
			{ResourceName: "raff_project.p", ImportState: true, ImportStateVerify: true, ImportStateId: "Shop"},
			{ResourceName: "raff_project.p", ImportState: true, ImportStateId: "nowhere", ExpectError: says(`no project with the slug or name "nowhere"`)},
			refused(hcl(""), "must be between 1 and 64"),
			{
				PreConfig:        func() { srv.Do(t, "DELETE", "/api/v1/projects/"+id, srv.Key, nil).Want(t, 200) },
				Config:           hcl("Shop"),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: planChecks("raff_project.p", created)},
				Check:            keep("raff_project.p", &second),
			},
			refused(using(srv.URL, other, project("Shop")), "The state has the project Shop of the account"),
			// A project is not removed from the state because a key of another account cannot see it, even without a refresh.
			{Config: using(srv.URL, other, project("Shop")), Destroy: true, ExpectError: says("The API key belongs to another account")},
			empty(hcl("Shop"), nil),
		},
		CheckDestroy: func(*terraform.State) error {
			srv.Do(t, "GET", "/api/v1/projects/"+second, srv.Key, nil).Want(t, 404)
			return nil
		},
	})
}

func TestProjectNameAlreadyExists(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	run(t, resource.TestStep{
		Config:      using(srv.URL, srv.Key, project("Default")),
		ExpectError: says(`to = raff_project.NAME id = "` + srv.ProjectID + `"`),
	})
}

// The Default project is imported and renamed, and no plan destroys it.
func TestProjectDefault(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	imports := fmt.Sprintf("import {\n  to = raff_project.p\n  id = %q\n}\n", srv.ProjectID)
	forget := "removed {\n  from = raff_project.p\n  lifecycle {\n    destroy = false\n  }\n}\n"
	run(t,
		resource.TestStep{Config: using(srv.URL, srv.Key, project("Main")+imports), Check: all(projectAttr("is_default", "true"), projectAttr("name", "Main"))},
		refused(using(srv.URL, srv.Key, ""), "The Default project cannot be deleted"),
		resource.TestStep{Config: using(srv.URL, srv.Key, forget)},
	)
	srv.Do(t, "GET", "/api/v1/projects/"+srv.ProjectID, srv.Key, nil).Want(t, 200)
}
