package tfprovider

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
)

// stage is a directory in which Terraform runs with providers in this process.
type stage struct {
	t         *testing.T
	dir       string
	providers map[string]func() (tfprotov6.ProviderServer, error)
}

const stateFile = "terraform.tfstate"

func newStage(t *testing.T, providers map[string]func() (tfprotov6.ProviderServer, error)) *stage {
	t.Helper()
	return &stage{t: t, dir: t.TempDir(), providers: providers}
}

// terraform runs one command with new providers, and returns its output and exit status. terraform init is not needed,
// because nothing is installed.
func (s *stage) terraform(arguments ...string) (out string, status int) {
	s.t.Helper()
	ctx, stop := context.WithCancel(s.t.Context())
	defer stop()
	attach := map[string]any{}
	for name, provider := range s.providers {
		at := s.serve(ctx, name, provider)
		for _, host := range []string{"registry.terraform.io", "registry.opentofu.org"} {
			attach[host+"/raff/"+name] = at
		}
	}
	attached, err := json.Marshal(attach)
	if err != nil {
		s.t.Fatal(err)
	}
	verb := append([]string{"-chdir=" + s.dir}, arguments...)
	if arguments[0] != "show" {
		verb = append(verb[:2:2], append([]string{"-no-color"}, verb[2:]...)...)
	}
	cmd := exec.CommandContext(ctx, cmp.Or(os.Getenv("TF_ACC_TERRAFORM_PATH"), "terraform"), verb...)
	cmd.Env = append(os.Environ(), "TF_REATTACH_PROVIDERS="+string(attached), "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1")
	said, err := cmd.CombinedOutput()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		return string(said), failed.ExitCode()
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return string(said), 0
}

// serve runs a provider until ctx ends, and returns how Terraform can reach it.
func (s *stage) serve(ctx context.Context, name string, factory func() (tfprotov6.ProviderServer, error)) any {
	s.t.Helper()
	provider, err := factory()
	if err != nil {
		s.t.Fatal(err)
	}
	found, ended, failed := make(chan *plugin.ReattachConfig, 1), make(chan struct{}), make(chan error, 1)
	go func() {
		err := tf6server.Serve("registry.terraform.io/raff/"+name, func() tfprotov6.ProviderServer { return provider },
			tf6server.WithDebug(ctx, found, ended), tf6server.WithoutLogStderrOverride(), tf6server.WithLoggingSink(s.t),
			tf6server.WithGoPluginLogger(hclog.New(&hclog.LoggerOptions{Output: io.Discard})))
		if err != nil {
			failed <- err
		}
	}()
	select {
	case at := <-found:
		return map[string]any{
			"Protocol": at.Protocol, "ProtocolVersion": at.ProtocolVersion, "Pid": at.Pid, "Test": true,
			"Addr": map[string]string{"Network": at.Addr.Network(), "String": at.Addr.String()},
		}
	case err := <-failed:
		s.t.Fatalf("serve the provider %s: %v", name, err)
		return nil
	}
}

// rawState is the part of a state file that the tests use.
type rawState struct {
	Outputs map[string]struct {
		Value any `json:"value"`
	} `json:"outputs"`
	Resources []struct {
		Module, Mode, Type, Name, Provider string
		Instances                          []struct {
			Index      any            `json:"index_key"`
			Attributes map[string]any `json:"attributes"`
		} `json:"instances"`
	} `json:"resources"`
}

// state returns the state in the form that checks expect.
func (s *stage) state() *terraform.State {
	s.t.Helper()
	out := terraform.NewState() //nolint:staticcheck // the type that checks expect
	text, err := os.ReadFile(filepath.Join(s.dir, stateFile))
	if errors.Is(err, os.ErrNotExist) {
		return out
	}
	var raw rawState
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err = errors.Join(err, decoder.Decode(&raw)); err != nil {
		s.t.Fatal(err)
	}
	root := out.RootModule()
	for name, o := range raw.Outputs {
		root.Outputs[name] = &terraform.OutputState{Type: "string", Value: fmt.Sprint(o.Value)}
	}
	for _, r := range raw.Resources {
		address := r.Type + "." + r.Name
		if r.Mode == "data" {
			address = "data." + address
		}
		for _, i := range r.Instances {
			at := address
			switch index := i.Index.(type) {
			case json.Number:
				at += "." + index.String()
			case string:
				at += fmt.Sprintf("[%q]", index)
			}
			flat := map[string]string{}
			flatten(flat, "", i.Attributes)
			root.Resources[at] = &terraform.ResourceState{Type: r.Type, Provider: r.Provider, Primary: &terraform.InstanceState{ID: flat["id"], Attributes: flat}}
		}
	}
	return out
}

// flatten stores values under the dotted names that checks use, with the length of lists under "#" and of maps under "%".
// The state has the type of a value of a dynamic type next to it.
func flatten(to map[string]string, name string, v any) {
	under := func(key string) string { return strings.TrimPrefix(name+"."+key, ".") }
	switch v := v.(type) {
	case nil:
	case map[string]any:
		if value, dynamic := v["value"]; dynamic && v["type"] != nil && len(v) == 2 {
			flatten(to, name, value)
			return
		}
		to[under("%")] = strconv.Itoa(len(v))
		for key, e := range v {
			flatten(to, under(key), e)
		}
	case []any:
		to[under("#")] = strconv.Itoa(len(v))
		for i, e := range v {
			flatten(to, under(strconv.Itoa(i)), e)
		}
	default:
		to[name] = fmt.Sprint(v)
	}
}

// stateWithout returns the state file without one resource.
func (s *stage) stateWithout(address string) string {
	s.t.Helper()
	var raw map[string]any
	if err := json.Unmarshal([]byte(s.read(stateFile)), &raw); err != nil {
		s.t.Fatal(err)
	}
	kept := []any{}
	for _, r := range raw["resources"].([]any) {
		if r := r.(map[string]any); fmt.Sprint(r["type"], ".", r["name"]) != address {
			kept = append(kept, r)
		}
	}
	raw["resources"] = kept
	text, err := json.Marshal(raw)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}
