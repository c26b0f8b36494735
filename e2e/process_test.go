package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"raff/internal/rafftest"
)

// raffd is the path of the server's program, built once for all tests.
var raffd = filepath.Join(os.TempDir(), fmt.Sprintf("raffd-%d", os.Getpid()))

var built = sync.OnceValue(func() error {
	if out, err := exec.Command("go", "build", "-o", raffd, "raff/cmd/raffd").CombinedOutput(); err != nil {
		return fmt.Errorf("build raffd: %w\n%s", err, out)
	}
	return nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	_ = os.Remove(raffd) // most runs do not build it
	os.Exit(code)
}

// process is raffd in a separate process, which a test can kill and restart.
type process struct {
	*rafftest.Server // without a Node
	addr             string
	log              lines
	cmd              *exec.Cmd
	noMail           bool // no emails are queued
}

// launch creates an account with the operator's command and serves it. Emails are queued and never sent, so that every
// open invitation has a row in the outbox, unless withoutMail is given: thousands of attempts to send would keep processors busy.
func launch(t *testing.T, database string, more ...func(*process)) *process {
	t.Helper()
	if err := built(); err != nil {
		t.Fatal(err)
	}
	p := prepare(t, database)
	for _, f := range more {
		f(p)
	}
	var made struct {
		AccountID     string `json:"account_id"`
		OwnerMemberID string `json:"owner_member_id"`
		ProjectID     string `json:"default_project_id"`
		KeyID         string `json:"api_key_id"`
		Key           string `json:"api_key"`
		OwnerLink     string `json:"owner_link"`
	}
	out := p.operate(t, "account", "create", "--name", "Acme", "--owner-email", "owner@example.com", "--public-url", p.URL, "--output", "json")
	if err := json.Unmarshal(out, &made); err != nil {
		t.Fatal(err)
	}
	p.AccountID, p.OwnerMemberID, p.ProjectID, p.KeyID, p.Key, p.OwnerLink = made.AccountID, made.OwnerMemberID, made.ProjectID, made.KeyID, made.Key, made.OwnerLink
	p.start(t)
	return p
}

func withoutMail(p *process) { p.noMail = true }

// prepare returns a process that is not started, and kills it when the test ends.
func prepare(t *testing.T, database string) *process {
	t.Helper()
	p := &process{addr: freeAddr(t), Server: &rafftest.Server{Database: database}}
	p.URL = "http://" + p.addr
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("what raffd said last:\n%s", p.log.tail())
		}
	})
	return p
}

// operate runs an operator's command on the same database, next to the server.
func (p *process) operate(t *testing.T, arguments ...string) []byte {
	t.Helper()
	cmd := exec.Command(raffd, append(arguments, "--database", p.Database)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("raffd %s: %v\n%s%s", strings.Join(arguments, " "), err, out, stderr.Bytes())
	}
	return out
}

// spawn starts the program without waiting until it is ready.
func (p *process) spawn(t *testing.T) {
	t.Helper()
	p.cmd = exec.Command(raffd, "serve", "--listen", p.addr, "--database", p.Database, "--public-url", p.URL, "--rate-limits", "off", "--mail-limits", "off", "--log-level", "error")
	p.cmd.Env = os.Environ()
	if !p.noMail {
		p.cmd.Env = append(p.cmd.Env, "RAFF_SMTP_URL=smtp://"+freeAddr(t)+"?tls=none", "RAFF_MAIL_FROM=raff@example.com")
	}
	p.cmd.Stdout, p.cmd.Stderr = &p.log, &p.log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
}

// start starts the program and returns how long it took until it was ready.
func (p *process) start(t *testing.T) time.Duration {
	t.Helper()
	began := time.Now()
	p.spawn(t)
	for time.Since(began) < 3*time.Minute {
		if res, err := http.Get(p.URL + "/ready"); err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return time.Since(began)
			}
		}
		time.Sleep(2 * time.Millisecond)
	}
	t.Fatalf("raffd is not ready after 3 minutes:\n%s", p.log.tail())
	return 0
}

// kill kills the program without a graceful shutdown.
func (p *process) kill() {
	if p.cmd == nil {
		return
	}
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // it may have exited already
	_ = p.cmd.Wait()                                      // the error is that it was killed
	p.cmd = nil
}

func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // only used to find a free port
	return l.Addr().String()
}

// lines collects the output of a program. It is a pipe, because a limit on the size of files would also apply to a file.
type lines struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

func (l *lines) tail() string {
	s := l.String()
	return s[max(0, len(s)-8000):]
}
