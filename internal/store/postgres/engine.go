// Package postgres is the engine for PostgreSQL.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"raff/internal/store/engine"
	"raff/internal/team"
)

// database is a PostgreSQL database. It uses pgx directly, because database/sql cannot send several statements in
// one round trip.
type database struct {
	pools
	queue accountQueue
	// changes limits the connections of changes, so that some are left for readers. asking limits those of changes that
	// wait in the database for the lock of an account.
	changes, asking *slots
	memory          memory
	link            *link
	about           string
}

// Open connects to the database, and creates its schema or brings it up to date if o allows that.
func Open(ctx context.Context, url string, o engine.Options) (engine.Engine, error) {
	cfg, err := parse(url)
	if err != nil {
		return nil, err
	}
	e := &database{}
	if e.link, err = newLink(cfg, url); err != nil {
		return nil, err
	}
	e.link.made = e.memory.forget
	if err := e.start(ctx, cfg, o); err != nil {
		return nil, fmt.Errorf("open PostgreSQL: %w", err)
	}
	return e, nil
}

// start connects, and creates, migrates or checks the schema as o says.
func (e *database) start(ctx context.Context, cfg *pgxpool.Config, o engine.Options) (err error) {
	first, err := pgx.ConnectConfig(ctx, cfg.ConnConfig.Copy())
	if err != nil {
		return err
	}
	if err := tooOld(first.PgConn().ParameterStatus("server_version")); err != nil {
		return errors.Join(err, first.Close(context.WithoutCancel(ctx)))
	}
	e.about = e.link.about(first.PgConn())
	if reason := unfit(ctx, first); reason != "" {
		e.memory.off = true
		o.Logger.Warn("every request reads all its rows, because the database does not behave like PostgreSQL", "database", e.about, "reason", reason)
	}
	if err := errors.Join(first.Close(context.WithoutCancel(ctx)), migrate(ctx, cfg.ConnConfig, e.link, o)); err != nil {
		return err
	}
	if e.pools, err = newPools(ctx, cfg); err != nil {
		return err
	}
	n := max(1, int(e.pool.Config().MaxConns)*3/4)
	e.changes, e.asking = newSlots(n), newSlots(max(1, n/3))
	return nil
}

func (e *database) Dialect() *engine.Dialect { return &Dialect }

func (e *database) About() string { return e.about }

func (e *database) Close() error {
	e.close()
	return nil
}

func (e *database) Query(ctx context.Context, query string, args []any) (engine.Rows, error) {
	if p, ok := ctx.Value(pinKey{}).(*pin); ok && p.frozen != nil {
		return p.frozen.query(ctx, e, query, args)
	}
	if e.link.pooled.Load() {
		return e.pooledQuery(ctx, query, args)
	}
	rs, err := e.of(ctx).Query(ctx, query, plain(args)...)
	if err != nil {
		return nil, unavailable(err)
	}
	return rows{rs, nil}, nil
}

// pooledQuery sends the greeting and the query together, so that the pooler runs both on one server process.
func (e *database) pooledQuery(ctx context.Context, query string, args []any) (engine.Rows, error) {
	var batch pgx.Batch
	batch.Queue(e.link.greeting())
	batch.Queue(query, plain(args)...)
	results := e.of(ctx).SendBatch(ctx, &batch)
	var standby engine.Flag
	err := results.QueryRow().Scan(&standby)
	if err == nil && bool(standby) {
		err = team.Unavailable(errNotPrimary)
	}
	var rs pgx.Rows
	if err == nil {
		rs, err = results.Query()
	}
	if err != nil {
		_ = results.Close() // returns the same error again
		return nil, unavailable(err)
	}
	return rows{rs, func() { _ = results.Close() }}, nil
}

// Ping checks that the database accepts writes, so that a load balancer does not send requests to a node connected to
// a standby. It uses a connection of its own, so that a busy node is not taken for a broken one.
func (e *database) Ping(ctx context.Context) error {
	unfit, err := engine.One(context.WithValue(ctx, watchKey{}, true), e, engine.ScanFlag, "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on'")
	if err == nil && unfit {
		err = team.Unavailable(errNotPrimary)
	}
	return err
}

