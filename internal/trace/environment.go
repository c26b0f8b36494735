package trace

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"sync"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// Options describe the traced server.
type Options struct {
	// Version is that of the program.
	Version string
	// HTTPS says that clients reach the server by HTTPS.
	HTTPS bool
	// Logger is told when the collector is unreachable; nil means slog.Default().
	Logger *slog.Logger
}

// FromEnvironment returns Traces configured by the OTEL_* environment variables. It returns nil unless one of
// OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT and OTEL_TRACES_EXPORTER=otlp is set. The error names
// the variable with an unsupported or invalid value. The caller must Close the Traces.
func FromEnvironment(ctx context.Context, o Options) (*Traces, error) {
	if on, err := wanted(os.Getenv); !on || err != nil {
		return nil, err
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	// Otherwise the libraries would report errors, such as spans rejected by the collector, to the standard logger.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { o.Logger.Warn("traces", "error", err) }))
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("prepare the export of traces: %w", err)
	}
	// Later attributes take precedence, so that the operator can set the service name.
	described, err := resource.New(ctx,
		resource.WithAttributes(semconv.ServiceName("raffd"), semconv.ServiceVersion(o.Version)),
		resource.WithTelemetrySDK(), resource.WithFromEnv())
	if err != nil && !errors.Is(err, resource.ErrPartialResource) {
		return nil, fmt.Errorf("read OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	provider := sdk.NewTracerProvider(sdk.WithBatcher(&outage{SpanExporter: exporter, logger: o.Logger}), sdk.WithResource(described))
	return &Traces{provider: provider, tracer: provider.Tracer("raff"), https: o.HTTPS}, nil
}

// wanted reports whether the variables enable traces.
func wanted(getenv func(string) string) (bool, error) {
	endpoint, name := getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"), "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
	if endpoint == "" {
		endpoint, name = getenv("OTEL_EXPORTER_OTLP_ENDPOINT"), "OTEL_EXPORTER_OTLP_ENDPOINT"
	}
	exporter := strings.TrimSpace(getenv("OTEL_TRACES_EXPORTER"))
	switch {
	case strings.EqualFold(strings.TrimSpace(getenv("OTEL_SDK_DISABLED")), "true"), exporter == "none", endpoint == "" && exporter == "":
		return false, nil
	case exporter != "" && exporter != "otlp":
		return false, fmt.Errorf("OTEL_TRACES_EXPORTER is %q: use otlp or none", exporter)
	}
	if protocol := cmp.Or(getenv("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"), getenv("OTEL_EXPORTER_OTLP_PROTOCOL")); protocol != "" && protocol != "http/protobuf" {
		return false, fmt.Errorf("the OTLP protocol %q is not available: set OTEL_EXPORTER_OTLP_TRACES_PROTOCOL to http/protobuf and the endpoint to a collector's port for HTTP, often 4318", protocol)
	}
	if endpoint != "" {
		// The value is not repeated, because it may contain a password.
		if u, err := url.Parse(endpoint); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			return false, fmt.Errorf("%s is not a URL such as http://collector.internal:4318", name)
		}
	}
	return true, nil
}

// outage logs the first failure of an exporter and the first success after it, instead of every batch.
type outage struct {
	sdk.SpanExporter
	logger *slog.Logger
	mu     sync.Mutex
	down   bool
}

// ExportSpans drops spans that cannot be sent; the exporter below has already retried for a while.
func (o *outage) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	err := o.SpanExporter.ExportSpans(ctx, spans)
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case err != nil && !o.down:
		o.logger.Warn("traces cannot be sent and are dropped until the collector responds", "error", err)
	case err == nil && o.down:
		o.logger.Info("traces are sent again")
	}
	o.down = err != nil
	return nil
}
