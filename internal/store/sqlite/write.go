package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync/atomic"
	"time"

	"raff/internal/store/engine"
	"raff/internal/team"
)

// writer is the only connection that writes. Changes that wait at the same time share a commit, because a commit
// waits for the disk and SQLite allows one writer anyway: each change runs in its own savepoint, then all become durable
// together. A single change does not wait for others.
type writer struct {
	path      string
	opened    fs.FileInfo // the file that was opened
	conn      *conn       // used by run only; nil after it broke
	changes   chan *queued
	quit      chan struct{}
	stopped   chan struct{}
	stopping  atomic.Bool
	observers engine.Observers
}

// A batch ends after maxBatch changes or maxBatchTime, so that its first change does not wait long.
const (
	maxBatch     = 64
	maxBatchTime = 20 * time.Millisecond
)

// queued is one call of Update. The caller's own goroutine runs the function when its turn comes, so that a panic
// reaches the caller.
type queued struct {
	taken    atomic.Bool   // by the writer, or by the caller if it gave up
	begun    chan *session // nil: the change could not begin; answered has the reason
	ended    chan bool     // true: keep the function's writes
	answered chan error    // the result of the commit
}

var errPanicked = errors.New("the change panicked")

func startWriter(path string, opened fs.FileInfo, o engine.Observers) *writer {
	w := &writer{path: path, opened: opened, changes: make(chan *queued), quit: make(chan struct{}), stopped: make(chan struct{}), observers: o}
	go w.run()
	return w
}

func (w *writer) Update(ctx context.Context, _ []engine.Lock, change *engine.Change, fn func(engine.Session) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	began := time.Now()
	c := &queued{begun: make(chan *session, 1), ended: make(chan bool, 1), answered: make(chan error, 1)}
	select {
	case w.changes <- c:
	case <-ctx.Done():
		return ctx.Err()
	case <-w.quit:
		return team.Unavailable(errClosed)
	}
	var s *session
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
	change.AddWait(time.Since(began))
	err := c.call(s, fn)
	if lost := <-c.answered; lost != nil {
		return lost
	}
	return err
}

// call runs fn and tells the writer how it ended, even if fn panics.
func (c *queued) call(s *session, fn func(engine.Session) error) error {
	err := errPanicked
	defer func() { c.ended <- err == nil }()
	if err = fn(s); err == nil {
		err = unavailable(s.err) // fn may have ignored the error of a statement
	}
	return err
}

func (w *writer) stop() {
	if w.stopping.CompareAndSwap(false, true) {
		close(w.quit)
	}
	<-w.stopped
}

func (w *writer) run() {
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

// batch runs first and all changes that are waiting by then, and commits them together.
func (w *writer) batch(first *queued) {
	if err := w.begin(); err != nil {
		if first.taken.CompareAndSwap(false, true) {
			first.begun <- nil
			first.answered <- team.Unavailable(err)
		}
		return
	}
	// A refused change waits too: the reason may be another change of this batch, which must not become known before it
	// is durable. In particular, a repeated request must not get the first one's answer too early.
	var waiting []*queued
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
		// Closing the connection rolls back what is left; the next batch opens another one.
		w.conn.close()
		w.conn = nil
		err = team.Unavailable(fmt.Errorf("commit: %w", err))
	}
	for _, c := range waiting {
		c.answered <- err
	}
}

func (w *writer) begin() (err error) {
	if err := sameFile(w.path, w.opened); err != nil {
		return err
	}
	if w.conn == nil {
		if w.conn, err = openConn(w.path, "foreign_keys = 1", "synchronous = FULL", "temp_store = MEMORY"); err != nil {
			return err
		}
	}
	if _, err = w.conn.exec("BEGIN IMMEDIATE", nil); err != nil {
		w.conn.close()
		w.conn = nil
	}
	return err
}

// one runs one change, in a savepoint if it is behind others of its batch. keep reports whether its writes wait for the
// commit; an error means that the batch cannot be committed. The first change needs no savepoint, which would cost a
// copy of each page it changes, because there is nothing before it to preserve.
func (w *writer) one(c *queued, behind bool) (keep bool, err error) {
	if !c.taken.CompareAndSwap(false, true) {
		return false, nil
	}
	if !behind {
		c.begun <- &session{c: w.conn}
		return <-c.ended, nil
	}
	if _, err := w.conn.exec("SAVEPOINT change", nil); err != nil {
		c.begun <- nil
		return false, err
	}
	c.begun <- &session{c: w.conn}
	if keep = <-c.ended; !keep {
		// This fails if SQLite ran out of space or memory and rolled back the whole transaction itself.
		if _, err := w.conn.exec("ROLLBACK TO change", nil); err != nil {
			return false, err
		}
	}
	_, err = w.conn.exec("RELEASE change", nil)
	return keep, err
}

// session is one change's view of the writing connection. Its statements are not cancelled by the caller's
// context, because interrupting a write would roll back the whole batch.
type session struct {
	c   *conn
	err error // the first failure of a statement
}

func (s *session) Dialect() *engine.Dialect { return &Dialect }

func (s *session) Query(ctx context.Context, query string, args []any) (engine.Rows, error) {
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

func (s *session) Exec(ctx context.Context, query string, args []any) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	n, err := s.c.exec(query, args)
	return n, s.failed(err)
}

func (s *session) Later(ctx context.Context, query string, args []any) error {
	_, err := s.Exec(ctx, query, args)
	return err
}

func (s *session) failed(err error) error {
	if err != nil && s.err == nil {
		s.err = err
	}
	return unavailable(err)
}

// logEnd reports no known end: reading it costs as little as keeping it.
func (s *session) LogEnd(context.Context, string) (engine.LogEnd, bool, error) {
	return engine.LogEnd{}, false, nil
}

// lockLog does nothing, because there is only one writer.
func (s *session) LockLog(context.Context, string, bool) error { return nil }
