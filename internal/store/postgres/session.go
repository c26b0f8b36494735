package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"raff/internal/store/engine"
	"raff/internal/team"
)

// lockFunction returns the function that takes the lock with a key: the one that waits, or the one that does not and
// returns whether it took the lock.
func lockFunction(m team.Lock, try bool) string {
	name := "pg_advisory_xact_lock"
	if try {
		name = "pg_try_advisory_xact_lock"
	}
	if m == team.Shared {
		name += "_shared"
	}
	return name
}

// queueLock takes the lock. If it is exclusive, queueLock also tells the triggers, which then need no locks of their own.
func (s *session) queueLock(l engine.Lock, try bool) {
	if try {
		s.tries = append(s.tries, s.pending.Len())
	}
	s.pending.Queue("SELECT "+lockFunction(l.Mode, try)+"($1)", l.Key())
	if l.Mode != team.Shared {
		s.pending.Queue("SELECT set_config('raff.alone', $1, TRUE)", l.AccountID)
	}
}

// session is one transaction. Statements whose results are not needed yet are collected in pending and sent
// with the next statement whose result is. BEGIN and the lock are always the first statements, COMMIT the last.
type session struct {
	change   *engine.Change // nil: not observed
	conn     *pgx.Conn
	pending  pgx.Batch
	prologue int // number of statements before the first one of fn
	sent     bool
	tries    []int // the statements of the prologue that try to take a lock
	err      error // the first failure
	// account is the account whose lock is held. Its log end is in end; the statement that reads it is number endAt of
	// the prologue.
	account string
	endAt   int
	end     engine.LogEnd
}

func (s *session) Dialect() *engine.Dialect { return &Dialect }

// send sends the pending statements. It reads and checks the results of all but the last one.
func (s *session) send(ctx context.Context) (pgx.BatchResults, error) {
	if s.err != nil {
		return nil, s.err
	}
	if err := s.apart(ctx); err != nil {
		return nil, err
	}
	batch, first := s.pending, !s.sent
	s.pending, s.sent = pgx.Batch{}, true
	began := time.Now()
	results := s.conn.SendBatch(ctx, &batch)
	for i := range batch.Len() - 1 {
		var err error
		switch {
		case first && s.account != "" && i == s.endAt:
			err = s.readEnd(results)
		case first && slices.Contains(s.tries, i):
			err = readTaken(results)
		default:
			_, err = results.Exec()
		}
		if err != nil {
			_ = results.Close() // returns the same error again
			return nil, s.failed(err)
		}
	}
	if first && s.account != "" {
		s.change.AddWait(time.Since(began))
	}
	return results, nil
}

// apart sends the statements that try to take the locks by themselves, unless only one read follows: a statement that writes
// must not run before it is known that the locks were taken.
func (s *session) apart(ctx context.Context) error {
	all := s.pending.QueuedQueries
	if s.sent || len(s.tries) == 0 || len(all) == s.prologue+1 && reads(all[s.prologue].SQL) {
		return nil
	}
	s.pending.QueuedQueries = all[:s.prologue:s.prologue]
	if err := s.start(ctx); err != nil {
		return err
	}
	s.pending.QueuedQueries = all[s.prologue:]
	return nil
}

func reads(query string) bool {
	return strings.HasPrefix(query, "SELECT") && !strings.Contains(query, "FOR UPDATE") && !strings.Contains(query, "FOR SHARE")
}

// start sends the first statements by themselves, if they were not sent yet.
func (s *session) start(ctx context.Context) error {
	if s.sent {
		return s.err
	}
	s.pending.Queue("SELECT 1")
	_, err := s.execPending(ctx)
	return err
}

func readTaken(results pgx.BatchResults) error {
	var taken bool
	err := results.QueryRow().Scan(&taken)
	if err == nil && !taken {
		err = errHeld
	}
	return err
}

func (s *session) readEnd(results pgx.BatchResults) error {
	rs, err := results.Query()
	if err != nil {
		return err
	}
	defer rs.Close()
	if rs.Next() {
		if s.end, err = engine.ScanLogEnd(rs); err != nil {
			return err
		}
	}
	return rs.Err()
}

func (s *session) LogEnd(ctx context.Context, accountID string) (engine.LogEnd, bool, error) {
	if accountID != s.account {
		return engine.LogEnd{}, false, nil
	}
	if err := s.start(ctx); err != nil {
		return engine.LogEnd{}, false, unavailable(err)
	}
	return s.end, true, nil
}

func (s *session) LockLog(ctx context.Context, accountID string, alone bool) error {
	l := engine.Lock{AccountID: accountID}
	if alone {
		l.Mode = team.Exclusive
	}
	_, err := s.Exec(ctx, "SELECT "+lockFunction(l.Mode, false)+"($1)", []any{l.Key() ^ logLock})
	return err
}

// logLock distinguishes the lock of an account's audit log from the lock of the account.
const logLock = 0x6c6f67

func (s *session) Query(ctx context.Context, query string, args []any) (engine.Rows, error) {
	s.pending.Queue(query, plain(args)...)
	results, err := s.send(ctx)
	if err != nil {
		return nil, unavailable(err)
	}
	rs, err := results.Query()
	if err != nil {
		_ = results.Close() // returns the same error again
		return nil, unavailable(s.failed(err))
	}
	return rows{rs, func() {
		if err := rs.Err(); err != nil {
			_ = s.failed(err)
		}
		if err := results.Close(); err != nil {
			_ = s.failed(err)
		}
	}}, nil
}

func (s *session) Exec(ctx context.Context, query string, args []any) (int64, error) {
	s.pending.Queue(query, plain(args)...)
	tag, err := s.execPending(ctx)
	return tag.RowsAffected(), unavailable(err)
}

func (s *session) execPending(ctx context.Context) (pgconn.CommandTag, error) {
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

func (s *session) Later(_ context.Context, query string, args []any) error {
	s.pending.Queue(query, plain(args)...)
	return unavailable(s.err)
}

func (s *session) failed(err error) error {
	if err != nil && s.err == nil {
		s.err = err
	}
	return err
}

// commit is not cancelled with the request, because its outcome would then be unknown.
func (s *session) commit(ctx context.Context) error {
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

func (s *session) rollback(ctx context.Context) {
	if !s.sent || s.conn.IsClosed() {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if _, err := s.conn.Exec(ctx, "ROLLBACK"); err != nil {
		_ = s.conn.Close(ctx) // the server rolls back the transaction of a lost session
	}
}
