package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"raff/api"
	"raff/internal/front"
	"raff/internal/team"
	"raff/internal/uuid"
)

// call is one request, as passed to a handler.
type call struct {
	*http.Request
	front *front.Request
	who   *team.Principal // nil on open routes
	query url.Values
	// byCursor says that the list of the route can be read by cursor.
	byCursor bool
	// maxBody is the maximum body size of the route, in bytes.
	maxBody int64
	// idempotency is nil unless the request came with an Idempotency-Key.
	idempotency *team.Idempotency
}

// serve handles a request and writes the response.
func (s *server) serve(w http.ResponseWriter, r *http.Request, e *endpoint) {
	ctx := r.Context()
	c := &call{Request: r, front: front.Of(ctx)}
	status, v, err := s.run(ctx, w, c, e)
	if out, ok := v.(longAnswer); ok && err == nil {
		s.stream(ctx, w, c, out)
	} else {
		s.answer(ctx, w, c, e, status, v, err)
	}
}

// answer writes the result of a handler, or its error.
func (s *server) answer(ctx context.Context, w http.ResponseWriter, c *call, e *endpoint, status int, v any, err error) {
	buf := buffers.Get().(*[]byte)
	defer release(buf)
	if err == nil {
		*buf, err = encode((*buf)[:0], v)
	}
	if err != nil {
		status, v = s.fail(ctx, w, c, e, err)
		*buf, _ = encode((*buf)[:0], v) // marshaling an api.Error cannot fail
	}
	h := w.Header()
	h["Content-Type"] = contentType(v)
	if etag, ok := etagOf(v); ok {
		h["Etag"] = []string{etag}
	}
	h["Content-Length"] = []string{strconv.Itoa(len(*buf))}
	w.WriteHeader(status)
	_, _ = w.Write(*buf) // the client has disconnected
}

// stream writes a long response in chunks. Its context is not pinned like the handler's, so that a revocation in the
// meantime takes effect.
func (s *server) stream(ctx context.Context, w http.ResponseWriter, c *call, out longAnswer) {
	w.Header()["Content-Type"] = []string{out.contentType}
	w.WriteHeader(http.StatusOK)
	if c.Method == http.MethodHead {
		return
	}
	to := front.NewStream(ctx, w, func() error { return out.check(ctx) })
	err := out.write(ctx, to)
	if err == nil || to.HungUp() {
		return
	}
	level := slog.LevelError
	if status, _ := explain(err); status < http.StatusInternalServerError {
		level = slog.LevelInfo // the credential is no longer valid
	}
	s.front.Logger.LogAttrs(ctx, level, "response aborted", slog.String("request_id", c.front.ID), slog.String("error", err.Error()))
	panic(http.ErrAbortHandler)
}

// run finds the route and the caller and calls the handler. The order matters: anyone gets the error for an unknown
// path or method, everything else requires a credential.
func (s *server) run(ctx context.Context, w http.ResponseWriter, c *call, e *endpoint) (status int, v any, err error) {
	if len(e.methods) == 0 {
		return 0, nil, errNoRoute
	}
	route, ok := e.methods[c.Method]
	if !ok {
		return 0, nil, methodNotAllowed(e.allow)
	}
	if c.Method == http.MethodGet && !route.Open {
		// It ends before anything is written, so that a slow client does not hold a database connection.
		var done func()
		ctx, done = s.svc.Reading(ctx)
		defer done()
	}
	if !route.Open {
		if c.who, err = s.authenticate(ctx, c.Request, route); err != nil {
			if fast := s.front.AllowSource(c.front); fast != nil {
				return 0, nil, fast
			}
			return 0, nil, err
		}
		if err := s.front.AllowPrincipal(c.front, c.who); err != nil {
			return 0, nil, err
		}
	}
	if route.Open && c.Method == http.MethodPost {
		if err := s.front.AllowSource(c.front); err != nil {
			return 0, nil, err
		}
	}
	if !team.IsText(c.URL.Path) {
		return 0, nil, invalid("", "invalid_path", "The path contains a NUL character or bytes that are not UTF-8.")
	}
	c.byCursor = slices.Contains(strings.Fields(route.Query), "cursor")
	if c.query, err = parseQuery(c.URL.RawQuery, route.Query); err != nil {
		return 0, nil, err
	}
	if ctx, err = s.idempotent(ctx, c, route); err != nil {
		return 0, nil, err
	}
	c.maxBody = route.maxBody()
	v, err = route.handle(s, ctx, c)
	if old, ok := c.replayed(w, err); ok {
		v, err = old, nil
	}
	return route.Status, v, err
}

// authenticate finds the caller of the request.
func (s *server) authenticate(ctx context.Context, r *http.Request, route *Route) (*team.Principal, error) {
	caller := s.front.Caller
	if route.Operation == "verifyKey" || route.Operation == "verifySession" {
		caller = s.front.ServiceCaller
	}
	who, err := caller(ctx, r)
	if err != nil {
		return nil, err
	}
	if ids, sent := r.Header["X-Project-Id"]; sent {
		return who, s.checkProject(ctx, who, ids)
	}
	return who, nil
}

// checkProject checks that X-Project-ID is a project of the caller's account. No operation needs it, but a wrong one
// means that the client is misconfigured.
func (s *server) checkProject(ctx context.Context, who *team.Principal, ids []string) error {
	if len(ids) != 1 || !uuid.Valid(ids[0]) {
		return invalid("X-Project-ID", "invalid_uuid", "X-Project-ID must be the id of one project, as a lower-case UUID. Remove the header if you do not need it.")
	}
	return s.svc.CheckProject(ctx, who, ids[0])
}

// fail returns the response for an error, and logs the details of internal errors.
func (s *server) fail(ctx context.Context, w http.ResponseWriter, c *call, e *endpoint, err error) (int, api.Error) {
	status, body := explain(err)
	body.RequestID = c.front.ID
	switch status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `ApiKey realm="raff"`)
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", e.allow)
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "1")
	}
	if body.RetryAfterSeconds > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(body.RetryAfterSeconds))
	} else if status == http.StatusTooManyRequests && w.Header()["Retry-After"] == nil {
		w.Header().Set("Retry-After", "60") // a limit on attempts, which refills within minutes
	}
	if status >= http.StatusInternalServerError && ctx.Err() == nil && !errors.Is(err, front.ErrPanic) {
		s.front.Logger.LogAttrs(ctx, slog.LevelError, "request failed", slog.String("method", c.Method),
			slog.String("route", e.pattern), slog.String("request_id", c.front.ID), slog.String("error", err.Error()))
	}
	return status, body
}
