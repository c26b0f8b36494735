// Package sqlite is the engine for SQLite files. It calls the SQLite library below its database/sql driver.
package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	sqlite3 "modernc.org/sqlite/lib"

	"raff/internal/store/engine"
	"raff/internal/team"
)

// database is an SQLite file: several connections that only read, and one that writes.
type database struct {
	*writer
	path   string
	memory *memory

	reads lane // most requests
	slow  lane // reads that may take long; see team.Slow
	watch lane // checks whether the file can be read
}

// lane is a number of connections that only read.
type lane struct {
	slots chan struct{} // one for each concurrent reader
	mu    sync.Mutex
	idle  []*conn // the last one used is taken first: its page cache is warm
	shut  bool
}

func newLane(n int) lane { return lane{slots: make(chan struct{}, n)} }

// Open opens the file, and creates it or brings its schema up to date if o allows that.
func Open(ctx context.Context, path string, o engine.Options) (engine.Engine, error) {
	if dir := filepath.Dir(path); !isDir(dir) {
		return nil, fmt.Errorf("open SQLite file %s: directory %s does not exist: create it or use another path", path, dir)
	}
	if err := claim(path, o); err != nil {
		return nil, err
	}
	if err := migrate(ctx, path, o); err != nil {
		return nil, fmt.Errorf("open SQLite file %s: %w", path, err)
	}
	file, err := newIdentity(path)
	if err != nil {
		return nil, fmt.Errorf("open SQLite file %s: %w", path, err)
	}
	v, err := openVersions(path)
	if err != nil {
		return nil, fmt.Errorf("open SQLite file %s: %w", path, err)
	}
	m := &memory{versions: v}
	n := max(4, 2*runtime.GOMAXPROCS(0))
	return &database{
		writer: newWriter(file, m, o.Observers), path: path, memory: m, reads: newLane(n), slow: newLane(n / 2), watch: newLane(1),
	}, nil
}

// claim restricts access to the files if o allows changes; otherwise it requires that the file exists.
func claim(path string, o engine.Options) error {
	if o.Schema == engine.AsIs {
		_, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("database %s does not exist: check --database (RAFF_DATABASE_URL); raffd migrate creates a new one", path)
		}
		return err
	}
	err := protect(path, func(file string, was fs.FileMode) {
		o.Logger.Warn("others could read a file of the database; now only its owner can", "file", file, "mode", fmt.Sprintf("%04o", was))
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

func (e *database) Dialect() *engine.Dialect { return &Dialect }

// Query uses a connection exclusively. It is not cancelled by ctx: an interrupted connection has to be closed, and
// watching ctx costs more than a read by key.
func (e *database) Query(ctx context.Context, query string, args []any) (engine.Rows, error) {
	c, back, err := e.borrow(ctx, false)
	if err != nil {
		return nil, err
	}
	rs, err := c.query(query, args)
	if err != nil {
		back(err)
		return nil, unavailable(err)
	}
	rs.done = back
	return rs, nil
}

// Ping uses a connection of its own, so that a busy node is not taken for a broken one.
func (e *database) Ping(ctx context.Context) error {
	c, err := e.take(ctx, &e.watch, false)
	if err != nil {
		return err
	}
	_, err = c.exec("SELECT 1", nil)
	e.watch.give(c, err)
	return unavailable(err)
}

func (e *database) About() string { return about }

func (e *database) Stats() engine.Stats {
	var s engine.Stats
	for _, l := range e.lanes() {
		l.mu.Lock()
		s.InUse += len(l.slots)
		s.Open += len(l.slots) + len(l.idle)
		s.Max += cap(l.slots)
		l.mu.Unlock()
	}
	if wal, err := os.Stat(e.path + "-wal"); err == nil {
		s.WALBytes = wal.Size()
	}
	return s
}

func (e *database) lanes() []*lane { return []*lane{&e.reads, &e.slow, &e.watch} }

// laneOf returns the lane of a read with this context.
func (e *database) laneOf(ctx context.Context) *lane {
	if team.IsSlow(ctx) {
		return &e.slow
	}
	return &e.reads
}

// take returns a connection of a lane. looked says that the caller has checked that the file was not replaced.
func (e *database) take(ctx context.Context, l *lane, looked bool) (*conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !looked {
		if err := e.file.checkRead(); err != nil {
			return nil, team.Unavailable(err)
		}
	}
	select {
	case l.slots <- struct{}{}:
	default: // calling Done may start a timer
		select {
		case l.slots <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.shut {
		<-l.slots
		return nil, team.Unavailable(errClosed)
	}
	if n := len(l.idle); n > 0 {
		c := l.idle[n-1]
		l.idle = l.idle[:n-1]
		return c, nil
	}
	c, err := openConn(e.path, "query_only = 1")
	if err != nil {
		<-l.slots
		return nil, team.Unavailable(err)
	}
	return c, nil
}

func (l *lane) give(c *conn, err error) {
	l.mu.Lock()
	if keep := err == nil && !l.shut; keep {
		l.idle = append(l.idle, c)
	} else {
		c.close()
	}
	l.mu.Unlock()
	<-l.slots
}

func (l *lane) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.shut = true
	for _, c := range l.idle {
		c.close()
	}
	l.idle = nil
}

func (e *database) Close() error {
	e.stop()
	for _, l := range e.lanes() {
		l.close()
	}
	e.memory.close()
	return nil
}

var errClosed = errors.New("the store is closed")

// unavailable returns Unavailable for an error that says that the file cannot be used at the moment, and other errors
// unchanged.
func unavailable(err error) error {
	var e *failure
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
