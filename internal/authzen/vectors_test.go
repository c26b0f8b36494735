package authzen_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"raff/internal/rafftest"
)

// vector is one test of the conformance suite.
type vector struct {
	Set, API, Name, Method, Auth string
	Request                      json.RawMessage
	RawBody                      *string `json:"raw_body"`
	ContentType                  string  `json:"content_type"`
	Status                       []int
	Repeat                       int
	Expected                     *answer
	KnownConflict                string `json:"known_conflict"`
	EchoID                       bool   `json:"send_x_request_id_expect_echo"`
	FollowPages                  bool   `json:"follow_pages"`
	Single                       bool   `json:"expect_single_decision_without_evaluations_array"`
}

type answer struct {
	Decision    *bool
	Evaluations []answer
	Results     []result
	Page        struct {
		NextToken *string `json:"next_token"`
	}
}

type result struct{ Type, ID, Name string }

func vectors(t *testing.T, set string) (out []vector) {
	t.Helper()
	text, err := os.ReadFile("testdata/authzen.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Vectors []vector }
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	for _, v := range file.Vectors {
		if v.Set == set {
			out = append(out, v)
		}
	}
	return out
}

// fixture is an account that was set up with requests to the API.
type fixture struct {
	*rafftest.Server
	t        *testing.T
	asks     string // the key of the service that requests decisions
	projects map[string]string
	people   map[string]string // user ids
	roles    map[string]string
}

func newFixture(t *testing.T, srv *rafftest.Server) *fixture {
	f := &fixture{Server: srv, t: t, projects: map[string]string{}, people: map[string]string{}, roles: map[string]string{}}
	f.asks = srv.NewKey(t, "service", f.role("account", "asks", "account.decisions.evaluate"))
	return f
}

func (f *fixture) do(method, path string, status int, body any) map[string]any {
	f.t.Helper()
	return f.Do(f.t, method, path, f.Key, body).Want(f.t, status).Data(f.t)
}

func (f *fixture) role(scope, slug string, permissions ...string) string {
	f.t.Helper()
	id := f.do("POST", "/api/v1/roles", 201, map[string]any{"scope": scope, "slug": slug, "name": slug, "permissions": permissions})["id"].(string)
	f.roles[slug] = id
	return id
}

func (f *fixture) project(name string) {
	f.t.Helper()
	f.projects[name] = f.do("POST", "/api/v1/projects", 201, map[string]any{"name": name})["id"].(string)
}

// person invites someone, who accepts, and gets an external id.
func (f *fixture) person(externalID, email string) {
	f.t.Helper()
	memberID, userID := f.NewMember(f.t, email, externalID, f.RoleID(f.t, "account", "member"))
	f.people[externalID] = userID
	f.name("member", externalID, memberID)
}

func (f *fixture) name(kind, id, object string) {
	f.t.Helper()
	f.do("PUT", "/api/v1/external-ids", 200, map[string]any{"kind": kind, "source": "app", "id": id, "object_id": object})
}

func (f *fixture) join(project, person, role string) {
	f.t.Helper()
	f.do("POST", "/api/v1/projects/"+f.projects[project]+"/members", 201, map[string]any{"target_user_id": f.people[person], "role_id": f.roles[role]})
}

// send sends a vector like the conformance suite, and returns the response with the results of all pages.
func (f *fixture) send(t *testing.T, v vector, token string) (answer, rafftest.Response) {
	t.Helper()
	body := any(string(v.Request))
	if v.RawBody != nil {
		body = *v.RawBody
	}
	if token != "" {
		var q map[string]any
		if err := json.Unmarshal(v.Request, &q); err != nil {
			t.Fatal(err)
		}
		page, _ := q["page"].(map[string]any)
		page["token"] = token
		body = q
	}
	h := http.Header{"Content-Type": {"application/json"}, "X-Api-Key": {f.asks}}
	if v.ContentType != "" {
		h.Set("Content-Type", v.ContentType)
	}
	switch v.Auth {
	case "none":
		h.Del("X-Api-Key")
	case "wrong":
		h.Set("X-Api-Key", f.asks+"0")
	}
	if v.EchoID {
		h.Set("X-Request-Id", "id-of-the-caller")
	}
	method := http.MethodPost
	if v.Method != "" {
		method = v.Method
	}
	r := f.Send(t, method, "/access/v1/"+v.API, h, body)
	if !slices.Contains(v.Status, r.Status) {
		t.Fatalf("status %d, want one of %v: %s", r.Status, v.Status, r.Body)
	}
	if v.EchoID && r.Header.Get("X-Request-Id") != "id-of-the-caller" {
		t.Errorf("the request id is not echoed")
	}
	if r.Status == 401 && r.Header.Get("WWW-Authenticate") == "" {
		t.Error("no WWW-Authenticate")
	}
	if r.Status == 405 && r.Header.Get("Allow") != "POST" {
		t.Error("no Allow")
	}
	var a answer
	if err := json.Unmarshal(r.Body, &a); err != nil {
		t.Fatalf("%v: %s", err, r.Body)
	}
	if strings.HasPrefix(v.API, "search/") && r.Status == 200 {
		if a.Results == nil || a.Page.NextToken == nil {
			t.Fatalf("no results or no next_token: %s", r.Body)
		}
		if next := *a.Page.NextToken; v.FollowPages && next != "" {
			var q struct{ Page struct{ Limit int } }
			if err := json.Unmarshal(v.Request, &q); err != nil || len(a.Results) > q.Page.Limit {
				t.Errorf("a page has more results than its limit: %s", r.Body)
			}
			rest, _ := f.send(t, v, next)
			a.Results = append(a.Results, rest.Results...)
		}
	}
	return a, r
}

func (f *fixture) check(t *testing.T, v vector, exact bool) {
	t.Helper()
	for range max(1, v.Repeat) {
		got, r := f.send(t, v, "")
		if v.Expected == nil {
			continue
		}
		want := *v.Expected
		switch {
		case want.Decision != nil:
			if got.Decision == nil || *got.Decision != *want.Decision || v.Single && got.Evaluations != nil {
				t.Errorf("%s\nresponse %s, want %v", v.Request, r.Body, *want.Decision)
			}
		case want.Evaluations != nil:
			if decisions(got) != decisions(want) {
				t.Errorf("%s\nresponse %s, want %s", v.Request, r.Body, decisions(want))
			}
		default:
			sorted := func(all []result) []string {
				out := make([]string, 0, len(all))
				for _, one := range all {
					out = append(out, fmt.Sprint(one))
				}
				slices.Sort(out)
				return out
			}
			have, need := sorted(got.Results), sorted(want.Results)
			missing := slices.ContainsFunc(need, func(s string) bool { return !slices.Contains(have, s) })
			if missing || (exact || len(need) == 0) && len(have) != len(need) {
				t.Errorf("%s\nfound %v, want %v", v.Request, have, need)
			}
		}
	}
}

func decisions(a answer) string {
	out := make([]string, 0, len(a.Evaluations))
	for _, e := range a.Evaluations {
		out = append(out, fmt.Sprint(e.Decision != nil && *e.Decision))
	}
	return strings.Join(out, " ")
}

func TestScenarioVectors(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		f := newFixture(t, srv)
		f.role("project", "editor", "record.read", "record.write", "record.delete")
		f.role("project", "reader", "record.read")
		f.role("project", "admin", "record.read", "record.write")
		for _, n := range []string{"1", "2"} {
			f.project("Project " + n)
			f.name("record", "record-"+n, f.projects["Project "+n])
		}
		f.person("alice", "alice@example.com")
		f.person("bob", "bob@example.com")
		f.join("Project 1", "alice", "editor")
		f.join("Project 2", "alice", "editor")
		f.join("Project 1", "bob", "reader")
		f.join("Project 2", "bob", "admin")
		n := 0
		for _, v := range vectors(t, "scenario") {
			t.Run(v.API+"/"+v.Name, func(t *testing.T) {
				if v.KnownConflict != "" {
					// This vector expects that the fields of a default are merged into an evaluation's resource. The specification
					// (7.1.1) says that an evaluation's value replaces the default as a whole, so its resource has no type.
					no := false
					v.Expected = &answer{Evaluations: []answer{{Decision: &no}, {Decision: &no}}}
				}
				f.check(t, v, false)
			})
			n++
		}
		if n != 127 {
			t.Errorf("%d vectors, want 127", n)
		}
	}, rafftest.WithCatalog("testdata/scenario.yaml"))
}

