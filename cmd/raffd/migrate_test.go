package main

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
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

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"raff/internal/rafftest"
	"raff/internal/store/postgres"
	"raff/internal/store/sqlite"
)

// migrationsVariable names a directory with more migrations, for raffd in these tests.
const migrationsVariable = "RAFF_TEST_MIGRATIONS"

// withMigrations is main with the migrations of a test after its own.
func withMigrations() {
	if dir := os.Getenv(migrationsVariable); dir != "" {
		sqlite.Dialect.Migrations = both{sqlite.Dialect.Migrations, os.DirFS(dir)}
		postgres.Dialect.Migrations = both{postgres.Dialect.Migrations, os.DirFS(dir)}
	}
	main()
}

// both is the union of two directories.
type both struct{ first, second fs.FS }

func (b both) Open(name string) (fs.File, error) {
	f, err := b.first.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return b.second.Open(name)
	}
	return f, err
}

func (b both) ReadDir(name string) ([]fs.DirEntry, error) {
	all, err := fs.ReadDir(b.first, name)
	more, e := fs.ReadDir(b.second, name)
	return append(all, more...), errors.Join(err, e)
}

// migrating is a database, and the migrations of the programs that open it.
type migrating struct {
	database, driver string
	dir              string
	slow             string // a subquery that takes a moment
	endless          string // one that takes hours
	concurrently     string
}

func eachMigrating(t *testing.T, test func(t *testing.T, m *migrating)) {
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		count := "(SELECT COUNT(*) FROM (WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < %d) SELECT x FROM c))"
		test(t, &migrating{
			database: "sqlite:" + filepath.Join(t.TempDir(), "raff.db"), driver: "sqlite", dir: t.TempDir(),
			slow: fmt.Sprintf(count, 400_000), endless: fmt.Sprintf(count, int64(1e12)),
		})
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, &migrating{
			database: rafftest.PostgresURL(t), driver: "pgx", dir: t.TempDir(), concurrently: "CONCURRENTLY ",
			slow: "(SELECT 1 FROM pg_sleep(0.4))", endless: "(SELECT 1 FROM pg_sleep(36000))",
		})
	})
}

