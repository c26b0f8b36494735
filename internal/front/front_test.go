package front

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"raff/internal/team"
)

// counted is a Meter that records its calls.
type counted struct {
	mu       sync.Mutex
	requests []string
	limited  []string
}

func (c *counted) Request(face, method, route string, status int, _ time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests = append(c.requests, face+" "+method+" "+route+" "+http.StatusText(status))
}

func (c *counted) Limited(kind string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.limited = append(c.limited, kind)
}

type lines struct {
	mu sync.Mutex
	bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Buffer.Write(b)
}

// all returns the logged lines.
func (l *lines) all(t *testing.T) (all []map[string]any) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range bytes.Lines(bytes.Clone(l.Bytes())) {
		var one map[string]any
		if err := json.Unmarshal(line, &one); err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	return all
}

type setup struct {
	*Front
	log   *lines
	meter *counted
}

func set(o Options) setup {
	s := setup{log: &lines{}, meter: &counted{}}
	o.Logger = slog.New(slog.NewJSONHandler(s.log, nil))
	o.Meter = s.meter
	s.Front = New(team.New(team.Options{}), o)
	return s
}

func (s setup) get(t *testing.T, h http.HandlerFunc, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /things/{id}", h)
	r := httptest.NewRequest("GET", "/things/secret", nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.Handler(Face{Name: "test", Handler: mux, Fail: func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, "in the form of the face")
	}}).ServeHTTP(w, r)
	return w
}

func TestPanic(t *testing.T) {
	s := set(Options{})
	w := s.get(t, func(http.ResponseWriter, *http.Request) { panic("an index of a list") }, "X-Request-Id", "of-the-proxy")
	if w.Code != 500 || w.Body.String() != "in the form of the face" || w.Header().Get("X-Request-Id") != "of-the-proxy" {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	line := s.log.all(t)[0]
	stack, _ := line["stack"].(string)
	if line["level"] != "ERROR" || line["request_id"] != "of-the-proxy" || line["route"] != "/things/{id}" || line["error"] != "panic: an index of a list" ||
		!strings.Contains(stack, "TestPanic") {
		t.Errorf("logged: %v", line)
	}
	if strings.Contains(s.log.String(), "secret") {
		t.Errorf("the path is logged: %s", s.log.String())
	}
	if len(s.meter.requests) != 1 || s.meter.requests[0] != "test GET /things/{id} Internal Server Error" {
		t.Errorf("counted: %q", s.meter.requests)
	}
}

func TestPanicDuringResponse(t *testing.T) {
	s := set(Options{})
	defer func() {
		if err, ok := recover().(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
			t.Errorf("the connection was not closed: %v", err)
		}
		if len(s.meter.requests) != 1 {
			t.Errorf("counted: %q", s.meter.requests)
		}
	}()
	s.get(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half of it")
		panic("late")
	})
}

