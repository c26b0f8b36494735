package rafftest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Patroni is a cluster of two PostgreSQL servers that Patroni manages with etcd. The standby is synchronous.
type Patroni struct {
	// URL is the URL of an empty database, with the addresses of both servers.
	URL string

	dir   string
	as    *syscall.Credential
	nodes [2]*patroniNode
}

type patroniNode struct {
	name, api, config, data, address string
	cmd                              *exec.Cmd
}

// killAll waits until its standard input is closed. Then it kills every process that has the directory among its arguments, except
// itself, and removes the directory.
const killAll = `cat; for i in 1 2 3; do pgrep -f "$1" | grep -vx $$ | xargs -r kill -9; sleep 0.2; done; rm -rf "$1"`

// NewPatroni starts a cluster until the test ends. It needs the programs patroni and etcd.
func NewPatroni(t testing.TB) *Patroni {
	t.Helper()
	p, err := newPatroni(t)
	if err != nil {
		t.Fatalf("start Patroni: %v", err)
	}
	p.await(t, "a primary with a synchronous standby", func() bool { return p.leader() != nil && p.synchronous() })
	return p
}

func newPatroni(t testing.TB) (*Patroni, error) {
	as, err := unprivileged()
	if err != nil {
		return nil, err
	}
	control, err := findProgram("pg_controldata") // its directory has all programs, also where that of initdb has links to a few
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("/tmp", "raff-patroni-") //nolint:usetesting // socket paths must be short
	if err != nil {
		return nil, err
	}
	p := &Patroni{dir: dir, as: as}
	if as != nil {
		if err := os.Chown(dir, int(as.Uid), int(as.Gid)); err != nil {
			return nil, err
		}
	}
	remove := exec.Command("/bin/sh", "-c", killAll, "killAll", dir) //nolint:gosec // the directory was made above
	remove.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: as}
	lifeline, err := remove.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := remove.Start(); err != nil {
		return nil, err
	}
	t.Cleanup(func() { _ = lifeline.Close(); _ = remove.Wait() })

	var ports [8]int
	if err := freePorts(ports[:]); err != nil {
		return nil, err
	}
	client, peer := fmt.Sprint("http://127.0.0.1:", ports[0]), fmt.Sprint("http://127.0.0.1:", ports[1])
	if _, err := p.start("etcd", "etcd", "--data-dir", dir+"/etcd", "--listen-client-urls", client, "--advertise-client-urls", client,
		"--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", "default="+peer, "--unsafe-no-fsync"); err != nil {
		return nil, err
	}
	for i := range p.nodes {
		n := &patroniNode{name: fmt.Sprint("node", i), api: fmt.Sprint("127.0.0.1:", ports[2+i]), address: fmt.Sprint("127.0.0.1:", ports[4+i])}
		n.config, n.data = filepath.Join(dir, n.name+".yaml"), filepath.Join(dir, n.name)
		if err := os.WriteFile(n.config, []byte(n.settings(ports[0], dir, filepath.Dir(control))), 0o644); err != nil { //nolint:gosec // another user reads it
			return nil, err
		}
		p.nodes[i] = n
		if n.cmd, err = p.start(n.name, "patroni", n.config); err != nil {
			return nil, err
		}
	}
	p.URL = "postgres://postgres:patroni@" + p.nodes[0].address + "," + p.nodes[1].address + "/postgres?sslmode=disable"
	return p, nil
}

// settings are the configuration of a node. The shortest time to live that Patroni accepts is 20 seconds.
func (n *patroniNode) settings(etcd int, dir, bin string) string {
	return fmt.Sprintf(`scope: raff
name: %s
restapi: {listen: %q, connect_address: %q}
etcd3: {host: "127.0.0.1:%d"}
bootstrap:
  dcs: {ttl: 20, loop_wait: 1, retry_timeout: 5, synchronous_mode: true, postgresql: {use_pg_rewind: true, parameters: {max_connections: 100}}}
  initdb: [{encoding: UTF8}, {locale: C}, no-sync, data-checksums]
postgresql:
  listen: %q
  connect_address: %q
  data_dir: %q
  bin_dir: %q
  pgpass: %q
  authentication: {superuser: {username: postgres, password: patroni}, replication: {username: replicator, password: patroni}}
  parameters: {unix_socket_directories: %q, fsync: "off"}
  pg_hba: ["local all postgres trust", "host all,replication postgres,replicator 127.0.0.1/32 scram-sha-256"]
`, n.name, n.api, n.api, etcd, n.address, n.address, n.data, bin, n.data+".pgpass", dir)
}

