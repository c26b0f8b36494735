package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the driver, for migrations
	sqlite3 "modernc.org/sqlite/lib"

	"raff/internal/team"
)

// sqliteEngine is an SQLite file: several connections that only read, and one that writes.
type sqliteEngine struct {
	*sqliteWriter
	path string

	slots chan struct{} // one for each concurrent reader
	mu    sync.Mutex
	idle  []*sqliteConn // the last one used is taken first: its page cache is warm
	shut  bool
}

func openSQLite(ctx context.Context, path string, o options) (engine, error) {
	if dir := filepath.Dir(path); !isDir(dir) {
		return nil, fmt.Errorf("open SQLite file %s: directory %s does not exist: create it or use another path", path, dir)
	}
	if err := claimSQLite(path, o); err != nil {
		return nil, err
	}
	if err := migrateSQLite(ctx, path, o.schema); err != nil {
		return nil, fmt.Errorf("open SQLite file %s: %w", path, err)
	}
	opened, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("open SQLite file %s: %w", path, err)
	}
	n := max(4, 2*runtime.GOMAXPROCS(0))
	return &sqliteEngine{sqliteWriter: startSQLiteWriter(path, opened, o.observers), path: path, slots: make(chan struct{}, n)}, nil
}

// claimSQLite restricts access to the files if o allows changes; otherwise it requires that the file exists.
func claimSQLite(path string, o options) error {
	if o.schema == AsIs {
		_, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("database %s does not exist: check --database (RAFF_DATABASE_URL); raffd migrate creates a new one", path)
		}
		return err
	}
	err := protect(path, func(file string, was fs.FileMode) {
		o.logger.Warn("others could read a file of the database; now only its owner can", "file", file, "mode", fmt.Sprintf("%04o", was))
	})
	if err != nil {
		return fmt.Errorf("open SQLite file %s: %w", path, err)
	}
	return nil
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// migrateSQLite also creates the file and turns on its write-ahead log, a setting stored in the file.
func migrateSQLite(ctx context.Context, path string, s Schemas) error {
	options := "?_txlock=immediate&_pragma=foreign_keys(1)&_pragma=synchronous(FULL)"
	if s != AsIs {
		options += "&_pragma=journal_mode(WAL)"
	}
	options += "&_pragma=busy_timeout("
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+options+strconv.Itoa(int(busyTimeout/time.Millisecond))+")")
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)
	// Each migration is a transaction. If another process has just run it, ours fails, and the next attempt finds it applied.
	for try := 1; ; try++ {
		if err = prepare(ctx, db, &sqliteDialect, s); err == nil || try == maxTries {
			return err
		}
	}
}

func (e *sqliteEngine) dialect() *dialect { return &sqliteDialect }

// query uses a connection exclusively. It is not cancelled by ctx: an interrupted connection has to be closed, and
// watching ctx costs more than a read by key.
func (e *sqliteEngine) query(ctx context.Context, query string, args []any) (rows, error) {
	c, back, err := e.borrow(ctx)
	if err != nil {
		return nil, err
	}
	rs, err := c.query(query, args)
	if err != nil {
		back(err)
		return nil, sqliteError(err)
	}
	rs.done = back
	return rs, nil
}

func (e *sqliteEngine) ping(ctx context.Context) error {
	_, err := one(ctx, e, scanNumber, "SELECT 1")
	return err
}

func (e *sqliteEngine) stats() Stats {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := Stats{InUse: len(e.slots), Open: len(e.slots) + len(e.idle), Max: cap(e.slots)}
	if wal, err := os.Stat(e.path + "-wal"); err == nil {
		s.WALBytes = wal.Size()
	}
	return s
}

func (e *sqliteEngine) take(ctx context.Context) (*sqliteConn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := sameFile(e.path, e.opened); err != nil {
		return nil, team.Unavailable(err)
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
	c, err := openSQLiteConn(e.path, "query_only = 1")
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

// sqliteError returns Unavailable for an error that says that the file cannot be used at the moment, and other errors
// unchanged.
func sqliteError(err error) error {
	var e *sqliteFailure
	if !errors.As(err, &e) {
		return err
	}
	switch e.code & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM,
		sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_INTERRUPT,
		sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return team.Unavailable(err)
	}
	return err
}
