package tfprovider

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"raff/internal/rafftest"
)

const (
	created  = plancheck.ResourceActionCreate
	updated  = plancheck.ResourceActionUpdate
	replaced = plancheck.ResourceActionDestroyBeforeCreate
)

// member is a raff_member with these arguments, each "name = value" in HCL.
func member(name, roleID string, arguments ...string) string {
	lines := append([]string{fmt.Sprintf("role_id = %q", roleID)}, arguments...)
	return fmt.Sprintf("resource \"raff_member\" %q {\n  %s\n}\n", name, strings.Join(lines, "\n  "))
}

func memberAttr(name, value string) resource.TestCheckFunc {
	return resource.TestCheckResourceAttr("raff_member.m", name, value)
}

func noAttr(name string) resource.TestCheckFunc {
	return resource.TestCheckNoResourceAttr("raff_member.m", name)
}

func all(checks ...resource.TestCheckFunc) resource.TestCheckFunc {
	return resource.ComposeAggregateTestCheckFunc(checks...)
}

// onServer checks a field of the member on the server.
func onServer(t *testing.T, srv *rafftest.Server, id *string, field string, want any) resource.TestCheckFunc {
	return func(*terraform.State) error {
		d := srv.Do(t, "GET", "/api/v1/members/"+*id, srv.Key, nil).Want(t, 200).Data(t)
		if d[field] != want {
			return fmt.Errorf("the server has %s = %v, want %v", field, d[field], want)
		}
		return nil
	}
}

// patch changes a member outside of Terraform.
func patch(t *testing.T, srv *rafftest.Server, id, field, value string) {
	t.Helper()
	srv.Do(t, "PATCH", "/api/v1/members/"+id, srv.Key, map[string]string{field: value}).Want(t, 200)
}

func TestMemberLife(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	wire := tap(t, srv)
	admin, basic := srv.RoleID(t, "account", "admin"), srv.RoleID(t, "account", "member")
	hcl := func(email, role string) string {
		return using(wire.URL, srv.Key, member("m", role, fmt.Sprintf("email = %q", email)))
	}
	var id, bob string
	runCase(t, resource.TestCase{
		ProtoV6ProviderFactories: providers,
		Steps: []resource.TestStep{
			{
				Config: hcl("alice@example.com", admin),
				Check: all(keep("raff_member.m", &id),
					memberAttr("status", "pending"), memberAttr("role_name", "Admin"), memberAttr("principal_email", "alice@example.com"),
					noAttr("user_id"), noAttr("accepted_at"),
					resource.TestCheckResourceAttrSet("raff_member.m", "invitation_id"),
					resource.TestCheckResourceAttrSet("raff_member.m", "invitation_expires_at"),
					resource.TestCheckResourceAttrSet("raff_member.m", "created_at"),
				),
			},
			{
				// The role is changed in place while the invitation is open, and only the role is sent.
				PreConfig: func() { wire.since() },
				Config:    hcl("alice@example.com", basic),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					acts("raff_member.m", updated),
					plancheck.ExpectUnknownValue("raff_member.m", tfjsonpath.New("role_name")),
					// The plan only shows the changed attributes.
					plancheck.ExpectKnownValue("raff_member.m", tfjsonpath.New("status"), knownvalue.StringExact("pending")),
					plancheck.ExpectKnownValue("raff_member.m", tfjsonpath.New("user_id"), knownvalue.Null()),
				}},
				Check: all(keep("raff_member.m", &id), memberAttr("role_name", "Member"), memberAttr("status", "pending"), func(*terraform.State) error {
					want := []string{fmt.Sprintf(`PATCH /api/v1/members/%s {"role_id":%q}`, id, basic)}
					if got := wire.since(); !slices.Equal(got, want) {
						return fmt.Errorf("written: %q, want %q", got, want)
					}
					return nil
				}),
			},
			empty(hcl("alice@example.com", basic), func() { srv.Accept(t, id, "Alice") }),
			{
				Config: hcl("alice@example.com", basic),
				Check: all(keep("raff_member.m", &id), memberAttr("status", "active"), memberAttr("invitation_state", "none"),
					noAttr("invitation_id"), resource.TestCheckResourceAttrSet("raff_member.m", "user_id"),
					resource.TestCheckResourceAttrSet("raff_member.m", "accepted_at")),
			},
			empty(hcl("ALICE@Example.COM", basic), nil),
			{
				Config: hcl("Alice@example.com", admin),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					acts("raff_member.m", updated),
					plancheck.ExpectKnownValue("raff_member.m", tfjsonpath.New("user_id"), knownvalue.NotNull()),
					plancheck.ExpectKnownValue("raff_member.m", tfjsonpath.New("email"), knownvalue.StringExact("alice@example.com")),
				}},
				Check: all(keep("raff_member.m", &id), memberAttr("role_name", "Admin"), memberAttr("status", "active")),
			},
			{
				Config:           hcl("bob@example.com", admin),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{acts("raff_member.m", replaced)}},
				Check: all(keep("raff_member.m", &bob), memberAttr("status", "pending"), memberAttr("principal_email", "bob@example.com"), func(*terraform.State) error {
					srv.Do(t, "GET", "/api/v1/members/"+id, srv.Key, nil).Want(t, 404)
					return nil
				}),
			},
		},
		CheckDestroy: func(*terraform.State) error {
			srv.Do(t, "GET", "/api/v1/members/"+bob, srv.Key, nil).Want(t, 404)
			return nil
		},
	})
}

