package httpapi

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"raff/api"
	"raff/internal/stream"
	"raff/internal/team"
)

// call is one request as a handler sees it.
type call struct {
	*http.Request
	id    string
	who   *team.Principal // nil on open routes
	query url.Values
	// maxBody is the longest body of the route in bytes.
	maxBody int64
	// idempotency is nil unless the request came with an Idempotency-Key.
	idempotency *team.Idempotency
}

// serve is the way of every request: run it, write the answer, note it in the access log.
func (s *server) serve(w http.ResponseWriter, r *http.Request, e *endpoint) {
	start := time.Now()
	c := &call{Request: r, id: requestID(r.Header)}
	ctx := team.WithRequestID(r.Context(), c.id)
	status, v, err := s.run(ctx, w, c, e)
	if out, ok := v.(longAnswer); ok && err == nil {
		s.stream(ctx, w, c, out)
	} else {
		status = s.answer(ctx, w, c, e, status, v, err)
	}
	if s.Logger.Enabled(ctx, s.AccessLog) {
		s.note(ctx, c, e, status, time.Since(start))
	}
}

// answer writes what a handler returned, or what explains its error, and says with which status.
func (s *server) answer(ctx context.Context, w http.ResponseWriter, c *call, e *endpoint, status int, v any, err error) int {
	buf := buffers.Get().(*[]byte)
	defer release(buf)
	if err == nil {
		*buf, err = encode((*buf)[:0], v)
	}
	if err != nil {
		status, v = s.fail(ctx, w, c, e, err)
		*buf, _ = encode((*buf)[:0], v) // nothing in an api.Error can fail
	}
	h := s.header(w, c, contentType(v))
	if etag, ok := etagOf(v); ok {
		h["Etag"] = []string{etag}
	}
	h["Content-Length"] = []string{strconv.Itoa(len(*buf))}
	w.WriteHeader(status)
	_, _ = w.Write(*buf) // a caller that hung up cannot be told
	return status
}

// stream writes a long answer piece by piece. Its context is not the pinned one that the handler had: what was taken away
// meanwhile counts.
func (s *server) stream(ctx context.Context, w http.ResponseWriter, c *call, out longAnswer) {
	s.header(w, c, []string{out.contentType})
	w.WriteHeader(http.StatusOK)
	if c.Method == http.MethodHead {
		return
	}
	to := stream.NewWriter(w, func() error { return out.check(ctx) })
	err := out.write(ctx, to)
	if err == nil || to.HungUp() {
		return
	}
	level := slog.LevelError
	if status, _ := explain(err); status < http.StatusInternalServerError {
		level = slog.LevelInfo // the credential ended
	}
	s.Logger.LogAttrs(ctx, level, "answer broken off", slog.String("request_id", c.id), slog.String("error", err.Error()))
	panic(http.ErrAbortHandler)
}

// note writes the line of the access log.
func (s *server) note(ctx context.Context, c *call, e *endpoint, status int, took time.Duration) {
	principal := ""
	if c.who != nil {
		principal = c.who.ID
	}
	s.Logger.LogAttrs(ctx, s.AccessLog, "request",
		slog.String("method", c.Method), slog.String("route", e.pattern), slog.Int("status", status),
		slog.Duration("duration", took), slog.String("request_id", c.id),
		slog.String("principal", principal), slog.String("remote", s.remote(c.Request)))
}

