package tfprovider

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"raff/internal/rafftest"
)

// A key made in the same run is unknown while planning. What is only to be created can be planned all the same. Here
// the provider is the program itself, because in process Terraform's two configurations of it would share one.
func TestProgramWithAKeyMadeInTheSameRun(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	run := program(t, fmt.Sprintf(`
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

	if out := run("plan"); !strings.Contains(out, "2 to add") {
		t.Errorf("the plan does not add two resources:\n%s", out)
	}
	run("apply", "-auto-approve")
	if id := memberOf(t, srv, "alice@example.com"); id == "" {
		t.Error("alice was not invited")
	}
	if out := run("plan"); !strings.Contains(out, "No changes") {
		t.Errorf("the second plan is not empty:\n%s", out)
	}
	run("destroy", "-auto-approve")
}

// program builds the provider, and returns what runs Terraform with it on this configuration.
func program(t *testing.T, hcl string, env ...string) func(arguments ...string) string {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("main.tf", required+hcl)
	settings := write("settings.tfrc", fmt.Sprintf("provider_installation {\n  dev_overrides {\n    \"raff/raff\" = %q\n  }\n  direct {}\n}\n", dir))
	command := func(name string, arguments ...string) string {
		cmd := exec.CommandContext(context.Background(), name, arguments...)
		cmd.Env = append(append(os.Environ(), "TF_CLI_CONFIG_FILE="+settings, "NO_COLOR=1", "TF_IN_AUTOMATION=1", "TF_CLI_ARGS=-no-color"), env...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %s: %v\n%s", name, strings.Join(arguments, " "), err, out)
		}
		return string(out)
	}
	command("go", "build", "-o", filepath.Join(dir, "terraform-provider-raff"), "raff/cmd/terraform-provider-raff")
	terraform := cmp.Or(os.Getenv("TF_ACC_TERRAFORM_PATH"), "terraform")
	return func(arguments ...string) string {
		return command(terraform, append([]string{"-chdir=" + dir}, arguments...)...)
	}
}
