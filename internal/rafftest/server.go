// Package rafftest starts a complete server for a test, with a real database, listener and worker. Only the clock is
// fake, so that tests can move it, and hashes of passwords are cheap, unless WithSlowPasswords is used.
package rafftest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
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

	"raff/internal/brand"
	"raff/internal/front"
	"raff/internal/operator"
	"raff/internal/password"
	"raff/internal/server"
	"raff/internal/team"
)

// Server is a running server with an account named Acme.
type Server struct {
	Account
	// URL is where it listens, without a trailing slash. It is also its public URL, unless WithPublicURL is used.
	URL string
	// Database is the URL of its database, for a second node.
	Database string
	Node     *server.Server
	// Stop stops it before the end of the test, as SIGTERM does.
	Stop func()

	clock *clock
}

// Account is an account of the server. Key has the Owner role.
type Account struct {
	AccountID, OwnerUserID, OwnerMemberID, ProjectID, KeyID, Key, OwnerLink string
}

// Option configures Start.
type Option func(*options)

type options struct {
	config server.Config
	clock  *clock
	named  bool
	quiet  bool
	bare   bool
}

// OnPostgres uses a new PostgreSQL database instead of SQLite.
func OnPostgres(t testing.TB) Option {
	url := PreparedURL(t)
	return func(o *options) { o.config.Database = url }
}

// OnDatabase uses the database at this URL, for a second node on the database of another Server.
func OnDatabase(url string) Option { return func(o *options) { o.config.Database = url } }

// WithSMTP sends email through this mail server.
func WithSMTP(url string) Option {
	return func(o *options) { o.config.SMTPURL, o.config.MailFrom = url, "raff <raff@example.com>" }
}

// WithoutAccount creates no account, for a database that already has one.
func WithoutAccount() Option { return func(o *options) { o.bare = true } }

// Quiet logs only errors, for a test that runs so long that its log would fill the memory.
func Quiet() Option { return func(o *options) { o.quiet = true } }

// WithLimits sets the rate limits of API keys by tier. The default is no limits.
func WithLimits(limits map[string]front.Limit) Option {
	return func(o *options) { o.config.Limits = limits }
}

// WithRequestTimeout sets the deadline of requests.
func WithRequestTimeout(d time.Duration) Option {
	return func(o *options) { o.config.RequestTimeout = d }
}

// WithLogger makes the server log to l instead of the test's log.
func WithLogger(l *slog.Logger) Option { return func(o *options) { o.config.Logger = l } }

// WithTraces enables traces according to the OTEL_* variables.
func WithTraces() Option { return func(o *options) { o.config.Traces = true } }

// WithMetrics serves metrics at this address.
func WithMetrics(address string) Option { return func(o *options) { o.config.MetricsListen = address } }

// WithOperator serves the operator's API; see Server.Operate.
func WithOperator() Option { return func(o *options) { o.config.OperatorListen = "127.0.0.1:0" } }

// WithOperatorTLS serves the operator's API with a certificate, for clients with a certificate of an authority.
func WithOperatorTLS(cert, key, clientCA string) Option {
	return func(o *options) {
		o.config.OperatorListen, o.config.OperatorTLSCert, o.config.OperatorTLSKey, o.config.OperatorClientCA = "127.0.0.1:0", cert, key, clientCA
	}
}

// WithQuotas sets the maximum numbers of things per account or user.
func WithQuotas(q team.Quotas) Option { return func(o *options) { o.config.Quotas = q } }

// WithMailLimits sets the limits on sent emails in the operator's notation. Without it, the defaults apply.
func WithMailLimits(text string) Option {
	return func(o *options) {
		if err := o.config.SetMailLimits(text); err != nil {
			panic(err)
		}
	}
}

// WithCatalog uses a catalog file.
func WithCatalog(path string) Option { return func(o *options) { o.config.Catalog = path } }

// WithSealKeys signs the audit log with the keys in this file.
func WithSealKeys(path string) Option { return func(o *options) { o.config.SealKeyFile = path } }

// WithSecretsKeys encrypts the secrets of authenticator apps with the keys in this file.
func WithSecretsKeys(path string) Option {
	return func(o *options) { o.config.SecretsKeyFile = path }
}

// WithMachineClock makes the node read its machine's time with now, and use the database's clock as in production.
// Advance then has no effect.
func WithMachineClock(now func() time.Time) Option {
	return func(o *options) { o.config.MachineClock = now }
}

// BehindProxy trusts the last entry of X-Forwarded-For.
func BehindProxy() Option { return func(o *options) { o.config.Proxies.Nearest = true } }

