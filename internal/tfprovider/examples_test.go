package tfprovider

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/zclconf/go-cty/cty"

	"raff/internal/rafftest"
)

// Every example of the documentation is applied unchanged, by Terraform if its version supports it, otherwise through the
// provider protocol.
const examples = "../../examples/terraform"

func example(t *testing.T, path ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(append([]string{examples}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// examplesIn returns the directories of one kind of example.
func examplesIn(t *testing.T, kind string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(examples, kind))
	if err != nil || len(entries) == 0 {
		t.Fatalf("no examples of %s: %v", kind, err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func on(srv *rafftest.Server) []string {
	return []string{"RAFF_API_URL=" + srv.URL, "RAFF_API_KEY=" + srv.Key}
}

// operating are the settings for resources of the operator.
func operating(t *testing.T, srv *rafftest.Server) []string {
	t.Helper()
	return []string{"RAFF_OPERATOR_URL=" + srv.Node.OperatorURL(), "RAFF_OPERATOR_KEY=" + srv.OperatorKey(t, "write")}
}

const inBlock = "provider \"raff\" {}\n\n"

// settles applies the configuration, checks that the next plan is empty, and returns the output of the apply.
func (w *workspace) settles() string {
	w.t.Helper()
	out := w.run("apply", "-auto-approve")
	if plan := w.run("plan"); !strings.Contains(plan, "No changes") {
		w.t.Errorf("the plan after the apply is not empty:\n%s", plan)
	}
	return out
}

func TestExampleResources(t *testing.T) {
	t.Parallel()
	for _, name := range examplesIn(t, "resources") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := rafftest.Start(t, rafftest.WithOperator())
			carol, _ := srv.NewMember(t, "carol@example.com", "Carol", srv.RoleID(t, "account", "member")) // is a former member
			srv.Do(t, "DELETE", "/api/v1/members/"+carol, srv.Key, nil).Want(t, 200)
			w := program(t, inBlock+example(t, "resources", name, "resource.tf"), append(on(srv), operating(t, srv)...)...)
			w.settles()
			// The created objects are imported again, in each of the ways on the same page.
			to, id, block := w.importBlock(example(t, "resources", name, "import-by-string-id.tf"))
			w.run("state", "rm", to)
			w.run("import", to, id)
			w.importsByCommand(example(t, "resources", name, "import.sh"))
			if w.identities() {
				w.importsByIdentity(name, to)
			}
			w.run("state", "rm", to)
			w.write("import.tf", block)
			plan := w.run("plan")
			if !strings.Contains(plan, "Plan: 1 to import, 0 to add") || !strings.Contains(plan, "0 to destroy") {
				t.Errorf("the plan of the import of %s has changes:\n%s", id, plan)
			}
			w.run("apply", "-auto-approve")
			w.run("destroy", "-auto-approve")
		})
	}
}

var (
	importTo      = regexp.MustCompile(`to = (\S+)`)
	importID      = regexp.MustCompile(`id = "([^"]+)"`)
	placeholderID = regexp.MustCompile(`0190a1b2-[0-9a-f-]+`)
)

// importBlock returns a documented import block with the real id instead of the placeholder.
func (w *workspace) importBlock(hcl string) (to, id, block string) {
	w.t.Helper()
	to = importTo.FindStringSubmatch(hcl)[1]
	project, _, _ := strings.Cut(w.attribute(to, "id"), "/") // for a project member; otherwise the id
	block = placeholderID.ReplaceAllString(hcl, project)
	return to, importID.FindStringSubmatch(block)[1], block
}

// importsByCommand runs the documented commands with the real ids instead of the placeholders.
func (w *workspace) importsByCommand(script string) {
	w.t.Helper()
	for line := range strings.Lines(script) {
		command := strings.Fields(line)
		if len(command) == 0 || command[0] == "#" {
			continue
		}
		if len(command) != 4 || command[0]+command[1] != "terraformimport" {
			w.t.Fatalf("unexpected import command %q", command)
		}
		to, ref := command[2], command[3]
		id := w.attribute(to, "id")
		project, member, inProject := strings.Cut(id, "/")
		if first, rest, _ := strings.Cut(ref, "/"); inProject && placeholderID.MatchString(first) {
			ref, id = rest, member
		}
		switch before, _, _ := strings.Cut(ref, ":"); before {
		case "user":
			id = w.attribute(to, "target_user_id")
		case "api_key":
			id = w.attribute(to, "api_key_id")
		}
		ref = placeholderID.ReplaceAllString(ref, id)
		if inProject {
			ref = project + "/" + ref
		}
		w.run("state", "rm", to)
		w.run("import", to, ref)
		if plan := w.run("plan"); !strings.Contains(plan, "0 to add") && !strings.Contains(plan, "No changes") || strings.Contains(plan, "must be replaced") {
			w.t.Errorf("the plan after the import of %s is not empty:\n%s", ref, plan)
		}
	}
}

// importsByIdentity imports the object at the address with an import block with an identity.
func (w *workspace) importsByIdentity(name, to string) {
	w.t.Helper()
	hcl := example(w.t, "resources", name, "import-by-identity.tf")
	id := w.attribute(to, "id")
	w.run("state", "rm", to)
	path := w.write("identity.tf", importID.ReplaceAllString(hcl, fmt.Sprintf("id = %q", id)))
	if plan := w.run("plan"); !strings.Contains(plan, "Plan: 1 to import, 0 to add") {
		w.t.Errorf("the plan of the import of the identity %s has changes:\n%s", id, plan)
	}
	w.run("apply", "-auto-approve")
	if err := os.Remove(path); err != nil {
		w.t.Fatal(err)
	}
}

// attribute returns an attribute of a resource in the state.
func (w *workspace) attribute(address, name string) (value string) {
	w.t.Helper()
	var state struct {
		Values struct {
			Root struct {
				Resources []struct {
					Address string         `json:"address"`
					Values  map[string]any `json:"values"`
				} `json:"resources"`
			} `json:"root_module"`
		} `json:"values"`
	}
	if err := json.Unmarshal([]byte(w.run("show", "-json")), &state); err != nil {
		w.t.Fatal(err)
	}
	for _, r := range state.Values.Root.Resources {
		if r.Address == address {
			value, _ = r.Values[name].(string)
		}
	}
	if value == "" {
		w.t.Fatalf("the state has no %s with %s", address, name)
	}
	return value
}

// The small examples are modules of one configuration.
func TestExampleDataSourcesAndFunctions(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t, rafftest.WithOperator())
	w := program(t, inBlock, append(on(srv), operating(t, srv)...)...)
	var modules strings.Builder
	for kind, file := range map[string]string{"data-sources": "data-source.tf", "functions": "function.tf"} {
		for _, name := range examplesIn(t, kind) {
			w.write(filepath.Join(kind, name, "main.tf"), required+example(t, kind, name, file))
			modules.WriteString("module \"" + kind + "-" + name + "\" {\n  source = \"./" + kind + "/" + name + "\"\n}\n")
		}
	}
	w.write("modules.tf", modules.String())
	w.run("get")
	if out := w.settles(); strings.Contains(out, "Warning: Check block") {
		t.Errorf("a check failed:\n%s", out)
	}
	w.run("destroy", "-auto-approve")
}

func TestExampleProviderAndEphemeralKey(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	program(t, example(t, "provider", "provider.tf"), on(srv)...).settles()
	program(t, inBlock+example(t, "ephemeral-resources", "raff_api_key", "ephemeral-resource.tf"), on(srv)...).settles()
	if keys := srv.Do(t, "GET", "/api/v1/api-keys", srv.Key, nil).Want(t, 200).JSON(t)["data"].([]any); len(keys) != 1 {
		t.Errorf("%d keys are left, want the Owner's alone", len(keys))
	}
}

func TestGuideTeam(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	w := program(t, example(t, "guides", "team", "main.tf"), on(srv)...)
	w.settles()
	srv.Accept(t, memberOf(t, srv, "bob@example.com"), "Bob")
	if plan := w.run("plan"); !strings.Contains(plan, "No changes") {
		t.Errorf("an acceptance changes the plan:\n%s", plan)
	}
	w.run("destroy", "-auto-approve")
}

// copies writes the files of a guide to the workspace.
func (w *workspace) copies(guide string, files ...string) {
	w.t.Helper()
	for _, name := range files {
		w.write(name, example(w.t, "guides", guide, name))
	}
}

func TestGuideTeamFromCSV(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	w := program(t, example(t, "guides", "csv", "main.tf"), on(srv)...)
	w.copies("csv", "people.csv")
	w.settles()
	memberOf(t, srv, "carol@example.com")
	// An empty file removes no one.
	w.write("people.csv", "email,role\n")
	if out, err := w.try("plan"); err == nil || !strings.Contains(flat(out), "people.csv has 0 rows") {
		t.Errorf("an empty file was not refused: %v\n%s", err, out)
	}
	w.copies("csv", "people.csv")
	w.run("destroy", "-auto-approve")
}

func TestGuideKeysForCI(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	w := program(t, example(t, "guides", "ci", "main.tf"), on(srv)...)
	w.settles()
	key := strings.TrimSpace(w.run("output", "-raw", "ci_key"))
	me := srv.Do(t, "GET", "/api/v1/whoami", key, nil).Want(t, 200).Data(t)
	if projects := me["projects"].([]any); len(projects) != 1 || projects[0].(map[string]any)["role"] != "deployer" {
		t.Errorf("project roles of the key: %v", projects)
	}
	w.run("destroy", "-auto-approve")
}

func TestGuideTests(t *testing.T) {
	t.Parallel()
	w := program(t, example(t, "guides", "test", "main.tf"))
	w.copies("test", "team.tftest.hcl")
	if out := w.run("test"); !strings.Contains(out, "2 passed, 0 failed") {
		t.Errorf("the tests of the guide fail:\n%s", out)
	}
}

func TestGuideTwoAccounts(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	other := srv.NewAccount(t, "Staging", "owner@staging.example.com")
	w := program(t, example(t, "guides", "accounts", "main.tf"), "RAFF_API_URL="+srv.URL, "TF_VAR_production_key="+srv.Key, "TF_VAR_staging_key="+other.Key)
	w.settles()
	for key, role := range map[string]string{srv.Key: "member", other.Key: "admin"} {
		rows := srv.Do(t, "GET", "/api/v1/members?email=alice@example.com", key, nil).Want(t, 200).JSON(t)["data"].([]any)
		if len(rows) != 1 || rows[0].(map[string]any)["role"] != role {
			t.Errorf("alice: %v, want %s", rows, role)
		}
	}
	w.run("destroy", "-auto-approve")
}

func TestGuideOffboarding(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	w := program(t, example(t, "guides", "offboarding", "main.tf"), on(srv)...)
	w.settles()
	bob := memberOf(t, srv, "bob@example.com")
	srv.Accept(t, memberOf(t, srv, "alice@example.com"), "Alice")
	alice := srv.SignIn(t, "alice@example.com")
	key := srv.Do(t, "POST", "/api/v1/api-keys", alice, map[string]string{"name": "hers"}).Want(t, 201).Data(t)["id"].(string)
	status := func(want string) {
		t.Helper()
		if got := srv.Do(t, "GET", "/api/v1/members/"+bob, srv.Key, nil).Want(t, 200).Data(t)["status"]; got != want {
			t.Errorf("bob: %v, want %s", got, want)
		}
	}
	w.run("apply", "-auto-approve", `-var=leaving=["bob@example.com"]`)
	status("suspended")
	without := `-var=team={"alice@example.com"="admin"}`
	w.run("apply", "-auto-approve", without)
	status("suspended")
	if out := flat(w.run("destroy", "-auto-approve", without)); !strings.Contains(out, "API keys of alice@example.com are disabled") || !strings.Contains(out, key) {
		t.Errorf("the keys that were disabled with alice's suspension are not listed:\n%s", out)
	}
	if active := srv.Do(t, "GET", "/api/v1/api-keys/"+key, srv.Key, nil).Want(t, 200).Data(t)["is_active"]; active != false {
		t.Errorf("the key of alice, who is suspended, has is_active = %v", active)
	}
}

// One apply imports an account that was set up manually, and changes nothing on the server.
func TestGuideImport(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	wire := tap(t, srv)
	basic, viewer := srv.RoleID(t, "account", "member"), srv.RoleID(t, "project", "viewer")
	srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "admin"))
	_, bob := srv.NewMember(t, "Bob@example.com", "Bob", basic)
	srv.Invite(t, "carol@example.com", basic)
	web := newProject(t, srv, "Website")
	srv.Do(t, "POST", "/api/v1/projects/"+web+"/members", srv.Key, map[string]string{"target_user_id": bob, "role_id": viewer}).Want(t, 201)
	srv.Do(t, "POST", "/api/v1/projects/"+web+"/invitations", srv.Key, map[string]string{"email": "carol@example.com", "role_id": viewer}).Want(t, 201)
	w := program(t, example(t, "guides", "import", "main.tf"), "RAFF_API_URL="+wire.URL, "RAFF_API_KEY="+srv.Key)
	if plan := w.run("plan"); !strings.Contains(plan, "Plan: 7 to import, 0 to add, 0 to change, 0 to destroy.") {
		t.Errorf("the plan has changes other than imports:\n%s", plan)
	}
	w.settles()
	if got := wire.since(); len(got) != 0 {
		t.Errorf("written: %q", got)
	}
}

