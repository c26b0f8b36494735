// Package rest is what the JSON APIs of the server have in common: strict decoding of bodies and query parameters, errors, and
// writing responses. It has no operations.
package rest

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"raff/api"
	"raff/internal/front"
)

// Call is one request, as passed to a handler.
type Call struct {
	*http.Request
	Front *front.Request
	Query url.Values
	// ByCursor says that the list of the route can be read by cursor.
	ByCursor bool
	// MaxBody is the maximum body size of the route, in bytes.
	MaxBody int64
	// Digest is called with the body once it is read; it may be nil.
	Digest func(body []byte)
}

// Endpoint is one path with its operations by method. An endpoint without any is an unknown path.
type Endpoint[R any] struct {
	Pattern string
	Allow   string
	Methods map[string]*R
}

// Endpoints groups routes by their path. A route for GET also serves HEAD.
func Endpoints[R any](routes []R, of func(*R) (method, pattern string)) map[string]*Endpoint[R] {
	all := map[string]*Endpoint[R]{}
	for i := range routes {
		method, pattern := of(&routes[i])
		e := all[pattern]
		if e == nil {
			e = &Endpoint[R]{Pattern: pattern, Methods: map[string]*R{}}
			all[pattern] = e
		}
		e.Methods[method] = &routes[i]
		if method == http.MethodGet {
			e.Methods[http.MethodHead] = &routes[i]
		}
	}
	for _, e := range all {
		var names []string
		for m := range e.Methods {
			names = append(names, m)
		}
		slices.Sort(names)
		e.Allow = strings.Join(names, ", ")
	}
	return all
}

// Handler passes each request to serve with the endpoint of its path. Below the prefix within, a path with "//" or "/." does not
// exist; the mux of net/http would redirect it.
func Handler[R any](routes []R, of func(*R) (method, pattern string), within string, serve func(http.ResponseWriter, *http.Request, *Endpoint[R])) http.Handler {
	nowhere := &Endpoint[R]{}
	mux := http.NewServeMux()
	at := func(e *Endpoint[R]) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { serve(w, r, e) }
	}
	mux.Handle("/", at(nowhere))
	for pattern, e := range Endpoints(routes, of) {
		mux.Handle(pattern, at(e))
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p := r.URL.Path; strings.HasPrefix(p, within) && (strings.Contains(p, "//") || strings.Contains(p, "/.")) {
			serve(w, r, nowhere)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// Route returns the operation for a method. The error says that the path or the method does not exist.
func (e *Endpoint[R]) Route(method string) (*R, error) {
	if len(e.Methods) == 0 {
		return nil, ErrNoRoute
	}
	r, ok := e.Methods[method]
	if !ok {
		return nil, MethodNotAllowed(e.Allow)
	}
	return r, nil
}

var buffers = sync.Pool{New: func() any { return new([]byte) }}

// maxPooled is the maximum size of a pooled buffer, so that a huge page does not keep its memory.
const maxPooled = 1 << 20

// Buffer returns an empty buffer for a response, and a function that ends its use.
func Buffer() (b *[]byte, release func()) {
	b = buffers.Get().(*[]byte)
	*b = (*b)[:0]
	return b, func() {
		if cap(*b) <= maxPooled {
			buffers.Put(b)
		}
	}
}

var headerJSON = []string{"application/json"}

// Write writes a response of the given status. body is the encoded v.
func Write(w http.ResponseWriter, status int, v any, body []byte) {
	h := w.Header()
	h["Content-Type"] = headerJSON
	if d, ok := v.(Document); ok {
		h["Content-Type"] = []string{d.ContentType}
	}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client has disconnected
}

// ErrorHeaders sets the headers that belong to the response for an error.
func ErrorHeaders(h http.Header, status int, body *api.Error, challenge, allow string) {
	switch status {
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", challenge)
	case http.StatusMethodNotAllowed:
		h.Set("Allow", allow)
	case http.StatusServiceUnavailable:
		h.Set("Retry-After", "1")
	}
	if body.RetryAfterSeconds > 0 {
		h.Set("Retry-After", strconv.Itoa(body.RetryAfterSeconds))
	} else if status == http.StatusTooManyRequests && h["Retry-After"] == nil {
		h.Set("Retry-After", "60") // a limit on attempts, which refills within minutes
	}
}
