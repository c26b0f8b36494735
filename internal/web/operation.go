package web

import "net/http"

// API is the API of the server, for the pages that call it for the user who is signed in.
type API struct {
	Handler http.Handler
	// Operations returns all operations.
	Operations func() []Operation
}

// Operation is an operation of the API that a form can call.
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
