package tfprovider

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"raff/internal/rafftest"
)

// exclusive is the raff_members_exclusive "x" with these arguments.
func exclusive(arguments ...string) string {
	return "resource \"raff_members_exclusive\" \"x\" {\n  " + strings.Join(arguments, "\n  ") + "\n}\n"
}

// removesJust checks that the plan removes exactly these people.
func removesJust(emails ...string) plancheck.PlanCheck {
	var want []knownvalue.Check
	for _, e := range emails {
		want = append(want, knownvalue.ObjectPartial(map[string]knownvalue.Check{"email": knownvalue.StringExact(e)}))
	}
	return plancheck.ExpectKnownValue("raff_members_exclusive.x", tfjsonpath.New("removes"), knownvalue.ListExact(want))
}

// thereAre checks the emails in the list at a path such as /api/v1/members.
func thereAre(t *testing.T, srv *rafftest.Server, path string, emails ...string) resource.TestCheckFunc {
	return func(*terraform.State) error {
		var got []string
		for _, row := range srv.Do(t, "GET", path, srv.Key, nil).Want(t, 200).JSON(t)["data"].([]any) {
			if m := row.(map[string]any); m["principal_type"] != "api_key" {
				got = append(got, m["email"].(string))
			}
		}
		if slices.Sort(got); !slices.Equal(got, emails) {
			return fmt.Errorf("emails %q, want %q", got, emails)
		}
		return nil
	}
}

func TestMembersExclusive(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	wire := tap(t, srv)
	basic := srv.RoleID(t, "account", "member")
	srv.NewMember(t, "bob@example.com", "Bob", basic)
	srv.Invite(t, "carol@example.com", basic)
	srv.NewMember(t, "auditor@example.org", "Auditor", basic)
	stranger, _ := srv.NewKeyID(t, "forgotten", basic)
	const owner, auditor, alice = "owner@example.com", "auditor@example.org", "alice@example.com"
	ignores := fmt.Sprintf("ignore_api_keys = false\n  ignore_emails = [%q]", "Auditor@Example.org")
	hcl := func(team []string, arguments ...string) string {
		var members string
		var ids []string
		for _, name := range team {
			members += member(name, basic, fmt.Sprintf("email = %q", name+"@example.com"))
			ids = append(ids, "raff_member."+name+".id")
		}
		return using(wire.URL, srv.Key, members+exclusive(append(arguments, fmt.Sprintf("member_ids = [%s]", strings.Join(ids, ", ")))...))
	}
	one, two := []string{"alice"}, []string{"alice", "dave"}
	keyGone := func(*terraform.State) error {
		rows := srv.Do(t, "GET", "/api/v1/members?principal_type=api_key", srv.Key, nil).Want(t, 200).JSON(t)["data"].([]any)
		if len(rows) != 1 || rows[0].(map[string]any)["api_key_id"] == stranger {
			return fmt.Errorf("the keys that are members: %v", rows)
		}
		return nil
	}
	run(t,
		// Creating the resource removes no one; it records the current members, and the next plan lists them.
		resource.TestStep{
			Config:           hcl(one, ignores),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{removesJust()}},
			Check: all(thereAre(t, srv, "/api/v1/members", alice, auditor, "bob@example.com", "carol@example.com", owner),
				resource.TestCheckResourceAttr("raff_members_exclusive.x", "id", srv.AccountID),
				resource.TestCheckResourceAttr("raff_members_exclusive.x", "account_id", srv.AccountID)),
			ExpectNonEmptyPlan: true,
		},
		resource.TestStep{
			Config:           hcl(one, ignores),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{removesJust("bob@example.com", "carol@example.com", stranger+"@api-key.invalid")}},
			Check:            all(thereAre(t, srv, "/api/v1/members", alice, auditor, owner), keyGone),
		},
		empty(hcl(one, ignores), nil),
		// A member who was added manually is listed by the plan and removed by the apply.
		resource.TestStep{
			PreConfig:        func() { srv.Invite(t, "eve@example.com", basic) },
			Config:           hcl(one, ignores),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{removesJust("eve@example.com")}},
			Check:            thereAre(t, srv, "/api/v1/members", alice, auditor, owner),
		},
		// Adding a member to the configuration removes no one.
		resource.TestStep{Config: hcl(two, ignores), Check: thereAre(t, srv, "/api/v1/members", alice, auditor, "dave@example.com", owner)},
		// A member who is removed from the configuration is removed by either resource.
		resource.TestStep{
			Config:           hcl(one, ignores),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{removesJust("dave@example.com")}},
			Check:            thereAre(t, srv, "/api/v1/members", alice, auditor, owner),
		},
		// A member who joins between plan and apply is in the next plan, not in this one.
		resource.TestStep{
			PreConfig: func() {
				srv.Invite(t, "eve@example.com", basic)
				late := true
				wire.intercept(func(r *http.Request) {
					if late && r.Method == http.MethodDelete {
						late = false
						srv.Invite(t, "late@example.com", basic)
					}
				})
			},
			Config:             hcl(one, ignores),
			ConfigPlanChecks:   resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{removesJust("eve@example.com")}},
			Check:              thereAre(t, srv, "/api/v1/members", alice, auditor, "late@example.com", owner),
			ExpectNonEmptyPlan: true,
		},
		resource.TestStep{
			Config:           hcl(one),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{removesJust(auditor, "late@example.com")}},
			Check:            thereAre(t, srv, "/api/v1/members", alice, owner),
		},
		resource.TestStep{ResourceName: "raff_members_exclusive.x", ImportState: true, ImportStateVerify: true, ImportStateVerifyIgnore: []string{"removes", "ignore_api_keys"}},
		// Without the resource, no one is removed.
		resource.TestStep{
			PreConfig: func() { srv.Invite(t, "eve@example.com", basic) },
			Config:    using(wire.URL, srv.Key, member("alice", basic, `email = "alice@example.com"`)),
			Check:     thereAre(t, srv, "/api/v1/members", alice, "eve@example.com", owner),
		},
	)
}

