package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"raff/internal/rafftest"
	"raff/internal/server"
)

// authority issues client certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Operations"}, NotAfter: year(), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{cert, key}
}

// save writes the certificate of the authority to a file.
func (a *authority) save(t *testing.T, file string) {
	t.Helper()
	write(t, file, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})))
}

// issue writes a client certificate and its key to files.
func (a *authority) issue(t *testing.T, dir string) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "alice"}, NotAfter: year(), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "client.pem"), filepath.Join(dir, "client-key.pem")
	write(t, certFile, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	write(t, keyFile, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})))
	return certFile, keyFile
}

// TestOperatorTLS serves the operator's API with TLS, requires client certificates, and reloads both.
func TestOperatorTLS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	certFile, keyFile := pair(t, dir, 1, year())
	ours, other := newAuthority(t), newAuthority(t)
	caFile, at := filepath.Join(dir, "ca.pem"), freeAddr(t)
	ours.save(t, caFile)
	s := serveWith(t, "", "--operator-listen", at, "--operator-tls-cert", certFile, "--operator-tls-key", keyFile, "--operator-client-ca", caFile)
	clientCert, clientKey := ours.issue(t, t.TempDir())
	otherCert, otherKey := other.issue(t, t.TempDir())
	ask := func(certFile, keyFile string) (status int, serial int64) {
		config := &tls.Config{InsecureSkipVerify: true}
		if certFile != "" {
			pair, err := tls.LoadX509KeyPair(certFile, keyFile)
			if err != nil {
				t.Fatal(err)
			}
			config.Certificates = []tls.Certificate{pair}
		}
		client := http.Client{Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}}
		res, err := client.Get("https://" + at + "/health")
		if err != nil {
			return 0, 0
		}
		_ = res.Body.Close()
		return res.StatusCode, res.TLS.PeerCertificates[0].SerialNumber.Int64()
	}
	serial := func(certFile, keyFile string) int64 { _, n := ask(certFile, keyFile); return n }
	rafftest.Eventually(t, "HTTPS with a client certificate", func() bool { return serial(clientCert, clientKey) == 1 })
	if status, _ := ask("", ""); status != 0 {
		t.Errorf("without a client certificate: %d", status)
	}
	if status, _ := ask(otherCert, otherKey); status != 0 {
		t.Errorf("with a client certificate of another authority: %d", status)
	}
	if res, err := http.Get("http://" + at + "/health"); err == nil {
		_ = res.Body.Close()
		if res.StatusCode == http.StatusOK {
			t.Error("the listener speaks plain HTTP")
		}
	}
	rafftest.Eventually(t, "the server is ready", func() bool { return strings.Contains(s.log.String(), "msg=serving ") })

	// Both files are replaced.
	pair(t, dir, 2, year())
	other.save(t, caFile)
	s.signal(t, syscall.SIGHUP)
	rafftest.Eventually(t, "the second certificate, and the clients of the other authority", func() bool { return serial(otherCert, otherKey) == 2 })
	if status, _ := ask(clientCert, clientKey); status != 0 {
		t.Errorf("a client of the authority that was removed: %d", status)
	}
	write(t, caFile, "nothing")
	s.signal(t, syscall.SIGHUP)
	rafftest.Eventually(t, "a failed reload is logged", func() bool { return strings.Contains(s.log.String(), "the certificate was not reloaded") })
	if got := serial(otherCert, otherKey); got != 2 {
		t.Errorf("after a failed reload: certificate %d", got)
	}
	for settings, want := range map[*server.Config]string{
		{OperatorTLSCert: certFile}: "set both --operator-tls-cert",
		{OperatorClientCA: caFile}:  "client certificates need TLS",
		{OperatorTLSCert: certFile, OperatorTLSKey: keyFile, OperatorClientCA: caFile}: "has no certificate of an authority",
	} {
		settings.Database, settings.PublicURL = "sqlite:raff.db", "http://localhost"
		if err := settings.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
