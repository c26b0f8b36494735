package rafftest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// PostgresURL makes an empty database for one test and returns its URL. The server is that of RAFF_TEST_POSTGRES_URL,
// whose user may create databases; without it, one throwaway cluster is started for the test process and goes away
// with it, however it ends. A throwaway cluster does not wait for the disk.
func PostgresURL(t testing.TB) string {
	t.Helper()
	server := os.Getenv("RAFF_TEST_POSTGRES_URL")
	if server == "" {
		var err error
		if server, err = throwaway(); err != nil {
			t.Fatalf("start a PostgreSQL for tests: %v", err)
		}
	}
	var b [6]byte
	_, _ = rand.Read(b[:]) // never fails
	name := "raff_test_" + hex.EncodeToString(b[:])
	if err := execSQL(server, "CREATE DATABASE "+name); err != nil {
		t.Fatalf("create a database for the test: %v", err)
	}
	t.Cleanup(func() {
		if err := execSQL(server, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop the database of the test: %v", err)
		}
	})
	u, err := url.Parse(server)
	if err != nil {
		t.Fatalf("RAFF_TEST_POSTGRES_URL: %v", err)
	}
	u.Path = "/" + name
	return u.String()
}

func execSQL(server, statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	c, err := pgx.Connect(ctx, server)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(ctx) }()
	_, err = c.Exec(ctx, statement)
	return err
}

// throwaway is the URL of this process's cluster, which the first call starts.
var throwaway = sync.OnceValues(startPostgres)

// lifeline is open as long as this process lives. Its other end is the standard input of the process that removes
// the cluster.
var lifeline io.WriteCloser //nolint:unused // it only has to stay open

// reaper waits for its standard input to end. Then it stops the server and removes the directory.
const reaper = `cat; "$1" -D "$2/data" -m immediate -w stop; rm -rf "$2"`

func startPostgres() (string, error) {
	initdb, err := findProgram("initdb")
	if err != nil {
		return "", err
	}
	pgctl, err := findProgram("pg_ctl")
	if err != nil {
		return "", err
	}
	as, err := unprivileged()
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("/tmp", "raff-postgres-") // the path of a socket must be short
	if err != nil {
		return "", err
	}
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // the socket in it is for this process, whoever runs the server
		return "", err
	}
	if as != nil {
		if err := os.Chown(dir, int(as.Uid), int(as.Gid)); err != nil {
			return "", err
		}
	}
	remove := exec.Command("/bin/sh", "-c", reaper, "reaper", pgctl, dir) //nolint:gosec // the program was looked up above
	remove.Dir, remove.SysProcAttr = dir, &syscall.SysProcAttr{Setsid: true, Credential: as}
	if lifeline, err = remove.StdinPipe(); err != nil {
		return "", err
	}
	if err := remove.Start(); err != nil {
		return "", fmt.Errorf("start the process that will remove the cluster: %w", err)
	}
	data, log := filepath.Join(dir, "data"), filepath.Join(dir, "log")
	for _, step := range [][]string{
		// A language's collation, not "C", so that a query that relies on the database's order is found.
		{initdb, "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--locale-provider=icu", "--icu-locale=en", "--no-sync"},
		{pgctl, "-D", data, "-l", log, "-w", "start", "-o", "-c listen_addresses='' -c unix_socket_directories=" + dir +
			" -c fsync=off -c full_page_writes=off -c max_connections=300"},
	} {
		cmd := exec.Command(step[0], step[1:]...) //nolint:gosec // the programs were looked up above
		cmd.Dir, cmd.SysProcAttr = dir, &syscall.SysProcAttr{Credential: as}
		out, err := cmd.CombinedOutput()
		if err != nil {
			server, _ := os.ReadFile(log)
			return "", fmt.Errorf("%s: %w\n%s%s", filepath.Base(step[0]), err, out, server)
		}
	}
	return "postgres://postgres@/postgres?host=" + url.QueryEscape(dir), nil
}

func findProgram(name string) (string, error) {
	if p, err := exec.LookPath(name); err == nil {
		return p, nil
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name) // the pattern is well-formed
	if len(found) == 0 {
		return "", fmt.Errorf("%s is neither in PATH nor in /usr/lib/postgresql: install PostgreSQL 15 or later (Debian, Ubuntu: apt-get install postgresql; macOS: brew install postgresql), or set RAFF_TEST_POSTGRES_URL to a server whose user may create databases", name)
	}
	return found[len(found)-1], nil
}

// unprivileged is who runs the server where this process is root, which PostgreSQL refuses; nil is this process's user.
func unprivileged() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil //nolint:nilnil // no credential is the answer
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
