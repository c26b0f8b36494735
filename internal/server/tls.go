package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"
)

// certificate is what a server presents to its clients. It can be replaced while the server runs; connections that exist
// are not affected.
type certificate struct {
	certFile, keyFile string
	current           atomic.Pointer[tls.Certificate]
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
	cert := &certificate{certFile: c.TLSCert, keyFile: c.TLSKey}
	loaded, err := cert.read()
	if err != nil {
		return nil, err
	}
	cert.current.Store(loaded)
	return cert, nil
}

// read reads the files. The error says which file to mend.
func (c *certificate) read() (*tls.Certificate, error) {
	loaded, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return nil, fmt.Errorf("read the certificate in %s with the key in %s: %w", c.certFile, c.keyFile, err)
	}
	return &loaded, nil
}

// config is the configuration of a listener that presents the certificate.
func (c *certificate) config() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.current.Load(), nil },
	}
}

// expires returns until when the certificate is valid.
func (c *certificate) expires() time.Time { return c.current.Load().Leaf.NotAfter }

// reload reads the files again. If they cannot be used, the server keeps the certificate that it has.
func (c *certificate) reload(now time.Time) error {
	loaded, err := c.read()
	if err != nil {
		return err
	}
	if !now.Before(loaded.Leaf.NotAfter) && now.Before(c.expires()) {
		return fmt.Errorf("the certificate in %s expired on %s", c.certFile, loaded.Leaf.NotAfter.UTC().Format(time.RFC3339))
	}
	c.current.Store(loaded)
	return nil
}

// about describes the certificate in a log line.
func (c *certificate) about() []slog.Attr {
	leaf := c.current.Load().Leaf
	return []slog.Attr{
		slog.String("file", c.certFile), slog.String("names", strings.Join(leaf.DNSNames, ",")),
		slog.String("serial", leaf.SerialNumber.Text(16)), slog.Time("expires", leaf.NotAfter.UTC()),
	}
}

// reloads reads the certificate again whenever Config.Reload receives something, until ctx ends.
func (s *Server) reloads(ctx context.Context, c *certificate) {
	s.presented(ctx, c, "serving HTTPS")
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.config.Reload:
		}
		switch {
		case c == nil:
			s.config.Logger.Info("nothing to reload: this server has no certificate")
		default:
			if err := c.reload(time.Now()); err != nil {
				s.config.Logger.Error("the certificate was not reloaded, and the server keeps the one that it has: correct the files and reload again", "error", err)
				continue
			}
			s.presented(ctx, c, "reloaded the certificate")
		}
	}
}

// presented logs the certificate and puts its end into the metrics.
func (s *Server) presented(ctx context.Context, c *certificate, event string) {
	if c == nil {
		return
	}
	level := slog.LevelInfo
	if !time.Now().Before(c.expires()) {
		level, event = slog.LevelError, event+", which has expired: clients refuse it"
	}
	s.config.Logger.LogAttrs(ctx, level, event, c.about()...)
	if s.metrics != nil {
		s.metrics.CertificateExpires(c.expires())
	}
}
