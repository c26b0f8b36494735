package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// target is a server in its own process.
type target struct {
	addr string
	cmd  *exec.Cmd
}

func (t target) stop() {
	_ = t.cmd.Process.Signal(syscall.SIGTERM) // it may have exited already
	_ = t.cmd.Wait()
}

type raffd struct {
	target
	owner, key, link string
	database         string
}

const unlimited = "standard=1000000:1000000,account=1000000:1000000,session=1000000:1000000,source=1000000:1000000"

// startRaffd creates an account and starts a server, with the commands of an operator.
func startRaffd(ctx context.Context, o settings, database, dir string) (*raffd, error) {
	r := &raffd{}
	if err := r.newAccount(ctx, o, database, "owner."+filepath.Base(dir)+"@example.com"); err != nil {
		return nil, err
	}
	return r, r.serve(ctx, o, database, dir)
}

// serve starts the server.
func (r *raffd) serve(ctx context.Context, o settings, database, dir string) error {
	return r.serveWith(ctx, o, database, dir, "--rate-limits", unlimited, "--mail-limits", "off",
		"--quotas", "roles=100000,projects=100000,api_keys=100000,invitations=10000000")
}

func (r *raffd) serveWith(ctx context.Context, o settings, database, dir string, flags ...string) error {
	addr, err := freeAddr(ctx)
	if err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(dir, "raffd.log"))
	if err != nil {
		return fmt.Errorf("create the log: %w", err)
	}
	cmd := exec.CommandContext(ctx, o.raffd, "serve", "--listen", addr, "--database", database, "--public-url", "http://"+addr)
	cmd.Args = append(cmd.Args, flags...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start raffd: %w", err)
	}
	r.target, r.database = target{addr, cmd}, database
	return r.wait(ctx)
}

func (r *raffd) newAccount(ctx context.Context, o settings, database, owner string) error {
	create := exec.CommandContext(ctx, o.raffd, "account", "create", "--name", "Bench", "--owner-email", owner, "--database", database, "--output", "json")
	var log bytes.Buffer
	create.Stderr = &log
	out, err := create.Output()
	if err != nil {
		return fmt.Errorf("create the account: %w: %s", err, log.Bytes())
	}
	var a struct {
		APIKey    string `json:"api_key"`
		OwnerLink string `json:"owner_link"`
	}
	if err := json.Unmarshal(out, &a); err != nil {
		return fmt.Errorf("read the account: %w", err)
	}
	r.owner, r.key, r.link = owner, a.APIKey, a.OwnerLink
	return nil
}

// withKey returns the header that authenticates as the Owner key.
func (r *raffd) withKey(context.Context) (string, error) { return "X-API-Key: " + r.key, nil }

// signIn returns the header that authenticates as the Owner in the dashboard.
func (r *raffd) signIn(ctx context.Context) (string, error) {
	const password = "a long enough password for a benchmark"
	if _, err := r.post(ctx, "/password/"+path.Base(r.link), url.Values{"name": {"Trent"}, "password": {password}}); err != nil {
		return "", err
	}
	cookies, err := r.post(ctx, "/sign-in", url.Values{"email": {r.owner}, "password": {password}})
	if err != nil {
		return "", err
	}
	for _, c := range cookies {
		if c.Value != "" {
			return "Cookie: " + c.Name + "=" + c.Value, nil
		}
	}
	return "", errors.New("signing in set no cookie")
}

// post submits a form like a browser, and returns the cookies of the response.
func (r *raffd) post(ctx context.Context, path string, form url.Values) ([]*http.Cookie, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+r.addr+path, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", "http://"+r.addr)
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return nil, fmt.Errorf("POST %s: %w", path, err)
	}
	if err = res.Body.Close(); err == nil && res.StatusCode >= http.StatusBadRequest {
		err = fmt.Errorf("POST %s: status %d", path, res.StatusCode)
	}
	return res.Cookies(), err
}

func (t target) wait(ctx context.Context) error { return t.waitFor(ctx, "/ready") }

// waitFor waits until the server responds at this path, and is not starting.
func (t target) waitFor(ctx context.Context, path string) error {
	processes.Store(t.addr, t.cmd.Process.Pid)
	deadline := time.Now().Add(time.Minute)
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+t.addr+path, nil)
		if err != nil {
			return err
		}
		res, err := http.DefaultClient.Do(req)
		if err == nil && res.StatusCode != http.StatusServiceUnavailable {
			return res.Body.Close()
		}
		if err == nil {
			_ = res.Body.Close()
			err = fmt.Errorf("%s", res.Status)
		}
		if time.Now().After(deadline) {
			t.stop()
			return fmt.Errorf("%s does not respond: %w", t.addr, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func freeAddr(ctx context.Context) (string, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return l.Addr().String(), l.Close()
}

func (r *raffd) get(ctx context.Context, path string) ([]byte, error) {
	return r.call(ctx, "GET", path, nil)
}

func (r *raffd) call(ctx context.Context, method, path string, body io.Reader) ([]byte, error) {
	return r.callAs(ctx, method, path, "X-API-Key: "+r.key, body)
}

func (r *raffd) getAs(ctx context.Context, path, header string) ([]byte, error) {
	return r.callAs(ctx, "GET", path, header, nil)
}

func (r *raffd) callAs(ctx context.Context, method, path, header string, body io.Reader) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://"+r.addr+path, body)
	if err != nil {
		return nil, err
	}
	name, value, _ := strings.Cut(header, ": ")
	req.Header.Set(name, value)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode/100 != 2 {
		err = fmt.Errorf("%s %s: status %d: %s", method, path, res.StatusCode, b)
	}
	return b, err
}
