package httpapi

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"raff/api"
)

// document is a response that is not JSON.
type document struct {
	contentType string
	body        []byte
}

// longAnswer is a streamed response of any length. check is called between two chunks to verify that the caller may
// still read the rest. An error aborts the connection, so that the caller does not take a partial response for a
// complete one.
type longAnswer struct {
	contentType string
	check       func(context.Context) error
	write       func(context.Context, io.Writer) error
}

var (
	headerJSON = []string{"application/json"}
	buffers    = sync.Pool{New: func() any { return new([]byte) }}
)

// maxPooled is the maximum size of a pooled buffer, so that a huge page does not keep its memory.
const maxPooled = 1 << 20

func release(buf *[]byte) {
	if cap(*buf) <= maxPooled {
		buffers.Put(buf)
	}
}

func contentType(v any) []string {
	if d, ok := v.(document); ok {
		return []string{d.contentType}
	}
	return headerJSON
}

// encode appends the result of a handler. Memberships, which come in large lists, have hand-written encoders, six times
// as fast as reflection; a test compares them with reflection.
func encode(b []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case document:
		return append(b, v.body...), nil
	case api.Envelope[api.Member]:
		b = appendMember(append(b, `{"success":true,"data":`...), &v.Data)
		return append(b, '}'), nil
	case api.Envelope[api.ProjectMember]:
		b = appendProjectMember(append(b, `{"success":true,"data":`...), &v.Data)
		return append(b, '}'), nil
	case api.Page[api.Member]:
		return appendPage(b, &v, appendMember), nil
	case api.Page[api.ProjectMember]:
		return appendPage(b, &v, appendProjectMember), nil
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

func appendPage[T any](b []byte, p *api.Page[T], row func([]byte, *T) []byte) []byte {
	b = append(b, `{"success":true,"data":[`...)
	for i := range p.Data {
		if i > 0 {
			b = append(b, ',')
		}
		b = row(b, &p.Data[i])
	}
	b = strconv.AppendInt(append(b, `],"total":`...), int64(p.Total), 10)
	b = appendFilled(b, `,"total_is":`, p.TotalIs)
	b = appendFilled(b, `,"next_cursor":`, p.NextCursor)
	return append(b, '}')
}

// appendText writes a member of an object; name is its quoted name with the surrounding punctuation.
func appendText(b []byte, name, v string) []byte {
	b = append(b, name...)
	for i := range len(v) {
		if c := v[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x7f {
			out, _ := jsontext.AppendQuote(b, v) // the error only says that invalid UTF-8 was replaced
			return out
		}
	}
	b = append(b, '"')
	b = append(b, v...)
	return append(b, '"')
}

func appendFilled(b []byte, name, v string) []byte {
	if v == "" {
		return b
	}
	return appendText(b, name, v)
}

func appendOptional(b []byte, name string, v *string) []byte {
	if v == nil {
		return b
	}
	return appendText(b, name, *v)
}

func appendTime(b []byte, name string, t *time.Time) []byte {
	if t == nil {
		return b
	}
	b = append(b, name...)
	b = t.AppendFormat(append(b, '"'), time.RFC3339Nano)
	return append(b, '"')
}

// stamp formats a time for the API: UTC, at most microseconds.
func stamp(t time.Time) api.Time { return t.UTC().Truncate(time.Microsecond) }

// stampOf is stamp, or nil for the zero time.
func stampOf(t time.Time) *api.Time {
	if t.IsZero() {
		return nil
	}
	t = stamp(t)
	return &t
}

// filled is nil for an empty text: an id is omitted or null, never "".
func filled(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func one[T any](v T) api.Envelope[T] { return api.Envelope[T]{Success: true, Data: v} }

func done(message string) api.Done { return api.Done{Success: true, Message: message} }
