package sqlite

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"raff/internal/store/engine"
	"raff/internal/team"
)

// writer is the only connection that writes. A change that finds the writer free becomes the leader: it runs on its
// caller's goroutine, without waiting for another one. Changes that arrive in the meantime become followers: they share the
// leader's commit, because a commit waits for the disk and SQLite allows only one writer anyway. Each follower runs in its own
// savepoint; then all become durable together. After the commit, the next change that still waits becomes the leader. The
// accounts whose changes wait take turns.
type writer struct {
	path      string
	file      *identity
	memory    *memory
	observers engine.Observers
	conn      *conn       // used by the leader only; nil after it failed
	base      *generation // what is remembered of the database as it was when the transaction began; may be nil

	mu      sync.Mutex
	led     bool // there is a leader
	waiting engine.FairQueue[*queued]
	closed  bool
	stopped chan struct{} // closed when the writer is closed and there is no leader
	once    sync.Once     // closes the connection
}

// A batch ends after maxBatch changes or maxBatchTime, so that its first change does not wait long.
const (
	maxBatch     = 64
	maxBatchTime = 20 * time.Millisecond
)

// queued is a waiting call of Update. The caller's goroutine runs the function when it is its turn, so that a panic reaches
// the caller.
type queued struct {
	account  string
	turn     chan turn
	ended    chan bool  // true: keep the function's writes
	answered chan error // the result of the commit
}

// turn tells a waiting call to lead, or to follow on this session; with neither, it cannot begin, and answered has the reason.
type turn struct {
	lead bool
	s    *session
}

var errPanicked = errors.New("the change panicked")

func newWriter(file *identity, m *memory, o engine.Observers) *writer {
	return &writer{path: file.path, file: file, memory: m, observers: o, stopped: make(chan struct{})}
}

func (w *writer) Update(ctx context.Context, locks []engine.Lock, change *engine.Change, fn func(engine.Session) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	began := time.Now()
	c, err := w.enter(engine.AccountOf(locks))
	if err != nil {
		return err
	}
	if c == nil {
		return w.lead(ctx, began, change, fn)
	}
	var t turn
	select {
	case t = <-c.turn:
	case <-ctx.Done():
		if w.leave(c) {
			return ctx.Err()
		}
		t = <-c.turn
	}
	switch {
	case t.lead:
		return w.lead(ctx, began, change, fn)
	case t.s == nil:
		return <-c.answered
	}
	change.AddWait(time.Since(began))
	err = c.call(t.s, fn)
	if lost := <-c.answered; lost != nil {
		return lost
	}
	return err
}

// enter returns nil if the caller becomes the leader, or else its entry in the queue.
func (w *writer) enter(account string) (*queued, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil, team.Unavailable(errClosed)
	}
	if !w.led {
		w.led = true
		return nil, nil //nolint:nilnil // nil means that the caller does not wait
	}
	c := &queued{account: account, turn: make(chan turn, 1), ended: make(chan bool, 1), answered: make(chan error, 1)}
	if !w.waiting.Push(account, c) {
		return nil, engine.ErrBusy
	}
	return c, nil
}

// leave removes a call that gave up; false means that it is already its turn.
func (w *writer) leave(c *queued) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.waiting.Remove(c.account, c)
}

// next removes and returns the waiting call whose turn it is; nil if there is none.
func (w *writer) next() *queued {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.pop()
}

func (w *writer) pop() *queued {
	c, _ := w.waiting.Pop()
	return c
}

// handOver makes the next waiting call the leader.
func (w *writer) handOver() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c := w.pop(); c != nil {
		c.turn <- turn{lead: true}
		return
	}
	if w.led = false; w.closed {
		close(w.stopped)
	}
}

// stop waits for the running changes, and refuses the waiting ones.
func (w *writer) stop() {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		for c := w.pop(); c != nil; c = w.pop() {
			c.turn <- turn{}
			c.answered <- team.Unavailable(errClosed)
		}
		if !w.led {
			close(w.stopped)
		}
	}
	w.mu.Unlock()
	<-w.stopped
	w.once.Do(func() {
		if w.conn != nil {
			w.conn.close()
		}
	})
}

