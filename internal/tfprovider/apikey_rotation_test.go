package tfprovider

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"raff/internal/rafftest"
)

// onClock is the provider with the clock of the server, which tests can advance.
func onClock(srv *rafftest.Server) map[string]func() (tfprotov6.ProviderServer, error) {
	p := &raffProvider{version: "test", few: fewReads, clock: srv.Now}
	return map[string]func() (tfprotov6.ProviderServer, error){"raff": providerserver.NewProtocol6WithError(p)}
}

// expiresIn checks the expiry of the key on the server, to the hour, because a slow machine takes minutes.
func expiresIn(t *testing.T, srv *rafftest.Server, id *string, want time.Duration) resource.TestCheckFunc {
	return func(*terraform.State) error {
		d := srv.Do(t, "GET", "/api/v1/api-keys/"+*id, srv.Key, nil).Want(t, 200).Data(t)
		at, _ := d["expires_at"].(string)
		ends, err := time.Parse(time.RFC3339, at)
		if err != nil {
			return fmt.Errorf("expires_at is %v", d["expires_at"])
		}
		if got := ends.Sub(srv.Now()).Round(time.Hour); got != want {
			return fmt.Errorf("the key expires in %v, want %v", got, want)
		}
		return nil
	}
}

const day = 24 * time.Hour

func TestAPIKeyRotatesBeforeItExpires(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	hcl := func(arguments ...string) string { return using(srv.URL, srv.Key, apiKey(arguments...)) }
	term, due := `lifetime = "90d"`, `rotate_before = "14d"`
	var id, first, second string
	runCase(t, resource.TestCase{ProtoV6ProviderFactories: onClock(srv), Steps: []resource.TestStep{
		refused(hcl(due), "The key never expires. Set lifetime"),
		refused(hcl(`lifetime = "10d"`, due), "must be shorter than lifetime"),
		refused(hcl(`lifetime = "soon"`), "must be a duration of at least 1m0s"),
		refused(hcl(term, `expires_at = "2099-01-01T00:00:00Z"`), `Attribute "lifetime" cannot be specified when "expires_at" is specified`),
		{Config: hcl(term, due), Check: all(keep("raff_api_key.k", &id), secretWorks(t, srv, &first, 200), expiresIn(t, srv, &id, 90*day))},
		empty(hcl(term, due), func() { srv.Advance(75 * day) }),
		{
			PreConfig: func() { srv.Advance(2 * day) },
			Config:    hcl(term, due),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				acts("raff_api_key.k", updated),
				plancheck.ExpectUnknownValue("raff_api_key.k", tfjsonpath.New("secret")),
				plancheck.ExpectUnknownValue("raff_api_key.k", tfjsonpath.New("key_prefix")),
				plancheck.ExpectUnknownValue("raff_api_key.k", tfjsonpath.New("expires_at")),
			}},
			Check: all(keep("raff_api_key.k", &id), secretWorks(t, srv, &second, 200), expiresIn(t, srv, &id, 90*day), func(*terraform.State) error {
				srv.Do(t, "GET", "/api/v1/whoami", first, nil).Want(t, 401)
				return nil
			}),
		},
		// A changed lifetime applies from the next secret; a key that never expired gets its expiry immediately.
		{Config: hcl(`lifetime = "30d"`, due), Check: all(keep("raff_api_key.k", &id), expiresIn(t, srv, &id, 90*day))},
		{Config: hcl(), Check: resource.TestCheckNoResourceAttr("raff_api_key.k", "expires_at")},
		{Config: hcl(term), Check: all(keep("raff_api_key.k", &id), expiresIn(t, srv, &id, 90*day), secretWorks(t, srv, &second, 200))},
		{ResourceName: "raff_api_key.k", ImportState: true, ImportStateVerify: true, ImportStateVerifyIgnore: []string{"secret", "lifetime"}},
	}})
}

// With a fixed expiry, the key is rotated when the expiry is set to a later time, and not before.
func TestAPIKeyRotatesWithAFixedExpiry(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	at := func(in time.Duration) string {
		return fmt.Sprintf("expires_at = %q", srv.Now().Add(in).UTC().Format(time.RFC3339))
	}
	ends, later := at(20*day), at(60*day)
	hcl := func(expires string) string {
		return using(srv.URL, srv.Key, apiKey(expires, `rotate_before = "14d"`))
	}
	var id, first, second string
	runCase(t, resource.TestCase{ProtoV6ProviderFactories: onClock(srv), Steps: []resource.TestStep{
		{Config: hcl(ends), Check: all(keep("raff_api_key.k", &id), secretWorks(t, srv, &first, 200))},
		empty(hcl(ends), func() { srv.Advance(10 * day) }),
		{Config: hcl(later), Check: all(keep("raff_api_key.k", &id), secretWorks(t, srv, &second, 200), expiresIn(t, srv, &id, 50*day), func(*terraform.State) error {
			if first == second {
				return fmt.Errorf("the secret is the same")
			}
			return nil
		})},
		empty(hcl(later), nil),
	}})
}

