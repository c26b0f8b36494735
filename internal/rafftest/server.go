// Package rafftest starts a whole real server for a test: real database, real listener, real worker. Tests go in
// through the front door with it; the only thing it fakes is the clock, which a test can move.
package rafftest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"raff/internal/front"
	"raff/internal/server"
	"raff/internal/team"
)

// Server is a running server with the account Acme.
type Server struct {
	Account
	// URL is where it listens, without a slash at the end. It is also its public URL, unless WithPublicURL says another.
	URL string
	// Database is the URL of its database, for a second node on the same one.
	Database string
	Node     *server.Server

	clock *clock
}

// Account is one account of the server. Key has the Owner role.
type Account struct {
	AccountID, OwnerUserID, OwnerMemberID, ProjectID, KeyID, Key, OwnerLink string
}

// Option changes how Start starts.
type Option func(*options)

type options struct {
	config server.Config
	clock  *clock
	named  bool
	quiet  bool
	bare   bool
}

// OnPostgres uses a fresh database on a real PostgreSQL instead of SQLite.
func OnPostgres(t testing.TB) Option {
	url := PostgresURL(t)
	return func(o *options) { o.config.Database = url }
}

// OnDatabase uses the database of this URL: a second node on the database of another Server.
func OnDatabase(url string) Option { return func(o *options) { o.config.Database = url } }

// WithSMTP sends mail through this server.
func WithSMTP(url string) Option {
	return func(o *options) { o.config.SMTPURL, o.config.MailFrom = url, "raff <raff@example.com>" }
}

// WithLinks writes invitation links to w, as a development server does.
func WithLinks(w io.Writer) Option { return func(o *options) { o.config.Links = w } }

// WithoutAccount makes no account, for a database that has one of this name.
func WithoutAccount() Option { return func(o *options) { o.bare = true } }

// Quiet logs nothing but errors, for a test that runs so long that its log would fill the memory.
func Quiet() Option { return func(o *options) { o.quiet = true } }

// WithLimits limits how fast the keys of each tier may go; without it there is no limit.
func WithLimits(limits map[string]front.Limit) Option {
	return func(o *options) { o.config.Limits = limits }
}

// WithRequestTimeout bounds how long a request may take.
func WithRequestTimeout(d time.Duration) Option {
	return func(o *options) { o.config.RequestTimeout = d }
}

// WithLogger lets the server log to l instead of the test.
func WithLogger(l *slog.Logger) Option { return func(o *options) { o.config.Logger = l } }

// WithTraces sends traces as the OTEL_* variables say.
func WithTraces() Option { return func(o *options) { o.config.Traces = true } }

// WithMetrics serves metrics on this address.
func WithMetrics(address string) Option { return func(o *options) { o.config.MetricsListen = address } }

// WithQuotas bounds what one account, or one person, may have.
func WithQuotas(q team.Quotas) Option { return func(o *options) { o.config.Quotas = q } }

// WithMailLimits limits the mails as an operator would write it; without it there are the default limits.
func WithMailLimits(text string) Option {
	return func(o *options) {
		if err := o.config.SetMailLimits(text); err != nil {
			panic(err)
		}
	}
}

// WithCatalog uses the operator's own catalog file.
func WithCatalog(path string) Option { return func(o *options) { o.config.Catalog = path } }

// WithSealKeys signs the audit log with the keys of this file.
func WithSealKeys(path string) Option { return func(o *options) { o.config.SealKeyFile = path } }

// WithMachineClock gives the node a machine whose clock is read with now, and lets it tell the time as in production: by the
// database's clock. Advance moves nothing then.
func WithMachineClock(now func() time.Time) Option {
	return func(o *options) { o.config.MachineClock = now }
}

// WithTrustedProxies takes the address of a caller from X-Forwarded-For of these networks, as an operator would write it.
func WithTrustedProxies(text string) Option {
	return func(o *options) {
		if err := o.config.SetTrustedProxies(text); err != nil {
			panic(err)
		}
	}
}

// BehindProxy takes the address of a caller from X-Forwarded-For.
func BehindProxy() Option { return func(o *options) { o.config.Proxies.Nearest = true } }

// WithName gives the server a name instead of an address: it is reached at localhost. Browsers make passkeys for names only.
func WithName() Option { return func(o *options) { o.named = true } }

// WithPublicURL says that people reach the server there, for example by HTTPS.
func WithPublicURL(url string) Option { return func(o *options) { o.config.PublicURL = url } }

// databaseVariable names the database of the tests that do not say which one they use: "postgres", else SQLite.
const databaseVariable = "RAFF_TEST_DATABASE"

func onSQLite(t testing.TB) Option {
	return OnDatabase("sqlite:" + filepath.Join(t.TempDir(), "raff.db"))
}

// EachDatabase runs a test on SQLite and on PostgreSQL, each with a server of its own.
func EachDatabase(t *testing.T, test func(t *testing.T, srv *Server), more ...Option) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, Start(t, append([]Option{onSQLite(t)}, more...)...))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, Start(t, append([]Option{OnPostgres(t)}, more...)...))
	})
}