// start starts a program whose output goes to a file.
func (p *Patroni) start(name, program string, arguments ...string) (*exec.Cmd, error) {
	path, err := findProgram(program)
	if err != nil {
		return nil, err
	}
	log, err := os.OpenFile(filepath.Join(p.dir, name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644) //nolint:gosec // another user writes it
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	cmd := exec.Command(path, arguments...) //nolint:gosec // the program was looked up
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = p.dir, log, log, &syscall.SysProcAttr{Credential: p.as, Setsid: true}
	return cmd, cmd.Start()
}

func (p *Patroni) await(t testing.TB, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(Patience); !done(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			var logs strings.Builder
			for _, n := range p.nodes {
				text, _ := os.ReadFile(filepath.Join(p.dir, n.name+".log"))
				logs.Write(text[max(0, len(text)-2000):])
			}
			t.Fatalf("Patroni has not %s within %s\n%s", what, Patience, logs.String())
		}
	}
}

// get asks a node of Patroni, and returns the status and the body.
func (n *patroniNode) get(path string) (int, []byte) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+n.api+path, http.NoBody)
	if err != nil {
		return 0, nil
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil
	}
	defer func() { _ = res.Body.Close() }()
	body, _ := io.ReadAll(res.Body)
	return res.StatusCode, body
}

// leader returns the node of the primary, or nil.
func (p *Patroni) leader() *patroniNode {
	for _, n := range p.nodes {
		if status, _ := n.get("/primary"); status == http.StatusOK {
			return n
		}
	}
	return nil
}

func (p *Patroni) synchronous() bool {
	for _, n := range p.nodes {
		if status, _ := n.get("/synchronous"); status == http.StatusOK {
			return true
		}
	}
	return false
}

// Primary returns the URL of the primary alone.
func (p *Patroni) Primary(t testing.TB) string {
	t.Helper()
	p.await(t, "a primary", func() bool { return p.leader() != nil })
	return "postgres://postgres:patroni@" + p.leader().address + "/postgres?sslmode=disable"
}

// KillPrimary kills the primary and its Patroni, as if the machine lost power. Patroni promotes the standby after its time to live.
func (p *Patroni) KillPrimary(t testing.TB) {
	t.Helper()
	n := p.leader()
	if n == nil {
		t.Fatal("there is no primary to kill")
	}
	_ = n.cmd.Process.Kill()
	_ = n.cmd.Wait()
	if err := n.killServer(); err != nil {
		t.Fatalf("kill PostgreSQL: %v", err)
	}
}

func (n *patroniNode) killServer() error {
	pidFile, err := os.ReadFile(filepath.Join(n.data, "postmaster.pid"))
	if err != nil {
		return err
	}
	var pid int
	if _, err := fmt.Sscan(string(pidFile), &pid); err != nil {
		return err
	}
	return errors.Join(syscall.Kill(pid, syscall.SIGKILL))
}

// Rejoin starts the Patroni of nodes that were killed, and returns when the standby is synchronous again.
func (p *Patroni) Rejoin(t testing.TB) {
	t.Helper()
	for _, n := range p.nodes {
		if n.cmd.ProcessState == nil {
			continue
		}
		var err error
		if n.cmd, err = p.start(n.name, "patroni", n.config); err != nil {
			t.Fatal(err)
		}
	}
	p.await(t, "a synchronous standby", func() bool { return p.leader() != nil && p.synchronous() })
}

// Switch makes the standby the primary while both run, as for maintenance.
func (p *Patroni) Switch(t testing.TB) {
	t.Helper()
	from := p.leader()
	body, err := json.Marshal(map[string]string{"leader": from.name})
	if err != nil {
		t.Fatal(err)
	}
	p.await(t, "switched over", func() bool {
		res, err := http.Post("http://"+from.api+"/switchover", "application/json", strings.NewReader(string(body)))
		if err != nil {
			return false
		}
		defer func() { _ = res.Body.Close() }()
		now := p.leader()
		return now != nil && now != from
	})
}

// freePorts fills ports with different TCP ports of the loopback interface that are free now.
func freePorts(ports []int) error {
	var open []net.Listener // until all are chosen, so that they differ
	defer func() {
		for _, l := range open {
			_ = l.Close()
		}
	}()
	for i := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		open = append(open, l)
		ports[i] = l.Addr().(*net.TCPAddr).Port
	}
	return nil
}