func TestMembersExclusiveOfAProject(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	viewer := srv.RoleID(t, "project", "viewer")
	web := newProject(t, srv, "Web")
	_, bob := srv.NewMember(t, "bob@example.com", "Bob", srv.RoleID(t, "account", "member"))
	srv.Do(t, "POST", "/api/v1/projects/"+web+"/members", srv.Key, map[string]string{"target_user_id": bob, "role_id": viewer}).Want(t, 201)
	arguments := []string{fmt.Sprintf("project_id = %q", web), "member_ids = [raff_project_member.m.id]"}
	hcl := using(srv.URL, srv.Key, projectMember(web, viewer, `email = "alice@example.com"`)+exclusive(arguments...))
	run(t,
		resource.TestStep{Config: using(srv.URL, srv.Key, projectMember(web, viewer, `email = "alice@example.com"`))},
		resource.TestStep{Config: hcl, ExpectNonEmptyPlan: true, Check: thereAre(t, srv, "/api/v1/projects/"+web+"/members", "alice@example.com", "bob@example.com")},
		resource.TestStep{
			Config:           hcl,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{removesJust("bob@example.com")}},
			Check: all(thereAre(t, srv, "/api/v1/projects/"+web+"/members", "alice@example.com"),
				thereAre(t, srv, "/api/v1/members", "bob@example.com", "owner@example.com")),
		},
		empty(hcl, nil),
		resource.TestStep{ResourceName: "raff_members_exclusive.x", ImportState: true, ImportStateVerify: true, ImportStateVerifyIgnore: []string{"removes", "member_ids"}},
	)
}

// The plan has a warning that lists the members it removes.
func TestMembersExclusiveWarns(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	srv.NewMember(t, "bob@example.com", "Bob", srv.RoleID(t, "account", "member"))
	terraform := program(t, "provider \"raff\" {}\n"+exclusive("member_ids = []", "allow_mass_removal = true"), "RAFF_API_URL="+srv.URL, "RAFF_API_KEY="+srv.Key)
	out := terraform.run("plan")
	for _, words := range []string{"1 member will be removed", "- Bob, Member, active", "bob@example.com"} {
		if !says(words).MatchString(out) {
			t.Errorf("the plan does not contain %q:\n%s", words, out)
		}
	}
	terraform.run("apply", "-auto-approve")
	if out := terraform.run("plan"); !says("1 member will be removed").MatchString(out) {
		t.Errorf("the second plan does not list bob:\n%s", out)
	}
	terraform.run("apply", "-auto-approve")
	if out := terraform.run("plan"); !strings.Contains(out, "No changes") {
		t.Errorf("the third plan is not empty:\n%s", out)
	}
}

// Configurations that would remove the wrong people are refused during plan.
func TestMembersExclusiveRefuses(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	basic := srv.RoleID(t, "account", "member")
	alice := srv.Invite(t, "alice@example.com", basic)
	for i := range 11 {
		srv.Invite(t, address(i), basic)
	}
	other := srv.NewAccount(t, "Other", "owner@other.example.com").Key
	key, _ := srv.NewKeyID(t, "reports", basic)
	hcl := func(arguments ...string) string { return using(srv.URL, srv.Key, exclusive(arguments...)) }
	just := fmt.Sprintf("member_ids = [%q]", alice)
	// The creation succeeds, and the next plan is refused.
	everyone := resource.TestStep{Config: hcl(just), ExpectError: says("11 members would be removed at once")}
	run(t,
		refused(hcl(`member_ids = ["alice"]`), `"alice" is not an ID`),
		refused(hcl(`member_ids = ["alice@example.com"]`), `the ID of its membership is `+alice),
		refused(hcl(fmt.Sprintf("member_ids = [%q]", key)), "is the ID of an API key"),
		refused(hcl(fmt.Sprintf("member_ids = [%q]", "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b")), "does not match any member"),
		everyone,
		refused(using(srv.URL, other, exclusive(just)), "The API key belongs to another account"),
		refused(hcl("member_ids = []"), "member_ids is empty, and everyone would be removed"),
		resource.TestStep{
			Config: hcl(just, "max_removals = 11"),
			Check:  thereAre(t, srv, "/api/v1/members", "alice@example.com", "owner@example.com"),
		},
	)
}