// A key whose secret is not stored is managed like any other.
func TestAPIKeySecretIsNotStored(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	hcl := func(arguments ...string) string { return using(srv.URL, srv.Key, apiKey(arguments...)) }
	no := "store_secret = false"
	noSecret := resource.TestCheckNoResourceAttr("raff_api_key.k", "secret")
	var id, prefix string
	run(t,
		resource.TestStep{
			Config: hcl(no, `rotation_trigger = "1"`),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectKnownValue("raff_api_key.k", tfjsonpath.New("secret"), knownvalue.Null()),
			}},
			Check: all(keep("raff_api_key.k", &id), noSecret, resource.TestCheckResourceAttrWith("raff_api_key.k", "key_prefix", func(v string) error {
				prefix = v
				return nil
			})),
		},
		resource.TestStep{
			Config: hcl(no, `rotation_trigger = "2"`),
			Check: all(keep("raff_api_key.k", &id), noSecret, resource.TestCheckResourceAttrWith("raff_api_key.k", "key_prefix", func(v string) error {
				if v == prefix {
					return fmt.Errorf("the key was not rotated")
				}
				return nil
			})),
		},
		resource.TestStep{Config: hcl(`rotation_trigger = "3"`), Check: all(keep("raff_api_key.k", &id), resource.TestCheckResourceAttrSet("raff_api_key.k", "secret"))},
		resource.TestStep{Config: hcl(no, `rotation_trigger = "3"`), Check: all(keep("raff_api_key.k", &id), noSecret)},
		empty(hcl(no, `rotation_trigger = "3"`), nil),
	)
}

// If the response with the secret is lost, the key is created nevertheless and gets a new secret.
func TestAPIKeySecretLostInTransit(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	wire := tap(t, srv)
	first := true
	wire.intercept(func(r *http.Request) {
		if first && r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/api-keys") {
			first = false
			srv.Send(t, r.Method, r.URL.Path, r.Header.Clone(), map[string]string{"name": "reports"}).Want(t, 201)
		}
	})
	var secret string
	run(t, resource.TestStep{Config: using(wire.URL, srv.Key, apiKey()), Check: secretWorks(t, srv, &secret, 200)})
}

// Several responses in a row can be lost. A rotation whose response was lost also ended the grace period of the old secret, and a
// warning says so.
func TestAPIKeySecretLostSeveralTimes(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	wire := tap(t, srv)
	left := 0 // responses to lose
	wire.intercept(func(r *http.Request) {
		if left == 0 || r.Method != http.MethodPost || !strings.Contains(r.URL.Path, "/api-keys") {
			return
		}
		left--
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if got := srv.Send(t, r.Method, r.URL.Path, r.Header.Clone(), string(body)); got.Status >= 300 {
			t.Errorf("%s %s: %s", r.Method, r.URL.Path, got.Body)
		}
	})
	const output = "output \"secret\" {\n  value     = raff_api_key.k.secret\n  sensitive = true\n}\n"
	hcl := func(arguments ...string) string { return apiKey(arguments...) + output }
	const ended = "The old secret of the API key reports stopped working before its grace period ended"
	w := program(t, hcl(`rotation_trigger = "1"`), "RAFF_API_URL="+wire.URL, "RAFF_API_KEY="+srv.Key)
	apply := func(lost int, configuration string) (said string) {
		t.Helper()
		w.write("main.tf", required+configuration)
		left = lost
		said = w.run("apply", "-auto-approve")
		srv.Do(t, "GET", "/api/v1/whoami", strings.TrimSpace(w.run("output", "-raw", "secret")), nil).Want(t, 200)
		if left != 0 {
			t.Errorf("%d responses fewer were lost than expected", left)
		}
		return strings.Join(strings.Fields(strings.ReplaceAll(said, "│", "")), " ")
	}
	for _, lost := range []int{3, 0, 1} {
		said := apply(lost, hcl(fmt.Sprintf(`rotation_trigger = "%d"`, lost), "grace_seconds = 600"))
		if got, want := strings.Contains(said, ended), lost == 1; got != want {
			t.Errorf("after %d lost responses, a warning about the grace period: %t, want %t\n%s", lost, got, want, said)
		}
	}
	if said := apply(3, hcl(`rotation_trigger = "4"`)); strings.Contains(said, ended) {
		t.Errorf("a rotation without a grace period says: %s", said)
	}
}

// A plan that would disable, revoke or rotate the provider's own key is refused.
func TestAPIKeyIsTheProvidersOwn(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	admin, basic := srv.RoleID(t, "account", "admin"), srv.RoleID(t, "account", "member")
	id, key := srv.NewKeyID(t, "reports", admin)
	hcl := func(arguments ...string) string {
		return using(srv.URL, key, apiKey(append(arguments, fmt.Sprintf("role_id = %q", admin))...))
	}
	imports := fmt.Sprintf("import {\n  to = raff_api_key.k\n  id = %q\n}\n", id)
	forget := "removed {\n  from = raff_api_key.k\n  lifecycle {\n    destroy = false\n  }\n}\n"
	trigger := `rotation_trigger = "1"`
	run(t,
		resource.TestStep{Config: hcl(trigger) + imports},
		refused(using(srv.URL, key, ""), "The provider's own API key cannot be revoked"),
		refused(hcl(`rotation_trigger = "2"`), "The provider's own API key cannot be given a new secret"),
		refused(hcl(trigger, "is_active = false"), "The provider's own API key cannot be deactivated"),
		refused(using(srv.URL, key, apiKey(trigger, fmt.Sprintf("role_id = %q", basic))), "The provider's own API key cannot be given another role"),
		refused(hcl(trigger, `rate_limit_tier = "high"`), "Only the operator of the server can set the high rate limit"),
		resource.TestStep{Config: hcl(trigger, `name = "automation"`), Check: keyAttr("name", "automation")},
		resource.TestStep{Config: using(srv.URL, key, forget)},
	)
}
