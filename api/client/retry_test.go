package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"raff/api"
	"raff/api/client"
)

const fakeKey = "raff_0000fake0000"

// misbehaving is a server that sends the given responses in order, the last one repeatedly, and records the requests.
type misbehaving struct {
	*httptest.Server
	mu   sync.Mutex
	seen []*http.Request
	body []string
}

func misbehave(t *testing.T, answers ...http.HandlerFunc) *misbehaving {
	t.Helper()
	m := &misbehaving{}
	m.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		m.mu.Lock()
		n := min(len(m.seen), len(answers)-1)
		m.seen, m.body = append(m.seen, r.Clone(context.Background())), append(m.body, string(b))
		m.mu.Unlock()
		answers[n](w, r)
	}))
	t.Cleanup(m.Close)
	return m
}

func (m *misbehaving) client(t *testing.T, opts ...client.Option) *client.Client {
	t.Helper()
	c, err := client.New(m.URL, fakeKey, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func answer(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

// hangUp closes the connection without a response.
func hangUp(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		conn.Close()
	}
}

const (
	alice       = `{"success":true,"data":{"id":"m1","email":"alice@example.com","status":"pending","user_id":null}}`
	unavailable = `{"error":"Service Unavailable","message":"Try again in a moment.","code":"unavailable"}`
	limited     = `{"error":"Rate limit exceeded","message":"Wait a second.","code":"rate_limited"}`
)

func TestRetries(t *testing.T) {
	truncated := answer(200, alice[:20], "Content-Length", fmt.Sprint(len(alice)))
	for name, fails := range map[string]http.HandlerFunc{
		"503":                 answer(503, unavailable),
		"502 page of a proxy": answer(502, "<html>bad gateway</html>", "Content-Type", "text/html"),
		"504":                 answer(504, ""),
		"429":                 answer(429, limited),
		"connection broken":   hangUp,
		"truncated response":  truncated,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := misbehave(t, slices.Concat(slices.Repeat([]http.HandlerFunc{fails}, 2), []http.HandlerFunc{answer(201, alice)})...)
			got, err := m.client(t).Members.Add(t.Context(), api.AddMemberRequest{Email: new("alice@example.com"), RoleID: new("r1")})
			if err != nil || got.ID != "m1" {
				t.Fatalf("got %+v, %v; want member m1", got, err)
			}
			if len(m.seen) != 3 {
				t.Fatalf("%d attempts, want 3", len(m.seen))
			}
			key := m.seen[0].Header.Get("Idempotency-Key")
			if len(key) != 32 {
				t.Errorf("Idempotency-Key %q, want 128 bits in hex", key)
			}
			for i, r := range m.seen {
				if r.Header.Get("Idempotency-Key") != key || m.body[i] != `{"email":"alice@example.com","role_id":"r1"}` {
					t.Errorf("attempt %d: key %q, body %s; want those of the first attempt", i, r.Header.Get("Idempotency-Key"), m.body[i])
				}
			}
		})
	}
}

func TestRefusalsAreNotRetried(t *testing.T) {
	for _, status := range []int{400, 401, 403, 404, 409, 410, 422, 500} {
		m := misbehave(t, answer(status, `{"error":"x","message":"No.","code":"some_code","request_id":"req-1"}`))
		_, err := m.client(t).Members.Get(t.Context(), "m1")
		e, ok := errors.AsType[*client.Error](err)
		if !ok || e.StatusCode != status || e.Code != "some_code" || client.Code(err) != "some_code" || e.RequestID != "req-1" {
			t.Errorf("%d: got %#v", status, err)
		}
		if len(m.seen) != 1 {
			t.Errorf("%d: %d attempts, want 1", status, len(m.seen))
		}
	}
}

func TestRetriesEndWithTheLastError(t *testing.T) {
	m := misbehave(t, answer(503, unavailable))
	_, err := m.client(t, client.WithMaxRetries(1)).Members.Get(t.Context(), "m1")
	if client.Code(err) != "unavailable" || len(m.seen) != 2 {
		t.Errorf("got %v after %d attempts, want unavailable after 2", err, len(m.seen))
	}
}

