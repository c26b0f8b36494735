package rafftest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Cluster is a separate PostgreSQL server, for a test that would disturb others. It syncs to disk like a production
// server.
type Cluster struct {
	// URL is the URL of an empty database.
	URL string

	pgctl, data, settings string
	as                    *syscall.Credential
	// lifeline stays open until the test or this process ends. Its other end is the standard input of the process that
	// removes the cluster.
	lifeline io.WriteCloser
}

// NewCluster starts a PostgreSQL server until the test ends, with settings in the form "-c name=value".
func NewCluster(t testing.TB, settings string) *Cluster {
	t.Helper()
	c, err := startCluster(settings)
	if err != nil {
		t.Fatalf("start a separate PostgreSQL server: %v", err)
	}
	t.Cleanup(func() { _ = c.lifeline.Close() })
	return c
}

// Crash kills the server, starts it again, and returns when it has recovered.
func (c *Cluster) Crash(t testing.TB) {
	t.Helper()
	if err := c.run(c.pgctl, "-D", c.data, "-l", c.log(), "-m", "immediate", "-w", "restart"); err != nil {
		t.Fatalf("restart PostgreSQL: %v", err)
	}
}

// Stop stops the server. Start starts it again.
func (c *Cluster) Stop(t testing.TB) {
	t.Helper()
	if err := c.run(c.pgctl, "-D", c.data, "-m", "immediate", "-w", "stop"); err != nil {
		t.Fatalf("stop PostgreSQL: %v", err)
	}
}

// Start starts a server that was stopped.
func (c *Cluster) Start(t testing.TB) {
	t.Helper()
	if err := c.start(); err != nil {
		t.Fatalf("start PostgreSQL: %v", err)
	}
}

// Save copies the data directory of a server that was stopped.
func (c *Cluster) Save(t testing.TB) {
	t.Helper()
	if err := c.run("cp", "-a", c.data, c.data+".saved"); err != nil {
		t.Fatalf("save the data directory: %v", err)
	}
}

// Restore replaces the data directory of a server that was stopped with the copy that Save made.
func (c *Cluster) Restore(t testing.TB) {
	t.Helper()
	for _, args := range [][]string{{"rm", "-rf", c.data}, {"mv", c.data + ".saved", c.data}} {
		if err := c.run(args[0], args[1:]...); err != nil {
			t.Fatalf("restore the data directory: %v", err)
		}
	}
}

// Standby starts a standby of the server, until the test ends. It copies the files of the running server itself, because not every
// distribution of PostgreSQL has pg_basebackup. The files of tables must not be removed meanwhile.
func (c *Cluster) Standby(t testing.TB) *Cluster {
	t.Helper()
	s, err := newCluster(c.settings, c.copyTo)
	if err != nil {
		t.Fatalf("start a standby: %v", err)
	}
	t.Cleanup(func() { _ = s.lifeline.Close() })
	return s
}

// copyFiles copies a data directory, without what belongs to the running server. completeCopy makes it that of a standby.
const (
	copyFiles    = `mkdir -m 700 "$2" "$2/pg_wal" && for f in "$1"/*; do case $f in */pg_wal|*/postmaster.*) ;; *) cp -a "$f" "$2" || exit; esac; done`
	completeCopy = `cd "$1" && echo "primary_conninfo = 'host=$2 user=postgres'" >>postgresql.auto.conf && printf %s "$3" >backup_label && touch standby.signal`
)

func (c *Cluster) copyTo(s *Cluster) error {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, c.URL)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, "SELECT pg_backup_start('standby', TRUE)"); err != nil {
		return err
	}
	if err := s.run("/bin/sh", "-c", copyFiles, "copy", c.data, s.data); err != nil {
		return err
	}
	var label string
	if err := conn.QueryRow(ctx, "SELECT labelfile FROM pg_backup_stop(FALSE)").Scan(&label); err != nil {
		return err
	}
	return s.run("/bin/sh", "-c", completeCopy, "complete", s.data, c.dir(), label)
}

// Promote makes a standby the primary.
func (c *Cluster) Promote(t testing.TB) {
	t.Helper()
	if err := c.run(c.pgctl, "-D", c.data, "-w", "promote"); err != nil {
		t.Fatalf("promote the standby: %v", err)
	}
}

// Either returns a URL with the addresses of both servers.
func (c *Cluster) Either(other *Cluster) string {
	return "postgres://postgres@/postgres?host=" + url.QueryEscape(c.dir()+","+other.dir()) + "&port=5432,5432"
}

func (c *Cluster) dir() string { return filepath.Dir(c.data) }

