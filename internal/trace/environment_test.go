package trace

import (
	"strings"
	"testing"
)

func TestTracesAreOffByDefault(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		environment string
		on          bool
		err         string
	}{
		{"", false, ""},
		{"OTEL_SERVICE_NAME=team OTEL_TRACES_SAMPLER=always_on", false, ""},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318", true, ""},
		{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=https://collector/v1/traces", true, ""},
		{"OTEL_TRACES_EXPORTER=otlp", true, ""},
		{"OTEL_TRACES_EXPORTER=none OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318", false, ""},
		{"OTEL_SDK_DISABLED=TRUE OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318", false, ""},
		{"OTEL_SDK_DISABLED=false OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318", true, ""},
		{"OTEL_TRACES_EXPORTER=zipkin", false, "OTEL_TRACES_EXPORTER"},
		{"OTEL_EXPORTER_OTLP_PROTOCOL=grpc OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4317", false, "http/protobuf"},
		{"OTEL_EXPORTER_OTLP_PROTOCOL=grpc OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=http/protobuf OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318", true, ""},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=collector:4318", false, "OTEL_EXPORTER_OTLP_ENDPOINT is not a URL"},
		{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=://u:secret@x", false, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is not a URL"},
	} {
		on, err := wanted(func(name string) string {
			for setting := range strings.FieldsSeq(c.environment) {
				if n, value, _ := strings.Cut(setting, "="); n == name {
					return value
				}
			}
			return ""
		})
		switch {
		case on != c.on || (err != nil) != (c.err != ""):
			t.Errorf("%s: %t, %v; want %t, %s", c.environment, on, err, c.on, c.err)
		case err != nil && (!strings.Contains(err.Error(), c.err) || strings.Contains(err.Error(), "secret")):
			t.Errorf("%s: %v, want %s", c.environment, err, c.err)
		}
	}
}
