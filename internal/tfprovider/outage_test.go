package tfprovider

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"raff/internal/rafftest"
)

const many = `
provider "raff" {}
resource "raff_member" "m" {
  count   = 30
  email   = "p${count.index}@example.com"
  role_id = %q
}
`

// fails runs Terraform, which must fail, and returns its output.
func (w *workspace) fails(arguments ...string) string {
	w.t.Helper()
	cmd := w.command(arguments...)
	out, err := cmd.CombinedOutput()
	if _, ok := errors.AsType[*exec.ExitError](err); !ok {
		w.t.Fatalf("terraform %s: %v, want it to fail\n%s", strings.Join(arguments, " "), err, out)
	}
	return string(out)
}

// A common cause is reported once, at the argument that is wrong.
func TestCommonCauseIsReportedOnce(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	html := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<html>Welcome</html>")
	}))
	t.Cleanup(html.Close)
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(secure.Close)
	hcl := fmt.Sprintf(many, srv.RoleID(t, "account", "member"))
	for name, c := range map[string]struct{ url, key, project, words string }{
		"nothing listens": {url: "http://127.0.0.1:1", words: "Connection refused: the server is not running"},
		"no such host":    {url: "http://raff.invalid", words: "There is no host named raff.invalid"},
		"wrong URL":       {url: html.URL, words: "is not a raff server"},
		"not found":       {url: srv.URL + "/elsewhere", words: "is not a raff server"},
		"certificate":     {url: secure.URL, words: "signed by an authority that this machine does not trust"},
		"no TLS":          {url: strings.Replace(srv.URL, "http:", "https:", 1), words: "does not use TLS"},
		"wrong key":       {key: "raff_" + strings.Repeat("0", 64), words: "The server does not accept the API key"},
		"wrong project":   {project: "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b", words: "project_id is not a project of this account"},
	} {
		t.Run(name, func(t *testing.T) {
			url, key := srv.URL, srv.Key
			if c.url != "" {
				url = c.url
			}
			if c.key != "" {
				key = c.key
			}
			terraform := program(t, hcl, "RAFF_API_URL="+url, "RAFF_API_KEY="+key, "RAFF_PROJECT_ID="+c.project, "RAFF_RETRY_TIMEOUT=1s")
			out := terraform.fails("plan")
			if n := strings.Count(out, "Error: "); n != 1 || !says(c.words).MatchString(out) {
				t.Errorf("%d errors, want one with %q:\n%s", n, c.words, out)
			}
			for _, word := range []string{"dial tcp", "lookup", "x509:", "Get \"", "EOF"} {
				if strings.Contains(out, word) {
					t.Errorf("the error contains the technical term %q:\n%s", word, out)
				}
			}
		})
	}
}

// The provider waits during an outage in the middle of an apply, and reports one that lasts too long once.
func TestOutage(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	var refuse atomic.Int32
	w := tap(t, srv)
	w.answer(func(rw http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodGet || refuse.Add(-1) < 0 {
			return false
		}
		rw.Header().Set("Retry-After", "0")
		rw.WriteHeader(http.StatusServiceUnavailable)
		return true
	})
	terraform := program(t, fmt.Sprintf(many, srv.RoleID(t, "account", "member")), "RAFF_API_URL="+w.URL, "RAFF_API_KEY="+srv.Key)
	refuse.Store(90) // more than a fixed number of retries of ten concurrent calls
	terraform.run("apply", "-auto-approve")
	terraform.run("destroy", "-auto-approve")

	refuse.Store(1 << 30)
	terraform.env = append(terraform.env, "RAFF_RETRY_TIMEOUT=1s")
	out := terraform.fails("apply", "-auto-approve")
	if n := len(says("Requests were retried for 1s without success").FindAllString(out, -1)); n != 1 {
		t.Errorf("the outage is reported %d times, want once:\n%s", n, out)
	}
}

// After Ctrl-C during a request, the object that the server creates is in the state.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	w := tap(t, srv)
	const n = 3
	arrived, release := make(chan struct{}, 100), make(chan struct{})
	var once sync.Once
	w.answer(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost {
			arrived <- struct{}{}
			<-release
		}
		return false
	})
	terraform := program(t, fmt.Sprintf(`
provider "raff" {}
resource "raff_api_key" "k" {
  name = "tf"
}
resource "raff_member" "m" {
  email   = "alice@example.com"
  role_id = %q
}
resource "raff_project" "p" {
  name = "P"
}
`, srv.RoleID(t, "account", "member")), "RAFF_API_URL="+w.URL, "RAFF_API_KEY="+srv.Key)
	t.Cleanup(func() { once.Do(func() { close(release) }) })
	cmd := terraform.command("apply", "-auto-approve")
	var out syncWriter
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for range n {
		<-arrived
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	out.wait(t, "Interrupt received")
	out.wait(t, "Stopping operation")
	once.Do(func() { close(release) })
	_ = cmd.Wait()
	state := terraform.run("state", "list")
	for _, address := range []string{"raff_api_key.k", "raff_member.m", "raff_project.p"} {
		if !strings.Contains(state, address) {
			t.Errorf("%s was created but is not in the state:\n%s\n%s", address, state, out.String())
		}
	}
	if out := terraform.run("plan"); !strings.Contains(out, "No changes") {
		t.Errorf("the next plan is not empty:\n%s", out)
	}
}
