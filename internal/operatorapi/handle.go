package operatorapi

import (
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"raff/api"
	"raff/internal/front"
	"raff/internal/operator"
	"raff/internal/rest"
	"raff/internal/team"
)

// call is one request, as passed to a handler.
type call struct {
	rest.Call
	who operator.Caller // empty on open routes
}

func newCall(r *http.Request) *call {
	return &call{Call: rest.Call{Request: r, Front: front.Of(r.Context()), MaxBody: rest.MaxBody}}
}

// serve handles a request and writes the response.
func (s *server) serve(w http.ResponseWriter, r *http.Request, e *endpoint) {
	c := newCall(r)
	status, v, err := s.run(r.Context(), w, c, e)
	if out, ok := v.(rest.Long); ok && err == nil {
		c.Stream(r.Context(), w, out, s.front.Logger)
		return
	}
	s.answer(w, c, e, status, v, err)
}

// failed handles a request whose handler panicked.
func (s *server) failed(w http.ResponseWriter, r *http.Request) {
	s.answer(w, newCall(r), &endpoint{}, 0, nil, front.ErrPanic)
}

// answer writes the result of a handler, or its error.
func (s *server) answer(w http.ResponseWriter, c *call, e *endpoint, status int, v any, err error) {
	buf, release := rest.Buffer()
	defer release()
	if err == nil {
		*buf, err = rest.Encode((*buf)[:0], v)
	}
	if err != nil {
		status, v = s.fail(w, c, e, err)
		*buf, _ = rest.Encode((*buf)[:0], v) // marshaling an api.Error cannot fail
	}
	rest.Write(w, status, v, *buf)
}

// run finds the route and the caller and calls the handler.
func (s *server) run(ctx context.Context, w http.ResponseWriter, c *call, e *endpoint) (status int, v any, err error) {
	route, err := e.Route(c.Method)
	if err != nil {
		return 0, nil, err
	}
	if route.Access != Open {
		if err := s.authenticate(ctx, c, route); err != nil {
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
	v, err = route.handle(s, ctx, c)
	if old, ok := errors.AsType[*team.Replay](err); ok {
		w.Header()["Idempotency-Replayed"] = []string{"true"}
		v, err = rest.Document{ContentType: "application/json", Body: old.Answer}, nil
	}
	return route.Status, v, err
}

// authenticate finds the caller of the request, and checks what its key may do. Invalid keys count against the limit of the
// network address.
func (s *server) authenticate(ctx context.Context, c *call, route *Route) (err error) {
	secret, err := front.Key(c.Request)
	if err == nil {
		c.who, err = s.svc.Authenticate(ctx, secret)
	}
	if err != nil {
		if fast := s.front.AllowSource(c.Front); fast != nil {
			return fast
		}
		return err
	}
	c.Front.Is(c.who.ID)
	switch {
	case route.Access == Write && c.who.Scope != operator.ScopeWrite:
		return operator.RefusalReadOnlyKey.With()
	case route.Access == Support && !c.who.Scope.Supports():
		return operator.RefusalNoSupportKey.With()
	}
	return nil
}

// idempotent makes an operation with an Idempotency-Key take effect once, if it would not have the same effect or result when it
// is repeated.
func (s *server) idempotent(ctx context.Context, c *call, r *Route) (context.Context, error) {
	keys, sent := c.Header["Idempotency-Key"]
	if !sent || r.Operation != "createAccount" && r.Operation != "changeOwner" {
		return ctx, nil
	}
	i, err := rest.Idempotency(keys, c.Method+" "+c.URL.RequestURI())
	if err != nil {
		return ctx, err
	}
	i.Answer = func(made any) ([]byte, error) {
		switch out := made.(type) {
		case operator.CreatedAccount:
			out.APIKey, out.OwnerLink = "", ""
			return rest.Encode(nil, rest.One(created(&out)))
		case operator.OwnerChange:
			return rest.Encode(nil, rest.One(changedOwner(&out)))
		}
		panic("no response to store for the result of this POST")
	}
	c.Digest = func(body []byte) {
		sum := sha256.Sum256(body)
		i.BodyHash = sum[:]
	}
	c.Digest(nil) // until a body is read
	return team.WithIdempotency(ctx, i), nil
}

// fail returns the response for an error, and logs the details of internal errors.
func (s *server) fail(w http.ResponseWriter, c *call, e *endpoint, err error) (int, api.Error) {
	status, body := rest.Explain(err, (*team.Error).Text)
	body.RequestID = c.Front.ID
	if errors.Is(err, rest.ErrNoRoute) {
		body.Message = "Unknown path. The API description is at /operator.yaml."
	}
	rest.ErrorHeaders(w.Header(), status, &body, `Bearer realm="raff operator"`, e.Allow)
	if status >= http.StatusInternalServerError && c.Context().Err() == nil && !errors.Is(err, front.ErrPanic) {
		s.front.Logger.LogAttrs(c.Context(), slog.LevelError, "request failed", slog.String("face", "operator"), slog.String("method", c.Method),
			slog.String("route", e.Pattern), slog.String("request_id", c.Front.ID), slog.String("error", err.Error()))
	}
	return status, body
}

func (s *server) health(context.Context, *call) (any, error) { return api.Health{Status: "ok"}, nil }

func (s *server) description(context.Context, *call) (any, error) {
	return rest.Document{ContentType: "application/yaml", Body: api.OperatorAPI}, nil
}

func (s *server) whoami(_ context.Context, c *call) (any, error) {
	return rest.One(api.OperatorWhoami{ID: c.who.ID, Name: c.who.Name, Scope: string(c.who.Scope)}), nil
}