// The people of the interop scenario, by the names that its identity provider gave them.
var interopPeople = map[string]struct{ email, role string }{
	"CiRmZDA2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs": {"rick@the-citadel.com", "todo-admin"},
	"CiRmZDE2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs": {"morty@the-citadel.com", "todo-editor"},
	"CiRmZDI2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs": {"summer@the-smiths.com", "todo-editor"},
	"CiRmZDM2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs": {"beth@the-smiths.com", "todo-viewer"},
	"CiRmZDQ2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs": {"jerry@the-smiths.com", "todo-viewer"},
}

// interopRecords are the records of the interop scenario: who owns each, who may edit it without owning it, and who may
// only view it. A record with its owner and its department is the instance of a project whose members are these people.
var interopRecords = map[string]struct{ owner, editor, viewers string }{
	"101": {"alice", "", "bob carol dan"}, "102": {"bob", "", "alice carol dan"}, "103": {"carol", "", "alice bob dan"},
	"104": {"dan", "", "alice felix"}, "105": {"erin", "", "alice bob carol dan"}, "106": {"felix", "", "alice dan"},
	"107": {"alice", "", "dan"}, "108": {"bob", "", "alice carol dan"}, "109": {"carol", "", "alice dan felix"},
	"110": {"dan", "alice", ""}, "111": {"erin", "", "alice dan felix"}, "112": {"felix", "", "alice bob carol dan"},
	"113": {"alice", "", "dan"}, "114": {"bob", "", "alice dan felix"}, "115": {"carol", "dan", "alice erin"},
	"116": {"dan", "", "alice bob carol"}, "117": {"erin", "", "alice bob carol dan"}, "118": {"felix", "", "alice dan"},
	"119": {"alice", "", "bob carol dan"}, "120": {"bob", "", "alice dan felix"},
}

