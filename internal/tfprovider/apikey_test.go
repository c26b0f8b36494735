package tfprovider

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"raff/internal/rafftest"
)

func planChecks(address string, a plancheck.ResourceActionType) []plancheck.PlanCheck {
	return []plancheck.PlanCheck{acts(address, a)}
}

// apiKey is a raff_api_key with these arguments, named reports by default.
func apiKey(arguments ...string) string {
	if !strings.Contains(strings.Join(arguments, " "), "name =") {
		arguments = append(arguments, `name = "reports"`)
	}
	return "resource \"raff_api_key\" \"k\" {\n  " + strings.Join(arguments, "\n  ") + "\n}\n"
}

func keyAttr(name, value string) resource.TestCheckFunc {
	return resource.TestCheckResourceAttr("raff_api_key.k", name, value)
}

// secretWorks stores the secret and checks the status that the server responds with.
func secretWorks(t *testing.T, srv *rafftest.Server, secret *string, status int) resource.TestCheckFunc {
	return func(s *terraform.State) error {
		*secret = s.RootModule().Resources["raff_api_key.k"].Primary.Attributes["secret"]
		if got := srv.Do(t, "GET", "/api/v1/whoami", *secret, nil).Status; got != status {
			return fmt.Errorf("status with the secret: %d, want %d", got, status)
		}
		return nil
	}
}

func TestAPIKeyLife(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	basic, billing := srv.RoleID(t, "account", "member"), srv.RoleID(t, "account", "billing")
	hcl := func(arguments ...string) string { return using(srv.URL, srv.Key, apiKey(arguments...)) }
	withRole := fmt.Sprintf("role_id = %q", basic)
	expires := `expires_at = "2099-01-01T00:00:00Z"`
	var id, second, secret string
	runCase(t, resource.TestCase{
		ProtoV6ProviderFactories: providers,
		Steps: []resource.TestStep{
			{
				Config: hcl(withRole, expires),
				Check: all(keep("raff_api_key.k", &id), secretWorks(t, srv, &secret, 200),
					keyAttr("is_active", "true"), keyAttr("rate_limit_tier", "standard"),
					resource.TestMatchResourceAttr("raff_api_key.k", "key_prefix", regexp.MustCompile(`^raff_[0-9a-f]{8}$`))),
			},
			empty(hcl(withRole, `expires_at = "2099-01-01T02:00:00.000000+02:00"`), nil),
			{
				Config:           hcl(withRole, `expires_at = "2098-01-01T00:00:00Z"`, `name = "monthly reports"`, "is_active = false"),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: planChecks("raff_api_key.k", updated)},
				Check:            all(keep("raff_api_key.k", &id), secretWorks(t, srv, &secret, http.StatusUnauthorized), keyAttr("name", "monthly reports")),
			},
			// If omitted, the key never expires, and is_active is not managed.
			{
				Config: hcl(withRole),
				Check: all(keep("raff_api_key.k", &id), keyAttr("is_active", "false"),
					resource.TestCheckNoResourceAttr("raff_api_key.k", "expires_at"), func(*terraform.State) error {
						d := srv.Do(t, "GET", "/api/v1/api-keys/"+id, srv.Key, nil).Want(t, 200).Data(t)
						if d["expires_at"] != nil {
							return fmt.Errorf("it still expires: %v", d["expires_at"])
						}
						return nil
					}),
			},
			{Config: hcl(withRole, "is_active = true"), Check: secretWorks(t, srv, &secret, 200)},
			{ResourceName: "raff_api_key.k", ImportState: true, ImportStateKind: resource.ImportBlockWithID},
			{ResourceName: "raff_api_key.k", ImportState: true, ImportStateVerify: true, ImportStateVerifyIgnore: []string{"secret"}},
			{ResourceName: "raff_api_key.k", ImportState: true, ImportStateId: "raff_0123456789abcdef", ExpectError: says("Use the ID of the key, not its secret")},
			{
				Config:           hcl(fmt.Sprintf("role_id = %q", billing)),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: planChecks("raff_api_key.k", updated)},
				Check:            all(keep("raff_api_key.k", &id), keep("raff_api_key.k", &second), keyAttr("role_id", billing)),
			},
			refused(hcl(fmt.Sprintf("role_id = %q", srv.RoleID(t, "project", "viewer"))), `"Viewer" is a project role`),
			refused(hcl(`expires_at = "tomorrow"`), "must be a time in RFC 3339"),
			planned(hcl(fmt.Sprintf("role_id = %q", billing)), func() {
				srv.Do(t, "DELETE", "/api/v1/api-keys/"+second, srv.Key, nil).Want(t, 200)
			}, acts("raff_api_key.k", created)),
		},
		CheckDestroy: func(*terraform.State) error {
			srv.Do(t, "GET", "/api/v1/api-keys/"+id, srv.Key, nil).Want(t, 404)
			rows := srv.Do(t, "GET", "/api/v1/api-keys", srv.Key, nil).Want(t, 200).JSON(t)["data"].([]any)
			if len(rows) != 1 {
				return fmt.Errorf("%d keys remain, want only the Owner key", len(rows))
			}
			return nil
		},
	})
}

