package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// target is a server in a process of its own.
type target struct {
	addr string
	cmd  *exec.Cmd
}

func (t target) stop() {
	_ = t.cmd.Process.Signal(syscall.SIGTERM) // it may have ended already
	_ = t.cmd.Wait()
}

type raffd struct {
	target
	key string
}

// startRaffd makes an account and serves it, by the commands an operator uses.
func startRaffd(ctx context.Context, o settings, database, dir string) (*raffd, error) {
	create := exec.CommandContext(ctx, o.raffd, "account", "create", "--name", "Bench", "--owner-email", "owner@example.com", "--database", database, "--output", "json")
	create.Stderr = os.Stderr
	out, err := create.Output()
	if err != nil {
		return nil, fmt.Errorf("create the account: %w", err)
	}
	var a struct {
		APIKey string `json:"api_key"`
	}
	if err := json.Unmarshal(out, &a); err != nil {
		return nil, fmt.Errorf("read the account: %w", err)
	}
	addr, err := freeAddr(ctx)
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(dir, "raffd.log"))
	if err != nil {
		return nil, fmt.Errorf("make the log: %w", err)
	}
	cmd := exec.CommandContext(ctx, o.raffd, "serve", "--listen", addr, "--database", database, "--public-url", "http://"+addr, "--rate-limits", "standard=1000000:1000000")
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start raffd: %w", err)
	}
	r := &raffd{target: target{addr, cmd}, key: a.APIKey}
	return r, r.wait(ctx)
}

func (t target) wait(ctx context.Context) error {
	deadline := time.Now().Add(20 * time.Second)
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+t.addr+"/health", nil)
		if err != nil {
			return err
		}
		res, err := http.DefaultClient.Do(req)
		if err == nil {
			return res.Body.Close()
		}
		if time.Now().After(deadline) {
			t.stop()
			return fmt.Errorf("%s does not answer: %w", t.addr, err)
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
	req, err := http.NewRequestWithContext(ctx, method, "http://"+r.addr+path, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("X-API-Key", r.key)
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
