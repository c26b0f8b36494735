package main

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	_ "github.com/jackc/pgx/v5/stdlib" // for the limit on PostgreSQL: one read through the same driver
	_ "modernc.org/sqlite"             // for the limit of writes: one commit of the same engine
)

// startBare starts this program again as a server that only sends the given response.
func startBare(ctx context.Context, dir string, body []byte, postgres, member string) (target, error) {
	file := filepath.Join(dir, "body.json")
	if err := os.WriteFile(file, body, 0o600); err != nil {
		return target{}, fmt.Errorf("write the body: %w", err)
	}
	self, err := os.Executable()
	if err != nil {
		return target{}, fmt.Errorf("find this program: %w", err)
	}
	addr, err := freeAddr(ctx)
	if err != nil {
		return target{}, err
	}
	cmd := exec.CommandContext(ctx, self, "bare", addr, file, postgres, member)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return target{}, fmt.Errorf("start the bare server: %w", err)
	}
	t := target{addr, cmd}
	return t, t.wait(ctx)
}

// bare responds to every request with the content of a file, after one read by key if a PostgreSQL database is given.
func bare(args []string) {
	addr, file, postgres, member := args[0], args[1], args[2], args[3]
	body, err := os.ReadFile(file)
	if err != nil {
		panic(err)
	}
	read := func(context.Context) error { return nil }
	if postgres != "" {
		db, err := sql.Open("pgx", postgres)
		if err != nil {
			panic(err)
		}
		db.SetMaxIdleConns(16)
		read = func(ctx context.Context) error {
			var status string
			return db.QueryRowContext(ctx, "SELECT status FROM memberships WHERE id = $1", member).Scan(&status)
		}
	}
	length := strconv.Itoa(len(body))
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := read(r.Context()); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Content-Length", length)
		_, _ = w.Write(body)
	})
	s := &http.Server{Addr: addr, Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	panic(s.ListenAndServe())
}

// commits writes one row per durable commit, which is the maximum that SQLite can do for one client.
type commits struct {
	db     *sql.DB
	insert *sql.Stmt
	n      int
}

func newCommits(ctx context.Context, path string) (*commits, error) {
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate")
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	db.SetMaxOpenConns(1)
	c := &commits{db: db}
	if _, err = db.ExecContext(ctx, "CREATE TABLE rows (id INTEGER PRIMARY KEY, body TEXT NOT NULL)"); err == nil {
		c.insert, err = db.PrepareContext(ctx, "INSERT INTO rows (id, body) VALUES ($1, $2)")
	}
	return c, err
}

func (c *commits) close() { _ = c.db.Close() }

// run writes rows for a while, with this number of rows in each commit.
func (c *commits) run(ctx context.Context, span time.Duration, group int) (float64, error) {
	begin, from := time.Now(), c.n
	for time.Since(begin) < span {
		if err := c.commit(ctx, group); err != nil {
			return 0, err
		}
	}
	return float64(c.n-from) / time.Since(begin).Seconds(), nil
}

var rowBody = strings.Repeat("x", 400)

func (c *commits) commit(ctx context.Context, rows int) error {
	tx, err := c.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // after the commit, there is nothing to roll back
	insert := tx.StmtContext(ctx, c.insert)
	defer func() { _ = insert.Close() }()
	for range rows {
		c.n++
		if _, err := insert.ExecContext(ctx, c.n, rowBody); err != nil {
			return fmt.Errorf("insert: %w", err)
		}
	}
	return tx.Commit()
}

// postgresCommits writes one row per durable commit on this number of connections.
func postgresCommits(ctx context.Context, url string, clients int, span time.Duration) (float64, error) {
	pool, err := pgxpool.New(ctx, url+"&pool_max_conns="+strconv.Itoa(clients))
	if err != nil {
		return 0, fmt.Errorf("connect: %w", err)
	}
	defer pool.Close()
	if _, err := pool.Exec(ctx, "CREATE TABLE IF NOT EXISTS bench_rows (id BIGSERIAL PRIMARY KEY, body TEXT NOT NULL)"); err != nil {
		return 0, fmt.Errorf("create a table: %w", err)
	}
	var n atomic.Int64
	var first atomic.Pointer[error]
	var wg sync.WaitGroup
	begin := time.Now()
	for range clients {
		wg.Go(func() {
			for time.Since(begin) < span {
				if _, err := pool.Exec(ctx, "INSERT INTO bench_rows (body) VALUES ($1)", rowBody); err != nil {
					first.Store(&err)
					return
				}
				n.Add(1)
			}
		})
	}
	wg.Wait()
	if err := first.Load(); err != nil {
		return 0, fmt.Errorf("insert: %w", *err)
	}
	return float64(n.Load()) / time.Since(begin).Seconds(), nil
}
