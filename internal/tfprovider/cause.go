package tfprovider

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"syscall"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"raff/api/client"
)

// cause is an error that affects many resources at once, such as an unreachable server. It is explained once per run.
type cause struct {
	id      string
	setting string // the related argument of the provider block; empty for none
	short   string // short description
	advice  string // what to do
	away    bool   // the server does not respond, which may be temporary
}

var causeAccount = cause{id: "account", short: "the API key belongs to another account"}

// told records which causes were explained in this run.
type told struct {
	mu     sync.Mutex
	causes map[string]bool // whether a resource has explained it
}

// first reports whether the cause has not been explained yet.
func (t *told) first(id string) bool {
	first, _ := t.explain(id, false)
	return first
}

// explain records that the cause is explained, and reports whether that is the first time, and whether a resource has
// explained it before.
func (t *told) explain(id string, byResource bool) (first, before bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	before, again := t.causes[id]
	if t.causes == nil {
		t.causes = map[string]bool{}
	}
	t.causes[id] = before || byResource
	return !again, before
}

// tell adds the explanation, or a one-line reference if the cause was already explained.
func (s *session) tell(ctx context.Context, diags *diag.Diagnostics, c cause, whole diag.ErrorDiagnostic) {
	hushed := s.hushes(ctx)
	first, before := s.told.explain(c.id, hushed)
	if first {
		diags.Append(whole)
		return
	}
	short := diag.NewErrorDiagnostic(whole.Summary(), "Same cause as another error of this run: "+c.short+".")
	if hushed && before {
		diags.Append(repeated{short})
		return
	}
	diags.Append(short)
}

// settingNames says where each provider setting comes from.
var settingNames = map[string]string{
	"api_url":    "api_url in the provider block, or RAFF_API_URL",
	"api_key":    "api_key in the provider block, or RAFF_API_KEY",
	"project_id": "project_id in the provider block, or RAFF_PROJECT_ID",
}

// reportCaller reports that the server did not say whose API key the provider uses.
func (s *session) reportCaller(ctx context.Context, diags *diag.Diagnostics, err error) {
	if c, ok := s.causeOf(err); ok {
		s.tell(ctx, diags, c, diag.NewErrorDiagnostic(sentenceOf(c.short), c.text()))
		return
	}
	s.report(ctx, diags, "use the server with this API key", err)
}

// refuseSetting reports an error of the first call of a run, which verifies the settings.
func (s *session) refuseSetting(ctx context.Context, diags *diag.Diagnostics, err error) {
	c, ok := s.causeOf(err)
	if !ok || c.setting == "" {
		s.report(ctx, diags, "use the server with this API key", err)
		return
	}
	s.told.first(c.id)
	diags.AddAttributeError(path.Root(c.setting), sentenceOf(c.short), c.text())
}

func (c cause) text() string {
	text := sentenceOf(c.short) + ". " + c.advice
	if c.setting != "" {
		text += "\n\nCheck " + settingNames[c.setting] + "."
	}
	return text
}

func sentenceOf(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// causeOf recognizes errors of the connection to the server or of the API key, rather than of one request.
func (s *session) causeOf(err error) (cause, bool) {
	if e, ok := errors.AsType[*client.Error](err); ok {
		return s.causeOfRefusal(e)
	}
	if errors.Is(err, client.ErrNotRaff) {
		return s.notRaff("its responses are not those of a raff server"), true
	}
	if errors.Is(err, context.Canceled) {
		return cause{id: "interrupted", short: "it was interrupted", advice: "Run the plan again to see what was done."}, true
	}
	_, unsent := errors.AsType[*url.Error](err)
	_, broken := errors.AsType[net.Error](err)
	if unsent || broken || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return s.causeOfSilence(err), true
	}
	return cause{}, false
}

func (s *session) notRaff(why string) cause {
	return cause{
		id: "not raff", setting: "api_url", short: "the server at " + s.url + " is not a raff server: " + why,
		advice: "The URL probably belongs to another program or to a proxy. Use the URL of the server without a path, such as https://raff.example.com, without /api/v1.",
	}
}

