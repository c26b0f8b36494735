package httpapi_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"raff/api"
	"raff/internal/httpapi"
	"raff/internal/rafftest"
	"raff/internal/team"
)

var update = flag.Bool("update", false, "update the transcripts in testdata with the responses of the server")

// TestTranscripts replays testdata/transcripts/*.txt on both databases. A transcript has blocks with a request after ">" and
// its response after "<", and prose between them. Ids, secrets and times are replaced by names such as <member-1>; a name
// from a response can be used in later requests. The block "advance 192h" moves the server's clock forward. Every response
// is also validated against openapi.yaml.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/transcripts/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	var mu sync.Mutex
	succeeded := map[string]bool{}
	t.Run("replay", func(t *testing.T) {
		for _, file := range files {
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
				rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
					done := replay(t, srv, file)
					mu.Lock()
					defer mu.Unlock()
					maps.Copy(succeeded, done)
				})
			})
		}
	})
	for _, r := range httpapi.Routes() {
		if r.Operation == "transferOwnership" {
			continue // not possible with an API key; tests of the domain cover it
		}
		if !succeeded[r.Operation] {
			t.Errorf("no transcript has a successful %s", r.Operation)
		}
	}
}

// replay sends the requests of a file and compares the responses with those in the file.
func replay(t *testing.T, srv *rafftest.Server, file string) (succeeded map[string]bool) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r := newRecorder(t, srv)
	blocks := strings.Split(strings.TrimSpace(string(text)), "\n\n")
	for i, block := range blocks {
		if d, ok := strings.CutPrefix(block, "advance "); ok {
			r.advance(d)
		}
		if !strings.HasPrefix(block, "> ") {
			continue
		}
		var request []string
		for line := range strings.SplitSeq(block, "\n") {
			if line, ok := strings.CutPrefix(line, "> "); ok {
				request = append(request, line)
			}
		}
		blocks[i] = "> " + strings.Join(request, "\n> ") + "\n" + r.exchange(request)
	}
	got := strings.Join(blocks, "\n\n") + "\n"
	switch {
	case *update && strings.HasSuffix(t.Name(), "/sqlite"): // one database updates the file; the next run compares both
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	case !*update && got != string(text):
		t.Errorf("%s: the responses have changed. If that is intended, run go test -update. %s", file, firstDifference(string(text), got))
	}
	return r.succeeded
}

func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range g {
		if i >= len(w) || w[i] != g[i] {
			return fmt.Sprintf("from line %d on\nwant:\n%s\ngot:\n%s", i+1, strings.Join(w[min(i, len(w)):min(i+12, len(w))], "\n"), strings.Join(g[i:min(i+12, len(g))], "\n"))
		}
	}
	return "the output is shorter than the file"
}

// recorder sends requests, and has names for ids and secrets.
type recorder struct {
	t         *testing.T
	srv       *rafftest.Server
	router    routers.Router
	names     map[string]string // value → name
	values    map[string]string // name → value
	counts    map[string]int
	succeeded map[string]bool
}

