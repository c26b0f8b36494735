package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"raff/internal/rafftest"
)

// disk is a directory for a database whose space a test can limit.
type disk struct {
	dir        string
	fill, free func(t *testing.T, p *process)
}

// limited keeps files of the server from growing, which needs no privileges. SQLite then fails with an I/O error.
func limited(t *testing.T) disk {
	set := func(t *testing.T, p *process, soft uint64) {
		t.Helper()
		limit := unix.Rlimit{Cur: soft, Max: unix.RLIM_INFINITY}
		if err := unix.Prlimit(p.cmd.Process.Pid, unix.RLIMIT_FSIZE, &limit, nil); err != nil {
			t.Fatalf("limit the size of the server's files: %v", err)
		}
	}
	return disk{
		dir:  t.TempDir(),
		fill: func(t *testing.T, p *process) { t.Helper(); set(t, p, 64<<10) },
		free: func(t *testing.T, p *process) { t.Helper(); set(t, p, unix.RLIM_INFINITY) },
	}
}

// small is a small file system that the test fills, if it may mount one.
func small(t *testing.T) (disk, error) {
	dir, size := t.TempDir(), 64+4*trials(t, 2)
	if err := unix.Mount("raff", dir, "tmpfs", 0, fmt.Sprintf("size=%dm", size)); err != nil {
		return disk{}, err
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	ballast := filepath.Join(dir, "ballast")
	return disk{
		dir: dir,
		fill: func(*testing.T, *process) {
			_ = os.WriteFile(ballast, make([]byte, size<<20), 0o600) // writes as much as there is space for
		},
		free: func(t *testing.T, _ *process) {
			t.Helper()
			if err := os.Remove(ballast); err != nil {
				t.Fatal(err)
			}
		},
	}, nil
}

// TestFullDisk fills the disk under load. Writes must be refused, reads continue, no change is partial, and the same
// process must work when there is space again.
func TestFullDisk(t *testing.T) {
	t.Run("limit", func(t *testing.T) { t.Parallel(); fillUp(t, limited(t)) })
	t.Run("file system", func(t *testing.T) {
		t.Parallel()
		d, err := small(t)
		if err != nil {
			t.Logf("no file system of its own (%v), so another limit of the size", err)
			d = limited(t)
		}
		fillUp(t, d)
	})
}

func fillUp(t *testing.T, d disk) {
	t.Helper()
	p := launch(t, "sqlite:"+filepath.Join(d.dir, "raff.db"))
	owner := p.ownerSession(t)
	l := newLoad(t, p.Server)
	l.away.Store(true)
	load := func(d time.Duration) (acks, refusals int) {
		acks, refusals = l.acks, l.refusals
		ctx, stop := context.WithTimeout(t.Context(), d)
		defer stop()
		l.clients(ctx, 8)
		return l.acks - acks, l.refusals - refusals
	}
	for range trials(t, 2) {
		if _, refusals := load(150 * time.Millisecond); refusals > 0 {
			t.Error("changes are refused while there is space")
		}
		d.fill(t, p)
		acks, refusals := load(300 * time.Millisecond)
		for began := time.Now(); refusals == 0; acks, refusals = load(300 * time.Millisecond) { // some changes still fit in the existing files
			if time.Since(began) > 20*time.Second || len(l.problems) > 0 {
				l.report(t)
				t.Fatalf("no change was refused on a full disk, and %d were acknowledged", acks)
			}
		}
		p.wantReads(t, owner)
		full := time.Now()
		d.free(t, p)
		for again := 0; again == 0; again, _ = load(20 * time.Millisecond) {
			if time.Since(full) > 3*time.Minute {
				t.Fatal("changes still fail after there is space again")
			}
		}
		t.Logf("full: %d changes acknowledged, %d refused; a change succeeded within %v after there was space", acks, refusals, time.Since(full).Round(time.Millisecond))
		if acks, refusals := load(150 * time.Millisecond); acks == 0 || refusals > 0 {
			t.Errorf("after there is space again: %d changes acknowledged, %d refused", acks, refusals)
		}
		l.settle(t)
		l.repeat(t, 20)
	}
	p.kill()
	p.start(t)
	l.settle(t)
	p.clean(t)
}

// ownerSession signs the Owner in and makes the session so old that its next use is recorded.
func (p *process) ownerSession(t *testing.T) string {
	t.Helper()
	form := strings.NewReader(url.Values{"name": {"Trent"}, "password": {rafftest.Password}}.Encode())
	req, err := http.NewRequest("POST", p.OwnerLink, form)
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Origin": {p.URL}}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	cookie := p.SignIn(t, "owner@example.com")
	tamper(t, p.Database, "UPDATE sessions SET last_seen_at = last_seen_at - 600000000")
	return cookie
}

// wantReads checks that requests that only read work, with an API key and with a session.
func (p *process) wantReads(t *testing.T, owner string) {
	t.Helper()
	for _, who := range []string{p.Key, owner} {
		for _, path := range []string{"/api/v1/whoami", "/api/v1/members?limit=1000", "/api/v1/audit-events?limit=1000", "/api/v1/api-keys", "/ready", "/health"} {
			p.Do(t, "GET", path, who, nil).Want(t, 200)
		}
	}
	if page := p.Do(t, "GET", "/members", owner, nil).Want(t, 200); !bytes.Contains(page.Body, []byte("owner@example.com")) {
		t.Error("the Members page is not available")
	}
}