// block is a block of an example, with the values of its config block.
type block struct {
	typeName string
	config   map[string]string
}

// blocksOf evaluates the blocks of a kind in an example.
func blocksOf(t *testing.T, kind, source string, variables map[string]cty.Value) (found []block) {
	t.Helper()
	file, diags := hclparse.NewParser().ParseHCL([]byte(source), kind)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	content, _, diags := file.Body.PartialContent(&hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{{Type: kind, LabelNames: []string{"type", "name"}}}})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	for _, b := range content.Blocks {
		inner, _, diags := b.Body.PartialContent(&hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{{Type: "config"}}})
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		found = append(found, block{b.Labels[0], map[string]string{}})
		for _, c := range inner.Blocks {
			attributes, diags := c.Body.JustAttributes()
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			for name, a := range attributes {
				v, diags := a.Expr.Value(&hcl.EvalContext{Variables: variables})
				if diags.HasErrors() {
					t.Fatal(diags)
				}
				found[len(found)-1].config[name] = v.AsString()
			}
		}
	}
	return found
}

// terraform query requires Terraform 1.14.
func TestExampleLists(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "member"))
	srv.Do(t, "POST", "/api/v1/roles", srv.Key, map[string]any{
		"name": "Auditor", "slug": "auditor", "scope": "account", "permissions": []string{"account.audit.view"},
	}).Want(t, 201)
	srv.Do(t, "POST", "/api/v1/projects/"+srv.ProjectID+"/invitations", srv.Key, map[string]string{
		"email": "carol@example.com", "role_id": srv.RoleID(t, "project", "viewer"),
	}).Want(t, 201)
	p := speak(t, srv)
	variables := map[string]cty.Value{"var": cty.ObjectVal(map[string]cty.Value{"project_id": cty.StringVal(srv.ProjectID)})}
	for _, name := range examplesIn(t, "list-resources") {
		for _, b := range blocksOf(t, "list", example(t, "list-resources", name, "list-resource.tfquery.hcl"), variables) {
			if found := p.list(b.typeName, 0, b.config); b.typeName != name || len(found) == 0 {
				t.Errorf("%s lists %d of %s", name, len(found), b.typeName)
			}
		}
	}
	w := program(t, inBlock, on(srv)...)
	if !w.queries() {
		return
	}
	for _, name := range examplesIn(t, "list-resources") {
		w := program(t, inBlock, append(on(srv), "TF_VAR_project_id="+srv.ProjectID)...)
		w.write("all.tfquery.hcl", example(t, "list-resources", name, "list-resource.tfquery.hcl"))
		if out := w.run("query", "-generate-config-out=found.tf"); !strings.Contains(out, "list."+name) {
			t.Errorf("terraform query of %s finds nothing:\n%s", name, out)
		}
		// Applying the generated configuration changes nothing.
		if err := os.Remove(filepath.Join(w.dir, "all.tfquery.hcl")); err != nil {
			t.Fatal(err)
		}
		if plan := w.run("plan"); !strings.Contains(plan, "to import, 0 to add, 0 to change, 0 to destroy") {
			t.Errorf("the plan of the configuration generated by terraform query of %s has changes:\n%s", name, plan)
		}
	}
}

