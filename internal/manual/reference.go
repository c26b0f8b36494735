package manual

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// reference makes chapters from the description of the API. They are Markdown like the guides, so that they are shown,
// searched and offered to programs in the same way.
type reference struct{ doc yamlNode }

func newReference(openapi []byte) (*reference, error) {
	var n yaml.Node
	if err := yaml.Unmarshal(openapi, &n); err != nil {
		return nil, fmt.Errorf("read the description of the API: %w", err)
	}
	return &reference{yamlNode{n.Content[0]}}, nil
}

// chapters are an overview, one chapter for each tag, and one for all objects.
func (r *reference) chapters() []*chapter {
	all := []*chapter{r.overview()}
	for _, tag := range r.doc.get("tags").list() {
		all = append(all, r.tag(tag.text("name"), tag.text("description")))
	}
	return append(all, r.objects())
}

func fileOfTag(tag string) string {
	return "api/" + strings.ReplaceAll(strings.ToLower(tag), " ", "-") + ".md"
}

// operation is one operation of the API.
type operation struct {
	method, path string
	shared       yamlNode // parameters of the path
	node         yamlNode
}

func (r *reference) operations(tag string) (all []operation) {
	for _, p := range r.doc.get("paths").pairs() {
		for _, m := range p.value.pairs() {
			if slices.ContainsFunc(m.value.get("tags").list(), func(n yamlNode) bool { return n.str() == tag }) {
				all = append(all, operation{strings.ToUpper(m.key), p.key, p.value.get("parameters"), m.value})
			}
		}
	}
	return all
}

func (r *reference) overview() *chapter {
	var b strings.Builder
	info := r.doc.get("info")
	fmt.Fprintf(&b, "# API reference\n\n%s The description in OpenAPI is at `/openapi.yaml` and `/openapi.json`.\n\n%s\n", info.text("summary"), info.text("description"))
	for _, tag := range r.doc.get("tags").list() {
		name := tag.text("name")
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n| operation | description |\n|---|---|\n", name, tag.text("description"))
		for _, o := range r.operations(name) {
			fmt.Fprintf(&b, "| [`%s %s`](%s#%s) | %s |\n", o.method, o.path, fileOfTag(name), o.node.text("operationId"), cell(o.node.text("summary")))
		}
	}
	b.WriteString("\n## Errors\n\nThe status of an error, and the codes that it can have:\n\n| status | meaning |\n|---|---|\n")
	for _, e := range r.errors() {
		fmt.Fprintf(&b, "| %s | %s |\n", e.key, cell(e.value.text("description")))
	}
	c := newChapter("api.md", b.String())
	c.title = "Overview"
	return c
}

