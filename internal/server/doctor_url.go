package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"raff/api"
	"raff/internal/operator"
)

// expirySoon is how long before its end a certificate should have been renewed.
const expirySoon = 14 * 24 * time.Hour

// checkCertificate checks the certificate that the server itself presents.
func (d *doctor) checkCertificate() {
	const check = "certificate"
	cert, err := newCertificate(d.config)
	if err != nil || cert == nil { // an error is a finding about the settings
		return
	}
	d.privateFile(check, d.config.TLSKey, "the key can only be read by its owner and group")
	leaf := cert.current.Load().Leaf
	if u, err := url.Parse(d.config.PublicURL); err == nil && leaf.VerifyHostname(u.Hostname()) != nil {
		d.add(check, Problem, fmt.Sprintf("%s is for %s, not for %s", d.config.TLSCert, strings.Join(leaf.DNSNames, ", "), u.Hostname()),
			"get a certificate for the host of the public URL")
	}
	d.validity(check, "the certificate in "+d.config.TLSCert, leaf.NotAfter)
}

// checkOperatorCertificate checks the certificate of the operator's API.
func (d *doctor) checkOperatorCertificate(c Config) {
	const check = "listeners"
	cert, err := newOperatorCertificate(c)
	if err != nil {
		return // a finding about the settings
	}
	at := operatorAddress(c.OperatorListen)
	switch {
	case cert == nil && at != "" && !local(at):
		d.add(check, Warning, "the operator's API at "+at+" is plain HTTP", "set --operator-tls-cert and --operator-tls-key, or put a proxy with TLS in front of it, or listen on 127.0.0.1")
		return
	case cert == nil:
		return
	case at == "":
		d.add(check, Warning, "there is a certificate for the operator's API, which is not served", "set --operator-listen (RAFF_OPERATOR_LISTEN), or remove the certificate from the settings")
	}
	d.privateFile(check, c.OperatorTLSKey, "the key of the operator's API can only be read by its owner and group")
	d.validity(check, "the certificate of the operator's API in "+c.OperatorTLSCert, cert.current.Load().Leaf.NotAfter)
}

// validity checks how long a certificate is valid.
func (d *doctor) validity(check, name string, until time.Time) {
	left, day := time.Until(until), until.UTC().Format(time.DateOnly)
	switch {
	case left <= 0:
		d.add(check, Problem, name+" expired on "+day, "renew it, then reload raffd (SIGHUP) or the proxy that uses it")
	case left < expirySoon:
		d.add(check, Warning, name+" expires on "+day, "renew it, then reload raffd (SIGHUP) or the proxy that uses it")
	default:
		d.ok(check, name+" is valid until "+day)
	}
}

// checkPublicURL requests the server as its users do.
func (d *doctor) checkPublicURL(ctx context.Context) {
	const check = "public URL"
	public, err := publicURL(d.config.PublicURL)
	if err != nil {
		return // a finding about the settings
	}
	if exposed(public) {
		d.add(check, Warning, public+" is plain HTTP: passwords and API keys can be read in transit", "use https://, with a proxy in front of the server or with --tls-cert")
	}
	until, err := visit(ctx, public+"/health")
	switch {
	case err != nil && !d.running:
		d.add(check, Warning, "no server is running on the database, and "+public+" does not respond: "+err.Error(), "start raffd serve, then run raffd doctor again")
	case err != nil:
		d.add(check, Problem, fmt.Sprintf("a server is running, but %s does not lead to it: %v", public, err), "check DNS, the firewall, the proxy and its certificate")
	default:
		d.ok(check, public+" leads to a server")
	}
	if !until.IsZero() {
		d.validity("certificate", "the certificate at "+public, until)
	}
}

// checkStoredURL compares the public URL with that of the servers that run.
func (d *doctor) checkStoredURL(ctx context.Context, s *Server) {
	stored, err := s.store.Setting(ctx, operator.SettingPublicURL)
	public, err2 := publicURL(d.config.PublicURL)
	if err == nil && err2 == nil && stored != "" && stored != public {
		d.add("public URL", Warning, fmt.Sprintf("the servers were last started with %s, not with %s", stored, public),
			"restart every server with the same --public-url (RAFF_PUBLIC_URL): it is in the links of emails, and passkeys belong to its host")
	}
}

// visit requests /health. until is the end of the certificate's validity, if there was one, of whatever server.
func visit(ctx context.Context, address string) (until time.Time, err error) {
	within, cancel := context.WithTimeout(ctx, doctorPatience)
	defer cancel()
	req, err := http.NewRequestWithContext(within, http.MethodGet, address, nil)
	if err != nil {
		return until, err
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err // without the URL, which the finding names
		}
		return until, err
	}
	defer res.Body.Close()
	if res.TLS != nil {
		until = res.TLS.PeerCertificates[0].NotAfter
	}
	if to := res.Header.Get("Location"); to != "" {
		return until, fmt.Errorf("it redirects to %s", to)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<16))
	if err != nil {
		return until, err
	}
	var health api.Health
	if err := json.Unmarshal(body, &health); err != nil || res.StatusCode != http.StatusOK || health.Status != "ok" {
		return until, fmt.Errorf("GET /health responded with %s, but this is not a response of raffd", res.Status)
	}
	return until, nil
}