func (m *migrating) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(m.dir, "migrations"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(m.dir, "migrations", name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// rows is how many rows the migration in batches changes.
const rows = 5000

// table writes the first migration, which creates a table with many rows.
func (m *migrating) table(t *testing.T) {
	t.Helper()
	m.write(t, "00002_things.sql", fmt.Sprintf(`-- +goose Up
CREATE TABLE things (a TEXT NOT NULL, b BIGINT NOT NULL, n BIGINT NOT NULL DEFAULT 0, PRIMARY KEY (a, b));
INSERT INTO things (a, b) WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < %d) SELECT 'thing ' || x %% 7, x FROM c;
`, rows))
}

// batches writes the second one.
func (m *migrating) batches(t *testing.T, delay string) {
	t.Helper()
	m.write(t, "00003_count.sql", "-- +raff batches things (a, b) rows 100\nUPDATE things SET n = n + 1 WHERE "+delay+" > 0 AND :batch;\n")
}

// index writes the third one.
func (m *migrating) index(t *testing.T) {
	t.Helper()
	m.write(t, "00004_index.sql", "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE INDEX "+m.concurrently+"IF NOT EXISTS things_n ON things (n);\n")
}

func (m *migrating) open(t *testing.T) *sql.DB {
	t.Helper()
	url := m.database
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		url = "file:" + path + "?_pragma=busy_timeout(60000)"
	}
	db, err := sql.Open(m.driver, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func number(t *testing.T, db *sql.DB, query string) (n int) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// program is a running raffd.
type program struct {
	cmd  *exec.Cmd
	url  string
	mu   sync.Mutex
	out  bytes.Buffer
	done chan struct{}
}

func (p *program) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.Write(b)
}

func (p *program) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.String()
}

func (m *migrating) start(t *testing.T, args ...string) *program {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &program{done: make(chan struct{})}
	p.cmd = &exec.Cmd{Path: self, Args: append([]string{"raffd"}, args...), Stdout: p, Stderr: p, Env: append(os.Environ(), "RAFF_DATABASE_URL="+m.database)}
	if m.dir != "" {
		p.cmd.Env = append(p.cmd.Env, migrationsVariable+"="+m.dir)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = p.cmd.Wait(); close(p.done) }() // the tests look at ProcessState
	t.Cleanup(func() { _ = p.cmd.Process.Kill(); <-p.done })
	return p
}

func (m *migrating) serve(t *testing.T) *program {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	p := m.start(t, "serve", "--listen", address, "--public-url", "https://team.example.com", "--rate-limits", "off")
	p.url = "http://" + address
	return p
}

// wait returns the exit status.
func (p *program) wait(t *testing.T) int {
	t.Helper()
	select {
	case <-p.done:
	case <-time.After(3 * time.Minute):
		t.Fatalf("%v does not end:\n%s", p.cmd.Args, p.output())
	}
	return p.cmd.ProcessState.ExitCode()
}

func (p *program) stop(t *testing.T, s os.Signal) int {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
	return p.wait(t)
}

func (m *migrating) run(t *testing.T, args ...string) (output string, code int) {
	t.Helper()
	p := m.start(t, args...)
	code = p.wait(t)
	return p.output(), code
}

func (p *program) get(t *testing.T, path string) (status int, header http.Header, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, ""
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(b)
}

// until waits until /ready has this status and text.
func (p *program) until(t *testing.T, status int, text string) (body string) {
	t.Helper()
	for deadline := time.Now().Add(3 * time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		got, _, body := p.get(t, "/ready")
		if got == status && strings.Contains(body, text) {
			return body
		}
		select {
		case <-p.done:
			t.Fatalf("raffd ended:\n%s", p.output())
		default:
		}
	}
	got, _, body := p.get(t, "/ready")
	t.Fatalf("/ready: %d %s, want %d with %q\n%s", got, body, status, text, p.output())
	return ""
}

// finished checks that all migrations ran exactly once.
func (m *migrating) finished(t *testing.T, db *sql.DB) {
	t.Helper()
	if n := number(t, db, "SELECT COUNT(*) FROM things WHERE n = 1"); n != rows {
		t.Errorf("%d of %d rows were changed once; at most %d times", n, rows, number(t, db, "SELECT MAX(n) FROM things"))
	}
	if n := number(t, db, "SELECT COUNT(*) FROM goose_db_version WHERE version_id IN (1, 2, 3, 4)"); n != 4 {
		t.Errorf("%d migrations are recorded, want 4", n)
	}
	if n := number(t, db, "SELECT COUNT(*) FROM migration_progress"); n != 0 {
		t.Errorf("%d migrations are still in progress", n)
	}
	if m.driver == "pgx" {
		if n := number(t, db, "SELECT COUNT(*) FROM pg_index WHERE NOT indisvalid"); n != 0 {
			t.Errorf("%d invalid indexes", n)
		}
	}
}

// TestServerMigrates kills a server in the middle of a migration, starts two, and stops the one that waits.
func TestServerMigrates(t *testing.T) {
	eachMigrating(t, func(t *testing.T, m *migrating) {
		m.table(t)
		m.batches(t, m.slow)
		m.index(t)
		first := m.serve(t)
		first.until(t, 503, "migrating: 00003_count, ")
		var wg sync.WaitGroup
		for path, status := range map[string]int{"/health": 200, "/api/v1/whoami": 503, "/sign-in": 503, "/access/v1/evaluation": 503} {
			wg.Go(func() {
				got, h, body := first.get(t, path)
				if got != status || status == 503 && (h.Get("Retry-After") == "" || !strings.Contains(body, "00003_count")) || h.Get("X-Request-Id") == "" {
					t.Errorf("%s: %d %v %s", path, got, h, body)
				}
				if strings.HasPrefix(path, "/api/") && !strings.Contains(body, `"code":"unavailable"`) {
					t.Errorf("%s: %s", path, body)
				}
			})
		}
		wg.Wait()
		first.until(t, 503, ",") // a comma comes only with the number of rows
		first.stop(t, syscall.SIGKILL)
		db := m.open(t)
		if done := number(t, db, "SELECT COUNT(*) FROM things WHERE n = 1"); done == rows || done%100 != 0 {
			t.Errorf("%d rows changed when the server was killed", done)
		} else {
			t.Logf("killed after %d rows", done)
		}

		second := m.serve(t)
		second.until(t, 503, "migrating: 00003_count, ")
		waits, also := m.serve(t), m.serve(t)
		waits.until(t, 503, "waiting for another program that migrates the database: 00003_count")
		also.until(t, 503, "waiting for another program")
		if status, _, _ := waits.get(t, "/health"); status != 200 {
			t.Errorf("/health of a node that waits: %d", status)
		}
		if code := waits.stop(t, syscall.SIGTERM); code != 0 {
			t.Errorf("stopped while waiting with status %d:\n%s", code, waits.output())
		}
		if !strings.Contains(waits.output(), "waiting for another program") {
			t.Errorf("the log does not say that it waits:\n%s", waits.output())
		}
		second.until(t, 200, `"ok"`)
		also.until(t, 200, `"ok"`)
		m.finished(t, db)
		if log := second.output(); !strings.Contains(log, "00003_count, finished") || !strings.Contains(log, "00004_index") || !strings.Contains(log, "rows_total=5000") {
			t.Errorf("the log misses steps:\n%s", log)
		}

		older := &migrating{database: m.database}
		for _, args := range [][]string{{"migrate"}, {"migrate", "--dry-run"}} {
			if out, code := older.run(t, args...); code != 1 || !strings.Contains(out, "start the newer program") {
				t.Errorf("an older program, %v: status %d, %s", args, code, out)
			}
		}
	})
}

// TestServerStopsInAStep stops a server whose migration would take hours. The next start continues at once.
func TestServerStopsInAStep(t *testing.T) {
	eachMigrating(t, func(t *testing.T, m *migrating) {
		m.table(t)
		m.batches(t, m.endless)
		m.index(t)
		for _, signal := range []os.Signal{syscall.SIGTERM, syscall.SIGKILL} {
			p := m.serve(t)
			p.until(t, 503, "migrating: 00003_count")
			if code := p.stop(t, signal); signal == syscall.SIGTERM && code != 0 {
				t.Errorf("status %d:\n%s", code, p.output())
			}
		}
		m.batches(t, "1")
		if out, code := m.run(t, "migrate"); code != 0 || !strings.Contains(out, "00003_count, finished (step 1 of 2)") {
			t.Fatalf("status %d: %s", code, out)
		}
		m.finished(t, m.open(t))
	})
}

// TestMigrationLosesItsLock closes the connection that holds the lock.
func TestMigrationLosesItsLock(t *testing.T) {
	t.Parallel()
	m := &migrating{database: rafftest.PostgresURL(t), driver: "pgx", dir: t.TempDir(), endless: "(SELECT 1 FROM pg_sleep(36000))", concurrently: "CONCURRENTLY "}
	m.table(t)
	m.batches(t, m.endless)
	m.index(t)
	p := m.start(t, "migrate")
	db := m.open(t)
	for deadline := time.Now().Add(3 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if number(t, db, "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND query LIKE 'UPDATE things%'") > 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(p.output())
		}
	}
	if n := number(t, db, `SELECT COUNT(pg_terminate_backend(pid)) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
		WHERE d.datname = current_database() AND locktype = 'advisory' AND granted`); n != 1 {
		t.Fatalf("%d connections hold the lock", n)
	}
	if code := p.wait(t); code != 1 || !strings.Contains(p.output(), "was lost: start the program again") {
		t.Errorf("status %d: %s", code, p.output())
	}
	m.batches(t, "1")
	if out, code := m.run(t, "migrate"); code != 0 {
		t.Errorf("status %d: %s", code, out)
	}
	m.finished(t, db)
}

