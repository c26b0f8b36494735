// Package authz protects the handlers of a service with decisions of raff: a request passes only if its user may do what
// the handler does.
//
//	guard := authz.New(client, func(r *http.Request) (api.Subject, error) {
//		return api.Subject{Type: api.SubjectUser, ID: userOf(r)}, nil
//	})
//	mux.Handle("POST /projects/{project}/vms", guard.Protect("vm.create", authz.Project("project"))(create))
package authz

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"raff/api"
	"raff/api/client"
)

// SubjectFrom returns the authenticated sender of a request, or ErrNobody if no one is signed in.
type SubjectFrom func(*http.Request) (api.Subject, error)

// ResourceFrom returns the resource that a request is about.
type ResourceFrom func(*http.Request) (api.Resource, error)

// ErrNobody is the error of a SubjectFrom if the sender of a request is not signed in. The response is 401.
var ErrNobody = errors.New("not signed in")

// Project returns a ResourceFrom for the project in a wildcard of the handler's pattern.
func Project(wildcard string) ResourceFrom {
	return func(r *http.Request) (api.Resource, error) {
		id := r.PathValue(wildcard)
		if id == "" {
			return api.Resource{}, errors.New("the pattern of the handler has no wildcard " + wildcard)
		}
		return api.Resource{Type: api.ResourceProject, ID: id}, nil
	}
}

// Guard requests decisions. It is safe for concurrent use.
type Guard struct {
	client  *client.Client
	subject SubjectFrom
	cache   time.Duration
	timeout time.Duration
	failed  func(r *http.Request, err error)

	mu    sync.Mutex
	known map[string]known
}

// known is a cached decision.
type known struct {
	allowed bool
	until   time.Time
}

// Option configures a Guard.
type Option func(*Guard)

// WithCache caches decisions for up to d, but not beyond their valid_until. A revocation then takes effect up to d
// later. Without this option, every request requests a decision, and a revocation takes effect on the next request.
func WithCache(d time.Duration) Option { return func(g *Guard) { g.cache = d } }

// WithTimeout sets how long a decision may take, including retries, before the request is denied with 503. The default is
// two seconds.
func WithTimeout(d time.Duration) Option { return func(g *Guard) { g.timeout = d } }

// WithErrors sets the function that receives the error if there is no decision. The default logs it.
func WithErrors(failed func(r *http.Request, err error)) Option {
	return func(g *Guard) { g.failed = failed }
}

// maxKnown is the maximum number of decisions in the cache.
const maxKnown = 10_000

// New returns a Guard. The API key of the client needs the permission account.decisions.evaluate.
func New(c *client.Client, subject SubjectFrom, options ...Option) *Guard {
	g := &Guard{
		client: c, subject: subject, timeout: 2 * time.Second, known: map[string]known{},
		failed: func(r *http.Request, err error) {
			slog.ErrorContext(r.Context(), "no decision, so the request is denied", "method", r.Method, "path", r.URL.Path, "error", err)
		},
	}
	for _, o := range options {
		o(g)
	}
	return g
}

// Protect returns a middleware that passes a request on if its subject has the permission for its resource. Otherwise it
// responds with 401, 403 or, without a decision, 503.
func (g *Guard) Protect(permission string, resource ResourceFrom) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler { return g.handler(permission, resource, next) }
}

func (g *Guard) handler(permission string, resource ResourceFrom, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		allowed, err := g.Allowed(r, permission, resource)
		switch {
		case errors.Is(err, ErrNobody):
			http.Error(w, "Sign in first.", http.StatusUnauthorized)
		case err != nil:
			g.failed(r, err)
			w.Header().Set("Retry-After", "1")
			http.Error(w, "Your permissions could not be checked. Try again in a moment.", http.StatusServiceUnavailable)
		case !allowed:
			http.Error(w, "This requires the permission "+permission+".", http.StatusForbidden)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// Allowed reports whether the subject of a request has the permission for its resource. It is false whenever there is an
// error.
func (g *Guard) Allowed(r *http.Request, permission string, resource ResourceFrom) (bool, error) {
	s, err := g.subject(r)
	if err != nil {
		return false, err
	}
	to, err := resource(r)
	if err != nil {
		return false, err
	}
	q := api.EvaluationRequest{Subject: &s, Action: &api.Action{Name: permission}, Resource: &to}
	if g.cache <= 0 {
		d, err := g.ask(r.Context(), q)
		return err == nil && d.Decision, err
	}
	key, err := json.Marshal(q)
	if err != nil {
		return false, err
	}
	asked := time.Now()
	g.mu.Lock()
	k, ok := g.known[string(key)]
	g.mu.Unlock()
	if ok && asked.Before(k.until) {
		return k.allowed, nil
	}
	d, err := g.ask(r.Context(), q)
	if err != nil {
		return false, err
	}
	k = known{d.Decision, asked.Add(g.cache)}
	if v := d.Context.ValidUntil; v != nil && v.Before(k.until) {
		k.until = *v
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.known) >= maxKnown {
		clear(g.known)
	}
	g.known[string(key)] = k
	return d.Decision, nil
}

func (g *Guard) ask(ctx context.Context, q api.EvaluationRequest) (*api.Decision, error) {
	ctx, cancel := context.WithTimeout(ctx, g.timeout)
	defer cancel()
	return g.client.Decisions.Evaluate(ctx, q)
}