func (c *Cluster) log() string { return filepath.Join(c.dir(), "log") }

func (c *Cluster) run(program string, arguments ...string) error {
	cmd := exec.Command(program, arguments...) //nolint:gosec // the programs were looked up
	cmd.Dir, cmd.SysProcAttr = filepath.Dir(c.data), &syscall.SysProcAttr{Credential: c.as}
	out, err := cmd.CombinedOutput()
	if err != nil {
		server, _ := os.ReadFile(c.log())
		return fmt.Errorf("%s: %w\n%s%s", filepath.Base(program), err, out, server)
	}
	return nil
}

// reaper waits until its standard input is closed. Then it stops the server and removes the directory.
const reaper = `cat; "$1" -D "$2/data" -m immediate -w stop; rm -rf "$2"`

func startCluster(settings string) (*Cluster, error) {
	initdb, err := findProgram("initdb")
	if err != nil {
		return nil, err
	}
	// Uses the collation of a language instead of "C", to find queries that rely on the database's order.
	return newCluster(settings, func(c *Cluster) error {
		return c.run(initdb, "-D", c.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--locale-provider=icu", "--icu-locale=en", "--no-sync")
	})
}

// newCluster starts a server on the data directory that fill creates.
func newCluster(settings string, fill func(*Cluster) error) (*Cluster, error) {
	c := &Cluster{settings: settings}
	var err error
	if c.pgctl, err = findProgram("pg_ctl"); err != nil {
		return nil, err
	}
	if c.as, err = unprivileged(); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("/tmp", "raff-postgres-") // socket paths must be short
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // this process needs the socket in it, even if another user runs the server
		return nil, err
	}
	if c.as != nil {
		if err := os.Chown(dir, int(c.as.Uid), int(c.as.Gid)); err != nil {
			return nil, err
		}
	}
	c.data, c.URL = filepath.Join(dir, "data"), "postgres://postgres@/postgres?host="+url.QueryEscape(dir)
	remove := exec.Command("/bin/sh", "-c", reaper, "reaper", c.pgctl, dir) //nolint:gosec // the program was looked up above
	remove.Dir, remove.SysProcAttr = dir, &syscall.SysProcAttr{Setsid: true, Credential: c.as}
	if c.lifeline, err = remove.StdinPipe(); err != nil {
		return nil, err
	}
	if err := remove.Start(); err != nil {
		return nil, fmt.Errorf("start the process that will remove the cluster: %w", err)
	}
	if err := fill(c); err != nil {
		return nil, err
	}
	return c, errors.Join(c.start(), c.checkVersion())
}

// checkVersion compares the version of the server with RAFF_TEST_POSTGRES_VERSION, so that tests never run on another one than they
// were asked to.
func (c *Cluster) checkVersion() error {
	want := os.Getenv("RAFF_TEST_POSTGRES_VERSION")
	if want == "" {
		return nil
	}
	got, err := os.ReadFile(filepath.Join(c.data, "PG_VERSION"))
	if found := strings.TrimSpace(string(got)); err == nil && found != want {
		err = fmt.Errorf("RAFF_TEST_POSTGRES_VERSION is %s, but %s belongs to PostgreSQL %s", want, c.pgctl, found)
	}
	return err
}

func (c *Cluster) start() error {
	return c.run(c.pgctl, "-D", c.data, "-l", c.log(), "-w", "start", "-o", "-c listen_addresses='' -c unix_socket_directories="+c.dir()+
		" -c max_connections=300 "+c.settings)
}

// findProgram looks in PATH, and in directories where packages install programs that are not in PATH.
func findProgram(name string, elsewhere ...string) (string, error) {
	if p, err := exec.LookPath(name); err == nil {
		return p, nil
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name) // the pattern is well-formed
	for _, path := range elsewhere {
		if p, err := exec.LookPath(path); err == nil {
			found = append(found, p)
		}
	}
	if len(found) == 0 {
		return "", fmt.Errorf("%s is neither in PATH nor in /usr/lib/postgresql: install PostgreSQL 15 or later and PgBouncer (Debian, Ubuntu: apt-get install postgresql pgbouncer; macOS: brew install postgresql pgbouncer)", name)
	}
	return found[len(found)-1], nil
}

// unprivileged returns the user that runs the server if this process is root, which PostgreSQL does not allow; nil means
// the user of this process.
func unprivileged() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil //nolint:nilnil // nil is a valid result
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		if u, err = user.Lookup("nobody"); err != nil {
			return nil, fmt.Errorf("find a user to run PostgreSQL, which does not run as root: %w", err)
		}
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}