// run finds the route and the caller and calls the handler. The order matters: a path or method that does not exist
// is told to anybody, everything else only to who has a credential.
func (s *server) run(ctx context.Context, w http.ResponseWriter, c *call, e *endpoint) (status int, v any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &panicked{value: p, stack: debug.Stack()}
		}
	}()
	if len(e.methods) == 0 {
		return 0, nil, errNoRoute
	}
	route, ok := e.methods[c.Method]
	if !ok {
		return 0, nil, methodNotAllowed(e.allow)
	}
	if c.Method == http.MethodGet && !route.Open {
		// It ends before anything is written: a slow caller must not hold a connection.
		var done func()
		ctx, done = s.svc.Reading(ctx)
		defer done()
	}
	if !route.Open {
		if c.who, err = s.authenticate(ctx, c.Request); err != nil {
			return 0, nil, err
		}
		if err := s.limits.allow(c.who); err != nil {
			return 0, nil, err
		}
	}
	if route.Open && c.Method == http.MethodPost {
		if err := s.limits.allowSource(s.remote(c.Request)); err != nil {
			return 0, nil, err
		}
	}
	if !team.IsText(c.URL.Path) {
		return 0, nil, invalid("", "invalid_path", "The path contains a NUL character or bytes that are not UTF-8.")
	}
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

// authenticate finds who sent the request, by its API key or by its dashboard session, with one read of the database.
func (s *server) authenticate(ctx context.Context, r *http.Request) (who *team.Principal, err error) {
	keys, session := r.Header["X-Api-Key"], s.sessionToken(r)
	switch {
	case len(keys) > 0 && session != "":
		return nil, errTwoCredentials
	case len(keys) == 1:
		who, err = s.svc.Authenticate(ctx, keys[0])
	case session != "":
		var me team.SignedIn
		me, err = s.signedIn(ctx, r, session)
		if who = me.Principal; who == nil && err == nil {
			err = team.ErrUnauthenticated
		}
	default:
		err = team.ErrUnauthenticated
	}
	if err != nil {
		return nil, err
	}
	if ids, sent := r.Header["X-Project-Id"]; sent {
		return who, s.checkProject(ctx, who, ids)
	}
	return who, nil
}

// checkProject holds X-Project-ID to a project of the caller's account. No operation needs it; a wrong one is a client
// that believes to be elsewhere.
func (s *server) checkProject(ctx context.Context, who *team.Principal, ids []string) error {
	if len(ids) != 1 || !isUUID(ids[0]) {
		return invalid("X-Project-ID", "invalid_uuid", "X-Project-ID must be the id of one project, written as a lower-case UUID. Leave it out if you do not need it.")
	}
	return s.svc.CheckProject(ctx, who, ids[0])
}

// fail explains an error to the caller, and to the log what the caller is not told.
func (s *server) fail(ctx context.Context, w http.ResponseWriter, c *call, e *endpoint, err error) (int, api.Error) {
	status, body := explain(err)
	body.RequestID = c.id
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
	} else if status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", "60") // a limit of attempts; the next one is never further away than minutes
	}
	if fast, ok := err.(*tooFast); ok { //nolint:errorlint // run returns it as it is
		fast.headers(w.Header())
	}
	if status >= http.StatusInternalServerError && ctx.Err() == nil {
		s.Logger.LogAttrs(ctx, slog.LevelError, "request failed", slog.String("method", c.Method),
			slog.String("route", e.pattern), slog.String("request_id", c.id), slog.String("error", err.Error()))
	}
	return status, body
}

// Header values every answer shares; nobody writes into them.
var (
	headerNoStore = []string{"no-store"}
	headerNoSniff = []string{"nosniff"}
)

// header sets what every answer has.
func (s *server) header(w http.ResponseWriter, c *call, contentType []string) http.Header {
	h := w.Header()
	h["Cache-Control"] = headerNoStore
	h["X-Content-Type-Options"] = headerNoSniff
	h["X-Request-Id"] = []string{c.id}
	h["Content-Type"] = contentType
	return h
}

// requestID is the caller's own id of the request if it is one that can be logged as it is, else a new one.
func requestID(h http.Header) string {
	ids := h["X-Request-Id"]
	if len(ids) != 1 || ids[0] == "" || len(ids[0]) > 64 {
		return rand.Text()
	}
	for _, r := range ids[0] {
		if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:", r) {
			return rand.Text()
		}
	}
	return ids[0]
}

// remote is the caller's address.
func (s *server) remote(r *http.Request) string {
	if s.Remote != nil {
		return s.Remote(r)
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
