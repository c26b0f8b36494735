// Package front is the middleware of every request to a face (the API or the pages): request id, deadline, client
// address, authentication, rate limits, common headers, recovery from panics, access log and metrics. Faces only handle
// requests.
package front

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"raff/internal/bucket"
	"raff/internal/team"
)

// DefaultTimeout is the default deadline of a request.
const DefaultTimeout = 10 * time.Second

// Options configure a Front. The zero value works.
type Options struct {
	// Logger gets the access log and errors; nil means slog.Default().
	Logger *slog.Logger
	// AccessLog is the level of the access log.
	AccessLog slog.Level
	// Timeout is how long a request may take before it fails with 503; 0 means DefaultTimeout. A streamed response renews
	// it with every chunk.
	Timeout time.Duration
	// Proxies says whose X-Forwarded-For is trusted.
	Proxies Proxies
	// PublicURL is the public origin of the server. With https, cookies are Secure and responses have
	// Strict-Transport-Security.
	PublicURL string
	// Limits are the rate limits by tier of a key, LimitAccount, LimitSession and LimitSource; nil means DefaultLimits, an
	// empty map means none.
	Limits map[string]Limit
	// Nodes returns how many servers share the limits; nil means that this is the only one.
	Nodes func() int
	// Meter counts requests; nil disables metrics.
	Meter Meter
	// Used is called after each request of an account that did not exceed a rate limit, with the number of its decisions; it may be nil.
	Used func(who *team.Principal, decisions int)
	// Tracer traces requests; nil disables tracing.
	Tracer Tracer
}

// Meter collects metrics of requests.
type Meter interface {
	// Request is called once for each completed request. route is a pattern such as /api/v1/members/{id}, empty for a path
	// that does not exist.
	Request(face, method, route string, status int, took time.Duration)
	// Limited is called for each request that exceeded a rate limit; kind is the name of the limit.
	Limited(kind string)
}

// Tracer traces requests.
type Tracer interface {
	// Request is called when a request arrives and returns the context for handling it. end is called once, when the
	// request was completed or aborted. route is as in Meter.
	Request(r *http.Request, id string) (ctx context.Context, end func(face, route string, status int, aborted bool))
}

// Front handles what is common to all requests of one server. It is safe for concurrent use.
type Front struct {
	Options
	svc     *team.Service
	buckets *bucket.Buckets
	rates   map[string][]string // the header with the rate of each of Limits; not modified
	strict  http.CrossOriginProtection
	origins http.CrossOriginProtection // also knows the public URL
	secure  bool
}

// New returns the Front of a server. svc authenticates callers.
func New(svc *team.Service, o Options) *Front {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Limits == nil {
		o.Limits = DefaultLimits()
	}
	f := &Front{Options: o, svc: svc, rates: map[string][]string{}, secure: strings.HasPrefix(o.PublicURL, "https://")}
	for kind, limit := range o.Limits {
		f.rates[kind] = []string{strconv.FormatFloat(limit.PerSecond, 'g', -1, 64)}
	}
	f.buckets = bucket.New(o.Nodes, func() time.Time { return svc.Now() })
	if o.PublicURL != "" {
		// A proxy may have rewritten the Host header, so the server's own pages are also known by the public URL.
		if err := f.origins.AddTrustedOrigin(o.PublicURL); err != nil {
			panic(err) // cannot happen: the server has validated the URL
		}
	}
	return f
}

// Secure reports whether the public URL is HTTPS.
func (f *Front) Secure() bool { return f.secure }

// CheckOrigin refuses cross-site requests. It compares the Origin with the public URL only if the browser does not send
// Sec-Fetch-Site.
func (f *Front) CheckOrigin(r *http.Request) error {
	if r.Header.Get("Sec-Fetch-Site") != "" {
		return f.strict.Check(r)
	}
	return f.origins.Check(r)
}

// A Face is one interface of the server, such as the API or the pages.
type Face struct {
	// Name is the name of the face in the access log and in metrics.
	Name string
	// Handler handles the requests. If it is a ServeMux, the matched pattern is the route in logs and metrics.
	Handler http.Handler
	// Slow reports whether the reads of a request may take long, see team.Slow; nil means that none do. It is called before
	// anything is known about the request.
	Slow func(*http.Request) bool
	// Fail handles a request whose handler panicked before it wrote anything, with an error in the form of this face.
	Fail func(http.ResponseWriter, *http.Request)
}