// lead runs fn and all changes that are waiting by then, and commits them together. fn needs no savepoint, which would cost
// a copy of each page it changes, because there is nothing before it to preserve.
func (w *writer) lead(ctx context.Context, began time.Time, change *engine.Change, fn func(engine.Session) error) (err error) {
	defer w.handOver()
	if err := ctx.Err(); err != nil {
		return err
	}
	start := time.Now()
	if err := w.begin(); err != nil {
		return team.Unavailable(err)
	}
	change.AddWait(time.Since(began))
	kept := false
	defer func() { // also if fn panics
		if lost := w.finish(kept, start); lost != nil {
			err = lost
		}
	}()
	s := &session{w: w, c: w.conn}
	if err = fn(s); err == nil {
		err = unavailable(s.err) // fn may have ignored the error of a statement
	}
	kept = err == nil
	return err
}

// finish ends the transaction that the leader began. If the leader's own writes are not kept, the others wait for the next
// transaction.
func (w *writer) finish(kept bool, start time.Time) (err error) {
	var followers []*queued
	if kept {
		var n int
		if followers, n, err = w.follow(start); err == nil {
			err = w.commit()
			w.observers.Batch(n + 1)
		}
	} else {
		_, err = w.conn.exec("ROLLBACK", nil)
	}
	if err != nil {
		// Closing the connection rolls back the transaction; the next leader opens another connection.
		w.conn.close()
		w.conn = nil
		err = team.Unavailable(fmt.Errorf("commit: %w", err))
	}
	for _, c := range followers {
		c.answered <- err
	}
	return err
}

// follow runs the waiting changes, and returns them with the number of those whose writes are kept. The result
// of a refused change is also returned after the commit: the reason may be another change of this batch, which must not become
// known before it is durable. In particular, a repeated request must not get the first response too early.
func (w *writer) follow(start time.Time) (all []*queued, kept int, err error) {
	for len(all) < maxBatch-1 && time.Since(start) <= maxBatchTime {
		c := w.next()
		if c == nil {
			break
		}
		all = append(all, c)
		keep, err := w.one(c)
		if err != nil {
			return all, kept, err
		}
		if keep {
			kept++
		}
	}
	return all, kept, nil
}

// call runs fn and tells the leader how it ended, even if fn panics.
func (c *queued) call(s *session, fn func(engine.Session) error) error {
	err := errPanicked
	defer func() { c.ended <- err == nil }()
	if err = fn(s); err == nil {
		err = unavailable(s.err) // fn may have ignored the error of a statement
	}
	return err
}

func (w *writer) begin() (err error) {
	if err := w.file.check(); err != nil {
		return err
	}
	if w.conn == nil {
		// What is removed or replaced must not remain in the file.
		if w.conn, err = openConn(w.path, "secure_delete = 1", "foreign_keys = 1", "synchronous = FULL", "temp_store = MEMORY"); err != nil {
			return err
		}
	}
	if _, err = w.conn.exec("BEGIN IMMEDIATE", nil); err != nil {
		w.conn.close()
		w.conn = nil
		return err
	}
	// No other program can commit until the end of the transaction.
	w.conn.touched, w.base = 0, w.memory.generation()
	return nil
}

func (w *writer) commit() error {
	w.memory.renewing.Lock()
	defer w.memory.renewing.Unlock()
	touched := w.conn.touched
	_, err := w.conn.exec("COMMIT", nil)
	if err == nil {
		w.memory.committed(w.base, touched)
	}
	return err
}

// one runs one change in a savepoint. keep reports whether its writes wait for the commit; an error means that the batch
// cannot be committed.
func (w *writer) one(c *queued) (keep bool, err error) {
	if _, err := w.conn.exec("SAVEPOINT change", nil); err != nil {
		c.turn <- turn{}
		return false, err
	}
	c.turn <- turn{s: &session{w: w, c: w.conn}}
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
	w   *writer
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

// Remembered returns the row from memory if this transaction cannot have changed it.
func (s *session) Remembered(ctx context.Context, key engine.Key, read func(engine.Querier) (any, bool, error)) (any, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	usable := s.w.base != nil && s.c.touched&kindsOf(key.Kind) == 0
	if usable {
		if v, ok := s.w.base.get(key); ok {
			return v, nil
		}
	}
	v, keep, err := read(s)
	if err == nil && keep && usable {
		s.w.base.put(key, v)
	}
	return v, err
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

// LogEnd reports no known end: reading it costs as little as keeping it.
func (s *session) LogEnd(context.Context, string) (engine.LogEnd, bool, error) {
	return engine.LogEnd{}, false, nil
}

// LockLog does nothing, because there is only one writer.
func (s *session) LockLog(context.Context, string, bool) error { return nil }