func TestAPIKeyRotation(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	hcl := func(arguments ...string) string {
		return using(srv.URL, srv.Key, apiKey(append(arguments, `expires_at = "2099-01-01T00:00:00Z"`)...))
	}
	var id, first, second string
	run(t,
		resource.TestStep{Config: hcl(), Check: all(keep("raff_api_key.k", &id), secretWorks(t, srv, &first, 200))},
		// The first trigger is only recorded.
		resource.TestStep{Config: hcl(`rotation_trigger = "2030-01"`), Check: func(s *terraform.State) error {
			return secretIs(s, first)
		}},
		resource.TestStep{
			Config: hcl(`rotation_trigger = "2030-02"`),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				acts("raff_api_key.k", updated),
				plancheck.ExpectUnknownValue("raff_api_key.k", tfjsonpath.New("secret")),
			}},
			Check: all(keep("raff_api_key.k", &id), secretWorks(t, srv, &second, 200), keyAttr("expires_at", "2099-01-01T00:00:00Z"),
				func(*terraform.State) error {
					if first == second {
						return fmt.Errorf("the secret is the same")
					}
					srv.Do(t, "GET", "/api/v1/whoami", first, nil).Want(t, 401)
					return nil
				}),
		},
	)
}

// With a grace period, the old secret keeps working while users of the key switch to the new one.
func TestAPIKeyRotationOverlaps(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	hcl := func(arguments ...string) string { return using(srv.URL, srv.Key, apiKey(arguments...)) }
	var first, second string
	run(t,
		refused(hcl("grace_seconds = 604801"), "must be between 0 and 604800"),
		resource.TestStep{Config: hcl(`rotation_trigger = "1"`), Check: secretWorks(t, srv, &first, 200)},
		resource.TestStep{Config: hcl(`rotation_trigger = "2"`, "grace_seconds = 3600"), Check: all(secretWorks(t, srv, &second, 200), func(*terraform.State) error {
			srv.Do(t, "GET", "/api/v1/whoami", first, nil).Want(t, 200)
			srv.Advance(2 * time.Hour)
			srv.Do(t, "GET", "/api/v1/whoami", first, nil).Want(t, 401)
			srv.Do(t, "GET", "/api/v1/whoami", second, nil).Want(t, 200)
			return nil
		})},
		// Changing only the grace period changes nothing.
		resource.TestStep{Config: hcl(`rotation_trigger = "2"`, "grace_seconds = 60"), Check: func(s *terraform.State) error { return secretIs(s, second) }},
	)
}

