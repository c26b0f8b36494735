package httpapi_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/mail"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"raff/internal/rafftest"
)

// contract is the original contract, testdata/wire.yaml, as a client that was generated from it knows it: it has only these
// operations, sends only these fields and accepts only these types.
type contract struct {
	Operations map[string]struct {
		ID     string
		Query  map[string]string
		Body   string
		Status int
		Answer map[string]string
	}
	Schemas map[string]map[string]string
}

func readContract(t *testing.T) contract {
	t.Helper()
	b, err := os.ReadFile("testdata/wire.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var c contract
	if err := yaml.Unmarshal(b, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

var uuidPattern = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// check returns what a strictly typed client could not decode in v. Unknown fields are allowed.
func (c contract) check(kind string, v any) (wrong []string) {
	word, rest, _ := strings.Cut(kind, " ")
	if v == nil {
		if !strings.HasSuffix(kind, "or null") {
			return []string{"is null"}
		}
		return nil
	}
	say := func(ok bool) []string {
		if ok {
			return nil
		}
		return []string{fmt.Sprintf("is %#v, not %s", v, kind)}
	}
	s, isText := v.(string)
	switch word {
	case "boolean":
		_, ok := v.(bool)
		return say(ok)
	case "integer":
		n, ok := v.(float64)
		return say(ok && n == float64(int(n)))
	case "string":
		choices, _, _ := strings.Cut(rest, " ")
		ok := choices == "" || strings.HasPrefix(rest, "m") || slices.Contains(strings.Split(choices, "|"), s)
		return say(isText && ok)
	case "uuid":
		return say(isText && uuidPattern.MatchString(s))
	case "email":
		a, err := mail.ParseAddress(s)
		return say(isText && err == nil && a.Name == "")
	case "date-time":
		_, err := time.Parse(time.RFC3339Nano, s)
		return say(isText && err == nil)
	case "list":
		list, ok := v.([]any)
		if !ok {
			return say(false)
		}
		for i, each := range list {
			for _, w := range c.check(strings.TrimPrefix(rest, "of "), each) {
				wrong = append(wrong, fmt.Sprintf("[%d] %s", i, w))
			}
		}
		return wrong
	}
	return c.checkObject(c.Schemas[word], v)
}

func (c contract) checkObject(fields map[string]string, v any) (wrong []string) {
	object, ok := v.(map[string]any)
	if !ok {
		return []string{fmt.Sprintf("is %#v, not an object", v)}
	}
	for name, kind := range fields {
		name, required := strings.CutSuffix(name, "!")
		value, there := object[name]
		if !there {
			if required {
				wrong = append(wrong, name+" is missing")
			}
			continue
		}
		for _, w := range c.check(kind, value) {
			wrong = append(wrong, name+" "+w)
		}
	}
	return wrong
}

// generated is the client: one call per operation id.
type generated struct {
	contract
	t     *testing.T
	srv   *rafftest.Server
	paths map[string]string // id → "METHOD /path"
	done  map[string]bool
}

// call runs an operation. ids fill the path from left to right; query is in the path's form; the body may only have
// fields of the contract.
func (g *generated) call(id string, body map[string]any, ids ...string) map[string]any {
	g.t.Helper()
	method, path, _ := strings.Cut(g.paths[id], " ")
	op := g.Operations[g.paths[id]]
	for field, v := range body {
		kind, known := g.Schemas[op.Body][field]
		if !known {
			kind, known = g.Schemas[op.Body][field+"!"]
		}
		if !known || len(g.check(kind, v)) > 0 {
			g.t.Fatalf("%s: the test sends %s = %v, which the contract does not allow", id, field, v)
		}
	}
	for _, each := range ids {
		from, to := strings.IndexByte(path, '{'), strings.IndexByte(path, '}')
		path = path[:from] + each + path[to+1:]
	}
	var query []string
	for name, kind := range op.Query {
		for _, word := range strings.Fields(kind)[1:] {
			if value, _, _ := strings.Cut(word, "|"); value != "default" {
				query = append(query, name+"="+value)
				break
			}
		}
	}
	g.ask(id, method, path+"?"+strings.Join(query, "&"), nil)
	return g.ask(id, method, path, body)
}

// ask sends one request. Additional requests, with a query, are only sent for GET.
func (g *generated) ask(id, method, path string, body map[string]any) map[string]any {
	g.t.Helper()
	if strings.Contains(path, "?") && method != "GET" {
		return nil
	}
	op := g.Operations[g.paths[id]]
	var payload any
	if body != nil {
		payload = body
	}
	res := g.srv.Do(g.t, method, path, g.srv.Key, payload)
	if res.Status != op.Status {
		g.t.Errorf("%s: status %d, want %d: %s", id, res.Status, op.Status, res.Body)
		return map[string]any{}
	}
	var answer map[string]any
	if err := json.Unmarshal(res.Body, &answer); err != nil {
		g.t.Fatalf("%s: %v", id, err)
	}
	for _, w := range g.checkObject(op.Answer, answer) {
		g.t.Errorf("%s: %s in %s", id, w, res.Body)
	}
	for name := range op.Answer {
		if _, there := answer[name]; !there {
			g.t.Errorf("%s: the response has no %s: %s", id, name, res.Body)
		}
	}
	g.done[id] = true
	data, _ := answer["data"].(map[string]any)
	return data
}

func TestGeneratedClient(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		g := &generated{contract: readContract(t), t: t, srv: srv, paths: map[string]string{}, done: map[string]bool{}}
		for path, op := range g.Operations {
			g.paths[op.ID] = path
		}
		id := func(object map[string]any) string { s, _ := object["id"].(string); return s }
		account, project := srv.RoleID(t, "account", "member"), srv.RoleID(t, "project", "viewer")
		later := srv.Now().Add(time.Hour).UTC().Format(time.RFC3339)

		g.call("healthCheck", nil)
		g.call("listPermissions", nil)
		role := id(g.call("createRole", map[string]any{"name": "Auditor", "slug": "auditor", "description": "Reads", "scope": "account", "permissions": []any{"account.audit.view"}}))
		g.call("updateRole", map[string]any{"name": "Reader", "description": "", "permissions": []any{"account.audit.view", "account.roles.view"}}, role)
		g.call("getRole", nil, role)
		g.call("listRoles", nil)

		web := id(g.call("createProject", map[string]any{"name": "Web", "description": "Shop", "default_region": "us-east"}))
		g.call("updateProject", map[string]any{"name": "Web shop", "description": "", "default_region": "us-east"}, web)
		g.call("getProject", nil, web)
		g.call("listProjects", nil)

		key := id(g.call("createApiKey", map[string]any{"name": "ci", "rate_limit_tier": "standard", "expires_at": later, "role_id": role}))
		g.call("updateApiKey", map[string]any{"name": "ci-2", "rate_limit_tier": "standard", "expires_at": later, "is_active": true}, key)
		g.call("addProjectMember", map[string]any{"api_key_id": key, "role_id": project}, web)
		g.call("regenerateApiKey", nil, key)
		g.call("getApiKey", nil, key)
		g.call("listApiKeys", nil)

		invited := id(g.call("addMember", map[string]any{"email": "alice@example.com", "role_id": account}))
		g.call("getMember", nil, invited)
		user := srv.Accept(t, invited, "Alice")
		g.call("updateMember", map[string]any{"role_id": role, "status": "active"}, invited)
		g.call("getMember", nil, invited)
		g.call("listMembers", nil)
		idle := id(g.call("createApiKey", map[string]any{"name": "idle"}))
		g.call("addMember", map[string]any{"api_key_id": idle, "role_id": account})
		pending := id(g.call("createAccountInvitation", map[string]any{"email": "bob@example.com", "role_id": account}))

		member := id(g.call("addProjectMember", map[string]any{"target_user_id": user, "role_id": project}, web))
		g.call("getProjectMember", nil, web, member)
		g.call("updateProjectMember", map[string]any{"role_id": srv.RoleID(t, "project", "operator"), "status": "suspended"}, web, member)
		g.call("createProjectInvitation", map[string]any{"email": "carol@example.com", "role_id": project}, web)
		g.call("listProjectMembers", nil, web)
		g.call("getMember", nil, invited)

		g.call("removeProjectMember", nil, web, member)
		g.call("cancelInvitation", nil, pending)
		g.call("removeMember", nil, invited)
		g.call("addMember", map[string]any{"target_user_id": user, "role_id": account})
		g.call("revokeApiKey", nil, key)
		g.call("deleteProject", nil, web)
		g.call("deleteRole", nil, role)
		for _, op := range g.Operations {
			if !g.done[op.ID] {
				t.Errorf("%s was not run", op.ID)
			}
		}
		if len(g.Operations) != 31 { // 30, and /health
			t.Errorf("the contract has %d operations", len(g.Operations))
		}
	})
}

// The client above must be able to fail.
func TestGeneratedClientDetectsMismatches(t *testing.T) {
	c := readContract(t)
	good := map[string]any{"id": "01890a5d-ac96-774b-bcce-b302099a8057", "email": "a@example.com", "status": "active", "user_id": nil}
	if wrong := c.check("Member", good); len(wrong) > 0 {
		t.Errorf("a valid member: %v", wrong)
	}
	for field, bad := range map[string]any{
		"id": "operator", "email": "Alice <a@example.com>", "status": "expired", "account_id": nil, "created_at": "today", "role": 5.0,
	} {
		m := maps.Clone(good)
		m[field] = bad
		if len(c.check("Member", m)) == 0 {
			t.Errorf("%s = %v was accepted", field, bad)
		}
	}
	delete(good, "email")
	if len(c.check("Member", good)) == 0 {
		t.Error("a member without an email was accepted")
	}
}
