package rest

import (
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"raff/api"
)

// Document is a response that is not JSON.
type Document struct {
	ContentType string
	Body        []byte
}

// Encode appends the result of a handler.
func Encode(b []byte, v any) ([]byte, error) {
	if d, ok := v.(Document); ok {
		return append(b, d.Body...), nil
	}
	out := appender{b}
	if err := json.MarshalWrite(&out, v, jsontext.AllowInvalidUTF8(true), json.Deterministic(true)); err != nil {
		return b, fmt.Errorf("encode response: %w", err)
	}
	return out.b, nil
}

// appender is an io.Writer that appends to a slice.
type appender struct{ b []byte }

func (a *appender) Write(p []byte) (int, error) {
	a.b = append(a.b, p...)
	return len(p), nil
}

// Stamp formats a time for the API: UTC, at most microseconds.
func Stamp(t time.Time) api.Time { return t.UTC().Truncate(time.Microsecond) }

// StampOf is Stamp, or nil for the zero time.
func StampOf(t time.Time) *api.Time {
	if t.IsZero() {
		return nil
	}
	t = Stamp(t)
	return &t
}

// Filled is nil for an empty text: an id is omitted or null, never "".
func Filled(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// One is the response with one object.
func One[T any](v T) api.Envelope[T] { return api.Envelope[T]{Success: true, Data: v} }

// Done is the response without an object.
func Done(message string) api.Done { return api.Done{Success: true, Message: message} }