// TrustingProxies trusts the X-Forwarded-For of clients in these networks.
func TrustingProxies(networks string) Option {
	return func(o *options) {
		if err := o.config.SetTrustedProxies(networks); err != nil {
			panic(err)
		}
	}
}

// WithSlowPasswords hashes passwords as in production.
func WithSlowPasswords() Option { return func(o *options) { o.config.Passwords = nil } }

// WithName makes the server reachable at localhost instead of an IP address. Browsers support passkeys only for names.
func WithName() Option { return func(o *options) { o.named = true } }

// WithBrand sets how the product presents itself.
func WithBrand(b brand.Settings) Option { return func(o *options) { o.config.Brand = b } }

// WithPublicURL sets the public URL of the server, for example one with HTTPS.
func WithPublicURL(url string) Option { return func(o *options) { o.config.PublicURL = url } }

// databaseVariable selects the database of tests that do not choose one: "postgres", otherwise SQLite.
const databaseVariable = "RAFF_TEST_DATABASE"

func onSQLite(t testing.TB) Option {
	return OnDatabase("sqlite:" + filepath.Join(t.TempDir(), "raff.db"))
}

// EachDatabase runs a test on SQLite and on PostgreSQL, each with its own server.
func EachDatabase(t *testing.T, test func(t *testing.T, srv *Server), more ...Option) {
	t.Helper()
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, Start(t, append([]Option{onSQLite(t)}, more...)...))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, Start(t, append([]Option{OnPostgres(t)}, more...)...))
	})
}

// Start runs a server until the test ends. It uses SQLite, unless an option or RAFF_TEST_DATABASE=postgres says otherwise.
func Start(t testing.TB, more ...Option) *Server {
	t.Helper()
	o := &options{clock: &clock{}}
	o.config = server.Config{
		Logger: slog.New(slog.NewTextHandler(logTo{t}, nil)), AccessLog: slog.LevelDebug,
		Limits:         map[string]front.Limit{}, // tests send requests faster than clients may
		RequestTimeout: 2 * time.Minute,          // the machine may be busy
		Passwords:      password.ForTests(),
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
	select {
	case <-node.Serving():
	case err := <-done:
		t.Fatalf("start server: %v", errors.Join(err, node.Close()))
	}
	end := sync.OnceFunc(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("server stopped with: %v", err)
		}
		if err := node.Close(); err != nil {
			t.Errorf("close server: %v", err)
		}
	})
	t.Cleanup(end)
	srv := &Server{URL: address, Database: o.config.Database, Node: node, Stop: end, clock: o.clock}
	if !o.bare {
		srv.Account = srv.NewAccount(t, "Acme", "owner@example.com")
	}
	return srv
}

// NewAccount creates another account.
func (s *Server) NewAccount(t testing.TB, name, ownerEmail string) Account {
	t.Helper()
	a, err := s.Node.Operator().CreateAccount(t.Context(), operator.Program, operator.NewAccount{Name: name, OwnerEmail: ownerEmail})
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

// Now returns the server's time.
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

// logTo writes the server's log to the log of a test.
type logTo struct{ t testing.TB }

func (l logTo) Write(b []byte) (int, error) {
	l.t.Log(strings.TrimSuffix(string(b), "\n"))
	return len(b), nil
}

// Response is a response of the server, with its complete body.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// JSON returns the body as a JSON object, and fails the test if it is not one.
func (r Response) JSON(t testing.TB) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(r.Body, &v); err != nil {
		t.Fatalf("status %d, body is not a JSON object: %v\n%s", r.Status, err, r.Body)
	}
	return v
}

// Data returns the "data" object of the body.
func (r Response) Data(t testing.TB) map[string]any {
	t.Helper()
	d, ok := r.JSON(t)["data"].(map[string]any)
	if !ok {
		t.Fatalf("status %d, no data object in %s", r.Status, r.Body)
	}
	return d
}

// Want fails the test unless the response has this status.
func (r Response) Want(t testing.TB, status int) Response {
	t.Helper()
	if r.Status != status {
		t.Fatalf("status %d, want %d: %s", r.Status, status, r.Body)
	}
	return r
}

// cookiePrefix marks a value returned by SignIn.
const cookiePrefix = "cookie: "

// Do sends a request with an API key or with a session returned by SignIn. A string body is sent unchanged, nil means no
// body, and anything else is encoded as JSON.
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

// Send is Do with the given headers.
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
		t.Fatalf("create request: %v", err)
	}
	req.Header = h
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("%s %s: read response: %v", method, path, err)
	}
	return Response{Status: res.StatusCode, Header: res.Header, Body: b}
}
