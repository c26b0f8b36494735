package web_test

import (
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// browser keeps cookies and follows redirects, like a browser without JavaScript.
type browser struct {
	base   string
	client *http.Client
}

func newBrowser(t *testing.T, base string) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{base: base, client: &http.Client{Jar: jar}}
}

// page is a page as a browser shows it.
type page struct {
	browser *browser
	url     string
	status  int
	header  http.Header
	source  string
	root    *html.Node
	forms   []form
	inputs  map[string]*element // by name and by id
}

type form struct {
	action string
	fields url.Values // current values
}

type element struct {
	attr map[string]string
}

// open opens a link in a new browser, like a click on a link in an email.
func open(t *testing.T, address string) page {
	t.Helper()
	return newBrowser(t, "").open(t, address)
}

func (b *browser) open(t *testing.T, address string) page {
	t.Helper()
	if strings.HasPrefix(address, "/") {
		address = b.base + address
	}
	return b.fetch(t, http.MethodGet, address, nil, nil)
}

// submit submits the only form of the page, with these values entered.
func (p page) submit(t *testing.T, typed ...string) page {
	t.Helper()
	var own []form
	for _, f := range p.forms {
		if f.action != "/sign-out" && f.action != "/account" { // forms of every page for signed-in users
			own = append(own, f)
		}
	}
	if len(own) != 1 {
		t.Fatalf("%s has %d forms: use submitTo", p.url, len(own))
	}
	return p.send(t, own[0], typed)
}

// submitTo submits the form with this action.
func (p page) submitTo(t *testing.T, action string, typed ...string) page {
	t.Helper()
	for _, f := range p.forms {
		if f.action == action {
			return p.send(t, f, typed)
		}
	}
	t.Fatalf("%s has no form for %s", p.url, action)
	return page{}
}

func (p page) send(t *testing.T, f form, typed []string) page {
	t.Helper()
	fields := url.Values{}
	maps.Copy(fields, f.fields)
	set := map[string]bool{}
	for i := 0; i < len(typed); i += 2 {
		if !set[typed[i]] { // a name that occurs twice has two values
			fields.Del(typed[i])
		}
		set[typed[i]] = true
		fields.Add(typed[i], typed[i+1])
	}
	u, err := url.Parse(p.url)
	if err != nil {
		t.Fatal(err)
	}
	to, err := u.Parse(f.action)
	if err != nil {
		t.Fatal(err)
	}
	b := p.browser
	if b == nil {
		b = newBrowser(t, "")
	}
	return b.fetch(t, http.MethodPost, to.String(), fields, http.Header{"Origin": {u.Scheme + "://" + u.Host}, "Sec-Fetch-Site": {"same-origin"}})
}

// fetch sends one request from a new browser.
func fetch(t *testing.T, method, address string, fields url.Values, h http.Header) page {
	t.Helper()
	return newBrowser(t, "").fetch(t, method, address, fields, h)
}

