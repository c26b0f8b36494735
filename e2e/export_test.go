package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"raff/internal/rafftest"
)

// slowExport starts an export and reads its first bytes over a connection with small buffers.
func slowExport(t *testing.T, srv *rafftest.Server, path, key string) io.ReadCloser {
	t.Helper()
	dialer := net.Dialer{Control: func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) { _ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4096) })
	}}
	client := &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true, DisableCompression: true}}
	req, err := http.NewRequestWithContext(t.Context(), "GET", srv.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if cookie, ok := strings.CutPrefix(key, "cookie: "); ok {
		req.Header.Set("Cookie", cookie)
	} else {
		req.Header.Set("X-API-Key", key)
	}
	req.Header.Set("Accept", "application/x-ndjson")
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	if _, err := io.ReadFull(res.Body, make([]byte, 1000)); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("the export of %s: status %d, %v", path, res.StatusCode, err)
	}
	return res.Body
}

// TestExportEndsWithItsCredential removes the access to the log during an export, in every possible way.
func TestExportEndsWithItsCredential(t *testing.T) {
	each(t, func(t *testing.T, g guard) {
		fillLog(t, g.Server)
		admin, viewer := g.RoleID(t, "account", "admin"), g.RoleID(t, "account", "member")
		key := func(name string, more map[string]any) (id, secret string) {
			body := map[string]any{"name": name, "role_id": admin}
			maps.Copy(body, more)
			d := g.Do(t, "POST", "/api/v1/api-keys", g.Key, body).Want(t, 201).Data(t)
			return d["id"].(string), d["secret"].(string)
		}
		person := func(name string) (member, session string) {
			address := name + "@example.com"
			member, _ = g.NewMember(t, address, name, admin)
			return member, g.SignIn(t, address)
		}
		const api = "/api/v1/audit-events"
		revoked, revokedSecret := key("revoked", nil)
		off, offSecret := key("switched off", nil)
		weaker, weakerSecret := key("weaker", map[string]any{"role_id": nil})
		weaker = g.Do(t, "POST", "/api/v1/members", g.Key, map[string]any{"api_key_id": weaker, "role_id": admin}).Want(t, 201).Data(t)["id"].(string)
		_, soonOverSecret := key("soon over", map[string]any{"expires_at": g.Now().Add(24 * time.Hour).UTC().Format(time.RFC3339)})
		alice, aliceSession := person("alice")
		bob, bobSession := person("bob")
		_, carolSession := person("carol")
		for _, c := range []struct {
			name, path, credential string
			end                    func()
		}{
			{"nothing happens", api, g.Key, func() {}},
			{"nothing happens to the file", "/audit/export?format=csv", aliceSession, func() {}},
			{"key revoked", api, revokedSecret, func() { g.Do(t, "DELETE", "/api/v1/api-keys/"+revoked, g.Key, nil).Want(t, 200) }},
			{"key switched off", api, offSecret, func() {
				g.Do(t, "PATCH", "/api/v1/api-keys/"+off, g.Key, map[string]any{"is_active": false}).Want(t, 200)
			}},
			{"key loses the permission", api, weakerSecret, func() {
				g.Do(t, "PATCH", "/api/v1/members/"+weaker, g.Key, map[string]any{"role_id": viewer}).Want(t, 200)
			}},
			{"person suspended", "/audit/export?format=ndjson", aliceSession, func() {
				g.Do(t, "PATCH", "/api/v1/members/"+alice, g.Key, map[string]any{"status": "suspended"}).Want(t, 200)
			}},
			{"person removed", "/audit/export?format=csv", bobSession, func() { g.Do(t, "DELETE", "/api/v1/members/"+bob, g.Key, nil).Want(t, 200) }},
			{"signed out", api, carolSession, func() { signOut(t, g.Server, carolSession) }},
			{"key expired", api, soonOverSecret, func() { g.Advance(25 * time.Hour) }},
		} {
			body := slowExport(t, g.Server, c.path, c.credential)
			c.end()
			rest, err := io.ReadAll(body)
			whole := bytes.Contains(rest, []byte("account.created"))
			if stays := strings.HasPrefix(c.name, "nothing"); stays != whole || stays != (err == nil) {
				t.Errorf("%s: %d more bytes, up to the first event: %v, %v", c.name, len(rest), whole, err)
			}
			_ = body.Close()
		}
	})
}

func signOut(t *testing.T, srv *rafftest.Server, session string) {
	t.Helper()
	h := http.Header{"Cookie": {strings.TrimPrefix(session, "cookie: ")}, "Origin": {srv.URL}}
	req, err := http.NewRequestWithContext(t.Context(), "POST", srv.URL+"/sign-out", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header = h
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil || res.StatusCode >= 400 {
		t.Fatalf("sign out: %v, %v", res, err)
	}
	_ = res.Body.Close()
}

// fillLog writes more events than fit in the buffers between server and client, within the quota of invitations.
func fillLog(t *testing.T, srv *rafftest.Server) {
	t.Helper()
	const n = 6_000
	domain := strings.Repeat(strings.Repeat("x", 54)+".", 4) + "example.com"
	role := srv.RoleID(t, "account", "member")
	for i := 0; i < n; i += 500 {
		rows := make([]any, 500)
		for j := range rows {
			rows[j] = map[string]any{"email": fmt.Sprintf("person%d@%s", i+j, domain), "role_id": role}
		}
		srv.Do(t, "POST", "/api/v1/members/bulk", srv.Key, map[string]any{"members": rows}).Want(t, 200)
	}
}

// TestShutdownAbortsExports stops a server during an export whose client does not read.
func TestShutdownAbortsExports(t *testing.T) {
	onEachURL(t, func(t *testing.T, database string) {
		p := launch(t, database, withoutMail)
		fillLog(t, p.Server)
		body := slowExport(t, p.Server, "/api/v1/audit-events", p.Key)
		if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- p.cmd.Wait() }()
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("the server exited with %v", err)
			}
		case <-ctx.Done():
			t.Fatal("the server did not stop within minutes")
		}
		if rest, err := io.ReadAll(body); err == nil {
			t.Errorf("the export ended without an error, after %d more bytes", len(rest))
		}
	})
}
