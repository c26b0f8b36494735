package tfprovider

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"raff/internal/rafftest"
)

// everyKind is a configuration with every resource type. more is added to the project.
func everyKind(srv *rafftest.Server, t *testing.T, more string) string {
	return fmt.Sprintf(`
provider "raff" {}
resource "raff_project" "p" {
  name = "P"
  %s
}
resource "raff_role" "r" {
  name        = "R"
  slug        = "r"
  scope       = "account"
  permissions = ["account.members.view"]
}
resource "raff_api_key" "k" {
  name          = "k"
  lifetime      = "90d"
  rotate_before = "14d"
}
resource "raff_member" "k" {
  api_key_id = raff_api_key.k.id
  role_id    = raff_role.r.id
}
resource "raff_member" "m" {
  count = 30
  email = "P${count.index}@Example.com"
  role  = "member"
}
resource "raff_project_member" "m" {
  project_id = raff_project.p.id
  email      = "p0@example.com"
  role_id    = %q
}
resource "raff_members_exclusive" "all" {
  member_ids = concat(raff_member.m[*].id, [raff_member.k.id])
}
resource "raff_account_settings" "s" {
  grant_policy = "delegated"
}
`, more, srv.RoleID(t, "project", "viewer"))
}

// A plan that needs nothing from the server is made from the state. A plan that does reports the cause once, and an apply
// changes nothing.
func TestServerIsUnavailable(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	same, changed := everyKind(srv, t, ""), everyKind(srv, t, `description = "changed"`)
	w := program(t, same, "RAFF_API_URL="+srv.URL, "RAFF_API_KEY="+srv.Key, "RAFF_RETRY_TIMEOUT=1s")
	w.run("apply", "-auto-approve")
	w.run("apply", "-refresh-only", "-auto-approve")
	before := w.run("state", "list")
	w.write("main.tf", required+changed)
	w.run("plan", "-out=change")
	w.run("plan", "-destroy", "-out=destruction")

	w.env = append(w.env, "RAFF_API_URL=http://127.0.0.1:1")
	for name, c := range map[string]struct {
		arguments []string
		hcl       string
		errors    int // 0 for an empty plan
	}{
		"nothing changes":   {[]string{"plan", "-refresh=false", "-detailed-exitcode"}, same, 0},
		"refresh":           {[]string{"plan"}, same, 1},
		"one changes":       {[]string{"plan", "-refresh=false"}, changed, 1},
		"all are destroyed": {[]string{"plan", "-destroy", "-refresh=false"}, same, 1},
	} {
		w.write("main.tf", required+c.hcl)
		out, err := w.try(c.arguments...)
		if n := strings.Count(out, "Error: "); n != c.errors || (err == nil) != (n == 0) || n > 0 && !says("Connection refused").MatchString(out) {
			t.Errorf("%s: %v, %d errors, want %d:\n%s", name, err, n, c.errors, out)
		}
	}
	for _, plan := range []string{"change", "destruction"} { // neither changes the state, so both can be applied
		if out := w.fails("apply", plan); strings.Count(out, "Connection refused") != 1 || strings.Contains(out, "inconsistent") {
			t.Errorf("the apply of the %s does not say once that the connection is refused:\n%s", plan, out)
		}
	}
	if after := w.run("state", "list"); after != before {
		t.Errorf("resources are missing in the state:\n%s", after)
	}
}

// A key of another account is refused even if the first request for its account failed.
func TestServerIsUnavailableAtFirst(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	front := tap(t, srv)
	var refuse atomic.Int32
	front.answer(func(rw http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/whoami") || refuse.Add(-1) < 0 {
			return false
		}
		rw.Header().Set("Retry-After", "60") // longer than the provider waits with this configuration
		rw.WriteHeader(http.StatusServiceUnavailable)
		return true
	})
	same, changed := everyKind(srv, t, ""), everyKind(srv, t, `description = "changed"`)
	w := program(t, same, "RAFF_API_URL="+front.URL, "RAFF_API_KEY="+srv.Key)
	try := func(hcl string, arguments ...string) (string, error) {
		w.write("main.tf", required+hcl)
		refuse.Store(1)
		return w.try(arguments...)
	}
	if out, err := try(same, "apply", "-auto-approve"); err != nil {
		t.Fatalf("the apply did not retry: %v\n%s", err, out)
	}
	if out, err := try(same, "plan", "-detailed-exitcode"); err != nil {
		t.Errorf("the plan after it is not empty: %v\n%s", err, out)
	}
	w.run("plan", "-destroy", "-out=destruction")
	front.since()
	w.env = append(w.env, "RAFF_API_KEY="+srv.NewAccount(t, "Other", "owner@other.example.com").Key)
	for _, c := range []struct {
		hcl       string
		arguments []string
	}{
		{same, []string{"plan"}},
		{changed, []string{"plan", "-refresh=false"}},
		{same, []string{"plan", "-destroy", "-refresh=false"}},
		{same, []string{"apply", "destruction"}},
	} {
		if out, err := try(c.hcl, c.arguments...); err == nil || !strings.Contains(out, "belongs to another account") {
			t.Errorf("%v: %v, want a refusal of the key:\n%s", c.arguments, err, out)
		}
	}
	if wrote := front.since(); len(wrote) > 0 {
		t.Errorf("writes with the key of the other account: %v", wrote)
	}
}