func (b *browser) fetch(t *testing.T, method, address string, fields url.Values, h http.Header) page {
	t.Helper()
	req, err := http.NewRequest(method, address, strings.NewReader(fields.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(req.Header, h)
	if fields != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := b.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	p := page{
		browser: b, url: res.Request.URL.String(), status: res.StatusCode, header: res.Header, source: string(body), inputs: map[string]*element{},
	}
	p.checkHeaders(t)
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") && method != http.MethodHead {
		p.parse(t)
	}
	return p
}

// path is the path and query of the page, after redirects.
func (p page) path(t *testing.T) string {
	t.Helper()
	u, err := url.Parse(p.url)
	if err != nil {
		t.Fatal(err)
	}
	return u.RequestURI()
}

// checkHeaders checks the headers that every response must have.
func (p page) checkHeaders(t *testing.T) {
	t.Helper()
	referrer := "same-origin"
	if path := p.path(t); strings.HasPrefix(path, "/invite/") || strings.HasPrefix(path, "/password/") || strings.HasPrefix(path, "/email/") || strings.HasPrefix(path, "/support/") {
		referrer = "no-referrer"
		if strings.Contains(p.header.Get("Content-Security-Policy"), "script") {
			t.Errorf("%s may run scripts", p.url)
		}
	}
	want := map[string]string{"Referrer-Policy": referrer, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
	if strings.Contains(p.url, "/assets/") {
		delete(want, "Cache-Control")
	}
	for name, value := range want {
		if got := p.header.Values(name); len(got) != 1 || got[0] != value {
			t.Errorf("%s: %s is %q, want %q", p.url, name, got, value)
		}
	}
	policy := p.header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") || !strings.Contains(policy, "frame-ancestors 'none'") {
		t.Errorf("%s: Content-Security-Policy %q", p.url, policy)
	}
	for _, c := range p.header.Values("Set-Cookie") {
		if !strings.Contains(c, "; HttpOnly") || !strings.Contains(c, "; SameSite=Lax") || !strings.Contains(c, "; Path=/") || strings.Contains(c, "Domain") {
			t.Errorf("%s sets the cookie %q", p.url, c)
		}
	}
}

// parse parses the page and checks what every page must have: a language, a title, one heading, a label for each field,
// descriptions that exist, and nothing that the content security policy blocks.
func (p *page) parse(t *testing.T) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(p.source))
	if err != nil {
		t.Fatal(err)
	}
	p.root = root
	ids, count, refers := map[string]int{}, map[string]int{}, map[string]string{}
	named := map[string]bool{} // fields with an aria-label
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		e := &element{attr: map[string]string{}}
		for _, a := range n.Attr {
			e.attr[a.Key] = a.Val
			if strings.HasPrefix(a.Key, "on") || strings.HasPrefix(a.Key, "hx-on") || a.Key == "style" {
				t.Errorf("%s: <%s %s> is inline code", p.url, n.Data, a.Key)
			}
		}
		count[n.Data]++
		ids[e.attr["id"]]++
		switch n.Data {
		case "style", "iframe", "object":
			t.Errorf("%s has a <%s>", p.url, n.Data)
		case "img":
			if _, alt := e.attr["alt"]; !alt || !strings.HasPrefix(e.attr["src"], "/assets/") {
				t.Errorf("%s has the picture %v", p.url, e.attr)
			}
		case "script":
			if !strings.HasPrefix(e.attr["src"], "/assets/") || n.FirstChild != nil {
				t.Errorf("%s has an inline script", p.url)
			}
		case "form":
			p.forms = append(p.forms, form{action: e.attr["action"], fields: fieldsOf(n)})
			if strings.EqualFold(e.attr["method"], "get") {
				p.forms = p.forms[:len(p.forms)-1]
			}
		case "label":
			refers[e.attr["for"]] = "label"
			if e.attr["for"] == "" {
				for inner := range n.Descendants() {
					if inner.Data == "input" {
						named[attr(inner, "name")+attr(inner, "value")] = true
					}
				}
			}
		case "input", "select", "textarea":
			if name := e.attr["name"]; name != "" {
				if _, taken := p.inputs[name]; !taken {
					p.inputs[name] = e
				}
				p.inputs[e.attr["id"]] = e
				ok := e.attr["type"] == "hidden" || e.attr["aria-label"] != "" || named[name+e.attr["value"]]
				if !ok && e.attr["id"] == "" {
					t.Errorf("%s: the field %q has no label and no id", p.url, name)
				}
				if !ok {
					named["#"+e.attr["id"]] = true
				}
			}
			for id := range strings.FieldsSeq(e.attr["aria-describedby"]) {
				refers[id] = "aria-describedby"
			}
		case "a", "link":
			if target := e.attr["href"]; !strings.HasPrefix(target, "/") && !strings.HasPrefix(target, "#") && !strings.HasPrefix(target, "?") && target != "mailto:help@example.com" && target != "https://help.example.com/lamps" {
				t.Errorf("%s links to %q", p.url, target)
			}
		}
	}
	delete(refers, "")
	for id, what := range refers {
		if ids[id] != 1 {
			t.Errorf("%s: %s refers to the id %q, which occurs %d times", p.url, what, id, ids[id])
		}
	}
	for id, n := range ids {
		if id != "" && n > 1 {
			t.Errorf("%s: the id %q occurs %d times", p.url, id, n)
		}
	}
	for id := range named {
		if after, ok := strings.CutPrefix(id, "#"); ok && refers[after] != "label" {
			t.Errorf("%s: the field %q has no label", p.url, after)
		}
	}
	// Forms of pages for signed-in users contain their account, except those about the user.
	inside := slices.ContainsFunc(p.forms, func(f form) bool { return f.action == "/sign-out" })
	for _, f := range p.forms {
		personal := f.action == "/sign-out" || f.action == "/account" || strings.HasPrefix(f.action, "/profile/")
		if inside && !personal && f.fields.Get("here") == "" {
			t.Errorf("%s: the form for %s does not contain its account", p.url, f.action)
		}
	}
	if count["h1"] != 1 || count["title"] != 1 || count["main"] != 1 {
		t.Errorf("%s: %v", p.url, count)
	}
	if !strings.Contains(p.source[:min(len(p.source), 100)], ` lang="`) {
		t.Errorf("%s has no language", p.url)
	}
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

