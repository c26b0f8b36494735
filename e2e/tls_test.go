package e2e

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"raff/internal/rafftest"
)

// year is the end of a valid certificate.
func year() time.Time { return time.Now().Add(365 * 24 * time.Hour) }

// pair writes a certificate with this serial number for 127.0.0.1, and its key, to the files of a server.
func pair(t *testing.T, dir string, serial int64, until time.Time) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "raff.example.com"}, DNSNames: []string{"raff.example.com"},
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: until,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: cert}, keyFile: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

// service is raffd serve in a process with arguments of its own.
type service struct {
	addr string
	log  lines
	cmd  *exec.Cmd
}

// serveWith runs raffd serve on a new SQLite database until the test ends. It does not wait until the server is ready.
func serveWith(t *testing.T, publicURL string, args ...string) *service {
	t.Helper()
	if err := built(); err != nil {
		t.Fatal(err)
	}
	s := &service{addr: freeAddr(t)}
	if publicURL == "" {
		publicURL = "http://" + s.addr
	}
	args = append([]string{"serve", "--listen", s.addr, "--database", "sqlite:" + filepath.Join(t.TempDir(), "raff.db"), "--public-url", publicURL}, args...)
	s.cmd = exec.Command(raffd, args...)
	s.cmd.Stdout, s.cmd.Stderr = &s.log, &s.log
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if s.cmd.ProcessState == nil {
			_ = s.cmd.Process.Kill()
			_ = s.cmd.Wait() // the error is that it was killed
		}
		if t.Failed() {
			t.Logf("what raffd said last:\n%s", s.log.tail())
		}
	})
	return s
}

// status requests a path on a connection of its own, and returns the status; 0 if there is no response.
func (s *service) status(path string) int {
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Get("http://" + s.addr + path)
	if err != nil {
		return 0
	}
	_ = res.Body.Close()
	return res.StatusCode
}

func (s *service) signal(t *testing.T, sig os.Signal) {
	t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
}

// TestCertificateIsReloaded replaces the certificate of a server that runs, several times.
func TestCertificateIsReloaded(t *testing.T) {
	t.Parallel()
	dir, year := t.TempDir(), year()
	certFile, keyFile := pair(t, dir, 1, year)
	s := serveWith(t, "https://raff.example.com", "--tls-cert", certFile, "--tls-key", keyFile)
	dial := func() (*tls.Conn, error) {
		return tls.Dial("tcp", s.addr, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}})
	}
	serial := func() int64 {
		c, err := dial()
		if err != nil {
			return 0
		}
		defer func() { _ = c.Close() }()
		return c.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
	}
	rafftest.Eventually(t, "HTTPS with the first certificate", func() bool { return serial() == 1 })
	old, err := dial()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = old.Close() }()
	responses := bufio.NewReader(old)
	health := func() error {
		if _, err := fmt.Fprint(old, "GET /health HTTP/1.1\r\nHost: raff.example.com\r\n\r\n"); err != nil {
			return err
		}
		res, err := http.ReadResponse(responses, nil)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK {
			return fmt.Errorf("status %d", res.StatusCode)
		}
		_, err = io.Copy(io.Discard, res.Body)
		return err
	}
	if err := health(); err != nil {
		t.Fatal(err)
	}
	rafftest.Eventually(t, "the server is ready", func() bool { return strings.Contains(s.log.String(), "msg=serving ") })

	pair(t, dir, 2, year)
	s.signal(t, syscall.SIGHUP)
	rafftest.Eventually(t, "new connections have the second certificate", func() bool { return serial() == 2 })
	if err := health(); err != nil {
		t.Errorf("a connection from before the reload: %v", err)
	}

	const kept = "the certificate was not reloaded"
	for i, spoil := range []func(){
		func() { write(t, certFile, "not a certificate") },
		func() { pair(t, dir, 3, year); write(t, keyFile, "") },
		func() { pair(t, dir, 4, time.Now().Add(-time.Hour)) },
		func() { _ = os.Remove(certFile) },
	} {
		spoil()
		s.signal(t, syscall.SIGHUP)
		rafftest.Eventually(t, "a failed reload is logged", func() bool { return strings.Count(s.log.String(), kept) == i+1 })
		if got := serial(); got != 2 {
			t.Errorf("after failed reload %d the certificate is %d, want the second", i+1, got)
		}
	}
	if strings.Contains(s.log.String(), "PRIVATE KEY") {
		t.Error("the log contains a key")
	}

	pair(t, dir, 5, year)
	s.signal(t, syscall.SIGHUP)
	rafftest.Eventually(t, "a good certificate after failures", func() bool { return serial() == 5 })

	if out, err := exec.Command(raffd, "health", "--ready", "--listen", s.addr, "--tls-cert", certFile).CombinedOutput(); err != nil {
		t.Errorf("raffd health: %v\n%s", err, out)
	}
	if out, err := exec.Command(raffd, "health", "--listen", s.addr).CombinedOutput(); err == nil {
		t.Errorf("raffd health without TLS succeeded on an HTTPS port\n%s", out)
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestReloadWithoutCertificate: a reload of the service must not end it.
func TestReloadWithoutCertificate(t *testing.T) {
	t.Parallel()
	s := serveWith(t, "")
	rafftest.Eventually(t, "the server is ready", func() bool { return s.status("/ready") == http.StatusOK })
	s.signal(t, syscall.SIGHUP)
	rafftest.Eventually(t, "the reload is logged", func() bool { return strings.Contains(s.log.String(), "nothing to reload") })
	if got := s.status("/ready"); got != http.StatusOK {
		t.Errorf("after SIGHUP: status %d", got)
	}
}

// TestDrain: between SIGTERM and the end of the drain delay, the server is not ready, and serves.
func TestDrain(t *testing.T) {
	t.Parallel()
	s := serveWith(t, "", "--drain-delay", "10m")
	rafftest.Eventually(t, "the server is ready", func() bool { return s.status("/ready") == http.StatusOK })
	s.signal(t, syscall.SIGTERM)
	rafftest.Eventually(t, "the server is not ready", func() bool { return s.status("/ready") == http.StatusServiceUnavailable })
	for path, want := range map[string]int{"/health": http.StatusOK, "/sign-in": http.StatusOK, "/api/v1/members": http.StatusUnauthorized} {
		if got := s.status(path); got != want {
			t.Errorf("while draining, %s responds with %d, want %d", path, got, want)
		}
	}

	short := serveWith(t, "", "--drain-delay", "100ms")
	rafftest.Eventually(t, "the server is ready", func() bool { return short.status("/ready") == http.StatusOK })
	short.signal(t, syscall.SIGTERM)
	if err := short.cmd.Wait(); err != nil {
		t.Errorf("the server ended with %v", err)
	}
}
