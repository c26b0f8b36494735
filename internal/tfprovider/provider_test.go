package tfprovider

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/config"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"raff/internal/rafftest"
)

// The acceptance tests run the real Terraform command line against a real server.
func TestMain(m *testing.M) {
	if os.Getenv(oneByOne) != "" {
		serveOneByOne()
		return
	}
	for _, name := range []string{"RAFF_API_URL", "RAFF_API_KEY", "RAFF_PROJECT_ID"} {
		os.Unsetenv(name) //nolint:errcheck // fails only for invalid names
	}
	os.Setenv("TF_ACC", "1")                       //nolint:errcheck // as above
	os.Setenv("TF_ACC_PROVIDER_NAMESPACE", "raff") //nolint:errcheck // as above
	code := m.Run()
	os.Remove(providerPath) //nolint:errcheck // does not exist unless a test built it
	os.Exit(code)
}

var providers = map[string]func() (tfprotov6.ProviderServer, error){
	"raff": providerserver.NewProtocol6WithError(New("test")()),
}

// run applies the steps in order, and then destroys the created resources.
func run(t *testing.T, steps ...resource.TestStep) {
	t.Helper()
	runCase(t, resource.TestCase{ProtoV6ProviderFactories: providers, Steps: steps})
}

const required = `
terraform {
  required_providers {
    raff = {
      source = "raff/raff"
    }
  }
}
`

// using returns a configuration for this server and key.
func using(apiURL, key, hcl string) string {
	return required + fmt.Sprintf("provider \"raff\" {\n  api_url = %q\n  api_key = %q\n}\n", apiURL, key) + hcl
}

// empty is a step whose plan must be empty, after a change outside of Terraform.
func empty(hcl string, meanwhile func()) resource.TestStep {
	return planned(hcl, meanwhile, plancheck.ExpectEmptyPlan())
}

// planned is a step whose plan must pass the check before it is applied.
func planned(hcl string, meanwhile func(), check ...plancheck.PlanCheck) resource.TestStep {
	return resource.TestStep{PreConfig: meanwhile, Config: hcl, ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: check}}
}

// refused is a step whose plan must fail with this text, regardless of line breaks.
func refused(hcl, words string) resource.TestStep {
	return resource.TestStep{Config: hcl, PlanOnly: true, ExpectError: says(words)}
}

func says(words string) *regexp.Regexp {
	parts := strings.Fields(words)
	for i, p := range parts {
		parts[i] = regexp.QuoteMeta(p)
	}
	// Terraform puts a vertical bar after each line break of a message.
	return regexp.MustCompile(strings.Join(parts, `[\s│]+`))
}

func acts(address string, a plancheck.ResourceActionType) plancheck.PlanCheck {
	return plancheck.ExpectResourceAction(address, a)
}

// keep stores the id of a resource, or checks that it has not changed.
func keep(address string, id *string) resource.TestCheckFunc {
	return func(s *terraform.State) error {
		r, ok := s.RootModule().Resources[address]
		switch {
		case !ok:
			return fmt.Errorf("%s is not in the state", address)
		case *id == "":
			*id = r.Primary.ID
		case *id != r.Primary.ID:
			return fmt.Errorf("%s was %s and is now %s", address, *id, r.Primary.ID)
		}
		return nil
	}
}

// wire is a proxy between provider and server. It counts reads, records writes, and can run a function before each write.
type wire struct {
	URL string

	mu      sync.Mutex
	reads   int
	pages   int // number of reads that were lists of members
	writes  []string
	before  func(r *http.Request)
	instead func(http.ResponseWriter, *http.Request) bool
}

func tap(t *testing.T, srv *rafftest.Server) *wire {
	t.Helper()
	target, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{}
	proxy := httputil.NewSingleHostReverseProxy(target)
	front := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			w.noteRead(r)
		} else {
			w.note(r)
		}
		w.mu.Lock()
		instead := w.instead
		w.mu.Unlock()
		if instead != nil && instead(rw, r) {
			return
		}
		proxy.ServeHTTP(rw, r)
	}))
	t.Cleanup(front.Close)
	w.URL = front.URL
	return w
}

func (w *wire) note(r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	w.mu.Lock()
	before := w.before
	w.writes = append(w.writes, strings.TrimSpace(fmt.Sprintf("%s %s %s", r.Method, r.URL.Path, body)))
	w.mu.Unlock()
	if before != nil {
		before(r)
	}
}

func (w *wire) noteRead(r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reads++
	if strings.HasSuffix(r.URL.Path, "/members") {
		w.pages++
	}
}

// readsSince returns the number of reads since its last call, and how many of them were lists of members.
func (w *wire) readsSince() (reads, pages int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	reads, pages = w.reads, w.pages
	w.reads, w.pages = 0, 0
	return reads, pages
}

// intercept calls f before each write from now on.
func (w *wire) intercept(f func(r *http.Request)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.before = f
}

// answer calls f for each request from now on. A request that f handles does not reach the server.
func (w *wire) answer(f func(http.ResponseWriter, *http.Request) bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.instead = f
}

// since returns the writes since its last call.
func (w *wire) since() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := w.writes
	w.writes = nil
	return out
}

func TestQuickstart(t *testing.T) {
	srv := rafftest.Start(t)
	t.Setenv("RAFF_API_URL", srv.URL)
	t.Setenv("RAFF_API_KEY", srv.Key)
	dir := config.StaticDirectory("../../examples/quickstart")
	var id string
	resource.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{
			ProtoV6ProviderFactories: providers,
			ConfigDirectory:          dir,
			Check: resource.ComposeAggregateTestCheckFunc(
				keep("raff_member.alice", &id),
				resource.TestCheckResourceAttr("raff_member.alice", "role_name", "Admin"),
				resource.TestCheckResourceAttr("raff_member.alice", "status", "pending"),
				resource.TestCheckResourceAttr("raff_member.reports", "role_name", "Member"),
				resource.TestCheckResourceAttr("raff_member.reports", "status", "active"),
				resource.TestMatchOutput("reports_key", regexp.MustCompile(`^raff_[0-9a-f]{64}$`)),
			),
		},
		{
			PreConfig:                func() { srv.Accept(t, id, "Alice") },
			ProtoV6ProviderFactories: providers,
			ConfigDirectory:          dir,
			ConfigPlanChecks:         resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
			Check: resource.ComposeAggregateTestCheckFunc(
				keep("raff_member.alice", &id),
				resource.TestCheckResourceAttr("raff_member.alice", "status", "active"),
			),
		},
	}})
}

func TestProviderNeedsAKey(t *testing.T) {
	t.Parallel()
	hcl := `provider "raff" {
  api_url = %q
}
data "raff_permissions" "all" {}
`
	run(t,
		refused(required+fmt.Sprintf(hcl, "http://127.0.0.1:1"), "Set RAFF_API_KEY in the environment"),
		refused(using("ftp://127.0.0.1", "raff_fake", `data "raff_permissions" "all" {}`), "the API URL must look like"),
	)
}

func TestProviderReportsWhyAKeyDoesNotWork(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	run(t, refused(using(srv.URL, "raff_"+strings.Repeat("0", 64), `data "raff_permissions" "all" {}`),
		"The server does not accept the API key"))
}
