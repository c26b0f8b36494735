package manual_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"gopkg.in/yaml.v3"

	"raff/api"
	"raff/internal/rafftest"
)

// page is a response of the documentation, parsed if it is HTML.
type page struct {
	status int
	header http.Header
	text   string
	links  []string
	ids    []string
	tags   map[string]int
}

func get(t *testing.T, url string) page {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultTransport.RoundTrip(req) // follows no redirects
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	p := page{status: res.StatusCode, header: res.Header, text: string(b), tags: map[string]int{}}
	if !strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
		return p
	}
	doc, err := html.Parse(strings.NewReader(p.text))
	if err != nil {
		t.Fatal(err)
	}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		p.tags[n.Data]++
		for _, a := range n.Attr {
			switch {
			case a.Key == "id":
				p.ids = append(p.ids, a.Val)
			case a.Key == "href", a.Key == "src", a.Key == "action":
				p.links = append(p.links, a.Val)
			case strings.HasPrefix(a.Key, "on"), a.Key == "style":
				t.Errorf("%s has the attribute %s", url, a.Key)
			}
		}
	}
	return p
}

// Every page can be reached, every link leads somewhere, to a fragment that exists, and nothing is loaded from elsewhere.
func TestEveryLinkLeadsSomewhere(t *testing.T) {
	srv := rafftest.Start(t)
	pages := map[string]page{}
	todo := []string{"/docs"}
	type link struct{ from, to, fragment string }
	var fragments []link
	for len(todo) > 0 {
		path := todo[0]
		todo = todo[1:]
		if _, seen := pages[path]; seen {
			continue
		}
		p := get(t, srv.URL+path)
		pages[path] = p
		form := strings.HasPrefix(path, "/request/") && p.status == http.StatusSeeOther // of the dashboard, after signing in
		if p.status != http.StatusOK && !form {
			t.Errorf("%s: status %d", path, p.status)
		}
		if !strings.HasPrefix(path, "/docs") || !strings.HasPrefix(p.header.Get("Content-Type"), "text/html") || path == "/docs/search" {
			continue
		}
		if n := p.tags["script"] + p.tags["iframe"] + p.tags["img"]; n > 0 || p.tags["h1"] != 1 {
			t.Errorf("%s has %d scripts, frames and images, and %d titles", path, n, p.tags["h1"])
		}
		if policy := p.header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "script-src") {
			t.Errorf("%s: Content-Security-Policy %q", path, policy)
		}
		if strings.Contains(p.text, "raw HTML omitted") {
			t.Errorf("%s has HTML in Markdown, which is not shown", path)
		}
		base, err := url.Parse(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, to := range p.links {
			u, err := base.Parse(to)
			if err != nil {
				t.Errorf("%s: link %q: %v", path, to, err)
				continue
			}
			if u.Host != "" || u.Path == "/" || u.Path == "/favicon.ico" {
				continue
			}
			if u.Fragment != "" {
				fragments = append(fragments, link{path, u.Path, u.Fragment})
			}
			todo = append(todo, u.Path)
		}
	}
	for _, l := range fragments {
		if !slices.Contains(pages[l.to].ids, l.fragment) {
			t.Errorf("%s links to %s#%s, which does not exist", l.from, l.to, l.fragment)
		}
	}
	if len(pages) < 50 {
		t.Errorf("only %d pages were found", len(pages))
	}
}

// The reference has every operation with its permission, and every object.
func TestReferenceIsComplete(t *testing.T) {
	srv := rafftest.Start(t)
	var doc struct {
		Paths      map[string]map[string]yaml.Node
		Components struct{ Schemas map[string]any }
	}
	if err := yaml.Unmarshal(api.OpenAPI, &doc); err != nil {
		t.Fatal(err)
	}
	full := get(t, srv.URL+"/llms-full.txt").text
	overview := get(t, srv.URL+"/docs/api").text
	n := 0
	for path, methods := range doc.Paths {
		for method, node := range methods {
			if method == "parameters" { // shared by the operations
				continue
			}
			n++
			var o struct {
				Permission string `yaml:"x-permission"`
			}
			if err := node.Decode(&o); err != nil {
				t.Fatal(err)
			}
			if call := strings.ToUpper(method) + " " + path; !strings.Contains(overview, call) || !strings.Contains(full, call) || !strings.Contains(full, "Requires: "+o.Permission) {
				t.Errorf("%s is missing", call)
			}
		}
	}
	objects := get(t, srv.URL+"/docs/api/objects")
	for name := range doc.Components.Schemas {
		if !slices.Contains(objects.ids, name) {
			t.Errorf("%s is missing", name)
		}
	}
	if n < 40 || len(doc.Components.Schemas) < 40 {
		t.Errorf("%d operations and %d objects", n, len(doc.Components.Schemas))
	}
}