func TestRequestDeadline(t *testing.T) {
	s := set(Options{Timeout: time.Millisecond})
	w := s.get(t, func(w http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		if !errors.Is(context.Cause(r.Context()), context.DeadlineExceeded) {
			t.Errorf("cause of the end: %v", context.Cause(r.Context()))
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	line := s.log.all(t)[0]
	if w.Code != 503 || line["level"] != "WARN" || line["msg"] != "request timed out" {
		t.Errorf("%d, logged %v", w.Code, line)
	}
}

// Every piece of a streamed response renews the deadline.
func TestEveryPieceRenewsTheDeadline(t *testing.T) {
	const timeout, pause, pieces = 2 * time.Second, 100 * time.Millisecond, 30
	s := set(Options{Timeout: timeout})
	w := s.get(t, func(w http.ResponseWriter, r *http.Request) {
		to := NewStream(r.Context(), w, nil)
		for range pieces {
			select {
			case <-r.Context().Done():
				t.Error("the request ended while pieces were being sent")
				return
			case <-time.After(pause):
			}
			if _, err := to.Write([]byte("x")); err != nil {
				t.Error(err)
			}
		}
	})
	if w.Body.Len() != pieces {
		t.Errorf("%d pieces", w.Body.Len())
	}
}

// slowClient takes longer to receive data than a request may last.
type slowClient struct {
	http.ResponseWriter
	takes time.Duration
}

func (c slowClient) Write(b []byte) (int, error) {
	time.Sleep(c.takes)
	return c.ResponseWriter.Write(b)
}

// Time during which the client does not read does not count towards the deadline.
func TestSlowClient(t *testing.T) {
	const timeout = time.Second
	s := set(Options{Timeout: timeout})
	s.get(t, func(w http.ResponseWriter, r *http.Request) {
		if _, err := NewStream(r.Context(), slowClient{w, 2 * timeout}, nil).Write([]byte("x")); err != nil || r.Context().Err() != nil {
			t.Errorf("the request ended while waiting for the client: %v, %v", err, context.Cause(r.Context()))
		}
		<-r.Context().Done() // the deadline after the client has read
	})
}

func TestResponseHeaders(t *testing.T) {
	for public, hsts := range map[string]string{"http://team.example.com": "", "https://team.example.com": "max-age=31536000"} {
		h := set(Options{PublicURL: public}).get(t, func(http.ResponseWriter, *http.Request) {}).Header()
		if h.Get("Strict-Transport-Security") != hsts || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cache-Control") != "no-store" || h.Get("X-Request-Id") == "" {
			t.Errorf("%s: %v", public, h)
		}
	}
}

func TestCheckOrigin(t *testing.T) {
	s := set(Options{PublicURL: "https://team.example.com"})
	for _, c := range []struct {
		host, origin, site string
		ok                 bool
	}{
		{"team.example.com", "https://team.example.com", "same-origin", true},
		{"10.0.0.7:8080", "https://team.example.com", "same-origin", true}, // Host rewritten by a proxy
		{"10.0.0.7:8080", "https://team.example.com", "", true},
		{"10.0.0.7:8080", "https://evil.example.com", "", false},
		{"team.example.com", "https://evil.example.com", "cross-site", false},
		{"team.example.com", "https://team.example.com", "cross-site", false},
		{"team.example.com", "https://other.example.com", "same-site", false},
		{"team.example.com", "null", "", false},
		{"team.example.com", "", "", true}, // not a browser
	} {
		r := httptest.NewRequest("POST", "https://"+c.host+"/members", nil)
		if c.origin != "" {
			r.Header.Set("Origin", c.origin)
		}
		if c.site != "" {
			r.Header.Set("Sec-Fetch-Site", c.site)
		}
		if err := s.CheckOrigin(r); (err == nil) != c.ok {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestRateLimitHeaders(t *testing.T) {
	s := set(Options{Limits: map[string]Limit{LimitSource: {PerSecond: 0.5, Burst: 2}}})
	for i, want := range []string{"1", "0", "0"} {
		var err error
		w := s.get(t, func(_ http.ResponseWriter, r *http.Request) { err = s.AllowSource(Of(r.Context())) })
		h := w.Header()
		if h.Get("X-RateLimit-Limit") != "0.5" || h.Get("X-RateLimit-Remaining") != want || (err != nil) != (i == 2) || (h.Get("Retry-After") != "") != (i == 2) {
			t.Errorf("request %d: %v, %v", i+1, h, err)
		}
	}
	if len(s.meter.limited) != 1 || s.meter.limited[0] != LimitSource {
		t.Errorf("counted: %q", s.meter.limited)
	}
}

// followed is a Tracer that records its calls.
type followed struct{ ends []string }

func (f *followed) Request(r *http.Request, id string) (context.Context, func(face, route string, status int, aborted bool)) {
	return r.Context(), func(face, route string, status int, aborted bool) {
		f.ends = append(f.ends, fmt.Sprintf("%s %s %s %d %t", id, face, route, status, aborted))
	}
}

func TestTracer(t *testing.T) {
	t.Parallel()
	tracer := &followed{}
	f := New(team.New(team.Options{}), Options{Logger: slog.New(slog.DiscardHandler), Tracer: tracer})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /members/{id}", func(w http.ResponseWriter, r *http.Request) {
		switch r.PathValue("id") {
		case "panic":
			panic("a fault")
		case "abort":
			_, _ = w.Write([]byte("half"))
			panic(http.ErrAbortHandler)
		}
	})
	h := f.Handler(Face{Name: "api", Handler: mux})
	for _, id := range []string{"one", "panic", "abort"} {
		func() {
			defer func() { _ = recover() }()
			r := httptest.NewRequest("GET", "/members/"+id, nil)
			r.Header.Set("X-Request-Id", id)
			h.ServeHTTP(httptest.NewRecorder(), r)
		}()
	}
	want := []string{"one api /members/{id} 200 false", "panic api /members/{id} 500 false", "abort api /members/{id} 200 true"}
	if !slices.Equal(tracer.ends, want) {
		t.Errorf("got %q, want %q", tracer.ends, want)
	}
}
