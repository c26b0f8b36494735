package tfprovider

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"raff/internal/rafftest"
)

func decline(t *testing.T, srv *rafftest.Server, id string) {
	t.Helper()
	srv.Do(t, "POST", "/api/v1/invitations/decline", "", map[string]string{"token": srv.Token(t, id)}).Want(t, 200)
}

func TestMemberDeclinedIsInvitedAgain(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	hcl := using(srv.URL, srv.Key, member("m", srv.RoleID(t, "account", "member"), `email = "alice@example.com"`, `on_declined = "resend"`))
	var id string
	run(t,
		resource.TestStep{Config: hcl, Check: keep("raff_member.m", &id)},
		planned(hcl, func() { decline(t, srv, id) }, acts("raff_member.m", updated)),
		resource.TestStep{Config: hcl, Check: all(keep("raff_member.m", &id), func(*terraform.State) error {
			srv.Accept(t, id, "Alice")
			return nil
		})},
		empty(hcl, nil),
	)
}

// A declined invitation that was removed stays removed, and the person is not invited again until the resource is replaced.
func TestMemberDeclinedIsRemoved(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	hcl := func(arguments ...string) string {
		return using(srv.URL, srv.Key, member("m", srv.RoleID(t, "account", "member"), append(arguments, `email = "alice@example.com"`)...))
	}
	removes := hcl(`on_declined = "remove"`)
	var id, again string
	run(t,
		resource.TestStep{Config: hcl(), Check: keep("raff_member.m", &id)},
		planned(removes, func() { decline(t, srv, id) }, acts("raff_member.m", updated)),
		resource.TestStep{Config: removes, Check: all(keep("raff_member.m", &id), noAttr("invitation_id"), memberAttr("invitation_state", "declined"), func(*terraform.State) error {
			srv.Do(t, "GET", "/api/v1/members/"+id, srv.Key, nil).Want(t, 404)
			return nil
		})},
		empty(removes, nil),
		resource.TestStep{Config: hcl(`on_declined = "resend"`), Check: all(keep("raff_member.m", &again), memberAttr("status", "pending"))},
	)
}

func TestMemberIsKeptOnDestroy(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	admin := srv.RoleID(t, "account", "admin")
	ids := map[string]*string{}
	var hcl strings.Builder
	for _, c := range []struct{ name, on string }{
		{"suspend", `on_destroy = "suspend"`}, {"abandon", `on_destroy = "abandon"`}, {"remove", `on_destroy = "remove"`},
		{"downgrade", "on_destroy = \"downgrade\"\n  downgrade_role = \"member\""},
	} {
		ids[c.name] = new(string)
		hcl.WriteString(member(c.name, admin, fmt.Sprintf("email = %q", c.name+"@example.com"), c.on))
	}
	one := func(on string) string {
		return using(srv.URL, srv.Key, member("m", admin, `email = "m@example.com"`, on))
	}
	runCase(t, resource.TestCase{
		ProtoV6ProviderFactories: providers,
		Steps: []resource.TestStep{
			refused(one(`on_destroy = "downgrade"`), `on_destroy = "downgrade" requires downgrade_role`),
			refused(one(`downgrade_role = "member"`), "downgrade_role is used only with"),
			{Config: using(srv.URL, srv.Key, hcl.String()), Check: func(s *terraform.State) error {
				for name, id := range ids {
					if err := keep("raff_member."+name, id)(s); err != nil {
						return err
					}
				}
				return nil
			}},
		},
		CheckDestroy: func(*terraform.State) error {
			get := func(name string) map[string]any {
				return srv.Do(t, "GET", "/api/v1/members/"+*ids[name], srv.Key, nil).Want(t, 200).Data(t)
			}
			srv.Do(t, "GET", "/api/v1/members/"+*ids["remove"], srv.Key, nil).Want(t, 404)
			if s := get("suspend"); s["status"] != "suspended" || s["role_id"] != admin {
				return fmt.Errorf("suspended: %v", s)
			}
			if a := get("abandon"); a["status"] != "pending" || a["role_id"] != admin {
				return fmt.Errorf("abandoned: %v", a)
			}
			if d := get("downgrade"); d["role"] != "member" {
				return fmt.Errorf("downgraded: %v", d)
			}
			return nil
		},
	})
}

// Plans describe what happens instead of a removal, and who removed a member.
func TestPlansDescribeHowAMembershipEnds(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	basic := srv.RoleID(t, "account", "member")
	id, _ := srv.NewMember(t, "alice@example.com", "Alice", basic)
	w := program(t, inBlock+member("m", basic, `email = "alice@example.com"`)+fmt.Sprintf("import {\n  to = raff_member.m\n  id = %q\n}\n", id), on(srv)...)
	w.settles()
	w.write("main.tf", required+inBlock+member("m", basic, `email = "alice@example.com"`, `on_destroy = "suspend"`))
	w.run("apply", "-auto-approve")
	if out, err := w.try("plan", "-replace=raff_member.m"); err == nil || !strings.Contains(flat(out), "alice@example.com cannot be replaced") {
		t.Errorf("an impossible replacement was planned: %v\n%s", err, out)
	}
	if plan := flat(w.run("plan", "-destroy")); !strings.Contains(plan, "alice@example.com is suspended and stays a member") {
		t.Errorf("the plan does not say that the member stays:\n%s", plan)
	}
	// The plan after a removal says who removed the member.
	srv.Do(t, "DELETE", "/api/v1/members/"+id, srv.Key, nil).Want(t, 200)
	if plan := flat(w.run("plan")); !strings.Contains(plan, `"Owner key" removed it at `) {
		t.Errorf("the plan does not say who removed the member:\n%s", plan)
	}
}

// flat returns the output of a program on one line.
func flat(out string) string {
	return strings.Join(strings.FieldsFunc(out, func(r rune) bool { return strings.ContainsRune(" \t\n│╷╵", r) }), " ")
}