// fieldsOf returns the values of a form that a browser would send, without buttons.
func fieldsOf(form *html.Node) url.Values {
	fields := url.Values{}
	for n := range form.Descendants() {
		name := attr(n, "name")
		if n.Type != html.ElementNode || name == "" || has(n, "disabled") {
			continue
		}
		switch n.Data {
		case "input":
			if kind := attr(n, "type"); (kind == "checkbox" || kind == "radio") && !has(n, "checked") {
				continue
			}
			fields.Add(name, attr(n, "value"))
		case "textarea":
			text := ""
			if n.FirstChild != nil {
				text = n.FirstChild.Data
			}
			fields.Add(name, text)
		case "select":
			fields.Add(name, chosen(n))
		}
	}
	return fields
}

// chosen is the value of a select box: the selected option, or else the first one.
func chosen(list *html.Node) string {
	first, value := true, ""
	for n := range list.Descendants() {
		if n.Data == "option" && !has(n, "disabled") && (first || has(n, "selected")) {
			first, value = false, attr(n, "value")
		}
	}
	return value
}

// text is the visible text of the page, including the values of its fields and the names of buttons and links for screen readers.
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
			b.WriteString(" " + attr(n, "value"))
		case n.Data == "a", n.Data == "button", n.Data == "summary":
			b.WriteString(" " + attr(n, "aria-label") + " ")
		case n.Data != "bdi" && n.Data != "strong" && n.Data != "time":
			b.WriteString(" ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// shows fails the test unless the page has this status and contains all of these texts.
func (p page) shows(t *testing.T, status int, words ...string) page {
	t.Helper()
	if p.status != status {
		t.Fatalf("%s: status %d, want %d: %s", p.url, p.status, status, p.text())
	}
	for _, w := range words {
		if !strings.Contains(p.text(), w) {
			t.Errorf("%s does not contain %q: %s", p.url, w, p.text())
		}
	}
	return p
}

// lacks fails the test if the page contains one of these texts.
func (p page) lacks(t *testing.T, words ...string) page {
	t.Helper()
	for _, w := range words {
		if strings.Contains(p.text(), w) {
			t.Errorf("%s contains %q: %s", p.url, w, p.text())
		}
	}
	return p
}

// complains fails the test unless the field is marked as invalid, with an error that contains this text.
func (p page) complains(t *testing.T, field, words string) page {
	t.Helper()
	e := p.inputs[field]
	if e == nil || e.attr["aria-invalid"] != "true" || !strings.Contains(e.attr["aria-describedby"], field+"-error") {
		t.Fatalf("the field %q is not marked as invalid: %+v", field, e)
	}
	if _, focus := e.attr["autofocus"]; !focus {
		t.Errorf("the field %q does not have the focus", field)
	}
	for n := range p.root.Descendants() {
		if attr(n, "id") == field+"-error" && strings.Contains(n.FirstChild.Data, words) {
			return p
		}
	}
	t.Errorf("no error %q at the field %q: %s", words, field, p.text())
	return p
}