func TestMemberEmailsOfOnePerson(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	role := srv.RoleID(t, "account", "member")
	hcl := func(email string) string {
		return using(srv.URL, srv.Key, member("m", role, fmt.Sprintf("email = %q", email)))
	}
	run(t,
		resource.TestStep{Config: hcl("Zoé+a@bücher.example.com"), Check: memberAttr("email", "Zoé+a@bücher.example.com")},
		empty(hcl("zoé+A@BÜCHER.example.com"), nil),
		empty(hcl("zoe\u0301+a@xn--bcher-kva.Example.com"), nil),
		planned(hcl("zoé@bücher.example.com"), nil, acts("raff_member.m", replaced)),
	)
}

func TestMemberSelectors(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	wire := tap(t, srv)
	role := srv.RoleID(t, "account", "member")
	aliceMember, alice := srv.NewMember(t, "alice@example.com", "Alice", role)
	bobMember, bob := srv.NewMember(t, "bob@example.com", "Bob", role)
	for _, m := range []string{aliceMember, bobMember} {
		srv.Do(t, "DELETE", "/api/v1/members/"+m, srv.Key, nil).Want(t, 200)
	}
	hcl := func(arguments ...string) string { return using(wire.URL, srv.Key, member("m", role, arguments...)) }
	byEmail, byUser := `email = "alice@example.com"`, fmt.Sprintf("target_user_id = %q", alice)
	unknown := `
resource "terraform_data" "person" {
  input = "` + alice + `"
}
`
	var id string
	run(t,
		refused(hcl(), "Exactly one of these attributes must be configured"),
		refused(hcl(byEmail, byUser), "Exactly one of these attributes must be configured"),
		refused(hcl(byEmail, fmt.Sprintf("api_key_id = %q", srv.KeyID)), "Exactly one of these attributes must be configured"),
		refused(hcl(`email = "Alice <alice@example.com>"`), "must be a single email address"),
		refused(hcl(`target_user_id = "alice"`), "must be an id such as"),
		resource.TestStep{
			Config: hcl("target_user_id = terraform_data.person.output") + unknown,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectUnknownValue("raff_member.m", tfjsonpath.New("target_user_id")),
			}},
			Check: all(keep("raff_member.m", &id), memberAttr("status", "active"), memberAttr("user_id", alice)),
		},
		// Identifying the same person by another argument is an update in place that sends no request.
		resource.TestStep{
			PreConfig:        func() { wire.since() },
			Config:           hcl(byEmail),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{acts("raff_member.m", updated)}},
			Check: all(keep("raff_member.m", &id), memberAttr("email", "alice@example.com"), noAttr("target_user_id"), func(*terraform.State) error {
				if got := wire.since(); len(got) != 0 {
					return fmt.Errorf("written: %q, want nothing", got)
				}
				return nil
			}),
		},
		planned(hcl(byUser), nil, acts("raff_member.m", updated)),
		planned(hcl(fmt.Sprintf("target_user_id = %q", bob)), nil, acts("raff_member.m", replaced)),
	)
}