// A time budget allows any number of retries, and calls that fail together share it.
func TestRetriesForATime(t *testing.T) {
	down := answer(503, unavailable, "Retry-After", "0")
	m := misbehave(t, slices.Concat(slices.Repeat([]http.HandlerFunc{down}, 6), []http.HandlerFunc{answer(200, alice)})...)
	if _, err := m.client(t, client.WithRetryTimeout(10*time.Minute)).Members.Get(t.Context(), "m1"); err != nil || len(m.seen) != 7 {
		t.Errorf("got %v after %d attempts, want success after 7", err, len(m.seen))
	}

	m = misbehave(t, down)
	c := m.client(t, client.WithRetryTimeout(600*time.Millisecond))
	var err error
	for range 30 { // the first call uses up the budget; each of the others gets one attempt
		_, err = c.Members.Get(t.Context(), "m1")
	}
	if client.Code(err) != "unavailable" || len(m.seen) < 31 || len(m.seen) > 45 {
		t.Errorf("got %v after %d attempts, want unavailable after little more than 30", err, len(m.seen))
	}

	m = misbehave(t, down)
	if _, err := m.client(t, client.WithRetryTimeout(0)).Members.Get(t.Context(), "m1"); err == nil || len(m.seen) != 1 {
		t.Errorf("without a budget: got %v after %d attempts, want an error after 1", err, len(m.seen))
	}
}

// Work that has begun can finish, but not take forever.
func TestFinish(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	finishing, stop := client.Finish(ctx, time.Hour)
	interrupt()
	if finishing.Err() != nil {
		t.Error("the context was canceled with its parent")
	}
	if stop(); finishing.Err() == nil {
		t.Error("the context continues after stop")
	}
	finishing, stop = client.Finish(ctx, time.Millisecond)
	defer stop()
	select {
	case <-finishing.Done():
	case <-time.After(time.Minute):
		t.Error("the context continues after the grace period")
	}
}

func TestRetryAfter(t *testing.T) {
	m := misbehave(t, answer(429, limited, "Retry-After", "1"), answer(200, alice))
	start := time.Now()
	if _, err := m.client(t).Members.Get(t.Context(), "m1"); err != nil {
		t.Fatal(err)
	}
	if d := time.Since(start); d < time.Second || d > 3*time.Second {
		t.Errorf("sent again after %v, want a little more than the second asked for", d)
	}
}

func TestNoRetryAfterTheDeadline(t *testing.T) {
	for name, c := range map[string]struct {
		retryAfter string
		timeout    time.Duration
	}{
		"the context ends first":  {"60", 5 * time.Second},
		"an unreasonable request": {"86400", 48 * time.Hour},
	} {
		m := misbehave(t, answer(429, limited, "Retry-After", c.retryAfter))
		ctx, cancel := context.WithTimeout(t.Context(), c.timeout)
		start := time.Now()
		_, err := m.client(t).Members.Get(ctx, "m1")
		cancel()
		e, ok := errors.AsType[*client.Error](err)
		if !ok || !client.IsRateLimited(err) || fmt.Sprint(e.RetryAfter.Seconds()) != c.retryAfter {
			t.Errorf("%s: got %v, want the refusal with its RetryAfter", name, err)
		}
		if d := time.Since(start); d > 2*time.Second {
			t.Errorf("%s: gave up after %v, want immediately", name, d)
		}
	}
}

func TestCanceledContext(t *testing.T) {
	m := misbehave(t, answer(503, unavailable))
	ctx, cancel := context.WithCancel(t.Context())
	c := m.client(t, client.WithMaxRetries(1000), client.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			defer cancel()
			return next.RoundTrip(r)
		})
	}))
	if _, err := c.Members.Get(ctx, "m1"); err == nil || len(m.seen) > 1 {
		t.Errorf("got %v after %d attempts, want an error after 1", err, len(m.seen))
	}
}

func TestConnectionRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	c, err := client.New("http://"+addr, fakeKey, client.WithMaxRetries(1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err = c.Whoami(t.Context()); err == nil || !strings.Contains(err.Error(), addr) || strings.Contains(err.Error(), fakeKey) {
		t.Errorf("got %v, want an error that names %s", err, addr)
	}
}

func TestLostSecret(t *testing.T) {
	m := misbehave(t, hangUp, answer(201, `{"success":true,"data":{"id":"k1","name":"ci"}}`))
	k, err := m.client(t).APIKeys.Create(t.Context(), api.CreateAPIKeyRequest{Name: new("ci")})
	if !errors.Is(err, client.ErrSecretLost) || k == nil || k.ID != "k1" {
		t.Errorf("got %+v, %v; want key k1 with ErrSecretLost", k, err)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
