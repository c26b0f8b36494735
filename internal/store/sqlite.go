package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"raff/internal/team"
)

// sqliteEngine is one SQLite file: several connections that only read, and one that writes. The driver is used
// without database/sql, whose pool costs as much as the query itself.
type sqliteEngine struct {
	*sqliteWriter
	readers driver.Connector

	slots chan struct{} // one for each reader that may be at work
	mu    sync.Mutex
	idle  []*sqliteConn // the last one used is the first one taken, its page cache is warm
	shut  bool
}

func openSQLite(ctx context.Context, path string) (engine, error) {
	const common = "?_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)"
	if dir := filepath.Dir(path); !isDir(dir) {
		return nil, fmt.Errorf("open SQLite file %s: there is no directory %s: create it, or name another path", path, dir)
	}
	file := "file:" + (&url.URL{Path: path}).EscapedPath() + common
	if err := migrateSQLite(ctx, file+"&_txlock=immediate"); err != nil {
		return nil, fmt.Errorf("open SQLite file %s: %w", path, err)
	}
	writer, err := sqlite.NewConnector(file)
	if err != nil {
		return nil, fmt.Errorf("open SQLite file %s: %w", path, err)
	}
	readers, err := sqlite.NewConnector(file + "&_pragma=query_only(1)")
	if err != nil {
		return nil, fmt.Errorf("open SQLite file %s: %w", path, err)
	}
	n := max(4, 2*runtime.GOMAXPROCS(0))
	return &sqliteEngine{sqliteWriter: startSQLiteWriter(writer), readers: readers, slots: make(chan struct{}, n)}, nil
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func migrateSQLite(ctx context.Context, dsn string) error {
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	// A migration is a transaction. When another process ran it a moment ago, ours fails and the next look finds it done.
	for try := 0; ; try++ {
		if err = migrate(ctx, db, &sqliteDialect); err == nil || try == 2 {
			return err
		}
	}
}

func (e *sqliteEngine) dialect() *dialect { return &sqliteDialect }

// query runs on a connection of its own. It is not cut short by ctx: an interrupted connection has to be thrown away,
// and watching for it costs more than a read by key.
func (e *sqliteEngine) query(ctx context.Context, query string, args []any) (rows, error) {
	c, err := e.take(ctx)
	if err != nil {
		return nil, err
	}
	rs, err := c.query(query, args)
	if err != nil {
		e.give(c, err)
		return nil, sqliteError(err)
	}
	rs.done = func(err error) { e.give(c, err) }
	return rs, nil
}

func (e *sqliteEngine) take(ctx context.Context) (*sqliteConn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case e.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.shut {
		<-e.slots
		return nil, team.Unavailable(errClosed)
	}
	if n := len(e.idle); n > 0 {
		c := e.idle[n-1]
		e.idle = e.idle[:n-1]
		return c, nil
	}
	c, err := openSQLiteConn(e.readers)
	if err != nil {
		<-e.slots
		return nil, team.Unavailable(err)
	}
	return c, nil
}

func (e *sqliteEngine) give(c *sqliteConn, err error) {
	e.mu.Lock()
	if keep := err == nil && !e.shut; keep {
		e.idle = append(e.idle, c)
	} else {
		c.close()
	}
	e.mu.Unlock()
	<-e.slots
}

func (e *sqliteEngine) close() error {
	e.stop()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.shut = true
	for _, c := range e.idle {
		c.close()
	}
	e.idle = nil
	return nil
}

var errClosed = errors.New("the store is closed")

// sqliteConn is one connection with its prepared statements. One goroutine uses it at a time.
type sqliteConn struct {
	conn  driver.Conn
	stmts map[string]*sqliteStmt
}

type sqliteStmt struct {
	driver.Stmt
	args []driver.NamedValue // reused by every run
}

// maxStatements bounds a connection's prepared statements; lists with filters have many texts.
const maxStatements = 256

func openSQLiteConn(to driver.Connector) (*sqliteConn, error) {
	c, err := to.Connect(context.Background())
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	return &sqliteConn{conn: c, stmts: map[string]*sqliteStmt{}}, nil
}

func (c *sqliteConn) prepare(query string, args []any) (*sqliteStmt, error) {
	s, ok := c.stmts[query]
	if !ok {
		if len(c.stmts) >= maxStatements {
			c.forget()
		}
		p, err := c.conn.Prepare(query)
		if err != nil {
			return nil, fmt.Errorf("prepare %q: %w", query, err)
		}
		s = &sqliteStmt{Stmt: p, args: make([]driver.NamedValue, len(args))}
		c.stmts[query] = s
	}
	if len(args) != len(s.args) {
		return nil, fmt.Errorf("prepare %q: %d arguments instead of %d", query, len(args), len(s.args))
	}
	for i, a := range args {
		s.args[i] = driver.NamedValue{Ordinal: i + 1, Value: a}
	}
	return s, nil
}

func (c *sqliteConn) query(query string, args []any) (*sqliteRows, error) {
	s, err := c.prepare(query, args)
	if err != nil {
		return nil, err
	}
	rs, err := s.Stmt.(driver.StmtQueryContext).QueryContext(context.Background(), s.args)
	if err != nil {
		return nil, err
	}
	return &sqliteRows{rows: rs, values: make([]driver.Value, len(rs.Columns()))}, nil
}

func (c *sqliteConn) exec(query string, args []any) (int64, error) {
	s, err := c.prepare(query, args)
	if err != nil {
		return 0, err
	}
	r, err := s.Stmt.(driver.StmtExecContext).ExecContext(context.Background(), s.args)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

func (c *sqliteConn) forget() {
	for q, s := range c.stmts {
		_ = s.Close()
		delete(c.stmts, q)
	}
}

func (c *sqliteConn) close() {
	c.forget()
	_ = c.conn.Close() // it is thrown away; what it could tell was told by the statement before
}

// sqliteRows is the result of one query.
type sqliteRows struct {
	rows   driver.Rows
	values []driver.Value
	err    error
	done   func(error) // takes the connection back; nil in a transaction
}

func (r *sqliteRows) Next() bool {
	if r.err != nil {
		return false
	}
	if err := r.rows.Next(r.values); err != nil {
		if !errors.Is(err, io.EOF) {
			r.err = err
		}
		return false
	}
	return true
}

func (r *sqliteRows) Scan(dest ...any) error {
	if len(dest) != len(r.values) {
		return fmt.Errorf("%d columns for %d fields", len(r.values), len(dest))
	}
	for i, d := range dest {
		if err := d.(sql.Scanner).Scan(r.values[i]); err != nil {
			return fmt.Errorf("column %d: %w", i+1, err)
		}
	}
	return nil
}

func (r *sqliteRows) Err() error { return sqliteError(r.err) }

func (r *sqliteRows) Close() {
	err := r.rows.Close()
	if r.err == nil {
		r.err = err
	}
	if r.done != nil {
		r.done(r.err)
		r.done = nil
	}
}

// sqliteError makes Unavailable of what says that the file cannot be used now, and leaves other errors as they are.
func sqliteError(err error) error {
	if broken(err) {
		return team.Unavailable(err)
	}
	return err
}

// broken reports an error after which SQLite may have rolled back the whole transaction by itself.
func broken(err error) bool {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM,
		sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_INTERRUPT,
		sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return true
	}
	return false
}
