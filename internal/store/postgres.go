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

// postgresEngine is one PostgreSQL database. It uses pgx itself and not database/sql, because only pgx can send
// several statements in one round trip.
type postgresEngine struct {
	pool *pgxpool.Pool
	// writers leaves some connections to readers: changes wait for locks while they hold theirs.
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

// start connects, and does to the schema what s allows.
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

// pooledQuery sends the greeting and the query together: up to the end of both the pooler keeps to one server process.
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
		_ = results.Close() // tells the same error again
		return nil, postgresError(err)
	}
	return postgresRows{rs, func() { _ = results.Close() }}, nil
}

// ping asks for a database that can be written to, so that no load balancer sends requests to a node on another.
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
		pause := time.Duration(rand.Int64N(int64(time.Millisecond) << try)) //nolint:gosec // spreads retries, guards nothing
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
			// A statement of its own: only one that begins when the lock is held sees what was committed before.
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
		return postgresError(s.err) // fn passed over an error of a statement
	}
	if err := s.commit(ctx); err != nil {
		return postgresError(err)
	}
	committed = true
	return nil
}

// statement takes the lock of key $1.
func (l *accountLock) statement() string {
	if l.lock == team.Shared {
		return "SELECT pg_advisory_xact_lock_shared($1)"
	}
	return "SELECT pg_advisory_xact_lock($1)"
}

// queue takes the lock, and tells the triggers of a change that it is alone.
func (l *accountLock) queue(b *pgx.Batch) {
	b.Queue(l.statement(), l.key())
	if l.lock != team.Shared {
		b.Queue("SELECT set_config('raff.alone', $1, TRUE)", l.accountID)
	}
}

// key is the last half of the account's id, which is random. Two accounts that share one only wait for each other.
func (l *accountLock) key() int64 {
	b, err := hex.DecodeString(strings.ReplaceAll(l.accountID, "-", ""))
	if err != nil || len(b) != 16 {
		return 0
	}
	return int64(binary.BigEndian.Uint64(b[8:])) //nolint:gosec // any 64 bits will do
}

// postgresSession is one transaction. Statements that nobody waits for are kept in pending and go out with the next
// one that someone does wait for; BEGIN and the lock are the first of them, COMMIT is the last.
type postgresSession struct {
	change   *Change // nil: nobody asks
	conn     *pgx.Conn
	pending  pgx.Batch
	prologue int // how many statements were pending before fn's first
	sent     bool
	err      error // the first failure
	// account is whose lock is held, and end the end of its log, which is statement endAt of the prologue.
	account string
	endAt   int
	end     logEnd
}

func (s *postgresSession) dialect() *dialect { return &postgresDialect }

// send sends what is pending. The results of all but the last statement are read and checked.
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
			_ = results.Close() // tells the same error again
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

// logLock makes another lock of the one of an account.
const logLock = 0x6c6f67

func (s *postgresSession) query(ctx context.Context, query string, args []any) (rows, error) {
	s.pending.Queue(query, args...)
	results, err := s.send(ctx)
	if err != nil {
		return nil, postgresError(err)
	}
	rs, err := results.Query()
	if err != nil {
		_ = results.Close() // tells the same error again
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

// commit is not cut short with the request, because then nobody would know what became of it.
func (s *postgresSession) commit(ctx context.Context) error {
	if !s.sent && s.pending.Len() == s.prologue {
		return nil // fn asked for nothing
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
		_ = s.conn.Close(ctx) // the server rolls back what a lost session left
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

// retryable reports that a transaction may succeed, or see why it cannot, when it is run again: it was chosen to break
// a deadlock, or lost a race for a unique value that it did not find before.
func retryable(err error) bool {
	var pe *pgconn.PgError
	return errors.As(err, &pe) && (pe.Code == "40001" || pe.Code == "40P01" || pe.Code == "23505")
}

// postgresError makes Unavailable of what says that the database is away, full or read-only now, and leaves other
// errors as they are.
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
