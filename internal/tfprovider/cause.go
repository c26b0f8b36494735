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

// cause is a fault that many resources meet at once and that is none of theirs: it is explained once in a run.
type cause struct {
	id      string
	setting string // the argument of the provider block to look at; empty for none
	short   string // in half a line
	advice  string // what to do
}

var causeAccount = cause{id: "account", short: "the API key belongs to another account"}

// told is what was explained in this run.
type told struct {
	mu     sync.Mutex
	causes map[string]bool
}

// first reports whether the cause was not explained before.
func (t *told) first(id string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.causes[id] {
		return false
	}
	if t.causes == nil {
		t.causes = map[string]bool{}
	}
	t.causes[id] = true
	return true
}

// tell adds the explanation, or one line in its place if the cause was explained already.
func (s *session) tell(diags *diag.Diagnostics, c cause, whole diag.Diagnostic) {
	if s.told.first(c.id) {
		diags.Append(whole)
		return
	}
	diags.AddError(whole.Summary(), "The cause is the same as of another error here: "+c.short+".")
}

// settingNames says where a setting of the provider comes from.
var settingNames = map[string]string{
	"api_url":    "api_url in the provider block, or RAFF_API_URL",
	"api_key":    "api_key in the provider block, or RAFF_API_KEY",
	"project_id": "project_id in the provider block, or RAFF_PROJECT_ID",
}

// refuseSetting is for the first call of a run, which finds out whether the settings work.
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
		text += "\n\nLook at " + settingNames[c.setting] + "."
	}
	return text
}

func sentenceOf(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// causeOf recognizes what is wrong with the way to the server or with the key, rather than with one request.
func (s *session) causeOf(err error) (cause, bool) {
	if e, ok := errors.AsType[*client.Error](err); ok {
		return s.causeOfRefusal(e)
	}
	if errors.Is(err, client.ErrNotRaff) {
		return s.notRaff("it gives answers that raff does not give"), true
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
		id: "not raff", setting: "api_url", short: "what answers at " + s.url + " is not a raff server: " + why,
		advice: "The address is probably that of another program or of a proxy. It is the address of the server alone, such as https://raff.example.com, without /api/v1.",
	}
}

func (s *session) causeOfRefusal(e *client.Error) (cause, bool) {
	switch {
	case e.Field == "X-Project-ID":
		return cause{id: "project", setting: "project_id", short: "the provider's project_id names no project of this account",
			advice: e.Message + " It is the project's id, not its slug or name; most configurations do not need it."}, true
	case client.IsUnauthenticated(e) && e.Code != "":
		return cause{id: "key", setting: "api_key", short: "the server does not accept the API key",
			advice: "The key may be mistyped, expired, inactive or revoked, or it may be a key of another server than " + s.url + ". The server says: " + e.Message}, true
	case e.Foreign() && e.StatusCode >= 300 && e.StatusCode < 400:
		return cause{id: "redirect", setting: "api_url", short: "the server at " + s.url + " redirects to another address", advice: e.Message + "."}, true
	case e.StatusCode == http.StatusTooManyRequests && e.Code != "mail_limited": // that is about one address, and says so
		return cause{id: "rate", short: "the API key makes too many requests",
			advice: fmt.Sprintf("They were sent again for %s without success. Something else probably uses the same key: give each pipeline a key of its own, or raise retry_timeout in the provider block.", s.retryFor)}, true
	case e.StatusCode == http.StatusBadGateway, e.StatusCode == http.StatusServiceUnavailable, e.StatusCode == http.StatusGatewayTimeout:
		return cause{id: "unavailable", short: fmt.Sprintf("the server at %s is not available (status %d)", s.url, e.StatusCode),
			advice: fmt.Sprintf("Requests were sent again for %s without success. Try again in a few minutes, or raise retry_timeout in the provider block.", s.retryFor)}, true
	case e.Foreign() || e.Code == "unknown_path":
		return s.notRaff(fmt.Sprintf("it answers with status %d", e.StatusCode)), true
	}
	return cause{}, false
}

// causeOfSilence explains why there was no answer at all, without Go's words.
func (s *session) causeOfSilence(err error) cause {
	c := cause{id: "network", setting: "api_url", short: "the server at " + s.url + " cannot be reached"}
	waited := fmt.Sprintf(" It was tried for %s (retry_timeout in the provider block).", s.retryFor)
	host := s.url
	if u, bad := url.Parse(s.url); bad == nil {
		host = u.Hostname()
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		c.id, c.short = "dns", "the name "+host+" cannot be looked up"
		c.advice = "The name server did not answer. Check the network and try again." + waited
		if dns.IsNotFound {
			c.short, c.advice = "there is no host named "+host, "Check the spelling of the address, and whether the name is known only inside another network."
		}
		return c
	}
	if why := tlsFault(err, host); why != "" {
		c.id, c.short, c.advice = "tls", "the connection to "+s.url+" cannot be made secure", why
		return c
	}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		c.advice = "Nothing listens there: the server is not running, or it runs on another port." + waited
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded), isTimeout(err):
		c.advice = "It does not answer in time: the server is overloaded, or a firewall swallows the connection." + waited
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		c.advice = "There is no way to this network from here. Check the connection, a VPN or a proxy." + waited
	default:
		c.advice = "The connection breaks off before there is an answer. Check the server and any proxy in between." + waited
	}
	return c
}

func isTimeout(err error) bool {
	e, ok := errors.AsType[net.Error](err)
	return ok && e.Timeout()
}

// tlsFault is empty for what has nothing to do with TLS.
func tlsFault(err error, host string) string {
	if e, ok := errors.AsType[x509.HostnameError](err); ok && e.Certificate != nil {
		return fmt.Sprintf("The server's certificate is for %s and not for %s. Use the name in the certificate.", strings.Join(e.Certificate.DNSNames, ", "), host)
	}
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok && e.Reason == x509.Expired {
		return "The server's certificate has expired, or the clock of this machine is wrong. Renew the certificate."
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "The server's certificate is signed by an authority that this machine does not trust. Install the authority's certificate, or name its file in SSL_CERT_FILE."
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "The server's certificate is not valid. Renew it, or check that this is the right server."
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok || errors.Is(err, http.ErrSchemeMismatch) {
		return "What answers there does not speak TLS. If the server has no certificate, the address begins with http:// and not with https://."
	}
	if _, ok := errors.AsType[tls.AlertError](err); ok {
		return "The server refused the TLS connection. Check its certificate, and any proxy in between."
	}
	return ""
}
