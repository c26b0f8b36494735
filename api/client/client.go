// Package client is the Go SDK of raff. It manages the members, invitations, roles, API keys, projects and audit log of an
// account.
//
//	c, err := client.New("https://raff.example.com", os.Getenv("RAFF_API_KEY"))
//	…
//	for m, err := range c.Members.All(ctx, client.ListMembersOptions{Status: api.StatusPending}) {
//
// Calls are retried if that is safe, which includes every POST: its Idempotency-Key makes the server execute it only
// once. If the server refuses a call, the error is an *Error; use IsNotFound, IsConflict and similar functions to check.
package client

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	defaultTimeout    = 30 * time.Second // per attempt
	defaultMaxRetries = 4
	defaultUserAgent  = "raff-go"
)

// Client sends requests to one server with one credential. It is safe for concurrent use.
type Client struct {
	base       string // scheme, host and path prefix, without a trailing slash
	key        string
	projectID  string
	userAgent  string
	retries    retryPolicy
	outage     outage
	grace      time.Duration // for writes whose context has ended
	limiter    *rate.Limiter // nil: no limit
	http       *http.Client
	middleware []func(http.RoundTripper) http.RoundTripper
	warn       func(string)

	Members        *MemberService
	Roles          *RoleService
	APIKeys        *APIKeyService
	Permissions    *PermissionService
	Invitations    *InvitationService
	Projects       *ProjectService
	ProjectMembers *ProjectMemberService
	Users          *UserService
	Audit          *AuditService
	Account        *AccountService
	Decisions      *DecisionService
	ExternalIDs    *ExternalIDService
}

// Option configures a Client.
type Option func(*Client)

// WithHTTPClient uses the timeouts and transport of h, which is not modified. Redirects are never followed, because
// they could send the API key to another host.
func WithHTTPClient(h *http.Client) Option {
	return func(c *Client) { c.http = h }
}

// WithUserAgent puts the name of a program, such as "acme-sync/1.4", before the SDK's own User-Agent.
func WithUserAgent(ua string) Option {
	return func(c *Client) { c.userAgent = ua + " " + defaultUserAgent }
}

// WithProjectID sends X-Project-ID with every request. The server checks that the project belongs to the account.
func WithProjectID(id string) Option {
	return func(c *Client) { c.projectID = id }
}

// WithMaxRetries sets how often a failed request is sent again. The default is 4; 0 disables retries.
func WithMaxRetries(n int) Option {
	return func(c *Client) { c.retries = retryPolicy{times: max(n, 0)} }
}

// WithRetryTimeout sets how long failed requests are retried, instead of how often, for example to wait for a server that
// restarts. While the server does not respond to any request, all calls share this time, so that they give up together
// rather than one after the other. Zero disables retries.
func WithRetryTimeout(d time.Duration) Option {
	return func(c *Client) { c.retries = retryPolicy{budget: max(d, 0), timed: true} }
}

// WithFinishedWrites lets a write continue for up to grace after its context ends, for example because of Ctrl-C, so
// that its result is known. Reads still end with their context, and a write whose context has already ended is not sent.
func WithFinishedWrites(grace time.Duration) Option {
	return func(c *Client) { c.grace = grace }
}

// WithMiddleware wraps every attempt, for logging, tracing or tests. The first middleware is the outermost. The API key
// is added after all of them, so they cannot log it.
func WithMiddleware(mw func(http.RoundTripper) http.RoundTripper) Option {
	return func(c *Client) { c.middleware = append(c.middleware, mw) }
}

// WithRateLimit limits the client to perSecond attempts per second, with bursts of up to burst. The server allows 30 and
// 60 for API keys of the standard tier, and 100 and 200 for those of the high tier.
func WithRateLimit(perSecond float64, burst int) Option {
	return func(c *Client) { c.limiter = rate.NewLimiter(rate.Limit(perSecond), burst) }
}

// WithWarnings sets the function that receives warnings. Currently there is one, from New: baseURL is http:// and not
// on this machine, so the API key would be sent without encryption. Without this option it is logged by slog.Default,
// once per baseURL. A nil warn discards warnings.
func WithWarnings(warn func(message string)) Option {
	return func(c *Client) { c.warn = warn }
}

