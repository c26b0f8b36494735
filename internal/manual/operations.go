package manual

import (
	"bytes"
	"encoding/json"
	"slices"
)

// Operation is an operation of the API, for a form that calls it.
type Operation struct {
	ID, Method, Path, Summary string
	Parameters                []Parameter
	Body                      string // an example, in JSON; empty for operations without a body
}

// Parameter is a parameter in the path, the query or the header.
type Parameter struct {
	Name, About string
	InPath      bool
	InHeader    bool
	Required    bool
	Values      []string // the only ones; empty allows others
}

// notAsked are headers that a form has no field for: it sends Idempotency-Key by itself, and no operation needs X-Project-ID.
var notAsked = []string{"Idempotency-Key", "X-Project-ID"}

// Operations returns the operations of a description of the API that a session authorizes: all but those without credentials.
func Operations(openapi []byte) ([]Operation, error) {
	r, err := newReference(openapi)
	if err != nil {
		return nil, err
	}
	var all []Operation
	for _, tag := range r.doc.get("tags").list() {
		for _, o := range r.operations(tag.text("name")) {
			if !o.tryable() {
				continue
			}
			one := Operation{ID: o.node.text("operationId"), Method: o.method, Path: o.path, Summary: o.node.text("summary")}
			for _, p := range append(o.shared.list(), o.node.get("parameters").list()...) {
				p = r.follow(p)
				in := p.text("in")
				if in != "path" && in != "query" && in != "header" || slices.Contains(notAsked, p.text("name")) {
					continue
				}
				made := Parameter{Name: p.text("name"), About: p.text("description"), InPath: in == "path", InHeader: in == "header", Required: p.text("required") == "true"}
				for _, v := range p.get("schema").get("enum").list() {
					made.Values = append(made.Values, v.str())
				}
				if p.get("schema").text("type") == "boolean" {
					made.Values = []string{"true", "false"}
				}
				one.Parameters = append(one.Parameters, made)
			}
			if schema := o.node.get("requestBody").get("content").get("application/json").get("schema"); schema.ok() {
				one.Body = indented(r.example(schema))
			}
			all = append(all, one)
		}
	}
	return all, nil
}

// tryable reports whether a session authorizes the operation.
func (o operation) tryable() bool {
	security := o.node.get("security")
	return !security.ok() || len(security.list()) > 0
}

// indented is JSON with a line for each field.
func indented(text string) string {
	var b bytes.Buffer
	if json.Indent(&b, []byte(text), "", "  ") != nil {
		return text
	}
	return b.String()
}
