package client

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"
)

// TLSFiles names PEM files for a server whose certificate is from an authority of its own, or that requires client certificates. Empty
// names mean the authorities of the system, and no client certificate.
type TLSFiles struct{ CA, Cert, Key string }

// Options reads the files and returns the options for New and NewOperator that use them.
func (f TLSFiles) Options() ([]Option, error) {
	if (f.Cert == "") != (f.Key == "") {
		return nil, errors.New("a client certificate needs its key: set both")
	}
	if f == (TLSFiles{}) {
		return nil, nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if f.CA != "" {
		text, err := os.ReadFile(f.CA)
		if err != nil {
			return nil, err
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("the file %s has no certificate in PEM", f.CA)
		}
	}
	if f.Cert != "" {
		pair, err := tls.LoadX509KeyPair(f.Cert, f.Key)
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{pair}
	}
	t, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return nil, errors.New("the default transport of net/http was replaced")
	}
	t = t.Clone()
	t.TLSClientConfig = config
	return []Option{WithHTTPClient(&http.Client{Transport: t, Timeout: 30 * time.Second})}, nil
}