// errors are the shared error responses by status.
func (r *reference) errors() (all []yamlPair) {
	seen := map[string]bool{}
	for _, p := range r.doc.get("paths").pairs() {
		for _, m := range p.value.pairs() {
			for _, response := range m.value.get("responses").pairs() {
				if ref := response.value.text("$ref"); ref != "" && !seen[ref] {
					seen[ref] = true
					all = append(all, yamlPair{response.key, r.follow(response.value)})
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b yamlPair) int { return strings.Compare(a.key, b.key) })
	return all
}

func (r *reference) tag(name, description string) *chapter {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s\n", name, description)
	for _, o := range r.operations(name) {
		r.operation(&b, o)
	}
	return newChapter(fileOfTag(name), b.String())
}

func (r *reference) operation(b *strings.Builder, o operation) {
	fmt.Fprintf(b, "\n## %s {#%s}\n\n```http\n%s %s\n```\n", o.node.text("summary"), o.node.text("operationId"), o.method, o.path)
	if o.tryable() {
		fmt.Fprintf(b, "\n[Try it](/request/%s) in the dashboard.\n", o.node.text("operationId"))
	}
	if text := o.node.text("description"); text != "" {
		fmt.Fprintf(b, "\n%s\n", text)
	}
	fmt.Fprintf(b, "\nRequires: %s.\n", o.node.text("x-permission"))
	if rows := append(o.shared.list(), o.node.get("parameters").list()...); len(rows) > 0 {
		b.WriteString("\n### Parameters\n\n| parameter | in | type | description |\n|---|---|---|---|\n")
		for _, p := range rows {
			p = r.follow(p)
			fmt.Fprintf(b, "| `%s` | %s | %s | %s%s |\n", p.text("name"), p.text("in"), r.kind(p.get("schema")), required(p.get("required").str() == "true"), cell(p.text("description")))
		}
	}
	r.body(b, o)
	b.WriteString("\n### Response\n\n")
	var errors []string
	for _, response := range o.node.get("responses").pairs() {
		full := r.follow(response.value)
		if response.key >= "300" {
			errors = append(errors, response.key)
			continue
		}
		fmt.Fprintf(b, "%s: %s", response.key, strings.TrimSpace(full.text("description")))
		for _, content := range full.get("content").pairs() {
			fmt.Fprintf(b, " `%s`: %s.", content.key, r.kind(content.value.get("schema")))
		}
		b.WriteString("\n\n")
	}
	if len(errors) > 0 {
		fmt.Fprintf(b, "[Errors](../api.md#errors): %s.\n", strings.Join(errors, ", "))
	}
}

// body describes the request body, with an example that can be pasted.
func (r *reference) body(b *strings.Builder, o operation) {
	schema := o.node.get("requestBody").get("content").get("application/json").get("schema")
	if !schema.ok() {
		fmt.Fprintf(b, "\n```sh\n%s\n```\n", curl(o, ""))
		return
	}
	b.WriteString("\n### Body\n\n")
	if text := r.follow(schema).text("description"); text != "" {
		b.WriteString(strings.TrimSpace(text) + "\n\n")
	}
	r.fields(b, schema)
	fmt.Fprintf(b, "\n```sh\n%s\n```\n", curl(o, r.example(schema)))
}

// curl is a command that calls an operation.
func curl(o operation, body string) string {
	call := "curl -s"
	if o.method != "GET" && (o.method != "POST" || body == "") {
		call += " -X " + o.method
	}
	call += fmt.Sprintf(" \"$RAFF_API_URL%s\"", placeholder.ReplaceAllString(o.path, "$$$1"))
	if security := o.node.get("security"); !security.ok() || len(security.list()) > 0 {
		call += ` -H "X-API-Key: $RAFF_API_KEY"`
	}
	if body != "" {
		call += " \\\n  -H 'Content-Type: application/json' -d '" + strings.ReplaceAll(body, "'", `'\''`) + "'"
	}
	return call
}

var placeholder = regexp.MustCompile(`\{([a-z_]+)\}`)

func (r *reference) objects() *chapter {
	var b strings.Builder
	b.WriteString("# Objects\n\nThe objects in requests and responses.\n")
	for _, s := range r.doc.get("components").get("schemas").pairs() {
		fmt.Fprintf(&b, "\n## %s {#%s}\n\n", s.key, s.key)
		if text := s.value.text("description"); text != "" {
			b.WriteString(strings.TrimSpace(text) + "\n\n")
		}
		if len(r.properties(s.value)) == 0 {
			b.WriteString("Type: " + r.kind(s.value) + ".\n")
			continue
		}
		r.fields(&b, s.value)
	}
	return newChapter("api/objects.md", b.String())
}

// property is a field of an object.
type property struct {
	name     string
	required bool
	schema   yamlNode
}

// properties are the fields of an object, with those of the objects that it extends.
func (r *reference) properties(schema yamlNode) (all []property) {
	schema = r.follow(schema)
	for _, base := range schema.get("allOf").list() {
		all = append(all, r.properties(base)...)
	}
	var names []string
	for _, n := range schema.get("required").list() {
		names = append(names, n.str())
	}
	for _, p := range schema.get("properties").pairs() {
		all = append(all, property{p.key, slices.Contains(names, p.key), p.value})
	}
	return all
}

func (r *reference) fields(b *strings.Builder, schema yamlNode) {
	b.WriteString("| field | type | description |\n|---|---|---|\n")
	for _, p := range r.properties(schema) {
		description := p.schema.text("description")
		if description == "" && p.schema.text("$ref") == "" {
			description = p.schema.get("items").text("description")
		}
		fmt.Fprintf(b, "| `%s` | %s | %s%s |\n", p.name, r.kind(p.schema), required(p.required), cell(description))
	}
}

func required(yes bool) string {
	if yes {
		return "Required. "
	}
	return ""
}

// kind is a type in words.
func (r *reference) kind(s yamlNode) string {
	if ref := s.text("$ref"); ref != "" {
		name := ref[strings.LastIndexByte(ref, '/')+1:]
		return fmt.Sprintf("[%s](/docs/api/objects#%s)", name, name)
	}
	var of []string
	for _, word := range []string{"oneOf", "anyOf"} {
		for _, one := range s.get(word).list() {
			of = append(of, r.kind(one))
		}
	}
	if len(of) > 0 {
		return strings.Join(of, " or ")
	}
	if values := s.get("enum").list(); len(values) > 0 {
		for _, v := range values {
			of = append(of, "`"+v.str()+"`")
		}
		return strings.Join(of, ", ") + byDefault(s)
	}
	names := []string{s.text("type")}
	if several := s.get("type").list(); len(several) > 0 {
		names = nil
		for _, n := range several {
			names = append(names, n.str())
		}
	}
	for i, name := range names {
		switch {
		case name == "array":
			names[i] = "list of " + r.kind(s.get("items"))
		case name == "object" && s.get("additionalProperties").ok():
			names[i] = "map of " + r.kind(s.get("additionalProperties"))
		case name == "string" && s.text("format") == "date-time":
			names[i] = "time"
		case name == "string" && s.text("format") != "":
			names[i] = s.text("format")
		}
	}
	return strings.Join(names, " or ") + byDefault(s)
}

func byDefault(s yamlNode) string {
	if d := s.get("default"); d.ok() {
		return " (default `" + d.str() + "`)"
	}
	return ""
}

// exampleValues are values of fields in examples, where the type alone does not say enough.
var exampleValues = map[string]any{
	"email": "alice@example.com", "name": "Website", "slug": "website", "scope": "account", "status": "active", "description": "Where customers buy",
	"permissions": []string{"account.members.view"}, "add_permissions": []string{"account.audit.view"}, "kind": "member", "source": "okta", "id": "00u1",
	"role_id": "00000000-0000-0000-0000-000000000000", "object_id": "00000000-0000-0000-0000-000000000000", "member_id": "00000000-0000-0000-0000-000000000000",
	"target_user_id": "00000000-0000-0000-0000-000000000000", "api_key_id": "00000000-0000-0000-0000-000000000000", "token": "…", "password": "…",
	"grant_policy": "strict", "permission": "account.members.view",
}

// example is a body with the required fields or, if none is required, with those that are usually sent.
func (r *reference) example(schema yamlNode) string {
	body := r.exampleOf(schema)
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil {
		return "{}" // it has only texts, numbers, lists and objects
	}
	return strings.TrimSpace(b.String())
}

func (r *reference) exampleOf(schema yamlNode) map[string]any {
	body := map[string]any{}
	all := r.properties(schema)
	needed := slices.ContainsFunc(all, func(p property) bool { return p.required })
	invites := slices.ContainsFunc(all, func(p property) bool { return p.name == "email" })
	for _, p := range all {
		usual := p.name == "email" || p.name == "role_id" || p.name == "status" || p.name == "name" && !invites // beside an email, the name only proposes one
		if !p.required && (needed || !usual) && !strings.Contains(p.schema.text("description"), "Required.") {
			continue
		}
		if item := p.schema.get("items"); item.text("$ref") != "" {
			body[p.name] = []any{r.exampleOf(item)}
			continue
		}
		if v, ok := exampleValues[p.name]; ok {
			body[p.name] = v
		} else if !p.required {
			continue
		} else {
			body[p.name] = r.anyValue(p.schema)
		}
	}
	return body
}

func (r *reference) anyValue(schema yamlNode) any {
	schema = r.follow(schema)
	if values := schema.get("enum").list(); len(values) > 0 {
		return values[0].str()
	}
	switch schema.text("type") {
	case "integer", "number":
		n, err := strconv.Atoi(schema.text("minimum"))
		if err != nil {
			return 0
		}
		return n
	case "boolean":
		return true
	case "array":
		return []any{}
	case "object":
		return r.exampleOf(schema)
	}
	return "…"
}

// follow replaces a reference by what it refers to.
func (r *reference) follow(n yamlNode) yamlNode {
	ref := n.text("$ref")
	if ref == "" {
		return n
	}
	to := r.doc
	for name := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
		to = to.get(name)
	}
	return to
}

// cell is text for a cell of a table, which is one line.
func cell(text string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", `\|`)
}