// TestInvalidIndexIsCreatedAgain lets CREATE INDEX CONCURRENTLY fail, which leaves an index that PostgreSQL never uses.
func TestInvalidIndexIsCreatedAgain(t *testing.T) {
	t.Parallel()
	m := &migrating{database: rafftest.PostgresURL(t), driver: "pgx", dir: t.TempDir()}
	m.table(t)
	m.write(t, "00003_unique.sql", "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS things_n ON things (n);\n")
	db := m.open(t)
	const invalid = "SELECT COUNT(*) FROM pg_index WHERE indexrelid = to_regclass('things_n') AND NOT indisvalid"
	if out, code := m.run(t, "migrate"); code != 1 || number(t, db, invalid) != 1 {
		t.Fatalf("the index was created: status %d, %s", code, out)
	}
	if _, err := db.ExecContext(t.Context(), "UPDATE things SET n = b"); err != nil {
		t.Fatal(err)
	}
	if out, code := m.run(t, "migrate"); code != 0 || number(t, db, invalid) != 0 || number(t, db, "SELECT COUNT(to_regclass('things_n'))") != 1 {
		t.Errorf("status %d, %s", code, out)
	}
}

// TestIndexWaitsForOldTransactions creates an index while a transaction is open that is older, such as that of a dump. The
// index must not be begun again each time lock_timeout passes.
func TestIndexWaitsForOldTransactions(t *testing.T) {
	t.Parallel()
	m := &migrating{database: rafftest.PostgresURL(t), driver: "pgx", dir: t.TempDir(), concurrently: "CONCURRENTLY "}
	m.table(t)
	m.batches(t, "1")
	if out, code := m.run(t, "migrate"); code != 0 {
		t.Fatalf("status %d, %s", code, out)
	}
	m.index(t)
	db := m.open(t)
	old, err := db.BeginTx(t.Context(), &sql.TxOptions{Isolation: sql.LevelRepeatableRead})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := old.ExecContext(t.Context(), "SELECT COUNT(*) FROM things"); err != nil {
		t.Fatal(err)
	}
	m.database += "&lock_timeout=100ms"
	p := m.start(t, "migrate")
	const waiting = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%things_n%' AND wait_event_type = 'Lock' AND query_start < clock_timestamp() - INTERVAL '1s'"
	for deadline := time.Now().Add(3 * time.Minute); number(t, db, waiting) == 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the index does not wait:\n%s", p.output())
		}
	}
	if err := old.Commit(); err != nil {
		t.Fatal(err)
	}
	if code := p.wait(t); code != 0 || strings.Contains(p.output(), "waiting for others") {
		t.Errorf("status %d: %s", code, p.output())
	}
	m.finished(t, db)
}

