package server

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// certificate is what a server presents to its clients. It can be replaced while the server runs; connections that exist
// are not affected.
type certificate struct {
	certFile, keyFile string
	current           atomic.Pointer[tls.Certificate]
	// clientCA is the file with the certificates of the authorities that issue those of clients, which are then required; empty
	// means that clients need none.
	clientCA string
	clients  atomic.Pointer[x509.CertPool]
	// name is what the certificate belongs to in log lines; empty for that of the server.
	name string
}

// newCertificate reads the certificate of a server; it returns nil if the server has none and speaks plain HTTP.
func newCertificate(c Config) (*certificate, error) {
	switch {
	case c.TLSCert == "" && c.TLSKey == "":
		return nil, nil
	case c.TLSCert == "" || c.TLSKey == "":
		return nil, errors.New("a certificate needs its key: set both --tls-cert (RAFF_TLS_CERT) and --tls-key (RAFF_TLS_KEY), or neither")
	case strings.HasPrefix(strings.ToLower(c.PublicURL), "http://"):
		return nil, errors.New("with --tls-cert (RAFF_TLS_CERT) the server serves only HTTPS: set a public URL (--public-url, RAFF_PUBLIC_URL) that begins with https://")
	}
	return (&certificate{certFile: c.TLSCert, keyFile: c.TLSKey}).loaded()
}

// newOperatorCertificate reads the certificate of the operator's API; it returns nil if that is plain HTTP.
func newOperatorCertificate(c Config) (*certificate, error) {
	switch {
	case c.OperatorTLSCert == "" && c.OperatorTLSKey == "" && c.OperatorClientCA != "":
		return nil, errors.New("client certificates need TLS: set --operator-tls-cert (RAFF_OPERATOR_TLS_CERT) and --operator-tls-key (RAFF_OPERATOR_TLS_KEY), too")
	case c.OperatorTLSCert == "" && c.OperatorTLSKey == "":
		return nil, nil
	case c.OperatorTLSCert == "" || c.OperatorTLSKey == "":
		return nil, errors.New("a certificate needs its key: set both --operator-tls-cert (RAFF_OPERATOR_TLS_CERT) and --operator-tls-key (RAFF_OPERATOR_TLS_KEY), or neither")
	}
	return (&certificate{certFile: c.OperatorTLSCert, keyFile: c.OperatorTLSKey, clientCA: c.OperatorClientCA, name: "the operator's API"}).loaded()
}

// loaded reads the files for the first time.
func (c *certificate) loaded() (*certificate, error) {
	cert, clients, err := c.read()
	if err != nil {
		return nil, err
	}
	c.current.Store(cert)
	c.clients.Store(clients)
	return c, nil
}

// read reads the files. The error says which file to mend.
func (c *certificate) read() (*tls.Certificate, *x509.CertPool, error) {
	loaded, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return nil, nil, fmt.Errorf("read the certificate in %s with the key in %s: %w", c.certFile, c.keyFile, err)
	}
	if c.clientCA == "" {
		return &loaded, nil, nil
	}
	text, err := os.ReadFile(c.clientCA)
	if err != nil {
		return nil, nil, fmt.Errorf("read the authorities of client certificates: %w", err)
	}
	clients := x509.NewCertPool()
	if !clients.AppendCertsFromPEM(text) {
		return nil, nil, fmt.Errorf("%s has no certificate of an authority in PEM", c.clientCA)
	}
	return &loaded, clients, nil
}

// config is the configuration of a listener that presents the certificate, as it is when a client connects.
func (c *certificate) config() *tls.Config {
	config := &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.current.Load(), nil },
	}
	if c.clientCA == "" {
		return config
	}
	config.ClientAuth = tls.RequireAndVerifyClientCert
	config.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		// Without tickets, a client whose authority was removed cannot resume its session.
		return &tls.Config{
			MinVersion: config.MinVersion, GetCertificate: config.GetCertificate, ClientAuth: config.ClientAuth, ClientCAs: c.clients.Load(),
			NextProtos: []string{"h2", "http/1.1"}, SessionTicketsDisabled: true,
		}, nil
	}
	return config
}

// expires returns until when the certificate is valid.
func (c *certificate) expires() time.Time { return c.current.Load().Leaf.NotAfter }

// reload reads the files again. If they cannot be used, the server keeps the certificate that it has.
func (c *certificate) reload(now time.Time) error {
	loaded, clients, err := c.read()
	if err != nil {
		return err
	}
	if !now.Before(loaded.Leaf.NotAfter) && now.Before(c.expires()) {
		return fmt.Errorf("the certificate in %s expired on %s", c.certFile, loaded.Leaf.NotAfter.UTC().Format(time.RFC3339))
	}
	c.current.Store(loaded)
	c.clients.Store(clients)
	return nil
}

// about describes the certificate in a log line.
func (c *certificate) about() []slog.Attr {
	leaf := c.current.Load().Leaf
	var all []slog.Attr
	if c.name != "" {
		all = append(all, slog.String("of", c.name))
	}
	return append(all, slog.String("file", c.certFile), slog.String("names", strings.Join(leaf.DNSNames, ",")),
		slog.String("serial", leaf.SerialNumber.Text(16)), slog.Time("expires", leaf.NotAfter.UTC()))
}

// reloads reads the certificates that are not nil again whenever Config.Reload receives something, until ctx ends.
func (s *Server) reloads(ctx context.Context, all ...*certificate) {
	all = slices.DeleteFunc(all, func(c *certificate) bool { return c == nil })
	for _, c := range all {
		s.presented(ctx, c, "serving HTTPS")
	}
	s.expiring(all)
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.config.Reload:
		}
		if len(all) == 0 {
			s.config.Logger.Info("nothing to reload: this server has no certificate")
		}
		for _, c := range all {
			if err := c.reload(time.Now()); err != nil {
				s.config.Logger.Error("the certificate was not reloaded, and the server keeps the one that it has: correct the files and reload again", "error", err)
				continue
			}
			s.presented(ctx, c, "reloaded the certificate")
		}
		s.expiring(all)
	}
}

// expiring puts the end of the certificate that expires first into the metrics.
func (s *Server) expiring(all []*certificate) {
	if s.metrics == nil || len(all) == 0 {
		return
	}
	first := slices.MinFunc(all, func(a, b *certificate) int { return a.expires().Compare(b.expires()) })
	s.metrics.CertificateExpires(first.expires())
}

// presented logs a certificate.
func (s *Server) presented(ctx context.Context, c *certificate, event string) {
	level := slog.LevelInfo
	if !time.Now().Before(c.expires()) {
		level, event = slog.LevelError, event+", which has expired: clients refuse it"
	}
	s.config.Logger.LogAttrs(ctx, level, event, c.about()...)
}