func (s *session) causeOfRefusal(e *client.Error) (cause, bool) {
	switch {
	case e.Field == "X-Project-ID":
		return cause{id: "project", setting: "project_id", short: "the provider's project_id is not a project of this account",
			advice: e.Message + " It must be the project's ID, not its slug or name; most configurations do not need it."}, true
	case client.IsUnauthenticated(e) && e.Code != "":
		return cause{id: "key", setting: "api_key", short: "the server does not accept the API key",
			advice: "The key may be mistyped, expired, disabled or revoked, or it may belong to another server than " + s.url + ". The server says: " + e.Message}, true
	case e.Foreign() && e.StatusCode >= 300 && e.StatusCode < 400:
		return cause{id: "redirect", setting: "api_url", short: "the server at " + s.url + " redirects to another address", advice: e.Message + "."}, true
	case e.StatusCode == http.StatusTooManyRequests && e.Code != "mail_limited": // that error is about one URL, and names it
		return cause{id: "rate", away: true, short: "the API key makes too many requests",
			advice: fmt.Sprintf("They were retried for %s without success. Something else probably uses the same key: give each pipeline its own key, or increase retry_timeout in the provider block.", s.retryFor)}, true
	case e.StatusCode == http.StatusBadGateway, e.StatusCode == http.StatusServiceUnavailable, e.StatusCode == http.StatusGatewayTimeout:
		return cause{id: "unavailable", away: true, short: fmt.Sprintf("the server at %s is not available (status %d)", s.url, e.StatusCode),
			advice: fmt.Sprintf("Requests were retried for %s without success. Try again in a few minutes, or increase retry_timeout in the provider block.", s.retryFor)}, true
	case e.Foreign() || e.Code == "unknown_path":
		return s.notRaff(fmt.Sprintf("it responds with status %d", e.StatusCode)), true
	}
	return cause{}, false
}

// causeOfSilence explains why there was no response, without Go's error texts.
func (s *session) causeOfSilence(err error) cause {
	c := cause{id: "network", away: true, setting: "api_url", short: "the server at " + s.url + " cannot be reached"}
	waited := fmt.Sprintf(" Requests were retried for %s (retry_timeout in the provider block).", s.retryFor)
	host := s.url
	if u, bad := url.Parse(s.url); bad == nil {
		host = u.Hostname()
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		c.id, c.short = "dns", "the name "+host+" cannot be resolved"
		c.advice = "The DNS server did not respond. Check the network and try again." + waited
		if dns.IsNotFound {
			c.short, c.advice = "there is no host named "+host, "Check the spelling of the URL, and whether the name can only be resolved inside another network."
		}
		return c
	}
	if why := tlsFault(err, host); why != "" {
		c.id, c.away, c.short, c.advice = "tls", false, "the connection to "+s.url+" cannot be secured with TLS", why
		return c
	}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		c.advice = "Connection refused: the server is not running, or it listens on another port." + waited
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded), isTimeout(err):
		c.advice = "Timeout: the server is overloaded, or a firewall drops the connection." + waited
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		c.advice = "The network is unreachable. Check the connection, VPN and proxy." + waited
	default:
		c.advice = "The connection was closed before a response. Check the server and any proxy in between." + waited
	}
	return c
}

func isTimeout(err error) bool {
	e, ok := errors.AsType[net.Error](err)
	return ok && e.Timeout()
}

// tlsFault explains a TLS error; it is empty for other errors.
func tlsFault(err error, host string) string {
	if e, ok := errors.AsType[x509.HostnameError](err); ok && e.Certificate != nil {
		return fmt.Sprintf("The server's certificate is for %s, not for %s. Use the name in the certificate.", strings.Join(e.Certificate.DNSNames, ", "), host)
	}
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok && e.Reason == x509.Expired {
		return "The server's certificate has expired, or the clock of this machine is wrong. Renew the certificate."
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "The server's certificate is signed by an authority that this machine does not trust. Install the authority's certificate, or set SSL_CERT_FILE to its file."
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "The server's certificate is not valid. Renew it, or check that this is the right server."
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok || errors.Is(err, http.ErrSchemeMismatch) {
		return "The server does not use TLS. If the server has no certificate, the URL must start with http://, not https://."
	}
	if _, ok := errors.AsType[tls.AlertError](err); ok {
		return "The server refused the TLS connection. Check its certificate, and any proxy in between."
	}
	return ""
}