// New returns a Client for the server at baseURL, such as "https://raff.example.com". Without an API key, it can only
// accept and decline invitations. New does not connect.
func New(baseURL, apiKey string, opts ...Option) (*Client, error) {
	base, err := parseBase(baseURL)
	if err != nil {
		return nil, err
	}
	if strings.ContainsFunc(apiKey, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return nil, errors.New("the API key contains a space, a line break or another invalid character; copy it again")
	}
	c := &Client{
		base:      base,
		key:       apiKey,
		userAgent: defaultUserAgent,
		retries:   retryPolicy{times: defaultMaxRetries},
		http:      &http.Client{Timeout: defaultTimeout},
		warn:      logOnce,
	}
	for _, o := range opts {
		o(c)
	}
	if c.key != "" && c.warn != nil && exposed(base) {
		c.warn("The API URL " + base + " is plain HTTP: others on the network can read the API key. Use https:// if the server has it.")
	}
	c.http = c.wrap(c.http)

	c.Members = &MemberService{c}
	c.Roles = &RoleService{c}
	c.APIKeys = &APIKeyService{c}
	c.Permissions = &PermissionService{c}
	c.Invitations = &InvitationService{c}
	c.Projects = &ProjectService{c}
	c.ProjectMembers = &ProjectMemberService{c}
	c.Users = &UserService{c}
	c.Audit = &AuditService{c}
	c.Account = &AccountService{c}
	c.Decisions = &DecisionService{c}
	c.ExternalIDs = &ExternalIDService{c}
	return c, nil
}

func parseBase(s string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(s))
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "":
		return "", errors.New("the API URL must look like https://raff.example.com or http://127.0.0.1:8080")
	case u.User != nil:
		return "", errors.New("the API URL must not contain a user name or password; the API key is set separately")
	case u.RawQuery != "" || u.Fragment != "":
		return "", fmt.Errorf("the API URL %q must not contain ? or #", u.Redacted())
	}
	// People paste the URL of an endpoint; the client adds the version itself.
	u.Path = strings.TrimSuffix(strings.TrimRight(u.Path, "/"), "/api/v1")
	u.RawPath = ""
	return u.String(), nil
}

// wrap returns a copy of h with the middleware and the credential, and without redirects.
func (c *Client) wrap(h *http.Client) *http.Client {
	w := *h
	var rt = w.Transport
	if rt == nil {
		rt = http.DefaultTransport
	}
	rt = credential{key: c.key, next: rt}
	for _, mw := range slices.Backward(c.middleware) {
		rt = mw(rt)
	}
	w.Transport = rt
	w.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &w
}

// credential is the innermost transport, which adds the API key.
type credential struct {
	key  string
	next http.RoundTripper
}

func (t credential) RoundTrip(r *http.Request) (*http.Response, error) {
	if t.key != "" {
		r = r.Clone(r.Context())
		r.Header.Set("X-API-Key", t.key)
	}
	return t.next.RoundTrip(r)
}

// CallOption configures one call.
type CallOption func(*request)

// WithIdempotencyKey sets the key of the operation. If it is sent again within 24 hours, even by another process, the
// server returns the first response instead of executing it twice. By default, every call has a random key.
func WithIdempotencyKey(key string) CallOption {
	return func(r *request) { r.idempotencyKey = key }
}

// WithVersion makes a change only if the object still has this UpdatedAt, whatever the request body says. Otherwise the
// error satisfies IsChanged.
func WithVersion(updatedAt time.Time) CallOption {
	return func(r *request) { r.ifMatch = `"` + updatedAt.UTC().Format(time.RFC3339Nano) + `"` }
}

// exposed reports whether base is plain HTTP on a host other than this machine.
func exposed(base string) bool {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" {
		return false
	}
	host := strings.ToLower(u.Hostname())
	if ip := net.ParseIP(host); ip != nil {
		return !ip.IsLoopback()
	}
	return host != "localhost" && !strings.HasSuffix(host, ".localhost")
}

var logged sync.Map // the warnings that logOnce has logged

func logOnce(message string) {
	if _, before := logged.LoadOrStore(message, true); !before {
		slog.Warn(message)
	}
}
