package rafftest

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// pgbouncerConfig has fewer server connections than a node opens, so that consecutive transactions of a connection run on
// different server processes, and each process runs transactions of different connections.
const pgbouncerConfig = `[databases]
* = %s
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
auth_type = any
pool_mode = transaction
default_pool_size = 4
max_client_conn = 500
unix_socket_dir =
logfile = %s
`

// BehindPgBouncer starts a PgBouncer in transaction mode in front of this database, until the test ends, and returns the
// URL of the database through it.
func BehindPgBouncer(t testing.TB, database string) string {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	program, err := findProgram("pgbouncer", "/usr/sbin/pgbouncer")
	if err != nil {
		t.Fatal(err)
	}
	as, err := unprivileged()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("/tmp", "raff-pgbouncer-") //nolint:usetesting // another user must have access, unlike with t.TempDir
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if as != nil {
		if err := os.Chown(dir, int(as.Uid), int(as.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	server := "host=" + u.Query().Get("host")
	if u.Host != "" {
		server = "host=" + u.Hostname()
		if u.Port() != "" {
			server += " port=" + u.Port()
		}
	}
	server += " user=" + u.User.Username()
	if password, ok := u.User.Password(); ok {
		server += " password=" + password
	}
	port := freePort(t)
	config, log := filepath.Join(dir, "pgbouncer.ini"), filepath.Join(dir, "log")
	if err := os.WriteFile(config, fmt.Appendf(nil, pgbouncerConfig, server, port, log), 0o644); err != nil { //nolint:gosec // read by another user
		t.Fatal(err)
	}
	// The shell kills the program when its standard input is closed, at the latest when this process ends.
	cmd := exec.Command("/bin/sh", "-c", `"$0" -q "$1" & cat; kill -9 $!`, program, config) //nolint:gosec // the program was looked up
	cmd.Dir, cmd.SysProcAttr = dir, &syscall.SysProcAttr{Credential: as}
	lifeline, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start PgBouncer: %v", err)
	}
	t.Cleanup(func() {
		_ = lifeline.Close()
		_ = cmd.Wait()
		if t.Failed() {
			said, _ := os.ReadFile(log)
			t.Logf("PgBouncer: %s", said)
		}
	})
	through := &url.URL{Scheme: "postgres", User: url.User(u.User.Username()), Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), Path: u.Path}
	through.RawQuery = "sslmode=disable"
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if err = execSQL(through.String()+"&default_query_exec_mode=simple_protocol", "SELECT 1"); err == nil {
			return through.String()
		}
		if time.Now().After(deadline) {
			t.Fatalf("PgBouncer does not respond: %v", err)
		}
	}
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}