// openapi.json says the same as openapi.yaml, and clients made from either call the server that sent it.
func TestOpenAPIAsJSON(t *testing.T) {
	srv := rafftest.Start(t)
	var fromYAML, fromJSON any
	if err := yaml.Unmarshal([]byte(get(t, srv.URL+"/openapi.yaml").text), &fromYAML); err != nil {
		t.Fatal(err)
	}
	p := get(t, srv.URL+"/openapi.json")
	if err := json.Unmarshal([]byte(p.text), &fromJSON); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(fromYAML)
	if err != nil {
		t.Fatal(err)
	}
	var same any
	if err := json.Unmarshal(b, &same); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(same, fromJSON) || p.header.Get("Content-Type") != "application/json" {
		t.Errorf("openapi.json differs from openapi.yaml (%s)", p.header.Get("Content-Type"))
	}
	servers, ok := fromJSON.(map[string]any)["servers"].([]any)
	if !ok || len(servers) != 1 || servers[0].(map[string]any)["url"] != "/" {
		t.Errorf("servers: %v", servers)
	}
}

// Programs find everything in /llms.txt, as Markdown.
func TestTextForPrograms(t *testing.T) {
	srv := rafftest.Start(t)
	index := get(t, srv.URL+"/llms.txt")
	if !strings.HasPrefix(index.text, "# raff\n\n> ") || !strings.HasPrefix(index.header.Get("Content-Type"), "text/plain") {
		t.Errorf("llms.txt: %s\n%.200s", index.header.Get("Content-Type"), index.text)
	}
	full := get(t, srv.URL+"/llms-full.txt").text
	n := 0
	for line := range strings.Lines(index.text) {
		_, rest, ok := strings.Cut(line, "](")
		if !ok {
			continue
		}
		n++
		to, _, _ := strings.Cut(rest, ")")
		p := get(t, to)
		if p.status != http.StatusOK || !strings.HasPrefix(p.header.Get("Content-Type"), "text/markdown") || !strings.Contains(full, strings.TrimSpace(p.text)) {
			t.Errorf("%s: %d %s, or not in llms-full.txt", to, p.status, p.header.Get("Content-Type"))
		}
	}
	if n < 50 {
		t.Errorf("only %d links in\n%s", n, index.text)
	}
}

func TestSearch(t *testing.T) {
	srv := rafftest.Start(t)
	p := get(t, srv.URL+"/docs/search?q="+url.QueryEscape("idempotency key"))
	if p.status != http.StatusOK || !slices.ContainsFunc(p.links, func(to string) bool { return strings.HasPrefix(to, "/docs/api") }) {
		t.Errorf("%d: no section of the reference in %v", p.status, p.links)
	}
	if p := get(t, srv.URL+"/docs/search?q="+url.QueryEscape(`<script>alert(1)</script>`)); p.tags["script"] > 0 || !strings.Contains(p.text, "Nothing found") {
		t.Errorf("a search for HTML:\n%s", p.text)
	}
	if p := get(t, srv.URL+"/docs/search"); p.status != http.StatusOK || !strings.Contains(p.text, "Enter one or more words") {
		t.Errorf("an empty search: %d", p.status)
	}
	if p := get(t, srv.URL+"/docs/nothing"); p.status != http.StatusNotFound || !strings.Contains(p.text, "Page not found") {
		t.Errorf("an unknown page: %d", p.status)
	}
}

// Pages are cached by their ETag.
func TestPagesAreRevalidated(t *testing.T) {
	srv := rafftest.Start(t)
	tag := get(t, srv.URL+"/docs/cli").header.Get("ETag")
	res := srv.Send(t, "GET", "/docs/cli", http.Header{"If-None-Match": {tag}}, nil)
	if tag == "" || res.Status != http.StatusNotModified {
		t.Errorf("ETag %q, then status %d", tag, res.Status)
	}
}