// TestDryRunOfMigrations looks at a database that does not exist, one that is empty, and one that is up to date.
func TestDryRunOfMigrations(t *testing.T) {
	eachMigrating(t, func(t *testing.T, m *migrating) {
		m.table(t)
		for range 2 { // the first one must not change what the second one finds
			if out, code := m.run(t, "migrate", "--dry-run"); code != 0 || !strings.Contains(out, "  00001_schema\n  00002_things\n") {
				t.Errorf("status %d: %s", code, out)
			}
		}
		if path, ok := strings.CutPrefix(m.database, "sqlite:"); ok {
			if files, err := filepath.Glob(path + "*"); err != nil || len(files) > 0 {
				t.Errorf("created %v, %v", files, err)
			}
		} else if n := number(t, m.open(t), "SELECT COUNT(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"); n != 0 {
			t.Errorf("created %d tables and indexes", n)
		}
		if out, code := m.run(t, "migrate"); code != 0 {
			t.Fatalf("status %d: %s", code, out)
		}
		m.batches(t, "1")
		if out, code := m.run(t, "migrate", "--dry-run"); code != 0 || out != "These migrations would run:\n  00003_count\n" {
			t.Errorf("status %d: %s", code, out)
		}
		if path, ok := strings.CutPrefix(m.database, "sqlite:"); ok {
			if files, err := filepath.Glob(path + "*"); err != nil || len(files) != 1 {
				t.Errorf("files %v, %v", files, err)
			}
		}
		if out, code := m.run(t, "migrate"); code != 0 {
			t.Fatalf("status %d: %s", code, out)
		}
		if out, code := m.run(t, "migrate", "--dry-run"); code != 0 || !strings.Contains(out, "nothing to do") {
			t.Errorf("status %d: %s", code, out)
		}
	})
}
