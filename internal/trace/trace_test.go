package trace_test

import (
	"bytes"
	"encoding/hex"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	wire "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"raff/internal/rafftest"
	"raff/internal/trace"
)

// otlp is an OpenTelemetry collector for OTLP over HTTP that stores what it receives.
type otlp struct {
	mu       sync.Mutex
	services map[string]bool
	spans    []*wire.Span
	raw      []byte
}

func startOTLP(t *testing.T) *otlp {
	t.Helper()
	o := &otlp{services: map[string]bool{}}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		var sent collector.ExportTraceServiceRequest
		if err != nil || r.URL.Path != "/v1/traces" || proto.Unmarshal(b, &sent) != nil {
			t.Errorf("the collector received %s, %v", r.URL, err)
			return
		}
		o.mu.Lock()
		defer o.mu.Unlock()
		o.raw = append(o.raw, b...)
		for _, rs := range sent.GetResourceSpans() {
			o.services[text(rs.GetResource().GetAttributes(), "service.name")+" "+text(rs.GetResource().GetAttributes(), "deployment.environment.name")] = true
			for _, ss := range rs.GetScopeSpans() {
				o.spans = append(o.spans, ss.GetSpans()...)
			}
		}
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	t.Cleanup(srv.Close)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", srv.URL)
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "20")
	return o
}

// wait returns the first matching span once the collector has received it.
func (o *otlp) wait(t *testing.T, what string, wanted func(*wire.Span) bool) *wire.Span {
	t.Helper()
	var found *wire.Span
	rafftest.Eventually(t, "the collector receives "+what, func() bool {
		o.mu.Lock()
		defer o.mu.Unlock()
		for _, s := range o.spans {
			if wanted(s) {
				found = s
				return true
			}
		}
		return false
	})
	return found
}

func text(attributes []*common.KeyValue, key string) string {
	for _, kv := range attributes {
		if kv.GetKey() == key {
			return kv.GetValue().GetStringValue()
		}
	}
	return ""
}

func number(attributes []*common.KeyValue, key string) int64 {
	for _, kv := range attributes {
		if kv.GetKey() == key {
			return kv.GetValue().GetIntValue()
		}
	}
	return 0
}

func TestTraceOfRequestAndTransaction(t *testing.T) {
	for name, more := range map[string][]rafftest.Option{"sqlite": nil, "postgresql": {rafftest.OnPostgres(t)}} {
		t.Run(name, func(t *testing.T) {
			o := startOTLP(t)
			t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test")
			var log lines
			logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			srv := rafftest.Start(t, append(more, rafftest.WithTraces(), rafftest.WithLogger(logger))...)
			const traceID, parent = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
			role := srv.RoleID(t, "account", "member")
			h := http.Header{"X-Api-Key": {srv.Key}, "Content-Type": {"application/json"}, "X-Request-Id": {"request-of-alice"}, "Traceparent": {"00-" + traceID + "-" + parent + "-01"}}
			srv.Send(t, "POST", "/api/v1/members", h, map[string]any{"email": "alice@example.com", "role_id": role}).Want(t, 201)

			request := o.wait(t, "the request", func(s *wire.Span) bool { return s.GetName() == "POST /api/v1/members" })
			if hex.EncodeToString(request.GetTraceId()) != traceID || hex.EncodeToString(request.GetParentSpanId()) != parent {
				t.Errorf("the request is not part of the caller's trace: %v", request)
			}
			a := request.GetAttributes()
			if request.GetKind() != wire.Span_SPAN_KIND_SERVER || text(a, "http.request.method") != "POST" || text(a, "http.route") != "/api/v1/members" ||
				number(a, "http.response.status_code") != 201 || text(a, "url.scheme") != "http" || text(a, "raff.request_id") != "request-of-alice" {
				t.Errorf("span of the request: %v", request)
			}
			change := o.wait(t, "its transaction", func(s *wire.Span) bool {
				return s.GetName() == "transaction" && bytes.Equal(s.GetParentSpanId(), request.GetSpanId())
			})
			a = change.GetAttributes()
			if text(a, "db.system.name") != name || text(a, "raff.transaction.lock") != "shared" || number(a, "raff.transaction.attempts") != 1 ||
				text(a, "raff.transaction.outcome") != "committed" || !bytes.Equal(change.GetTraceId(), request.GetTraceId()) {
				t.Errorf("span of the transaction: %v", change)
			}

			// A refusal is not a server error. A path is not exported, because it may contain a token.
			srv.Do(t, "POST", "/api/v1/members", srv.Key, map[string]any{"email": "alice@example.com", "role_id": role}).Want(t, 409)
			refused := o.wait(t, "the refusal", func(s *wire.Span) bool { return number(s.GetAttributes(), "http.response.status_code") == 409 })
			if refused.GetStatus().GetCode() != wire.Status_STATUS_CODE_UNSET {
				t.Errorf("status of a refusal: %v", refused.GetStatus())
			}
			srv.Do(t, "GET", "/invite/secret-token-of-a-mail?email=bob%40example.com", "", nil)
			o.wait(t, "the page", func(s *wire.Span) bool { return strings.HasPrefix(s.GetName(), "GET /invite/{") })
			o.mu.Lock()
			defer o.mu.Unlock()
			for _, secret := range []string{srv.Key, "example.com", "secret-token", "Alice"} {
				if strings.Contains(string(o.raw), secret) {
					t.Errorf("the traces contain %q", secret)
				}
			}
			if !o.services["raffd test"] {
				t.Errorf("services of the spans: %v", o.services)
			}
			if line := log.with("request_id=request-of-alice"); !strings.Contains(line, "trace_id="+traceID) {
				t.Errorf("the access log does not have the trace: %s", line)
			}
		})
	}
}