func (e *database) Update(ctx context.Context, locks []engine.Lock, c *engine.Change, fn func(engine.Session) error) error {
	leave, err := e.queue.enter(ctx, locks)
	if err != nil {
		return err
	}
	defer leave()
	for try := 1; ; try++ {
		err := e.run(ctx, locks, c, fn)
		if !retryable(err) {
			return err
		}
		if try == engine.MaxTries {
			return unavailable(err)
		}
		if pe, ok := errors.AsType[*pgconn.PgError](err); ok {
			c.AddRetry(pe.Code)
		}
		pause := time.Duration(rand.Int64N(int64(time.Millisecond) << try)) //nolint:gosec // spreads retries; not security-relevant
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// errHeld says that another node, or another program, holds the lock of the account.
var errHeld = errors.New("the lock of the account is held elsewhere")

// run tries the change without waiting in the database. If the lock is held elsewhere, one change of the account at a time
// waits for it in the database, and the others without a connection.
func (e *database) run(ctx context.Context, locks []engine.Lock, c *engine.Change, fn func(engine.Session) error) error {
	account := engine.AccountOf(locks)
	once := func(locked func()) error {
		back, err := e.changes.take(ctx, account)
		if err != nil {
			return err
		}
		defer back() // also if fn panics
		return e.once(ctx, locks, c, fn, locked)
	}
	err := once(nil)
	if !errors.Is(err, errHeld) {
		return err
	}
	asked, err := e.queue.ask(ctx, locks)
	if err != nil {
		return err
	}
	asked = sync.OnceFunc(asked)
	defer asked()
	waited, err := e.asking.take(ctx, account)
	if err != nil {
		return err
	}
	waited = sync.OnceFunc(waited)
	defer waited()
	return once(func() {
		asked()
		waited()
	})
}

func (e *database) Stats() engine.Stats {
	var all engine.Stats
	for _, p := range e.all() {
		s := p.Stat()
		all.InUse += int(s.AcquiredConns())
		all.Open += int(s.TotalConns())
		all.Max += int(s.MaxConns())
		all.Waits += s.EmptyAcquireCount()
		all.Waited += s.EmptyAcquireWaitTime()
	}
	return all
}

// once runs the change in one transaction. If locked is nil and a lock is held elsewhere, nothing is done and the error is
// errHeld; otherwise once waits for the locks and then calls locked.
func (e *database) once(ctx context.Context, locks []engine.Lock, c *engine.Change, fn func(engine.Session) error, locked func()) error {
	conn, err := e.pool.Acquire(ctx)
	if err != nil {
		return unavailable(err)
	}
	defer conn.Release()
	s := &session{conn: conn.Conn(), change: c}
	s.pending.Queue("BEGIN ISOLATION LEVEL READ COMMITTED")
	if e.link.pooled.Load() {
		s.pending.Queue(e.link.greeting())
	}
	for _, lock := range locks {
		s.queueLock(lock, locked == nil)
		if engine.UID(lock.AccountID).Valid() {
			// A separate statement, because only a statement that starts after the lock is acquired sees earlier commits.
			s.account, s.endAt = lock.AccountID, s.pending.Len()
			s.pending.Queue(engine.LogEndQuery, lock.AccountID)
		}
	}
	s.prologue = s.pending.Len()
	committed := false
	defer func() {
		if !committed {
			s.rollback(ctx)
		}
	}()
	if locked != nil {
		if err := s.start(ctx); err != nil {
			return unavailable(err)
		}
		locked()
	}
	if err := fn(s); err != nil {
		if retryable(s.err) || errors.Is(s.err, errHeld) {
			return s.err
		}
		return err
	}
	if s.err != nil {
		return unavailable(s.err) // fn ignored the error of a statement
	}
	if err := s.commit(ctx); err != nil {
		return unavailable(err)
	}
	committed = true
	return nil
}

// plain converts ids to the text that pgx accepts for uuid columns.
func plain(args []any) []any {
	for i, a := range args {
		if id, ok := a.(engine.UID); ok {
			args[i] = string(id)
		}
	}
	return args
}

type rows struct {
	pgx.Rows
	done func()
}

func (r rows) Err() error { return unavailable(r.Rows.Err()) }

func (r rows) Close() {
	r.Rows.Close()
	if r.done != nil {
		r.done()
	}
}

// retryable reports whether running the transaction again may succeed or give a proper refusal: it was aborted to
// resolve a deadlock, or a concurrent transaction inserted the same unique value first.
func retryable(err error) bool {
	var pe *pgconn.PgError
	return errors.As(err, &pe) && (pe.Code == "40001" || pe.Code == "40P01" || pe.Code == "23505")
}

// unavailable returns Unavailable for an error that says that the database is currently unreachable, full or
// read-only, and other errors unchanged.
func unavailable(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	if pe, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch {
		case strings.HasPrefix(pe.Code, "08"), strings.HasPrefix(pe.Code, "53"), strings.HasPrefix(pe.Code, "57P"),
			strings.HasPrefix(pe.Code, "58"), strings.HasPrefix(pe.Code, "40"), pe.Code == "25006", pe.Code == "25P03", pe.Code == "55P03", pe.Code == "57014":
			return team.Unavailable(err)
		}
		return err
	}
	var ce *pgconn.ConnectError
	var ne net.Error
	if errors.As(err, &ce) || errors.As(err, &ne) || pgconn.SafeToRetry(err) || errors.Is(err, io.EOF) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || errors.Is(err, context.DeadlineExceeded) {
		return team.Unavailable(err)
	}
	return err
}
