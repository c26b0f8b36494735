package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync/atomic"
	"time"

	"raff/internal/team"
)

// sqliteWriter is the one connection that writes. Changes that wait at the same time share a commit, because a commit
// waits for the disk and SQLite has one writer anyway: each change runs in a savepoint of its own, then all are made
// durable at once. A change that is alone waits for nobody.
type sqliteWriter struct {
	path      string
	opened    fs.FileInfo // the file that the path led to
	conn      *sqliteConn // used by run only; nil after it broke
	changes   chan *sqliteChange
	quit      chan struct{}
	stopped   chan struct{}
	stopping  atomic.Bool
	observers observers
}

// A batch ends after so many changes or so much time, so that the first of them is not kept waiting.
const (
	maxBatch     = 64
	maxBatchTime = 20 * time.Millisecond
)

// sqliteChange is one call of update. The caller's own goroutine runs its function when it is told to, so that a
// panic goes where it belongs.
type sqliteChange struct {
	taken    atomic.Bool         // by the writer, or by the caller that gave up
	begun    chan *sqliteSession // nil: the change could not begin, answered says why
	ended    chan bool           // true: keep what the function wrote
	answered chan error          // the outcome of the commit that it waited for
}

var errPanicked = errors.New("the change panicked")

func startSQLiteWriter(path string, opened fs.FileInfo, o observers) *sqliteWriter {
	w := &sqliteWriter{path: path, opened: opened, changes: make(chan *sqliteChange), quit: make(chan struct{}), stopped: make(chan struct{}), observers: o}
	go w.run()
	return w
}

func (w *sqliteWriter) update(ctx context.Context, _ []accountLock, change *Change, fn func(session) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	began := time.Now()
	c := &sqliteChange{begun: make(chan *sqliteSession, 1), ended: make(chan bool, 1), answered: make(chan error, 1)}
	select {
	case w.changes <- c:
	case <-ctx.Done():
		return ctx.Err()
	case <-w.quit:
		return team.Unavailable(errClosed)
	}
	var s *sqliteSession
	select {
	case s = <-c.begun:
	case <-ctx.Done():
		if c.taken.CompareAndSwap(false, true) {
			return ctx.Err()
		}
		s = <-c.begun
	}
	if s == nil {
		return <-c.answered
	}
	change.waited(time.Since(began))
	err := c.call(s, fn)
	if lost := <-c.answered; lost != nil {
		return lost
	}
	return err
}

// call runs fn and tells the writer how it ended, also when fn panics.
func (c *sqliteChange) call(s *sqliteSession, fn func(session) error) error {
	err := errPanicked
	defer func() { c.ended <- err == nil }()
	if err = fn(s); err == nil {
		err = sqliteError(s.err) // fn may have passed over an error of a statement
	}
	return err
}

func (w *sqliteWriter) stop() {
	if w.stopping.CompareAndSwap(false, true) {
		close(w.quit)
	}
	<-w.stopped
}

func (w *sqliteWriter) run() {
	defer close(w.stopped)
	for {
		select {
		case c := <-w.changes:
			w.batch(c)
		case <-w.quit:
			if w.conn != nil {
				w.conn.close()
			}
			return
		}
	}
}

// batch runs first and whoever waits by then, and commits them together.
func (w *sqliteWriter) batch(first *sqliteChange) {
	if err := w.begin(); err != nil {
		if first.taken.CompareAndSwap(false, true) {
			first.begun <- nil
			first.answered <- team.Unavailable(err)
		}
		return
	}
	// Who was refused waits, too: the reason may be a change of this batch, and nobody may hear of that before it is
	// durable, least of all a repetition that is told what the first request was answered.
	var waiting []*sqliteChange
	var err error
	kept, start := 0, time.Now()
	for c, n := first, 1; c != nil; n++ {
		var keep bool
		if keep, err = w.one(c, n > 1); keep {
			kept++
		}
		if kept > 0 || err != nil {
			waiting = append(waiting, c)
		} else {
			c.answered <- nil
		}
		if err != nil || kept == 0 || n == maxBatch || time.Since(start) > maxBatchTime {
			break
		}
		select {
		case c = <-w.changes:
		default:
			c = nil
		}
	}
	switch {
	case err == nil && kept > 0:
		_, err = w.conn.exec("COMMIT", nil)
		w.observers.Batch(kept)
	case err == nil:
		_, err = w.conn.exec("ROLLBACK", nil)
	}
	if err != nil {
		// Whatever the connection still holds goes with it; the next batch opens another one.
		w.conn.close()
		w.conn = nil
		err = team.Unavailable(fmt.Errorf("commit: %w", err))
	}
	for _, c := range waiting {
		c.answered <- err
	}
}

func (w *sqliteWriter) begin() (err error) {
	if err := sameFile(w.path, w.opened); err != nil {
		return err
	}
	if w.conn == nil {
		if w.conn, err = openSQLiteConn(w.path, "foreign_keys = 1", "synchronous = FULL", "temp_store = MEMORY"); err != nil {
			return err
		}
	}
	if _, err = w.conn.exec("BEGIN IMMEDIATE", nil); err != nil {
		w.conn.close()
		w.conn = nil
	}
	return err
}

// one lets one change run, behind others in a savepoint. keep says that what it wrote waits for the commit; an error that
// there can be none. The first of a batch needs no savepoint, which costs a copy of each page it changes: there is nothing
// before it to go back to.
func (w *sqliteWriter) one(c *sqliteChange, behind bool) (keep bool, err error) {
	if !c.taken.CompareAndSwap(false, true) {
		return false, nil
	}
	if !behind {
		c.begun <- &sqliteSession{c: w.conn}
		return <-c.ended, nil
	}
	if _, err := w.conn.exec("SAVEPOINT change", nil); err != nil {
		c.begun <- nil
		return false, err
	}
	c.begun <- &sqliteSession{c: w.conn}
	if keep = <-c.ended; !keep {
		// This fails where SQLite, out of space or memory, rolled back the whole transaction by itself.
		if _, err := w.conn.exec("ROLLBACK TO change", nil); err != nil {
			return false, err
		}
	}
	_, err = w.conn.exec("RELEASE change", nil)
	return keep, err
}

// sqliteSession is one change's view of the writing connection. Its statements run to their end whatever happens to
// the caller's context: an interrupted write would roll back everyone's.
type sqliteSession struct {
	c   *sqliteConn
	err error // the first failure of a statement
}

func (s *sqliteSession) dialect() *dialect { return &sqliteDialect }

func (s *sqliteSession) query(ctx context.Context, query string, args []any) (rows, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	rs, err := s.c.query(query, args)
	if err != nil {
		return nil, s.failed(err)
	}
	rs.done = func(err error) { _ = s.failed(err) }
	return rs, nil
}

func (s *sqliteSession) exec(ctx context.Context, query string, args []any) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	n, err := s.c.exec(query, args)
	return n, s.failed(err)
}

func (s *sqliteSession) later(ctx context.Context, query string, args []any) error {
	_, err := s.exec(ctx, query, args)
	return err
}

func (s *sqliteSession) failed(err error) error {
	if err != nil && s.err == nil {
		s.err = err
	}
	return sqliteError(err)
}

// logEnd: a read costs as little as remembering.
func (s *sqliteSession) logEnd(context.Context, string) (logEnd, bool, error) {
	return logEnd{}, false, nil
}

// lockLog: one writer needs no locks.
func (s *sqliteSession) lockLog(context.Context, string, bool) error { return nil }