func TestNoTracesWithoutEndpoint(t *testing.T) {
	for _, name := range []string{"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_TRACES_EXPORTER"} {
		t.Setenv(name, "")
	}
	if traces, err := trace.FromEnvironment(t.Context(), trace.Options{}); traces != nil || err != nil {
		t.Errorf("got %v, %v; want no traces", traces, err)
	}
	var log lines
	srv := rafftest.Start(t, rafftest.WithTraces(), rafftest.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	srv.Send(t, "GET", "/health", http.Header{"Traceparent": {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}}, nil).Want(t, 200)
	if strings.Contains(log.String(), "trace") {
		t.Errorf("log: %s", log.String())
	}
}

func TestRemainingSpansAreSentAtShutdown(t *testing.T) {
	o := startOTLP(t)
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "3600000")
	t.Setenv("OTEL_SERVICE_NAME", "team")
	sent := func() int { o.mu.Lock(); defer o.mu.Unlock(); return len(o.spans) }
	for range 10 { // a server that stops does not wait long for the collector, which a busy machine may delay
		t.Run("server", func(t *testing.T) {
			rafftest.Start(t, rafftest.WithTraces()).Do(t, "GET", "/health", "", nil).Want(t, 200)
			if n := sent(); n != 0 {
				t.Fatalf("%d spans were sent early", n) // the rest of this test would then prove nothing
			}
		})
		if sent() > 0 {
			break
		}
	}
	o.wait(t, "the last span", func(s *wire.Span) bool { return s.GetName() == "GET /health" })
	if !o.services["team "] {
		t.Errorf("services of the spans: %v", o.services)
	}
}

func TestUnreachableCollectorIsLoggedOnce(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://"+closed(t))
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "10")
	t.Setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "100")
	var log lines
	srv := rafftest.Start(t, rafftest.WithTraces(), rafftest.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	began := time.Now()
	for log.with("traces cannot be sent") == "" {
		srv.Do(t, "GET", "/health", "", nil).Want(t, 200)
		if time.Since(began) > 3*time.Minute {
			t.Fatalf("no warning:\n%s", log.String())
		}
	}
	// After many batches there is still only one line.
	for range 3000 {
		srv.Do(t, "GET", "/health", "", nil).Want(t, 200)
	}
	if n := strings.Count(log.String(), "traces cannot be sent"); n != 1 {
		t.Errorf("%d warnings, want one:\n%s", n, log.String())
	}
}

func TestInvalidSettingsDoNotStopTheServer(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317")
	var log lines
	srv := rafftest.Start(t, rafftest.WithTraces(), rafftest.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	srv.Do(t, "GET", "/health", "", nil).Want(t, 200)
	if line := log.with("tracing is disabled"); !strings.Contains(line, "OTEL_EXPORTER_OTLP_ENDPOINT is not a URL") {
		t.Errorf("log: %s", log.String())
	}
}

// closed returns an address without a listener.
func closed(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return address
}

// lines collects log lines.
type lines struct {
	mu sync.Mutex
	bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Buffer.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Buffer.String()
}

// with returns the first line that contains these words, or "".
func (l *lines) with(words string) string {
	for line := range strings.Lines(l.String()) {
		if strings.Contains(line, words) {
			return line
		}
	}
	return ""
}