// Actions require Terraform 1.14.
func TestExampleActions(t *testing.T) {
	t.Parallel()
	srv := rafftest.Start(t)
	alice := srv.Invite(t, "alice@example.com", srv.RoleID(t, "account", "member"))
	p := speak(t, srv)
	invitation := srv.Do(t, "GET", "/api/v1/members/"+alice, srv.Key, nil).Want(t, 200).Data(t)["invitation_id"].(string)
	variables := map[string]cty.Value{"raff_member": cty.ObjectVal(map[string]cty.Value{
		"alice": cty.ObjectVal(map[string]cty.Value{"id": cty.StringVal(alice), "invitation_id": cty.StringVal(invitation)}),
	})}
	for _, name := range examplesIn(t, "actions") {
		for _, b := range blocksOf(t, "action", example(t, "actions", name, "action.tf"), variables) {
			progress, diags := p.act(b.typeName, b.config)
			p.clean(diags)
			if b.typeName != name || len(progress) == 0 {
				t.Errorf("%s did nothing", name)
			}
		}
	}
	fresh := rafftest.Start(t)
	w := program(t, inBlock, on(fresh)...)
	if !w.queries() {
		return
	}
	w.write("main.tf", required+inBlock+example(t, "actions", "raff_invitation_resend", "action.tf"))
	w.settles()
	if out := w.run("apply", "-auto-approve", "-invoke=action.raff_invitation_resend.alice"); !strings.Contains(out, "Invited alice@example.com again") {
		t.Errorf("the action printed nothing:\n%s", out)
	}
}