func TestMemberStatus(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	role := srv.RoleID(t, "account", "member")
	key, _ := srv.NewKeyID(t, "reports", "")
	hcl := func(arguments ...string) string {
		return using(srv.URL, srv.Key, member("m", role, append(arguments, fmt.Sprintf("api_key_id = %q", key))...))
	}
	var id string
	run(t,
		refused(hcl(`status = "gone"`), `value must be one of`),
		resource.TestStep{
			Config: hcl(`status = "suspended"`),
			Check:  all(keep("raff_member.m", &id), memberAttr("status", "suspended"), onServer(t, srv, &id, "status", "suspended")),
		},
		planned(hcl(`status = "active"`), nil, acts("raff_member.m", updated)),
		empty(hcl(), nil),
		empty(hcl(`status = "pending"`), nil), // like an omitted status, for generated configurations
		// If status is omitted, a suspension made elsewhere is kept; "active" reverts it, and the plan shows that.
		empty(hcl(), func() { patch(t, srv, id, "status", "suspended") }),
		resource.TestStep{
			Config:           hcl(`status = "active"`),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{acts("raff_member.m", updated)}},
			Check:            all(keep("raff_member.m", &id), onServer(t, srv, &id, "status", "active")),
		},
		planned(hcl(`status = "active"`), func() { patch(t, srv, id, "status", "suspended") }, acts("raff_member.m", updated)),
	)
}

func TestMemberStatusOfAnInvitation(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	role := srv.RoleID(t, "account", "member")
	hcl := func(arguments ...string) string {
		return using(srv.URL, srv.Key, member("m", role, append(arguments, `email = "alice@example.com"`)...))
	}
	var id string
	run(t,
		// A member who is created as suspended: the invitation is on hold.
		resource.TestStep{
			Config: hcl(`status = "suspended"`),
			Check:  all(keep("raff_member.m", &id), memberAttr("status", "suspended"), onServer(t, srv, &id, "status", "suspended")),
		},
		resource.TestStep{
			Config: hcl(`status = "active"`),
			Check:  all(keep("raff_member.m", &id), memberAttr("status", "active"), onServer(t, srv, &id, "status", "pending")),
		},
		empty(hcl(), nil),
		empty(hcl(`status = "active"`), func() { srv.Accept(t, id, "Alice") }),
		resource.TestStep{
			Config: hcl(`status = "suspended"`),
			Check:  all(keep("raff_member.m", &id), onServer(t, srv, &id, "status", "suspended")),
		},
	)
}

func TestMemberActiveIsSatisfiedByPending(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	hcl := func(arguments ...string) string {
		return using(srv.URL, srv.Key, member("m", srv.RoleID(t, "account", "member"), append(arguments, `email = "alice@example.com"`)...))
	}
	run(t,
		resource.TestStep{Config: hcl(), Check: memberAttr("status", "pending")},
		empty(hcl(`status = "active"`), nil),
		empty(hcl(), nil),
	)
}

// Someone who accepts between plan and apply must not make the apply fail.
func TestMemberAcceptsDuringApply(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	wire := tap(t, srv)
	admin, basic := srv.RoleID(t, "account", "admin"), srv.RoleID(t, "account", "member")
	hcl := func(role string) string {
		return using(wire.URL, srv.Key, member("m", role, `email = "alice@example.com"`, `status = "active"`))
	}
	var id string
	var accepts sync.Once
	run(t,
		resource.TestStep{Config: hcl(basic), Check: all(keep("raff_member.m", &id), memberAttr("status", "active"))},
		resource.TestStep{
			PreConfig: func() {
				wire.intercept(func(r *http.Request) {
					if r.Method == http.MethodPatch {
						accepts.Do(func() { srv.Accept(t, id, "Alice") })
					}
				})
			},
			Config: hcl(admin),
			Check:  all(keep("raff_member.m", &id), memberAttr("status", "active"), memberAttr("role_name", "Admin"), onServer(t, srv, &id, "status", "active")),
		},
		empty(hcl(admin), nil),
		resource.TestStep{Config: hcl(admin), Check: resource.TestCheckResourceAttrSet("raff_member.m", "user_id")},
	)
}

