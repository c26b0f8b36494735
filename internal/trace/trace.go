// Package trace traces requests and database transactions with OpenTelemetry and exports them by OTLP over HTTP. The
// standard OTEL_* environment variables configure the destination; without them, nothing is traced. Its type satisfies the observer
// interfaces of the front and the store, so that those packages do not depend on OpenTelemetry.
//
// Attributes contain routes, never paths, and no text chosen by a client except a validated request id: a path may
// contain a token, and an error may quote an email.
package trace

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"raff/internal/store/engine"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// Traces are the traces of one server. They are safe for concurrent use.
type Traces struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
	caller   propagation.TraceContext
	https    bool
}

// flushTime is how long a stopping server waits for the collector.
const flushTime = 5 * time.Second

// Close sends the remaining spans, for five seconds at most. Nothing may be traced afterwards.
func (t *Traces) Close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, flushTime)
	defer cancel()
	_ = t.provider.Shutdown(ctx) // an unreachable collector has already been logged
}

// Request starts the span of a request, in the client's trace if there is a traceparent header; see front.Tracer.
func (t *Traces) Request(r *http.Request, id string) (context.Context, func(face, route string, status int, aborted bool)) {
	ctx := t.caller.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
	method := known(r.Method)
	ctx, span := t.tracer.Start(ctx, name(method), trace.WithSpanKind(trace.SpanKindServer))
	return ctx, func(face, route string, status int, aborted bool) {
		defer span.End()
		if !span.IsRecording() {
			return
		}
		scheme := "http"
		if t.https {
			scheme = "https"
		}
		span.SetAttributes(
			semconv.HTTPRequestMethodKey.String(method), semconv.URLScheme(scheme), semconv.HTTPResponseStatusCode(status),
			semconv.NetworkProtocolVersion(strings.TrimPrefix(r.Proto, "HTTP/")),
			attribute.String("raff.face", face), attribute.String("raff.request_id", id),
		)
		if route != "" {
			span.SetName(name(method) + " " + route)
			span.SetAttributes(semconv.HTTPRoute(route))
		}
		switch {
		case aborted:
			span.SetStatus(codes.Error, "the response was aborted")
			span.SetAttributes(semconv.ErrorTypeKey.String("aborted"))
		case status >= http.StatusInternalServerError:
			span.SetStatus(codes.Error, "")
			span.SetAttributes(semconv.ErrorTypeKey.String(strconv.Itoa(status)))
		}
	}
}

// other replaces an unknown HTTP method: clients can send any method.
const other = "_OTHER"

func known(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
		http.MethodConnect, http.MethodTrace:
		return method
	}
	return other
}

// name returns what replaces a method in the name of a span.
func name(method string) string {
	if method == other {
		return "HTTP"
	}
	return method
}

// Transaction records a database transaction as part of the request that made it; see engine.Observer.
func (t *Traces) Transaction(ctx context.Context, c engine.Change) {
	kind := trace.SpanKindClient
	if c.Database == "sqlite" {
		kind = trace.SpanKindInternal // SQLite runs in this process
	}
	_, span := t.tracer.Start(ctx, "transaction", trace.WithTimestamp(c.Began), trace.WithSpanKind(kind))
	defer span.End(trace.WithTimestamp(c.Ended))
	if !span.IsRecording() {
		return
	}
	outcome := "committed"
	if c.Err != nil {
		outcome = "rolled_back"
	}
	span.SetAttributes(
		semconv.DBSystemNameKey.String(c.Database),
		attribute.String("raff.transaction.lock", c.Lock),
		attribute.Int("raff.transaction.attempts", len(c.Retries)+1),
		attribute.Float64("raff.transaction.lock_wait", c.LockWait.Seconds()),
		attribute.String("raff.transaction.outcome", outcome),
	)
	if len(c.Retries) > 0 {
		span.SetAttributes(attribute.StringSlice("raff.transaction.retries", c.Retries))
	}
	if c.Failed() {
		span.SetStatus(codes.Error, "")
		span.SetAttributes(semconv.ErrorTypeKey.String("database"))
	}
}

// Batch does nothing; see engine.Observer.
func (t *Traces) Batch(int) {}
