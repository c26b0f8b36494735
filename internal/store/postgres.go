package store

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"raff/internal/team"
)

// postgresEngine is a PostgreSQL database. It uses pgx directly, because database/sql cannot send several statements in
// one round trip.
type postgresEngine struct {
	pool *pgxpool.Pool
	// writers limits the connections used for changes, which hold theirs while they wait for locks, so that some are
	// left for readers.
	writers chan struct{}
	queue   accountQueue
	memory  postgresMemory
	link    *postgresLink
}

func openPostgres(ctx context.Context, url string, o options) (engine, error) {
	cfg, err := parsePostgres(url)
	if err != nil {
		return nil, err
	}
	e := &postgresEngine{}
	if e.link, err = newPostgresLink(cfg, url); err != nil {
		return nil, err
	}
	e.writers = make(chan struct{}, max(1, cfg.MaxConns*3/4))
	e.link.made = e.memory.forget
	if err := e.start(ctx, cfg, o.schema); err != nil {
		return nil, fmt.Errorf("open PostgreSQL: %w", err)
	}
	return e, nil
}

// start connects, and creates, migrates or checks the schema as s says.
func (e *postgresEngine) start(ctx context.Context, cfg *pgxpool.Config, s Schemas) (err error) {
	first, err := pgx.ConnectConfig(ctx, cfg.ConnConfig.Copy())
	if err != nil {
		return err
	}
	defer func() { _ = first.Close(context.WithoutCancel(ctx)) }()
	e.memory.off = !snapshotsMove(ctx, first)
	if e.pool, err = pgxpool.NewWithConfig(ctx, cfg); err != nil {
		return err
	}
	if err = migratePostgres(ctx, first, cfg.ConnConfig, e.link, s); err != nil {
		e.pool.Close()
	}
	return err
}

func (e *postgresEngine) dialect() *dialect { return &postgresDialect }

func (e *postgresEngine) close() error {
	e.pool.Close()
	return nil
}

func (e *postgresEngine) query(ctx context.Context, query string, args []any) (rows, error) {
	if e.link.pooled.Load() {
		return e.pooledQuery(ctx, query, args)
	}
	rs, err := e.pool.Query(ctx, query, args...)
	if err != nil {
		return nil, postgresError(err)
	}
	return postgresRows{rs, nil}, nil
}

// pooledQuery sends the greeting and the query together, so that the pooler runs both on one server process.
func (e *postgresEngine) pooledQuery(ctx context.Context, query string, args []any) (rows, error) {
	var batch pgx.Batch
	batch.Queue(e.link.greeting())
	batch.Queue(query, args...)
	results := e.pool.SendBatch(ctx, &batch)
	var standby flag
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
		return nil, postgresError(err)
	}
	return postgresRows{rs, func() { _ = results.Close() }}, nil
}

// ping checks that the database accepts writes, so that a load balancer does not send requests to a node connected to
// a standby.
func (e *postgresEngine) ping(ctx context.Context) error {
	unfit, err := one(ctx, e, scanFlag, "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on'")
	if err == nil && unfit {
		err = team.Unavailable(errNotPrimary)
	}
	return err
}

// maxTries is the maximum number of attempts of a transaction that conflicts with another one.
const maxTries = 6

