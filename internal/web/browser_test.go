package web_test

import (
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// page is what somebody sees in a browser.
type page struct {
	url    string
	status int
	header http.Header
	source string
	root   *html.Node
	fields url.Values          // the form's, as they stand
	inputs map[string]*element // by name
}

type element struct {
	attr map[string]string
}

// open follows a link, as a browser does for somebody who clicks in a mail.
func open(t *testing.T, address string) page {
	t.Helper()
	return fetch(t, http.MethodGet, address, nil, nil)
}

// submit sends the page's form back with these fields typed in.
func (p page) submit(t *testing.T, typed ...string) page {
	t.Helper()
	fields := maps.Clone(p.fields)
	if fields == nil {
		fields = url.Values{}
	}
	for i := 0; i < len(typed); i += 2 {
		fields.Set(typed[i], typed[i+1])
	}
	u, err := url.Parse(p.url)
	if err != nil {
		t.Fatal(err)
	}
	return fetch(t, http.MethodPost, p.url, fields, http.Header{"Origin": {u.Scheme + "://" + u.Host}, "Sec-Fetch-Site": {"same-origin"}})
}

func fetch(t *testing.T, method, address string, fields url.Values, h http.Header) page {
	t.Helper()
	req, err := http.NewRequest(method, address, strings.NewReader(fields.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(req.Header, h)
	if fields != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	p := page{url: address, status: res.StatusCode, header: res.Header, source: string(b), fields: url.Values{}, inputs: map[string]*element{}}
	p.checkHeaders(t)
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") && method != http.MethodHead {
		p.parse(t)
	}
	return p
}

// checkHeaders holds for every answer, whatever it is.
func (p page) checkHeaders(t *testing.T) {
	t.Helper()
	for name, want := range map[string]string{
		"Cache-Control":          "no-store",
		"Referrer-Policy":        "no-referrer",
		"X-Content-Type-Options": "nosniff",
	} {
		if got := p.header.Values(name); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %s is %q, want %q", p.url, name, got, want)
		}
	}
	policy := p.header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") || !strings.Contains(policy, "frame-ancestors 'none'") {
		t.Errorf("%s: Content-Security-Policy %q", p.url, policy)
	}
	if p.header.Get("Set-Cookie") != "" {
		t.Errorf("%s sets a cookie", p.url)
	}
}

// parse reads the page and holds it to what every page owes a person: a language, a title, one heading, a label for
// each field, descriptions that exist, and nothing that the policy would refuse.
func (p *page) parse(t *testing.T) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(p.source))
	if err != nil {
		t.Fatal(err)
	}
	p.root = root
	ids, count, refers := map[string]int{}, map[string]int{}, map[string]string{}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		e := &element{attr: map[string]string{}}
		for _, a := range n.Attr {
			e.attr[a.Key] = a.Val
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" {
				t.Errorf("%s: <%s %s> is inline code", p.url, n.Data, a.Key)
			}
		}
		count[n.Data]++
		ids[e.attr["id"]]++
		switch n.Data {
		case "script", "style", "iframe", "object", "img":
			t.Errorf("%s has a <%s>", p.url, n.Data)
		case "label":
			refers[e.attr["for"]] = "label"
		case "input":
			if name := e.attr["name"]; name != "" {
				p.inputs[name] = e
				p.fields.Set(name, e.attr["value"])
			}
			for id := range strings.FieldsSeq(e.attr["aria-describedby"]) {
				refers[id] = "aria-describedby"
			}
			count["field without id"] += boolToInt(e.attr["id"] == "")
		case "a", "link":
			if target := e.attr["href"]; !strings.HasPrefix(target, "/") {
				t.Errorf("%s links to %q", p.url, target)
			}
		}
	}
	for id, what := range refers {
		if ids[id] != 1 {
			t.Errorf("%s: %s refers to %q, which is there %d times", p.url, what, id, ids[id])
		}
	}
	for id := range p.inputs {
		if refers[id] != "label" {
			t.Errorf("%s: the field %q has no label", p.url, id)
		}
	}
	if count["h1"] != 1 || count["title"] != 1 || count["main"] != 1 || count["field without id"] != 0 {
		t.Errorf("%s: %v", p.url, count)
	}
	if !strings.Contains(p.source, `<html lang="en">`) {
		t.Errorf("%s names no language", p.url)
	}
}

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// text is all words of the page as they are read, what stands in its fields included.
func (p page) text() string {
	if p.root == nil {
		return p.source
	}
	var b strings.Builder
	for n := range p.root.Descendants() {
		switch {
		case n.Type == html.TextNode:
			b.WriteString(n.Data)
		case n.Data == "input":
			for _, a := range n.Attr {
				if a.Key == "value" {
					b.WriteString(" " + a.Val)
				}
			}
		case n.Data != "bdi" && n.Data != "strong" && n.Data != "time":
			b.WriteString(" ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// shows fails the test unless the page has this status and says all of these.
func (p page) shows(t *testing.T, status int, words ...string) page {
	t.Helper()
	if p.status != status {
		t.Fatalf("status %d, want %d: %s", p.status, status, p.text())
	}
	for _, w := range words {
		if !strings.Contains(p.text(), w) {
			t.Errorf("the page does not say %q: %s", w, p.text())
		}
	}
	return p
}

// complains fails the test unless the field is marked as wrong, with these words beside it.
func (p page) complains(t *testing.T, field, words string) page {
	t.Helper()
	e := p.inputs[field]
	if e == nil || e.attr["aria-invalid"] != "true" || !strings.Contains(e.attr["aria-describedby"], field+"-error") {
		t.Fatalf("the field %q is not marked as wrong: %+v", field, e)
	}
	if _, focus := e.attr["autofocus"]; !focus {
		t.Errorf("the field %q does not get the focus", field)
	}
	for n := range p.root.Descendants() {
		for _, a := range n.Attr {
			if a.Key == "id" && a.Val == field+"-error" && strings.Contains(n.FirstChild.Data, words) {
				return p
			}
		}
	}
	t.Errorf("no %q at the field %q: %s", words, field, p.text())
	return p
}
