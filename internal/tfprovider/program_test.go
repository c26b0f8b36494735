package tfprovider

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"raff/internal/rafftest"
)

// A key that is created in the same run is unknown during plan, but resources to be created can be planned nevertheless.
// This test runs the provider as a program, because the two configurations would share one provider in the same process.
func TestKeyCreatedInTheSameRun(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	terraform := program(t, fmt.Sprintf(`
provider "raff" {}

resource "raff_api_key" "automation" {
  name    = "automation"
  role_id = %q
}

provider "raff" {
  alias   = "automation"
  api_key = raff_api_key.automation.secret
}

resource "raff_member" "alice" {
  provider = raff.automation
  email    = "alice@example.com"
  role_id  = %q
}
`, srv.RoleID(t, "account", "admin"), srv.RoleID(t, "account", "member")),
		"RAFF_API_URL="+srv.URL, "RAFF_API_KEY="+srv.Key)

	if out := terraform.run("plan"); !strings.Contains(out, "2 to add") {
		t.Errorf("the plan does not add two resources:\n%s", out)
	}
	terraform.run("apply", "-auto-approve")
	if id := memberOf(t, srv, "alice@example.com"); id == "" {
		t.Error("alice was not invited")
	}
	if out := terraform.run("plan"); !strings.Contains(out, "No changes") {
		t.Errorf("the second plan is not empty:\n%s", out)
	}
	terraform.run("destroy", "-auto-approve")
}

// The provider can be installed in the local plugin directory, as documented.
func TestInstalledInAPluginDirectory(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	w := program(t, example(t, "provider", "provider.tf"), on(srv)...)
	home := t.TempDir()
	folder := filepath.Join(home, ".terraform.d", "plugins", w.host(), "raff", "raff", "0.1.0", runtime.GOOS+"_"+runtime.GOARCH)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(providerPath, filepath.Join(folder, "terraform-provider-raff_v0.1.0")); err != nil {
		t.Fatal(err)
	}
	w.env = append(w.env, "HOME="+home, "TF_CLI_CONFIG_FILE="+os.DevNull)
	w.run("init")
	if out := w.run("plan"); !strings.Contains(out, "Acme") {
		t.Errorf("the plan does not show the account:\n%s", out)
	}
}

// providerPath is where buildProvider puts the provider's program, once for all tests. TestMain removes it.
var providerPath = filepath.Join(os.TempDir(), fmt.Sprintf("terraform-provider-raff-%d", os.Getpid()))

var buildProvider = sync.OnceValue(func() error {
	out, err := exec.CommandContext(context.Background(), "go", "build", "-o", providerPath, "raff/cmd/terraform-provider-raff").CombinedOutput()
	if err != nil {
		return fmt.Errorf("build the provider: %w\n%s", err, out)
	}
	return nil
})

// workspace is a directory with a configuration, in which Terraform runs the built provider.
type workspace struct {
	t   *testing.T
	dir string
	env []string
}

// program creates a workspace with this configuration.
func program(t *testing.T, hcl string, env ...string) *workspace {
	t.Helper()
	w := &workspace{t: t, dir: t.TempDir()}
	if err := buildProvider(); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(providerPath, filepath.Join(w.dir, "terraform-provider-raff")); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(hcl, "required_providers") {
		hcl = required + hcl
	}
	w.write("main.tf", hcl)
	settings := w.write("settings.tfrc", fmt.Sprintf("provider_installation {\n  dev_overrides {\n    \"raff/raff\" = %q\n  }\n  direct {}\n}\n", w.dir))
	w.env = append(append(os.Environ(), "TF_CLI_CONFIG_FILE="+settings, "NO_COLOR=1", "TF_IN_AUTOMATION=1", "TF_CLI_ARGS=-no-color"), env...)
	return w
}

func (w *workspace) write(name, text string) (path string) {
	w.t.Helper()
	path = filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// serve makes Terraform run this test binary as the provider from now on; variable is set in its environment.
func (w *workspace) serve(t *testing.T, variable string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(w.dir, "terraform-provider-raff")); err != nil {
		t.Fatal(err)
	}
	w.write("terraform-provider-raff", fmt.Sprintf("#!/bin/sh\n%s=1 exec %q\n", variable, self))
}

// run runs Terraform, which must succeed, and returns its output.
func (w *workspace) run(arguments ...string) string {
	w.t.Helper()
	out, err := w.try(arguments...)
	if err != nil {
		w.t.Fatalf("terraform %s: %v\n%s", strings.Join(arguments, " "), err, out)
	}
	return out
}

// try runs Terraform, which may fail.
func (w *workspace) try(arguments ...string) (string, error) {
	w.t.Helper()
	out, err := w.command(arguments...).CombinedOutput()
	return string(out), err
}

// version is the name and version of the program, such as "Terraform v1.14.0".
func (w *workspace) version() string {
	w.t.Helper()
	first, _, _ := strings.Cut(w.run("version"), "\n")
	return strings.TrimSpace(first)
}

// openTofu reports whether the program is OpenTofu.
func (w *workspace) openTofu() bool { return strings.HasPrefix(w.version(), "OpenTofu") }

// identities reports whether the program supports imports by identity, as Terraform and OpenTofu do since 1.12.
func (w *workspace) identities() bool {
	w.t.Helper()
	var name string
	var major, minor int
	if n, _ := fmt.Sscanf(w.version(), "%s v%d.%d", &name, &major, &minor); n != 3 {
		return false
	}
	return name == "Terraform" && (major > 1 || major == 1 && minor >= 12)
}

// queries reports whether the program supports terraform query and actions, as Terraform does since 1.14.
func (w *workspace) queries() bool {
	w.t.Helper()
	var major, minor int
	if n, _ := fmt.Sscanf(w.version(), "Terraform v%d.%d", &major, &minor); n != 2 {
		return false
	}
	return major > 1 || major == 1 && minor >= 14
}

// command returns a command that runs Terraform with these arguments.
func (w *workspace) command(arguments ...string) *exec.Cmd {
	terraform := cmp.Or(os.Getenv("TF_ACC_TERRAFORM_PATH"), "terraform")
	cmd := exec.CommandContext(w.t.Context(), terraform, append([]string{"-chdir=" + w.dir}, arguments...)...)
	cmd.Env = w.env
	return cmd
}

// syncWriter collects the output of a program, and can wait for a text in it.
type syncWriter struct {
	mu   sync.Mutex
	said strings.Builder
}

func (s *syncWriter) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.said.Write(p)
}

func (s *syncWriter) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.said.String()
}

// wait waits until the output contains a text.
func (s *syncWriter) wait(t *testing.T, words string) {
	t.Helper()
	for range 3000 {
		if strings.Contains(s.String(), words) {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("the output never contained %q:\n%s", words, s.String())
}