func (e *postgresEngine) update(ctx context.Context, locks []accountLock, c *Change, fn func(session) error) error {
	leave, err := e.queue.enter(ctx, locks)
	if err != nil {
		return err
	}
	defer leave()
	select {
	case e.writers <- struct{}{}:
		defer func() { <-e.writers }()
	case <-ctx.Done():
		return ctx.Err()
	}
	for try := 1; ; try++ {
		err := e.once(ctx, locks, c, fn)
		if !retryable(err) {
			return err
		}
		if try == maxTries {
			return postgresError(err)
		}
		if pe, ok := errors.AsType[*pgconn.PgError](err); ok {
			c.retried(pe.Code)
		}
		pause := time.Duration(rand.Int64N(int64(time.Millisecond) << try)) //nolint:gosec // spreads retries; not security-relevant
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (e *postgresEngine) stats() Stats {
	s := e.pool.Stat()
	return Stats{
		InUse: int(s.AcquiredConns()), Open: int(s.TotalConns()), Max: int(s.MaxConns()),
		Waits: s.EmptyAcquireCount(), Waited: s.EmptyAcquireWaitTime(),
	}
}

func (e *postgresEngine) once(ctx context.Context, locks []accountLock, c *Change, fn func(session) error) error {
	conn, err := e.pool.Acquire(ctx)
	if err != nil {
		return postgresError(err)
	}
	defer conn.Release()
	s := &postgresSession{conn: conn.Conn(), change: c}
	s.pending.Queue("BEGIN ISOLATION LEVEL READ COMMITTED")
	if e.link.pooled.Load() {
		s.pending.Queue(e.link.greeting())
	}
	for _, lock := range locks {
		lock.queue(&s.pending)
		if uid(lock.accountID).valid() {
			// A separate statement, because only a statement that starts after the lock is acquired sees earlier commits.
			s.account, s.endAt = lock.accountID, s.pending.Len()
			s.pending.Queue(logEndQuery, lock.accountID)
		}
	}
	s.prologue = s.pending.Len()
	committed := false
	defer func() {
		if !committed {
			s.rollback(ctx)
		}
	}()
	if err := fn(s); err != nil {
		if retryable(s.err) {
			return s.err
		}
		return err
	}
	if s.err != nil {
		return postgresError(s.err) // fn ignored the error of a statement
	}
	if err := s.commit(ctx); err != nil {
		return postgresError(err)
	}
	committed = true
	return nil
}

// statement returns the statement that takes the lock with key $1.
func (l *accountLock) statement() string {
	if l.lock == team.Shared {
		return "SELECT pg_advisory_xact_lock_shared($1)"
	}
	return "SELECT pg_advisory_xact_lock($1)"
}

// queue takes the lock. If it is exclusive, queue also tells the triggers, which then need no locks of their own.
func (l *accountLock) queue(b *pgx.Batch) {
	b.Queue(l.statement(), l.key())
	if l.lock != team.Shared {
		b.Queue("SELECT set_config('raff.alone', $1, TRUE)", l.accountID)
	}
}

// key returns the last half of the account's id, which is random. Two accounts with the same key merely wait for each
// other.
func (l *accountLock) key() int64 {
	b, err := hex.DecodeString(strings.ReplaceAll(l.accountID, "-", ""))
	if err != nil || len(b) != 16 {
		return 0
	}
	return int64(binary.BigEndian.Uint64(b[8:])) //nolint:gosec // any 64 bits work
}

// postgresSession is one transaction. Statements whose results are not needed yet are collected in pending and sent
// with the next statement whose result is. BEGIN and the lock are always the first statements, COMMIT the last.
type postgresSession struct {
	change   *Change // nil: not observed
	conn     *pgx.Conn
	pending  pgx.Batch
	prologue int // number of statements before the first one of fn
	sent     bool
	err      error // the first failure
	// account is the account whose lock is held. Its log end is in end; the statement that reads it is number endAt of
	// the prologue.
	account string
	endAt   int
	end     logEnd
}

func (s *postgresSession) dialect() *dialect { return &postgresDialect }

// send sends the pending statements. It reads and checks the results of all but the last one.
func (s *postgresSession) send(ctx context.Context) (pgx.BatchResults, error) {
	if s.err != nil {
		return nil, s.err
	}
	batch, first := s.pending, !s.sent
	s.pending, s.sent = pgx.Batch{}, true
	began := time.Now()
	results := s.conn.SendBatch(ctx, &batch)
	for i := range batch.Len() - 1 {
		var err error
		if first && s.account != "" && i == s.endAt {
			err = s.readEnd(results)
		} else {
			_, err = results.Exec()
		}
		if err != nil {
			_ = results.Close() // returns the same error again
			return nil, s.failed(err)
		}
	}
	if first && s.account != "" {
		s.change.waited(time.Since(began))
	}
	return results, nil
}

func (s *postgresSession) readEnd(results pgx.BatchResults) error {
	rs, err := results.Query()
	if err != nil {
		return err
	}
	defer rs.Close()
	if rs.Next() {
		if s.end, err = scanLogEnd(rs); err != nil {
			return err
		}
	}
	return rs.Err()
}

func (s *postgresSession) logEnd(ctx context.Context, accountID string) (logEnd, bool, error) {
	if accountID != s.account {
		return logEnd{}, false, nil
	}
	if !s.sent {
		if _, err := s.exec(ctx, "SELECT 1", nil); err != nil {
			return logEnd{}, false, err
		}
	}
	return s.end, true, nil
}

func (s *postgresSession) lockLog(ctx context.Context, accountID string, alone bool) error {
	l := accountLock{accountID: accountID}
	if alone {
		l.lock = team.Exclusive
	}
	_, err := s.exec(ctx, l.statement(), []any{l.key() ^ logLock})
	return err
}

// logLock distinguishes the lock of an account's audit log from the lock of the account.
const logLock = 0x6c6f67

func (s *postgresSession) query(ctx context.Context, query string, args []any) (rows, error) {
	s.pending.Queue(query, args...)
	results, err := s.send(ctx)
	if err != nil {
		return nil, postgresError(err)
	}
	rs, err := results.Query()
	if err != nil {
		_ = results.Close() // returns the same error again
		return nil, postgresError(s.failed(err))
	}
	return postgresRows{rs, func() {
		if err := rs.Err(); err != nil {
			_ = s.failed(err)
		}
		if err := results.Close(); err != nil {
			_ = s.failed(err)
		}
	}}, nil
}

func (s *postgresSession) exec(ctx context.Context, query string, args []any) (int64, error) {
	s.pending.Queue(query, args...)
	tag, err := s.execPending(ctx)
	return tag.RowsAffected(), postgresError(err)
}

func (s *postgresSession) execPending(ctx context.Context) (pgconn.CommandTag, error) {
	results, err := s.send(ctx)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	tag, err := results.Exec()
	if closing := results.Close(); err == nil {
		err = closing
	}
	return tag, s.failed(err)
}

func (s *postgresSession) later(_ context.Context, query string, args []any) error {
	s.pending.Queue(query, args...)
	return postgresError(s.err)
}

func (s *postgresSession) failed(err error) error {
	if err != nil && s.err == nil {
		s.err = err
	}
	return err
}

// commit is not cancelled with the request, because its outcome would then be unknown.
func (s *postgresSession) commit(ctx context.Context) error {
	if !s.sent && s.pending.Len() == s.prologue {
		return nil // fn sent no statement
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
	defer cancel()
	s.pending.Queue("COMMIT")
	tag, err := s.execPending(ctx)
	if err == nil && tag.String() != "COMMIT" {
		err = fmt.Errorf("commit: the database answered %s", tag.String())
	}
	return err
}

func (s *postgresSession) rollback(ctx context.Context) {
	if !s.sent || s.conn.IsClosed() {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if _, err := s.conn.Exec(ctx, "ROLLBACK"); err != nil {
		_ = s.conn.Close(ctx) // the server rolls back the transaction of a lost session
	}
}

type postgresRows struct {
	pgx.Rows
	done func()
}

func (r postgresRows) Err() error { return postgresError(r.Rows.Err()) }

func (r postgresRows) Close() {
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

// postgresError returns Unavailable for an error that says that the database is currently unreachable, full or
// read-only, and other errors unchanged.
func postgresError(err error) error {
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