// The role of a key is changed in place, even if it was changed outside of Terraform: the key keeps its id and its secret.
func TestAPIKeyRoleChangesInPlace(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	basic, billing := srv.RoleID(t, "account", "member"), srv.RoleID(t, "account", "billing")
	hcl := func(role string) string { return using(srv.URL, srv.Key, apiKey(fmt.Sprintf("role_id = %q", role))) }
	var id, secret string
	membership := func() string { return memberOf(t, srv, id+"@api-key.invalid") }
	same := func(s *terraform.State) error {
		if err := keep("raff_api_key.k", &id)(s); err != nil {
			return err
		}
		return secretIs(s, secret)
	}
	run(t,
		resource.TestStep{Config: hcl(basic), Check: all(keep("raff_api_key.k", &id), secretWorks(t, srv, &secret, 200))},
		planned(hcl(billing), nil, acts("raff_api_key.k", updated)),
		resource.TestStep{Config: hcl(billing), Check: all(same, keyAttr("role_id", billing))},
		planned(hcl(billing), func() { patch(t, srv, membership(), "role_id", basic) }, acts("raff_api_key.k", updated)),
		resource.TestStep{Config: hcl(billing), Check: all(same, keyAttr("role_id", billing))},
		planned(hcl(billing), func() { srv.Do(t, "DELETE", "/api/v1/members/"+membership(), srv.Key, nil).Want(t, 200) }, acts("raff_api_key.k", updated)),
		resource.TestStep{Config: hcl(billing), Check: all(same, keyAttr("role_id", billing))},
	)
}

func secretIs(s *terraform.State, want string) error {
	if got := s.RootModule().Resources["raff_api_key.k"].Primary.Attributes["secret"]; got != want {
		return fmt.Errorf("the secret changed")
	}
	return nil
}

// A key whose role is not managed here keeps its role.
func TestAPIKeyRoleManagedElsewhere(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	hcl := func(slug string) string {
		return using(srv.URL, srv.Key, apiKey("is_active = false")+fmt.Sprintf(`
resource "raff_member" "m" {
  api_key_id = raff_api_key.k.id
  role_id    = %q
}
`, srv.RoleID(t, "account", slug)))
	}
	var id string
	run(t,
		resource.TestStep{Config: hcl("member"), Check: keep("raff_api_key.k", &id)},
		resource.TestStep{
			Config: hcl("billing"),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				acts("raff_member.m", updated), acts("raff_api_key.k", plancheck.ResourceActionNoop),
			}},
			Check: all(keep("raff_api_key.k", &id), keyAttr("is_active", "false")),
		},
	)
}

// A change by someone else between plan and apply does not make the apply fail; the next plan shows it.
func TestAPIKeyChangedElsewhereDuringApply(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	wire := tap(t, srv)
	hcl := func(arguments ...string) string { return using(wire.URL, srv.Key, apiKey(arguments...)) }
	var id string
	run(t,
		resource.TestStep{Config: hcl(), Check: keep("raff_api_key.k", &id)},
		resource.TestStep{
			PreConfig: func() {
				wire.intercept(func(r *http.Request) {
					if r.Method == http.MethodPatch {
						srv.Do(t, "PATCH", "/api/v1/api-keys/"+id, srv.Key, map[string]string{"name": "renamed"}).Want(t, 200)
					}
				})
			},
			Config:             hcl("is_active = false"),
			Check:              all(keep("raff_api_key.k", &id), keyAttr("is_active", "false"), keyAttr("name", "reports")),
			ExpectNonEmptyPlan: true,
		},
	)
}

// A key has one role: two resources that give it different ones are reported.
func TestAPIKeyRoleManagedTwice(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	key := inBlock + apiKey(fmt.Sprintf("role_id = %q", srv.RoleID(t, "account", "member")))
	second := func(slug string) string {
		return fmt.Sprintf(`
resource "raff_member" "m" {
  api_key_id     = raff_api_key.k.id
  role_id        = %q
  adopt_existing = true
}
`, srv.RoleID(t, "account", slug))
	}
	w := program(t, key, on(srv)...)
	w.settles()
	w.write("main.tf", required+key+strings.Replace(second("billing"), "true", "false", 1))
	if out := flat(w.fails("plan")); !strings.Contains(out, "already a member") || !strings.Contains(out, "raff_api_key has role_id") {
		t.Errorf("the plan does not say what manages the role:\n%s", out)
	}
	w.write("main.tf", required+key+second("billing"))
	w.run("apply", "-auto-approve")
	if out := flat(w.run("plan")); !strings.Contains(out, "managed in two places") {
		t.Errorf("the plan does not say why it changes the role again:\n%s", out)
	}
	w.write("main.tf", required+key+second("member"))
	w.run("apply", "-auto-approve")
	if out := flat(w.run("plan")); strings.Contains(out, "two places") || !strings.Contains(out, "No changes") {
		t.Errorf("the same role in both places is reported as a conflict:\n%s", out)
	}
}
