package front

import (
	"context"
	"crypto/rand"
	"net/http"
	"strings"
	"time"

	"raff/internal/team"
)

// Request holds the front's data about a request.
type Request struct {
	// ID is the client's X-Request-Id if it can be logged safely, otherwise a new id.
	ID string
	// Remote is the network address of the client.
	Remote string

	principal string // for the log
	who       *team.Principal
	decisions int
	origin    team.Origin
	traced    func(face, route string, status int, aborted bool)
	header    http.Header
	context   *requestContext // nil outside of a request
	timeout   time.Duration
	outer     *Request // that this one is a part of; nil for the request of a client
	limited   bool     // the rate limit headers are set, for a limit with left remaining requests
	left      int

	idHeader, leftHeader [1]string // the values of headers
}

// Decided counts decisions of the request.
func (q *Request) Decided(n int) { q.decisions += n }

// by sets the principal of the request.
func (q *Request) by(who *team.Principal) { q.principal, q.who = who.ID, who }

type requestKey struct{}

// Is sets the principal of the request for the access log.
func (q *Request) Is(principal string) { q.principal = principal }

// Of returns the Request of a context; outside of a request it returns an empty one.
func Of(ctx context.Context) *Request {
	if q, ok := ctx.Value(requestKey{}).(*Request); ok {
		return q
	}
	return &Request{header: http.Header{}}
}

// begin starts the request. finish must be called for its context.
func (f *Front) begin(r *http.Request, header http.Header) (*requestContext, *Request) {
	q := &Request{ID: RequestID(r.Header), Remote: f.Proxies.Remote(r), header: header, timeout: f.Timeout}
	q.outer, _ = r.Context().Value(requestKey{}).(*Request)
	q.origin = team.Origin{RequestID: q.ID, Address: q.Remote, UserAgent: r.UserAgent()}
	ctx := r.Context()
	if f.Tracer != nil {
		ctx, q.traced = f.Tracer.Request(r, q.ID)
	}
	q.context = &requestContext{Context: ctx, q: q, ends: time.Now().Add(f.Timeout)}
	return q.context, q
}

// renew restarts the deadline of the request, plus the time that the client may take in the meantime.
func (q *Request) renew(client time.Duration) {
	if q.context != nil {
		q.context.extend(time.Now().Add(q.timeout + client))
	}
}

const requestIDCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:"

// newRequestID returns a random id of 80 bits: enough to find a request in a log, and every audit event stores one.
func newRequestID() string { return rand.Text()[:16] }

// RequestID returns the id of a request: the one that a proxy or client sent, if it is safe to log, or else a new one.
func RequestID(h http.Header) string {
	ids := h["X-Request-Id"]
	if len(ids) != 1 || ids[0] == "" || len(ids[0]) > 64 {
		return newRequestID()
	}
	for _, r := range ids[0] {
		if !strings.ContainsRune(requestIDCharacters, r) {
			return newRequestID()
		}
	}
	return ids[0]
}
