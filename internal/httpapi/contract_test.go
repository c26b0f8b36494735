package httpapi_test

import (
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"gopkg.in/yaml.v3"

	"raff/api"
	"raff/internal/httpapi"
)

// object is a piece of openapi.yaml.
type object map[string]any

func (o object) at(keys ...string) object {
	for _, k := range keys {
		next, _ := o[k].(object)
		o = next
	}
	return o
}

// description is openapi.yaml as written. Facts are compared with it, not with what kin-openapi derives from it.
func description(t *testing.T) object {
	t.Helper()
	var d object
	if err := yaml.Unmarshal(api.OpenAPI, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

func (o object) resolve(v any) object {
	x, _ := v.(object)
	if ref, ok := x["$ref"].(string); ok {
		return o.at(strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
	}
	return x
}

// fact returns a schema in the notation of wire.yaml.
func fact(v any) string {
	s, _ := v.(object)
	if ref, ok := s["$ref"].(string); ok {
		return ref[strings.LastIndexByte(ref, '/')+1:]
	}
	if either, ok := s["oneOf"].([]any); ok && len(either) == 2 && fmt.Sprint(either[1].(object)["type"]) == "null" {
		return fact(either[0]) + " or null"
	}
	kind, null := s["type"], ""
	if kinds, ok := kind.([]any); ok {
		kind, null = kinds[0], " or null"
	}
	text := fmt.Sprint(kind)
	if kind == "array" {
		text = "list of " + fact(s["items"])
	} else if f, ok := s["format"]; ok {
		text = fmt.Sprint(f)
	}
	if choices, ok := s["enum"].([]any); ok {
		text += " " + strings.Trim(strings.ReplaceAll(fmt.Sprint(choices), " ", "|"), "[]")
	}
	for _, bound := range []string{"minLength", "maxLength", "minItems", "pattern", "default"} {
		if v, ok := s[bound]; ok {
			text += fmt.Sprintf(" %s %v", bound, v)
		}
	}
	return text + null
}

// properties returns the facts of an object's fields, including those of allOf, and which of them are required.
func (o object) properties(v any) (facts map[string]string, required []string) {
	s, facts := o.resolve(v), map[string]string{}
	parts, _ := s["allOf"].([]any)
	for _, part := range append(parts, object{"properties": s["properties"], "required": s["required"]}) {
		p := part.(object)
		if _, ok := p["$ref"]; ok {
			more, names := o.properties(p)
			maps.Copy(facts, more)
			required = append(required, names...)
			continue
		}
		for k, f := range p.at("properties") {
			facts[k] = fact(f)
		}
		names, _ := p["required"].([]any)
		for _, n := range names {
			required = append(required, n.(string))
		}
	}
	return facts, required
}

// parameters returns the parameters of an operation and of its path, by their location.
func (o object) parameters(path, method, in string) map[string]object {
	out := map[string]object{}
	own, _ := o.at("paths", path, method)["parameters"].([]any)
	shared, _ := o.at("paths", path)["parameters"].([]any)
	for _, v := range append(own, shared...) {
		if p := o.resolve(v); p["in"] == in {
			out[p["name"].(string)] = p
		}
	}
	return out
}

func jsonSchema(v object) any { return v.at("content", "application/json")["schema"] }

type wireOperation struct {
	ID         string
	Credential string
	Query      map[string]string
	Body       string
	Status     string
	Answer     map[string]string
	Refusals   []string
}

// openapi.yaml has every fact that a client of the original contract relies on. Additions must be invisible to such a
// client: they do not require anything new.
func TestWireContract(t *testing.T) {
	text, err := os.ReadFile("testdata/wire.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var wire struct {
		Operations map[string]wireOperation
		Schemas    map[string]map[string]string
	}
	if err := yaml.Unmarshal(text, &wire); err != nil {
		t.Fatal(err)
	}
	d := description(t)
	for name, want := range wire.Operations {
		t.Run(name, func(t *testing.T) { keepsOperation(t, d, name, want) })
	}
	for name, want := range wire.Schemas {
		t.Run(name, func(t *testing.T) { keepsSchema(t, d, name, want) })
	}
}

func keepsOperation(t *testing.T, d object, name string, want wireOperation) {
	method, path, _ := strings.Cut(name, " ")
	method = strings.ToLower(method)
	op := d.at("paths", path, method)
	if op == nil {
		t.Fatal("is missing")
	}
	if op["operationId"] != want.ID {
		t.Errorf("operationId is %v, want %s", op["operationId"], want.ID)
	}
	if open := op["security"] != nil; open != (want.Credential == "none") {
		t.Errorf("needs no credential: %t", open)
	}
	query := d.parameters(path, method, "query")
	for p, f := range want.Query {
		if got := fact(query[p]["schema"]); got != f {
			t.Errorf("query parameter %s is %q, want %q", p, got, f)
		}
	}
	for _, in := range []string{"query", "header"} {
		for p, v := range d.parameters(path, method, in) {
			if v["required"] == true {
				t.Errorf("the %s parameter %s is required; clients of the contract do not send it", in, p)
			}
		}
	}
	body := op.at("requestBody")
	if got := fact(jsonSchema(body)); want.Body != "" && got != want.Body {
		t.Errorf("body is %q, want %q", got, want.Body)
	}
	if want.Body == "" && body["required"] == true {
		t.Error("a body is required; clients of the contract send none")
	}
	responses := op.at("responses")
	for status := range responses {
		if status[0] == '2' && status != want.Status {
			t.Errorf("may respond with %s, want only %s", status, want.Status)
		}
	}
	for _, status := range want.Refusals {
		if got := fact(jsonSchema(d.resolve(responses[status]))); got != "Error" {
			t.Errorf("the response %s is %q, want Error", status, got)
		}
	}
	props, _ := d.properties(jsonSchema(responses.at(want.Status)))
	for field, f := range want.Answer {
		if got := props[field]; got != f {
			t.Errorf("the field %s of the response is %q, want %q", field, got, f)
		}
	}
}

func keepsSchema(t *testing.T, d object, name string, want map[string]string) {
	props, required := d.properties(object{"$ref": "#/components/schemas/" + name})
	request := strings.HasSuffix(name, "Request")
	for field, f := range want {
		field, must := strings.CutSuffix(field, "!")
		got := props[field]
		if request {
			got = strings.TrimSuffix(got, " or null") // accepting more breaks no client
		}
		if got != f {
			t.Errorf("%s is %q, want %q", field, got, f)
		}
		if must && !slices.Contains(required, field) {
			t.Errorf("%s is no longer required", field)
		}
	}
	for _, field := range required {
		if _, ok := want[field+"!"]; !ok && request {
			t.Errorf("%s is required; clients of the contract may omit it", field)
		}
	}
}

// The table of routes and openapi.yaml have the same operations.
func TestRoutesAreDescribed(t *testing.T) {
	d := description(t)
	described := map[string]bool{}
	for path, item := range d.at("paths") {
		for method := range item.(object) {
			if method != "parameters" {
				described[strings.ToUpper(method)+" "+path] = true
			}
		}
	}
	for _, r := range httpapi.Routes() {
		name, method := r.Method+" "+r.Pattern, strings.ToLower(r.Method)
		op := d.at("paths", r.Pattern, method)
		if op == nil {
			t.Errorf("%s is not in openapi.yaml", name)
			continue
		}
		delete(described, name)
		if op["operationId"] != r.Operation || op["x-permission"] != r.Permission || (op["security"] != nil) != r.Open {
			t.Errorf("%s: openapi.yaml says %v, %q, open %t; the table says %s, %q, open %t",
				name, op["operationId"], op["x-permission"], op["security"] != nil, r.Operation, r.Permission, r.Open)
		}
		for status := range op.at("responses") {
			if status[0] == '2' && status != fmt.Sprint(r.Status) {
				t.Errorf("%s: openapi.yaml says %s, the table %d", name, status, r.Status)
			}
		}
		var query []string
		for p := range d.parameters(r.Pattern, method, "query") {
			query = append(query, p)
		}
		taken := strings.Fields(strings.Trim(r.Query, "*"))
		slices.Sort(query)
		slices.Sort(taken)
		if !slices.Equal(query, taken) {
			t.Errorf("%s: openapi.yaml has the query parameters %v, the table %v", name, query, taken)
		}
	}
	for name := range described {
		t.Errorf("%s is in openapi.yaml and not in the table of routes", name)
	}
}

// openapi.yaml is valid OpenAPI, and its examples match its schemas.
func TestDescriptionIsValid(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromData(api.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Error(err)
	}
}

// The structs of package api match the schemas of the same names.
func TestStructsAreDescribed(t *testing.T) {
	d := description(t)
	for _, v := range []any{
		api.Member{}, api.ProjectMember{}, api.AddMemberRequest{}, api.AddProjectMemberRequest{}, api.UpdateMemberRequest{},
		api.Role{}, api.CreateRoleRequest{}, api.UpdateRoleRequest{}, api.RolePreview{}, api.RolePreviewChange{}, api.Permission{},
		api.APIKey{}, api.APIKeyProjectAccess{}, api.APIKeyWithSecret{}, api.CreateAPIKeyRequest{}, api.UpdateAPIKeyRequest{},
		api.RegenerateAPIKeyRequest{}, api.Invitation{}, api.CreateInvitationRequest{}, api.AcceptInvitationRequest{},
		api.DeclineInvitationRequest{}, api.InvitationLink{}, api.Project{}, api.CreateProjectRequest{}, api.UpdateProjectRequest{},
		api.AuditEvent{}, api.Whoami{}, api.WhoamiPrincipal{}, api.WhoamiAccount{}, api.WhoamiRole{}, api.WhoamiProject{},
		api.Done{}, api.APIKeyRef{}, api.InvitationRef{}, api.Error{}, api.Holder{}, api.Health{},
	} {
		typ := reflect.TypeOf(v)
		facts, required := d.properties(object{"$ref": "#/components/schemas/" + typ.Name()})
		for _, f := range reflect.VisibleFields(typ) {
			if f.Anonymous {
				continue
			}
			name, opts, _ := strings.Cut(f.Tag.Get("json"), ",")
			got, ok := facts[name]
			if delete(facts, name); !ok || !fits(got, f.Type) {
				t.Errorf("%s.%s is %s, openapi.yaml says %q", typ.Name(), name, f.Type, got)
			}
			always := opts == "" || typ.Name() == "Error" && name == "request_id" // an error may have none
			if !strings.HasSuffix(typ.Name(), "Request") && always != slices.Contains(required, name) {
				t.Errorf("%s.%s: always present: %t, required in openapi.yaml: %t", typ.Name(), name, always, !always)
			}
		}
		for name := range facts {
			t.Errorf("%s.%s is in openapi.yaml and not in the struct", typ.Name(), name)
		}
	}
}

// fits reports whether a Go type can hold what a fact describes.
func fits(fact string, t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Name() == "Nullable[string]" {
		return strings.HasSuffix(fact, " or null")
	}
	word, _, _ := strings.Cut(strings.TrimSuffix(fact, " or null"), " ")
	switch {
	case t == reflect.TypeFor[api.Time]():
		return word == "date-time"
	case t.Name() == "RawMessage":
		return word == "object"
	case t.Kind() == reflect.Slice:
		element := strings.TrimPrefix(fact, "list of ")
		return element != fact && (element == t.Elem().Name() || fits(element, t.Elem()))
	case t.Kind() == reflect.Bool:
		return word == "boolean"
	case t.Kind() == reflect.Int:
		return word == "integer"
	case t.Kind() == reflect.Struct, t.Kind() == reflect.Map:
		return strings.TrimSuffix(fact, " or null") == t.Name()
	}
	// Times in requests are strings, so that the server can report what is wrong with one.
	return slices.Contains([]string{"string", "uuid", "email", "uri", "password", "date-time"}, word)
}