func TestMemberInvitationExpires(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	admin, role := srv.RoleID(t, "account", "admin"), srv.RoleID(t, "account", "member")
	hcl := func(role string, arguments ...string) string {
		return using(srv.URL, srv.Key, member("m", role, append(arguments, `email = "alice@example.com"`)...))
	}
	later := func() { srv.Advance(8 * 24 * time.Hour) }
	var id string
	run(t,
		resource.TestStep{Config: hcl(role), Check: keep("raff_member.m", &id)},
		resource.TestStep{
			PreConfig: later,
			Config:    hcl(role),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				acts("raff_member.m", updated),
				plancheck.ExpectUnknownValue("raff_member.m", tfjsonpath.New("invitation_state")),
			}},
			Check: all(keep("raff_member.m", &id), memberAttr("status", "pending"), func(s *terraform.State) error {
				if got := s.RootModule().Resources["raff_member.m"].Primary.Attributes["invitation_state"]; got == "expired" {
					return fmt.Errorf("the invitation is still expired")
				}
				return nil
			}),
		},
		planned(hcl(role, `on_expired = "warn"`), nil, acts("raff_member.m", updated)),
		empty(hcl(role, `on_expired = "warn"`), later),
		resource.TestStep{
			Config: hcl(role, `on_expired = "ignore"`),
			Check:  all(keep("raff_member.m", &id), memberAttr("invitation_state", "expired")),
		},
		// The role of an expired invitation is changed without resending it.
		resource.TestStep{
			Config: hcl(admin, `on_expired = "ignore"`),
			Check:  all(keep("raff_member.m", &id), memberAttr("role_name", "Admin"), memberAttr("invitation_state", "expired")),
		},
		// An invitation that is on hold or accepted is not resent.
		resource.TestStep{
			Config: hcl(admin, `status = "suspended"`),
			Check:  all(keep("raff_member.m", &id), memberAttr("invitation_state", "expired")),
		},
		empty(hcl(admin), nil),
		planned(hcl(admin, `status = "active"`), nil, acts("raff_member.m", updated)),
		empty(hcl(admin), func() { srv.Accept(t, id, "Alice") }),
	)
}

func TestMemberDeclines(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	hcl := using(srv.URL, srv.Key, member("m", srv.RoleID(t, "account", "member"), `email = "alice@example.com"`))
	var id string
	run(t,
		resource.TestStep{Config: hcl, Check: keep("raff_member.m", &id)},
		empty(hcl, func() {
			srv.Do(t, "POST", "/api/v1/invitations/decline", "", map[string]string{"token": srv.Token(t, id)}).Want(t, 200)
		}),
		resource.TestStep{Config: hcl, Check: all(keep("raff_member.m", &id), memberAttr("invitation_state", "declined"))},
	)
}

func TestMemberAlreadyExists(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	admin, basic := srv.RoleID(t, "account", "admin"), srv.RoleID(t, "account", "member")
	id, _ := srv.NewMember(t, "alice@example.com", "Alice", basic)
	hcl := func(arguments ...string) string {
		return using(srv.URL, srv.Key, member("m", admin, append(arguments, `email = "Alice@Example.com"`)...))
	}
	run(t,
		resource.TestStep{Config: hcl(), ExpectError: says(`to = raff_member.NAME id = "` + id + `"`)},
		resource.TestStep{Config: hcl(), ExpectError: says("Alice@Example.com is already a member")},
		resource.TestStep{
			Config: hcl("adopt_existing = true", `status = "suspended"`),
			Check:  all(keep("raff_member.m", &id), memberAttr("role_name", "Admin"), onServer(t, srv, &id, "status", "suspended")),
		},
	)
}

func TestMemberAdoptsAnExpiredInvitation(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	role := srv.RoleID(t, "account", "member")
	id := srv.Invite(t, "alice@example.com", role)
	srv.Advance(8 * 24 * time.Hour)
	run(t, resource.TestStep{
		Config: using(srv.URL, srv.Key, member("m", role, `email = "alice@example.com"`, "adopt_existing = true")),
		Check:  all(keep("raff_member.m", &id), memberAttr("status", "pending")),
	})
}

