// Package authzen implements decisions with the protocol AuthZEN Authorization API 1.0. Unlike the API, it ignores unknown
// fields, as the protocol requires. All rules are in package team.
package authzen

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"

	"raff/internal/front"
	"raff/internal/team"
)

const (
	evaluationPath  = "/access/v1/evaluation"
	evaluationsPath = "/access/v1/evaluations"
	subjectsPath    = "/access/v1/search/subject"
	resourcesPath   = "/access/v1/search/resource"
	actionsPath     = "/access/v1/search/action"
	discoveryPath   = "/.well-known/authzen-configuration"

	// MaxEvaluations is the maximum number of evaluations in a request.
	MaxEvaluations = 200
	maxBody        = 256 << 10
)

// Answers reports whether a path belongs to this face, even if it does not exist.
func Answers(path string) bool {
	return strings.HasPrefix(path, "/access/") || path == discoveryPath || strings.HasPrefix(path, discoveryPath+"/")
}

type server struct {
	svc   *team.Service
	front *front.Front
}

// New returns the handler of the protocol, behind the front f.
func New(svc *team.Service, f *front.Front) front.Face {
	s := &server{svc, f}
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { s.fail(w, r, errNoPath) })
	for path, answer := range map[string]operation{
		evaluationPath: (*server).evaluation, evaluationsPath: (*server).evaluations,
		subjectsPath: (*server).subjects, resourcesPath: (*server).resources, actionsPath: (*server).actions,
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, answer) })
	}
	mux.HandleFunc(discoveryPath, s.discovery)
	mux.HandleFunc(discoveryPath+"/{account}", s.discovery)
	return front.Face{Name: "authzen", Handler: mux, Fail: func(w http.ResponseWriter, r *http.Request) { s.fail(w, r, front.ErrPanic) }}
}

// operation appends the response to a request to b.
type operation func(s *server, a *team.Asker, q *request, b []byte) ([]byte, error)

var buffers = sync.Pool{New: func() any { return new(buffer) }}

// buffer is the memory of one request, which later requests reuse.
type buffer struct {
	in, out []byte
	body    bytes.Buffer // reads in
	decoder jsontext.Decoder
	request request
}

const (
	maxPooled      = 64 << 10
	maxPooledParts = 50
)

func (b *buffer) release() {
	if cap(b.in) <= maxPooled && cap(b.out) <= maxPooled && cap(b.request.evaluations) <= maxPooledParts {
		buffers.Put(b)
	}
}

func (s *server) serve(w http.ResponseWriter, r *http.Request, answer operation) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		s.fail(w, r, errMethod)
		return
	}
	b := buffers.Get().(*buffer)
	defer b.release()
	c := call{server: s, r: r, b: b, answer: answer}
	err := c.run(s.svc.TryConsult)
	if errors.Is(err, team.ErrChanged) {
		err = c.run(s.svc.Consult)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	write(w, http.StatusOK, b.out)
}

var headerJSON = []string{"application/json"}

func write(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h["Content-Type"] = headerJSON
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client has disconnected
}

// call is one request, which may have to be answered twice.
type call struct {
	*server
	r      *http.Request
	b      *buffer
	answer operation

	allowed bool     // it was counted against the limits of its caller
	q       *request // nil before the body was read
}

// run writes the response to b.out. The caller and all data for the decision are read from one state of the database, which
// is not older than the request.
func (c *call) run(consult func(context.Context) (context.Context, func())) error {
	ctx, done := consult(c.r.Context())
	defer done()
	who, err := c.front.KeyCaller(ctx, c.r)
	if errors.Is(err, team.ErrChanged) {
		return err
	}
	if err != nil {
		if fast := c.front.AllowSource(front.Of(ctx)); fast != nil {
			return fast
		}
		return err
	}
	if !c.allowed {
		if err := c.front.AllowPrincipal(front.Of(ctx), who); err != nil {
			return err
		}
		c.allowed = true
	}
	asker, err := c.svc.Asker(ctx, who)
	if err != nil {
		return err
	}
	if c.q == nil {
		if c.b.in, err = read(c.r, c.b.in); err != nil {
			return err
		}
		if c.q, err = c.b.parse(); err != nil {
			return err
		}
	}
	if err := reached(asker, c.q); err != nil {
		return err
	}
	if c.q.catalog != "" {
		if path := c.r.URL.Path; path != evaluationPath && path != evaluationsPath {
			return malformed("catalog is only supported by evaluations.")
		}
		if err := asker.Propose(who, c.q.catalog); err != nil {
			return err
		}
	}
	c.b.out, err = c.answer(c.server, asker, c.q, c.b.out[:0])
	if !errors.Is(err, team.ErrChanged) {
		front.Of(ctx).Decided(asker.Answered())
	}
	return err
}

// read reads the body of a request into b.
func read(r *http.Request, b []byte) ([]byte, error) {
	if !isJSON(r.Header) {
		return b, errMedia
	}
	if r.ContentLength > maxBody {
		return b, errTooLarge
	}
	b = b[:0]
	for {
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
		n, err := r.Body.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		switch {
		case len(b) > maxBody:
			return b, errTooLarge
		case errors.Is(err, io.EOF):
			return b, nil
		case err != nil:
			return b, malformed("The body ended before it was complete. Send the request again.")
		}
	}
}

// isJSON accepts any charset, because the protocol does.
func isJSON(h http.Header) bool {
	types := h["Content-Type"]
	if len(types) != 1 || len(h["Content-Encoding"]) > 0 {
		return false
	}
	if types[0] == "application/json" {
		return true
	}
	media, _, err := mime.ParseMediaType(types[0])
	return err == nil && media == "application/json"
}

// fail writes the response for an error, and logs internal errors.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	ctx := r.Context()
	status, body := explain(err)
	body.RequestID = front.Of(ctx).ID
	switch status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Bearer realm="raff"`)
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "1")
	}
	if status >= http.StatusInternalServerError && ctx.Err() == nil && !errors.Is(err, front.ErrPanic) {
		s.front.Logger.LogAttrs(ctx, slog.LevelError, "request failed", slog.String("face", "authzen"), slog.String("route", r.Pattern),
			slog.String("request_id", body.RequestID), slog.String("error", err.Error()))
	}
	write(w, status, body.encode())
}
