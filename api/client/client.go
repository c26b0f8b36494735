// Package client is the Go SDK of raff: members, invitations, roles, API keys, projects and audit log of one
// account.
//
//	c, err := client.New("https://raff.example.com", os.Getenv("RAFF_API_KEY"))
//	…
//	for m, err := range c.Members.All(ctx, client.ListMembersOptions{Status: api.StatusPending}) {
//
// Every call is retried where that is safe, and every POST is: it carries an Idempotency-Key, so that the server does
// it once however often it arrives. A refusal is an *Error; IsNotFound, IsConflict and their like ask about it.
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
	defaultTimeout    = 30 * time.Second // of one attempt
	defaultMaxRetries = 4
	defaultUserAgent  = "raff-go"
)

// Client speaks to one server with one credential. It is safe for concurrent use.
type Client struct {
	base       string // scheme, host and path prefix, without a slash at the end
	key        string
	projectID  string
	userAgent  string
	retries    retryPolicy
	outage     outage
	grace      time.Duration // for writes whose context ends
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
}

// Option changes how a Client works.
type Option func(*Client)

// WithHTTPClient takes timeouts and transport from h, which itself is not changed. Redirects are not followed whatever
// h says, because they would carry the API key to another host.
func WithHTTPClient(h *http.Client) Option {
	return func(c *Client) { c.http = h }
}

// WithUserAgent puts the name of a program, such as "acme-sync/1.4", before the SDK's own.
func WithUserAgent(ua string) Option {
	return func(c *Client) { c.userAgent = ua + " " + defaultUserAgent }
}

// WithProjectID sends X-Project-ID with every call. The server checks that the project belongs to the account.
func WithProjectID(id string) Option {
	return func(c *Client) { c.projectID = id }
}

// WithMaxRetries says how often a failed call is sent again: 4 times unless said otherwise, 0 for never.
func WithMaxRetries(n int) Option {
	return func(c *Client) { c.retries = retryPolicy{times: max(n, 0)} }
}

// WithRetryTimeout has failed calls sent again for so long, instead of so many times: a server that restarts is waited
// for. While the server answers nobody, the calls share that time, so that many calls give up together and not one
// after the other. Zero is never.
func WithRetryTimeout(d time.Duration) Option {
	return func(c *Client) { c.retries = retryPolicy{budget: max(d, 0), timed: true} }
}

// WithFinishedWrites keeps a write from being cut off when its context ends, by Ctrl-C for instance: it is finished, for
// at most grace, so that the answer says what was done. Reads end with their context as ever, and a write whose context
// had ended before is not sent.
func WithFinishedWrites(grace time.Duration) Option {
	return func(c *Client) { c.grace = grace }
}

// WithMiddleware wraps every attempt, for logging, tracing or tests; of several the first is the outermost. The API key
// is added behind all of them, so what they log cannot contain it.
func WithMiddleware(mw func(http.RoundTripper) http.RoundTripper) Option {
	return func(c *Client) { c.middleware = append(c.middleware, mw) }
}

// WithRateLimit holds the client itself to so many attempts per second, with bursts of at most burst. A key of the
// standard tier has 30 and 60, one of the high tier 100 and 200.
func WithRateLimit(perSecond float64, burst int) Option {
	return func(c *Client) { c.limiter = rate.NewLimiter(rate.Limit(perSecond), burst) }
}

// WithWarnings says where warnings go. There is one so far, given by New: the API key would cross the network without
// encryption, because baseURL is http:// and not of this machine. Without this option it goes to slog.Default, once for
// each address. A nil warn drops warnings.
func WithWarnings(warn func(message string)) Option {
	return func(c *Client) { c.warn = warn }
}

// New makes a client of the server at baseURL, such as "https://raff.example.com". An empty apiKey is good only for
// accepting and declining invitations. New does not connect.
func New(baseURL, apiKey string, opts ...Option) (*Client, error) {
	base, err := parseBase(baseURL)
	if err != nil {
		return nil, err
	}
	if strings.ContainsFunc(apiKey, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return nil, errors.New("the API key contains a space, a line break or another character no key has; copy it again")
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
	return c, nil
}

func parseBase(s string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(s))
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "":
		return "", errors.New("the API URL must look like https://raff.example.com or http://127.0.0.1:8080")
	case u.User != nil:
		return "", errors.New("the API URL must not contain a user name or password; the API key is given on its own")
	case u.RawQuery != "" || u.Fragment != "":
		return "", fmt.Errorf("the API URL %q must end before the ? or #", u.Redacted())
	}
	// People paste the address of an endpoint; the version belongs to the client.
	u.Path = strings.TrimSuffix(strings.TrimRight(u.Path, "/"), "/api/v1")
	u.RawPath = ""
	return u.String(), nil
}

// wrap is h with the middleware and the credential around its transport, and without redirects.
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

// credential adds the API key at the last moment.
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

// CallOption changes one call.
type CallOption func(*request)

// WithIdempotencyKey names the operation, so that sending it again within 24 hours, even from another process, gets
// the first answer instead of doing it twice. Without it every call gets a random key of its own.
func WithIdempotencyKey(key string) CallOption {
	return func(r *request) { r.idempotencyKey = key }
}

// WithVersion makes a change only if the object is still the version with this UpdatedAt, whatever the body says; another
// one is refused, see IsChanged.
func WithVersion(updatedAt time.Time) CallOption {
	return func(r *request) { r.ifMatch = `"` + updatedAt.UTC().Format(time.RFC3339Nano) + `"` }
}

// exposed reports an address whose traffic others on the network can read: plain HTTP beyond this machine.
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

var logged sync.Map // the warnings that logOnce has given

func logOnce(message string) {
	if _, before := logged.LoadOrStore(message, true); !before {
		slog.Warn(message)
	}
}