func TestMemberRemovedElsewhere(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	role := srv.RoleID(t, "account", "member")
	blind := srv.NewKey(t, "blind", srv.RoleID(t, "account", "billing"))
	other := srv.NewAccount(t, "Other", "owner@other.example.com")
	hcl := func(key string) string { return using(srv.URL, key, member("m", role, `email = "alice@example.com"`)) }
	var id, second string
	remove := func(id *string) func() {
		return func() { srv.Do(t, "DELETE", "/api/v1/members/"+*id, srv.Key, nil).Want(t, 200) }
	}
	run(t,
		resource.TestStep{Config: hcl(srv.Key), Check: keep("raff_member.m", &id)},
		// A key without permission and a key of another account cannot see the member, which does not mean that it was removed.
		refused(hcl(blind), "Could not read the member alice@example.com"),
		refused(hcl(other.Key), "The API key belongs to another account"),
		resource.TestStep{
			PreConfig:        remove(&id),
			Config:           hcl(srv.Key),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{acts("raff_member.m", created)}},
			Check:            keep("raff_member.m", &second),
		},
		// The member is removed before the final destroy, which succeeds nevertheless.
		resource.TestStep{Config: hcl(srv.Key), Check: func(*terraform.State) error { remove(&second)(); return nil }, ExpectNonEmptyPlan: true},
	)
}

func TestMemberRefusedAtPlan(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	role, admin := srv.RoleID(t, "account", "member"), srv.RoleID(t, "account", "admin")
	nowhere := "00000000-0000-4000-8000-000000000000"
	alice := func(role string) string {
		return using(srv.URL, srv.Key, member("m", role, `email = "alice@example.com"`))
	}
	run(t,
		refused(alice(srv.RoleID(t, "project", "viewer")), `"Viewer" is a project role`),
		refused(alice(srv.RoleID(t, "project", "viewer")), role+" Member"),
		refused(alice(srv.RoleID(t, "account", "owner")), "The Owner role changes hands only by transferring"),
		refused(alice(nowhere), "The account has no role with the ID"),
		refused(using(srv.URL, srv.Key, member("m", role, fmt.Sprintf("api_key_id = %q", nowhere))), "The account has no API key with the ID"),
		resource.TestStep{Config: alice(role)},
		refused(alice(srv.RoleID(t, "project", "viewer")), `"Viewer" is a project role`),
		planned(alice(admin), nil, acts("raff_member.m", updated)),
	)
}

// The Owner and the provider's own key can be imported, but neither changed nor removed.
func TestMemberProtected(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	owner, admin := srv.RoleID(t, "account", "owner"), srv.RoleID(t, "account", "admin")
	keyID, key := srv.NewKeyID(t, "automation", admin)
	imports := func(id string) string {
		return fmt.Sprintf("import {\n  to = raff_member.m\n  id = %q\n}\n", id)
	}
	forget := "removed {\n  from = raff_member.m\n  lifecycle {\n    destroy = false\n  }\n}\n"
	for name, c := range map[string]struct{ key, id, selector, role, changed, removed string }{
		"owner": {
			srv.Key, "owner@example.com", `email = "owner@example.com"`, owner,
			"The Owner cannot be changed", "The Owner cannot be removed",
		},
		"own key": {
			key, "api_key:" + keyID, fmt.Sprintf("api_key_id = %q", keyID), admin,
			"An API key cannot be changed as a member by itself", "An API key cannot be removed as a member by itself",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t,
				resource.TestStep{Config: using(srv.URL, c.key, member("m", c.role, c.selector)+imports(c.id)), Check: memberAttr("role_id", c.role)},
				empty(using(srv.URL, c.key, member("m", c.role, c.selector)), nil),
				refused(using(srv.URL, c.key, member("m", srv.RoleID(t, "account", "member"), c.selector)), c.changed),
				refused(using(srv.URL, c.key, member("m", c.role, c.selector, `status = "suspended"`)), c.changed),
				refused(using(srv.URL, c.key, ""), c.removed),
				resource.TestStep{Config: using(srv.URL, c.key, forget)},
			)
		})
	}
}
