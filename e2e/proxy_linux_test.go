package e2e

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"raff/internal/rafftest"
)

// proxy is a program with an example of packaging/proxies. The test changes only what differs between machines: addresses, ports
// and certificates.
type proxy struct {
	example string
	// start returns the command that runs the example.
	start func(t *testing.T, dir, example string) *exec.Cmd
}

var proxies = map[string]proxy{
	"nginx": {"nginx.conf", func(t *testing.T, dir, example string) *exec.Cmd {
		user := ""
		if os.Getuid() == 0 {
			user = "user root;\n"
		}
		write(t, filepath.Join(dir, "main.conf"), user+"daemon off; pid "+dir+"/pid; error_log stderr;\nevents {}\nhttp { access_log off; client_body_temp_path "+dir+
			"/body; proxy_temp_path "+dir+"/proxy; fastcgi_temp_path "+dir+"/f; uwsgi_temp_path "+dir+"/u; scgi_temp_path "+dir+"/s; include "+example+"; }\n")
		return exec.Command("nginx", "-p", dir, "-c", filepath.Join(dir, "main.conf"))
	}},
	"haproxy": {"haproxy.cfg", func(_ *testing.T, _, example string) *exec.Cmd {
		return exec.Command("haproxy", "-db", "-f", example)
	}},
	"caddy": {"Caddyfile", func(_ *testing.T, dir, example string) *exec.Cmd {
		c := exec.Command("caddy", "run", "--adapter", "caddyfile", "--config", example)
		c.Env = append(os.Environ(), "HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir)
		return c
	}},
}

// TestProxies runs each example in front of a server, as people sign in through it.
func TestProxies(t *testing.T) {
	for name, p := range proxies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log lines
			at := freeAddr(t)
			_, port, err := net.SplitHostPort(at)
			if err != nil {
				t.Fatal(err)
			}
			public := "https://localhost:" + port
			srv := rafftest.Start(t, rafftest.WithPublicURL(public), rafftest.TrustingProxies("127.0.0.1/32"),
				rafftest.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
			srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "member"))
			runProxy(t, p, at, srv.URL)

			// On Linux, every address of 127.0.0.0/8 is this machine, so that client and proxy have different ones.
			browser := from("127.0.0.2", at)
			rafftest.Eventually(t, "the proxy serves", func() bool {
				res, err := browser.Get(public + "/ready")
				if err != nil {
					return false
				}
				_ = res.Body.Close()
				return res.StatusCode == http.StatusOK
			})
			signIn := func(c *http.Client, base, password, origin string) (status int, cookie string) {
				req, err := http.NewRequest(http.MethodPost, base+"/sign-in", strings.NewReader(url.Values{"email": {"alice@example.com"}, "password": {password}}.Encode()))
				if err != nil {
					t.Fatal(err)
				}
				req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				req.Header.Set("Origin", origin) // of browsers without Sec-Fetch-Site
				req.Header.Set("X-Forwarded-For", "203.0.113.9")
				res, err := c.Do(req)
				if err != nil {
					t.Fatal(err)
				}
				_ = res.Body.Close()
				return res.StatusCode, res.Header.Get("Set-Cookie")
			}
			if status, cookie := signIn(browser, public, rafftest.Password, public); status != http.StatusSeeOther || !strings.Contains(cookie, "Secure") {
				t.Errorf("signing in through the proxy: %d, cookie %q", status, cookie)
			}
			if status, _ := signIn(browser, public, rafftest.Password, "https://evil.example.com"); status != http.StatusForbidden {
				t.Errorf("a form of another site: %d, want 403", status)
			}
			// The log has the address of the client, whatever the client claims.
			if status, _ := signIn(browser, public, "not her password", public); status != http.StatusUnauthorized && status != http.StatusUnprocessableEntity {
				t.Logf("a wrong password: %d", status)
			}
			rafftest.Eventually(t, "the log has the client's address", func() bool { return strings.Contains(log.String(), "remote=127.0.0.2") })
			signIn(from("127.0.0.3", strings.TrimPrefix(srv.URL, "http://")), srv.URL, "not her password", public)
			rafftest.Eventually(t, "the log has the address of a client that is no proxy", func() bool { return strings.Contains(log.String(), "remote=127.0.0.3") })
			if strings.Contains(log.String(), "203.0.113.9") {
				t.Errorf("a client chose its own address:\n%s", log.String())
			}
			checkExport(t, browser, public, srv)
		})
	}
}

// from returns a client with this address, which connects to the proxy whatever the URL says.
func from(source, to string) *http.Client {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(source)}}
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:     func(ctx context.Context, network, _ string) (net.Conn, error) { return d.DialContext(ctx, network, to) },
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
		},
	}
}

// checkExport reads the audit log as a stream.
func checkExport(t *testing.T, c *http.Client, public string, srv *rafftest.Server) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, public+"/api/v1/audit-events", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-API-Key", srv.Key)
	req.Header.Set("Accept", "application/x-ndjson")
	res, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if b, err := io.ReadAll(res.Body); err != nil || res.StatusCode != http.StatusOK || bytes.Count(b, []byte("\n")) < 2 {
		t.Errorf("an export through the proxy: %d, %v, %s", res.StatusCode, err, b)
	}
}

// runProxy runs an example until the test ends. Its frontend is at this address, and its backend is the server.
func runProxy(t *testing.T, p proxy, at, server string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil { // some proxies change their user
		t.Fatal(err)
	}
	b, err := os.ReadFile("../packaging/proxies/" + p.example)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile := pair(t, dir, 1, time.Now().Add(24*time.Hour))
	both := filepath.Join(dir, "both.pem")
	cert, err := os.ReadFile(certFile)
	if err != nil {
		t.Fatal(err)
	}
	key, err := os.ReadFile(keyFile)
	if err != nil {
		t.Fatal(err)
	}
	write(t, both, string(cert)+string(key))
	_, port, err := net.SplitHostPort(at)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer(
		"127.0.0.1:8080", strings.TrimPrefix(server, "http://"),
		"listen 443 ssl", "listen "+at+" ssl", "/etc/ssl/team.example.com/fullchain.pem", certFile, "/etc/ssl/team.example.com/key.pem", keyFile,
		"bind :443", "bind "+at, "/etc/haproxy/team.example.com.pem", both,
		"team.example.com {", "{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n}\nhttps://localhost:"+port+" {\n\tbind 127.0.0.1\n\ttls "+certFile+" "+keyFile,
		"team.example.com", "localhost",
	).Replace(string(b))
	example := filepath.Join(dir, p.example)
	write(t, example, text)
	cmd := p.start(t, dir, example)
	var log lines
	cmd.Stdout, cmd.Stderr = &log, &log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // with its workers; it may have exited already
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("what the proxy said last:\n%s", log.tail())
		}
	})
}
