package e2e

import (
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"raff/internal/rafftest"
)

// swallower is a proxy between a server and its PostgreSQL. While it swallows, data from both sides is lost without an
// error, as when a firewall drops the state of a connection.
type swallower struct {
	URL       string // of the database through this proxy
	swallows  atomic.Bool
	mu        sync.Mutex
	connected []net.Conn
}

func newSwallower(t *testing.T, database string) *swallower {
	t.Helper()
	s := &swallower{}
	s.URL = between(t, database, func(front, back net.Conn) {
		s.mu.Lock()
		s.connected = append(s.connected, front, back)
		s.mu.Unlock()
		go s.carry(front, back)
		go s.carry(back, front)
	})
	t.Cleanup(s.hangUp)
	return s
}

// between returns the URL of a proxied database. carry is called with both sides of each connection.
func between(t *testing.T, database string, carry func(front, back net.Conn)) string {
	t.Helper()
	config, err := pgx.ParseConfig(database)
	if err != nil {
		t.Fatal(err)
	}
	network, address := "tcp", net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port)))
	if filepath.IsAbs(config.Host) {
		network, address = "unix", filepath.Join(config.Host, ".s.PGSQL."+strconv.Itoa(int(config.Port)))
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	u := url.URL{Scheme: "postgres", User: url.UserPassword(config.User, config.Password), Host: l.Addr().String(), Path: "/" + config.Database, RawQuery: "sslmode=disable"}
	go func() {
		for {
			front, err := l.Accept()
			if err != nil {
				return
			}
			back, err := net.Dial(network, address)
			if err != nil {
				_ = front.Close()
				continue
			}
			carry(front, back)
		}
	}()
	return u.String()
}

func (s *swallower) carry(from, to net.Conn) {
	defer to.Close()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		if s.swallows.Load() {
			continue
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}

func (s *swallower) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.connected {
		_ = c.Close()
	}
	s.connected = nil
}

// TestStalledDatabaseReturns503 lets 300 clients send requests to a server whose database no longer responds. Each request
// must fail with 503 on every face, memory must not grow, and the server must work again when the database does.
func TestStalledDatabaseReturns503(t *testing.T) {
	const clients = 300
	network := newSwallower(t, rafftest.PostgresURL(t))
	srv := rafftest.Start(t, rafftest.OnDatabase(network.URL), rafftest.WithRequestTimeout(10*time.Second), rafftest.Quiet())
	role := srv.RoleID(t, "account", "member")
	srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "admin"))
	session := srv.SignIn(t, "alice@example.com")
	srv.Do(t, "GET", "/members", session, nil).Want(t, 200)

	goroutines, memory := runtime.NumGoroutine(), liveMemory()
	network.swallows.Store(true)
	var answers sync.Map
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() {
			var r rafftest.Response
			switch i % 4 {
			case 0:
				r = srv.Do(t, "GET", "/api/v1/members", srv.Key, nil)
			case 1:
				r = srv.Do(t, "POST", "/api/v1/members", srv.Key, map[string]any{"email": "bob" + strconv.Itoa(i) + "@example.com", "role_id": role})
			case 2:
				r = srv.Do(t, "GET", "/members", session, nil)
			case 3:
				r = srv.Do(t, "GET", "/ready", "", nil)
			}
			answers.Store(i, r)
		})
	}
	wg.Wait()
	answers.Range(func(i, r any) bool {
		if r := r.(rafftest.Response); r.Status != http.StatusServiceUnavailable || r.Header.Get("Retry-After") == "" {
			t.Errorf("client %d: %d %v %.300s", i, r.Status, r.Header, r.Body)
			return false
		}
		return true
	})
	srv.Do(t, "GET", "/health", "", nil).Want(t, 200)

	network.hangUp()
	network.swallows.Store(false)
	until(t, srv, "/api/v1/whoami", srv.Key, http.StatusOK)
	srv.Do(t, "GET", "/members", session, nil).Want(t, 200)
	srv.Do(t, "POST", "/api/v1/members", srv.Key, map[string]any{"email": "carol@example.com", "role_id": role}).Want(t, 201)
	http.DefaultClient.CloseIdleConnections()
	for deadline := time.Now().Add(2 * time.Minute); runtime.NumGoroutine() > goroutines+30; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), goroutines)
		}
	}
	if now := liveMemory(); now > memory+32<<20 {
		t.Errorf("%d MiB in use, %d MiB before", now>>20, memory>>20)
	}
}

// liveMemory returns the memory in use after a garbage collection, in bytes.
func liveMemory() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