func TestInteropVectors(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		f := newFixture(t, srv)
		f.interopToDos()
		f.interopRecords()
		// No search is left out.
		n := map[string]int{}
		for _, v := range vectors(t, "interop") {
			t.Run(v.API+"/"+v.Name, func(t *testing.T) { f.check(t, v, true) })
			kind, _, _ := strings.Cut(v.API, "/")
			n[kind]++
		}
		if n["evaluation"]+n["evaluations"] != 43 || n["search"] != 199 {
			t.Errorf("%v vectors, want 43 evaluations and 199 searches", n)
		}
	}, rafftest.WithCatalog("testdata/interop.yaml"))
}

func (f *fixture) interopToDos() {
	f.role("project", "todo-admin", "person.read", "todo.read", "todo.create", "todo.update", "todo.delete")
	f.role("project", "todo-editor", "person.read", "todo.read", "todo.create", "todo.update", "todo.delete")
	f.role("project", "todo-viewer", "person.read", "todo.read")
	f.project("To-dos")
	project := f.projects["To-dos"]
	for id, p := range interopPeople {
		f.person(id, p.email)
		f.join("To-dos", id, p.role)
		f.name("user", p.email, project)
	}
	for _, id := range []string{
		"todo-1", "7240d0db-8ff0-41ec-98b2-34a096273b9f", "7240d0db-8ff0-41ec-98b2-34a096273b91", "7240d0db-8ff0-41ec-98b2-34a096273b92", "7240d0db-8ff0-41ec-98b2-34a096273b95",
	} {
		f.name("todo", id, project)
	}
}

func (f *fixture) interopRecords() {
	f.role("project", "record-owner", "record.view", "record.edit", "record.delete")
	f.role("project", "record-editor", "record.view", "record.edit")
	f.role("project", "record-viewer", "record.view")
	for _, name := range []string{"alice", "bob", "carol", "dan", "erin", "felix"} {
		f.person(name, name+"@example.com")
	}
	for _, id := range slices.Sorted(maps.Keys(interopRecords)) {
		r := interopRecords[id]
		project := "Record " + id
		f.project(project)
		f.name("record", id, f.projects[project])
		f.join(project, r.owner, "record-owner")
		if r.editor != "" {
			f.join(project, r.editor, "record-editor")
		}
		for name := range strings.FieldsSeq(r.viewers) {
			f.join(project, name, "record-viewer")
		}
	}
}