// ErrPanic is the error that a face reports from Fail. The front has already logged the panic.
var ErrPanic = errors.New("panic")

// Handler wraps a face with this front.
func (f *Front) Handler(face Face) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		out := &recorder{ResponseWriter: w}
		ctx, q := f.begin(r, out.Header())
		defer ctx.finish()
		if face.Slow != nil && face.Slow(r) {
			r = r.WithContext(team.Slow(ctx))
		} else {
			r = r.WithContext(ctx)
		}
		defer func() {
			aborted := f.recovered(recover(), face, out, r, q)
			f.end(ctx, face.Name, r, q, out.status, time.Since(start), aborted)
			if aborted {
				panic(http.ErrAbortHandler) // aborts the connection, so that the client does not take a partial response for a complete one
			}
		}()
		f.headers(out.Header(), q)
		face.Handler.ServeHTTP(out, r)
	})
}

// recovered handles the panic of a handler, if any, and reports whether the response must be aborted.
func (f *Front) recovered(p any, face Face, out *recorder, r *http.Request, q *Request) (abort bool) {
	if p == nil {
		return false
	}
	if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		return true
	}
	f.Logger.LogAttrs(r.Context(), slog.LevelError, "request failed", slog.String("face", face.Name), slog.String("method", r.Method),
		slog.String("route", route(r)), slog.String("request_id", q.ID), slog.String("error", fmt.Sprintf("%v: %v", ErrPanic, p)),
		slog.String("stack", string(debug.Stack())))
	if out.status != 0 {
		return true
	}
	if face.Fail == nil {
		http.Error(out, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return false
	}
	face.Fail(out, r)
	return false
}

// end writes the line of the access log, and reports the request to the Meter.
func (f *Front) end(ctx *requestContext, face string, r *http.Request, q *Request, status int, took time.Duration, aborted bool) {
	if status == 0 {
		status = http.StatusOK
	}
	pattern := route(r)
	if f.Meter != nil {
		f.Meter.Request(face, r.Method, pattern, status, took)
	}
	switch {
	case q.outer != nil: // one request of a client counts once
		q.outer.decisions += q.decisions
	case f.Used != nil && q.who != nil && status != http.StatusTooManyRequests:
		f.Used(q.who, q.decisions)
	}
	if q.traced != nil {
		q.traced(face, pattern, status, aborted)
	}
	level, message := f.AccessLog, "request"
	switch {
	case status == http.StatusTooManyRequests:
		level, message = max(level, slog.LevelInfo), "request exceeded a rate limit"
	case ctx.timedOut():
		level, message = max(level, slog.LevelWarn), "request timed out"
	}
	if !f.Logger.Enabled(ctx, level) {
		return
	}
	f.Logger.LogAttrs(ctx, level, message,
		slog.String("face", face), slog.String("method", r.Method), slog.String("route", pattern), slog.Int("status", status),
		slog.Duration("duration", took), slog.String("request_id", q.ID),
		slog.String("principal", q.principal), slog.String("remote", q.Remote))
}

// route returns the matched pattern without its method. The path itself is not logged, because it may contain a token or
// an email.
func route(r *http.Request) string {
	if _, path, ok := strings.Cut(r.Pattern, " "); ok {
		return path
	}
	return r.Pattern
}

// Shared header values; they must not be modified.
var (
	noStore = []string{"no-store"}
	noSniff = []string{"nosniff"}
	hsts    = []string{"max-age=31536000"}
)

// headers sets the headers that every response has unless the face overrides them.
func (f *Front) headers(h http.Header, q *Request) {
	h["Cache-Control"] = noStore
	h["X-Content-Type-Options"] = noSniff
	q.idHeader[0] = q.ID
	h["X-Request-Id"] = q.idHeader[:]
	if f.secure {
		// Without includeSubDomains, because other hosts of the domain may not support HTTPS.
		h["Strict-Transport-Security"] = hsts
	}
}

// recorder records the status of a response.
type recorder struct {
	http.ResponseWriter
	status int
}

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Searches reports whether the query of a URL has one of these parameters, without decoding it.
func Searches(u *url.URL, names ...string) bool {
	if u.RawQuery == "" {
		return false
	}
	for _, name := range names {
		if strings.HasPrefix(u.RawQuery, name+"=") || strings.Contains(u.RawQuery, "&"+name+"=") {
			return true
		}
	}
	return false
}