func newRecorder(t *testing.T, srv *rafftest.Server) *recorder {
	doc, err := openapi3.NewLoader().LoadFromData(api.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	doc.Servers = nil
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{t: t, srv: srv, router: router, names: map[string]string{}, values: map[string]string{}, counts: map[string]int{}, succeeded: map[string]bool{}}
	other := srv.NewAccount(t, "Other", "owner@other.example.com")
	for name, v := range map[string]string{
		"account": srv.AccountID, "owner-user": srv.OwnerUserID, "owner-member": srv.OwnerMemberID, "default-project": srv.ProjectID,
		"owner-key": srv.KeyID, "owner-secret": srv.Key, "url": srv.URL,
		"other-account": other.AccountID, "other-member": other.OwnerMemberID, "other-project": other.ProjectID,
		"other-key": other.KeyID, "other-secret": other.Key, "nowhere": "01890a5d-ac96-774b-bcce-b302099a8057",
	} {
		r.name(v, name)
	}
	for _, sr := range srv.Node.Service().Catalog().SystemRoles() {
		r.name(team.SystemRoleID(sr.Scope, sr.Slug), fmt.Sprintf("%s role %s", sr.Scope, sr.Slug))
	}
	return r
}

func (r *recorder) name(value, name string) {
	r.names[value], r.values["<"+name+">"] = "<"+name+">", value
}

// label returns the name of a value; a new value gets the next name of its kind.
func (r *recorder) label(kind, value string) string {
	if _, ok := r.names[value]; !ok {
		r.counts[kind]++
		r.name(value, fmt.Sprintf("%s-%d", kind, r.counts[kind]))
	}
	return r.names[value]
}

func (r *recorder) advance(duration string) {
	d, err := time.ParseDuration(duration)
	if err != nil {
		r.t.Fatal(err)
	}
	r.srv.Advance(d)
}

var placeholder = regexp.MustCompile(`<[a-z][a-z0-9 -]*>`)

func (r *recorder) exchange(lines []string) string {
	lines = slices.Clone(lines)
	for i, l := range lines {
		lines[i] = placeholder.ReplaceAllStringFunc(l, func(name string) string {
			v, ok := r.values[name]
			if !ok {
				r.t.Fatalf("unknown name %s in %q", name, l)
			}
			return v
		})
	}
	method, path, _ := strings.Cut(lines[0], " ")
	headers, rest := http.Header{}, lines[1:]
	for len(rest) > 0 && !strings.HasPrefix(rest[0], "{") && strings.Contains(rest[0], ": ") {
		k, v, _ := strings.Cut(rest[0], ": ")
		headers.Add(k, v)
		rest = rest[1:]
	}
	body := strings.Join(rest, "\n")
	if body != "" && headers.Get("Content-Type") == "" {
		headers.Set("Content-Type", "application/json")
	}
	res := r.srv.Send(r.t, method, path, headers, body)
	r.check(method, path, headers, body, res)
	return strings.TrimSuffix(r.write(path, res), "\n")
}

// check checks what is true for all responses, and validates the response against openapi.yaml.
func (r *recorder) check(method, path string, headers http.Header, body string, res rafftest.Response) {
	h := res.Header
	if h.Get("Cache-Control") != "no-store" || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("X-Request-Id") == "" {
		r.t.Errorf("%s %s: headers %v", method, path, h)
	}
	req, err := http.NewRequestWithContext(r.t.Context(), method, path, strings.NewReader(withoutNulls(body)))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header = headers
	route, params, err := r.router.FindRoute(req)
	if err != nil {
		if res.Status != 404 && res.Status != 405 {
			r.t.Errorf("%s %s: %d is not in openapi.yaml: %v", method, path, res.Status, err)
		}
		return
	}
	in := &openapi3filter.RequestValidationInput{Request: req, PathParams: params, Route: route, Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc}}
	if res.Status < 300 {
		r.succeeded[route.Operation.OperationID] = true
		if err := openapi3filter.ValidateRequest(r.t.Context(), in); err != nil {
			r.t.Errorf("%s %s succeeded, but the request is invalid according to openapi.yaml: %v", method, path, err)
		}
	}
	out := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: res.Status, Header: h, Body: io.NopCloser(bytes.NewReader(res.Body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	}
	if h.Get("Content-Type") != "application/json" {
		return
	}
	if err := openapi3filter.ValidateResponse(r.t.Context(), out); err != nil {
		r.t.Errorf("%s %s: the response %d is invalid according to openapi.yaml: %v\n%s", method, path, res.Status, err, res.Body)
	}
	var e api.Error
	if json.Unmarshal(res.Body, &e) == nil && e.Code != "" && !bytes.Contains(api.OpenAPI, []byte("`"+e.Code+"`")) && !strings.HasPrefix(e.Code, "invalid_") {
		r.t.Errorf("the code %s is not in openapi.yaml", e.Code)
	}
}

// withoutNulls removes fields that are null, because the server treats null like an absent field.
func withoutNulls(body string) string {
	var fields map[string]any
	if json.Unmarshal([]byte(body), &fields) != nil {
		return body
	}
	maps.DeleteFunc(fields, func(_ string, v any) bool { return v == nil })
	b, err := json.Marshal(fields)
	if err != nil {
		return body
	}
	return string(b)
}

// shown are the headers that a transcript contains if the response has them.
var shown = []string{"Allow", "Idempotency-Replayed", "Location", "Retry-After", "Www-Authenticate"}

func (r *recorder) write(path string, res rafftest.Response) string {
	var b strings.Builder
	fmt.Fprintf(&b, "< %d %s\n", res.Status, http.StatusText(res.Status))
	for _, k := range shown {
		if v := res.Header.Get(k); v != "" {
			fmt.Fprintf(&b, "< %s: %s\n", k, v)
		}
	}
	if ct := res.Header.Get("Content-Type"); ct != "application/json" {
		fmt.Fprintf(&b, "< Content-Type: %s\n", ct)
		return b.String()
	}
	if path == "/openapi.json" { // a test of internal/manual compares it with openapi.yaml
		b.WriteString("< {…}\n")
		return b.String()
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, res.Body, "", "  "); err != nil {
		r.t.Fatalf("%v in %s", err, res.Body)
	}
	for line := range strings.Lines(r.stable(path, pretty.String())) {
		b.WriteString("< " + strings.TrimSuffix(line, "\n") + "\n")
	}
	return b.String()
}

var (
	field    = regexp.MustCompile(`"(\w+)": "([^"]*)"`)
	uuidRE   = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	timeRE   = regexp.MustCompile(`"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z"`)
	prefixRE = regexp.MustCompile(`"raff_[0-9a-f]{8}"`)
	linkRE   = regexp.MustCompile(`/invite/([A-Za-z0-9_-]{43})"`)
	// sequenceRE matches what an event has once the log is sealed, which happens every minute.
	sequenceRE = regexp.MustCompile(`,\n +"sequence": \d+`)
	requestRE  = regexp.MustCompile(`"request_id": "[A-Z2-7]{16}"`) // created by the server
)

// stable replaces values that differ between runs by names.
func (r *recorder) stable(path, body string) string {
	for _, m := range field.FindAllStringSubmatch(body, -1) {
		switch name, value := m[1], m[2]; {
		case uuidRE.MatchString(value):
			r.label(kindOf(path, name), value)
		case name == "secret" && value != "":
			r.label("secret", value)
		case name == "next_cursor":
			r.label("cursor", value)
		}
	}
	if m := linkRE.FindStringSubmatch(body); m != nil {
		r.label("token", m[1])
	}
	// Longest first, because an id may be part of another value.
	values := slices.SortedFunc(maps.Keys(r.names), func(a, b string) int { return len(b) - len(a) })
	for _, v := range values {
		body = strings.ReplaceAll(body, v, r.names[v])
	}
	body = sequenceRE.ReplaceAllString(body, "")
	body = requestRE.ReplaceAllString(body, `"request_id": "<request>"`)
	body = prefixRE.ReplaceAllString(body, `"<prefix>"`)
	return timeRE.ReplaceAllString(body, `"<time>"`)
}

// kindOf returns the kind of an id: from its field or, for the field "id", from the path of the request.
func kindOf(path, field string) string {
	if kind, ok := strings.CutSuffix(field, "_id"); ok {
		return strings.ReplaceAll(kind, "_", "-")
	}
	if field != "id" {
		return strings.ReplaceAll(field, "_", "-")
	}
	kind := "object"
	path, _, _ = strings.Cut(path, "?")
	for part := range strings.SplitSeq(path, "/") {
		switch part {
		case "members", "roles", "api-keys", "invitations", "projects", "audit-events":
			kind = strings.TrimSuffix(part, "s")
		case "accept":
			kind = "member"
		}
	}
	return kind
}
