package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"raff/api"
	"raff/internal/front"
	"raff/internal/rest"
	"raff/internal/team"
	"raff/internal/uuid"
)

// call is one request, as passed to a handler.
type call struct {
	rest.Call
	who *team.Principal // nil on open routes
	// idempotency is nil unless the request came with an Idempotency-Key.
	idempotency *team.Idempotency
}

func newCall(r *http.Request) *call {
	c := &call{Call: rest.Call{Request: r, Front: front.Of(r.Context())}}
	c.Digest = c.digest
	return c
}

// serve handles a request and writes the response.
func (s *server) serve(w http.ResponseWriter, r *http.Request, e *endpoint) {
	ctx := r.Context()
	c := newCall(r)
	status, v, err := s.run(ctx, w, c, e)
	if out, ok := v.(rest.Long); ok && err == nil {
		c.Stream(ctx, w, out, s.front.Logger) // its context is not pinned like the handler's
	} else {
		s.answer(ctx, w, c, e, status, v, err)
	}
}

// answer writes the result of a handler, or its error.
func (s *server) answer(ctx context.Context, w http.ResponseWriter, c *call, e *endpoint, status int, v any, err error) {
	buf, release := rest.Buffer()
	defer release()
	if err == nil {
		*buf, err = encode((*buf)[:0], v)
	}
	if err != nil {
		status, v = s.fail(ctx, w, c, e, err)
		*buf, _ = encode((*buf)[:0], v) // marshaling an api.Error cannot fail
	}
	if etag, ok := etagOf(v); ok {
		w.Header()["Etag"] = []string{etag}
	}
	rest.Write(w, status, v, *buf)
}

// run finds the route and the caller and calls the handler. The order matters: anyone gets the error for an unknown
// path or method, everything else requires a credential.
func (s *server) run(ctx context.Context, w http.ResponseWriter, c *call, e *endpoint) (status int, v any, err error) {
	route, err := e.Route(c.Method)
	if err != nil {
		return 0, nil, err
	}
	if c.Method == http.MethodGet && !route.Open {
		// It ends before anything is written, so that a slow client does not hold a database connection.
		var done func()
		ctx, done = s.svc.Reading(ctx)
		defer done()
	}
	if !route.Open {
		if c.who, err = s.authenticate(ctx, c.Request, route); err != nil {
			if fast := s.front.AllowSource(c.Front); fast != nil {
				return 0, nil, fast
			}
			return 0, nil, err
		}
		if err := s.front.AllowPrincipal(c.Front, c.who); err != nil {
			return 0, nil, err
		}
	}
	if route.Open && c.Method == http.MethodPost {
		if err := s.front.AllowSource(c.Front); err != nil {
			return 0, nil, err
		}
	}
	if !team.IsText(c.URL.Path) {
		return 0, nil, rest.Invalid("", "invalid_path", "The path contains a NUL character or bytes that are not UTF-8.")
	}
	c.ByCursor = slices.Contains(strings.Fields(route.Query), "cursor")
	if c.Query, err = rest.ParseQuery(c.URL.RawQuery, route.Query); err != nil {
		return 0, nil, err
	}
	if ctx, err = s.idempotent(ctx, c, route); err != nil {
		return 0, nil, err
	}
	c.MaxBody = route.maxBody()
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
		return rest.Invalid("X-Project-ID", "invalid_uuid", "X-Project-ID must be the id of one project, as a lower-case UUID. Remove the header if you do not need it.")
	}
	return s.svc.CheckProject(ctx, who, ids[0])
}

// fail returns the response for an error, and logs the details of internal errors.
func (s *server) fail(ctx context.Context, w http.ResponseWriter, c *call, e *endpoint, err error) (int, api.Error) {
	status, body := explain(err)
	if s.Support != "" && (body.Code == team.RefusalAccountSuspended.Code || body.Code == team.RefusalAccountDeleting.Code) {
		body.Message += " Contact " + s.Support + "."
	}
	body.RequestID = c.Front.ID
	rest.ErrorHeaders(w.Header(), status, &body, `ApiKey realm="raff"`, e.Allow)
	if status >= http.StatusInternalServerError && ctx.Err() == nil && !errors.Is(err, front.ErrPanic) {
		s.front.Logger.LogAttrs(ctx, slog.LevelError, "request failed", slog.String("method", c.Method),
			slog.String("route", e.Pattern), slog.String("request_id", c.Front.ID), slog.String("error", err.Error()))
	}
	return status, body
}