// Start runs a server until the test ends: on SQLite, unless an option or RAFF_TEST_DATABASE=postgres says otherwise.
func Start(t testing.TB, more ...Option) *Server {
	t.Helper()
	o := &options{clock: &clock{}}
	o.config = server.Config{
		Logger: slog.New(slog.NewTextHandler(logTo{t}, nil)), AccessLog: slog.LevelDebug,
		Limits:         map[string]front.Limit{}, // a test is faster than any client may be
		RequestTimeout: 2 * time.Minute,          // and its machine may be busy
	}
	for _, f := range more {
		f(o)
	}
	if o.config.Database == "" {
		database := onSQLite
		if os.Getenv(databaseVariable) == "postgres" {
			database = OnPostgres
		}
		database(t)(o)
	}
	if o.quiet {
		o.config.Logger = slog.New(slog.NewTextHandler(logTo{t}, &slog.HandlerOptions{Level: slog.LevelError}))
	}
	if o.config.MachineClock == nil {
		o.config.Now = o.clock.now
	}
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	address := "http://" + l.Addr().String()
	if o.named {
		address = strings.Replace(address, "127.0.0.1", "localhost", 1)
	}
	if o.config.PublicURL == "" {
		o.config.PublicURL = address
	}
	node, err := server.Open(t.Context(), o.config)
	if err != nil {
		t.Fatalf("open server: %v", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- node.Serve(ctx, l) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("server ended with: %v", err)
		}
		if err := node.Close(); err != nil {
			t.Errorf("close server: %v", err)
		}
	})
	srv := &Server{URL: address, Database: o.config.Database, Node: node, clock: o.clock}
	if !o.bare {
		srv.Account = srv.NewAccount(t, "Acme", "owner@example.com")
	}
	return srv
}

// NewAccount makes one more account.
func (s *Server) NewAccount(t testing.TB, name, ownerEmail string) Account {
	t.Helper()
	a, err := s.Node.Service().CreateAccount(t.Context(), team.NewAccount{Name: name, OwnerEmail: ownerEmail})
	if err != nil {
		t.Fatalf("create account %s: %v", name, err)
	}
	return Account{
		AccountID: a.AccountID, OwnerUserID: a.OwnerUserID, OwnerMemberID: a.OwnerMemberID, ProjectID: a.DefaultProjectID,
		KeyID: a.APIKeyID, Key: a.APIKey, OwnerLink: a.OwnerLink,
	}
}

// Advance moves the server's clock forward.
func (s *Server) Advance(d time.Duration) { s.clock.advance(d) }

// Now is the server's time.
func (s *Server) Now() time.Time { return s.clock.now() }

type clock struct {
	mu     sync.Mutex
	offset time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.offset)
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset += d
}

// logTo shows the server's log with the test that failed.
type logTo struct{ t testing.TB }

func (l logTo) Write(b []byte) (int, error) {
	l.t.Log(strings.TrimSuffix(string(b), "\n"))
	return len(b), nil
}

// Response is what the server answered, read to the end.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// JSON is the body as a JSON object; anything else fails the test.
func (r Response) JSON(t testing.TB) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(r.Body, &v); err != nil {
		t.Fatalf("status %d, body is no JSON object: %v\n%s", r.Status, err, r.Body)
	}
	return v
}

// Data is the "data" object of the body.
func (r Response) Data(t testing.TB) map[string]any {
	t.Helper()
	d, ok := r.JSON(t)["data"].(map[string]any)
	if !ok {
		t.Fatalf("status %d, no data object in %s", r.Status, r.Body)
	}
	return d
}

// Want fails the test unless the status is this one.
func (r Response) Want(t testing.TB, status int) Response {
	t.Helper()
	if r.Status != status {
		t.Fatalf("status %d, want %d: %s", r.Status, status, r.Body)
	}
	return r
}

// cookiePrefix marks what SignIn returns.
const cookiePrefix = "cookie: "

// Do sends one request with an API key, or as someone whom SignIn signed in. A body that is a string is sent as it is, nil means none, anything else is encoded as JSON.
func (s *Server) Do(t testing.TB, method, path, key string, body any) Response {
	t.Helper()
	h := http.Header{}
	switch {
	case strings.HasPrefix(key, cookiePrefix):
		h.Set("Cookie", strings.TrimPrefix(key, cookiePrefix))
	case key != "":
		h.Set("X-API-Key", key)
	}
	if body != nil {
		h.Set("Content-Type", "application/json")
	}
	return s.Send(t, method, path, h, body)
}

// Send is Do with headers of one's own.
func (s *Server) Send(t testing.TB, method, path string, h http.Header, body any) Response {
	t.Helper()
	var r io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		r = strings.NewReader(b)
	default:
		j, err := json.Marshal(b)
		if err != nil {
			t.Fatalf("encode body: %v", err)
		}
		r = bytes.NewReader(j)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, r)
	if err != nil {
		t.Fatalf("make request: %v", err)
	}
	req.Header = h
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("%s %s: read answer: %v", method, path, err)
	}
	return Response{Status: res.StatusCode, Header: res.Header, Body: b}
}
