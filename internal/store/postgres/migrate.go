package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/stdlib"

	"raff/internal/store/engine"
)

// migrationLock is the key of the advisory lock for migrations ("raff" in ASCII, then 1).
const migrationLock = 0x72616666_00000001

const (
	// beatEvery is how often a program that migrates uses the connection that holds the lock.
	beatEvery = 5 * time.Second
	// lostAfter is after how long without use the server ends that connection, in case the program's machine is gone.
	lostAfter = "60s"
	// cancelWithin is how long a program that is stopped waits until the server has canceled its statement.
	cancelWithin = 10 * time.Second
)

var errLockLost = errors.New("the connection that holds the lock for migrations was lost: start the program again, it continues where this one stopped")

func migrate(ctx context.Context, cfg *pgx.ConnConfig, link *link, o engine.Options) error {
	cfg = cfg.Copy()
	// A statement that only this program gave up would run on in the server, after the lock was released.
	cfg.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: c, DeadlineDelay: cancelWithin}
	}
	db := stdlib.OpenDB(*cfg, stdlib.OptionBeforeConnect(link.choose), stdlib.OptionAfterConnect(link.unbound))
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)
	return mayNot(Dialect.Prepare(ctx, engine.Migrator{
		DB: db, TryLock: func(ctx context.Context) (context.Context, func(bool), bool, error) { return tryLock(ctx, cfg) },
		Busy: lockTimedOut, Report: o.Progress,
	}, o.Schema))
}

// lockTimedOut reports whether a statement failed because of lock_timeout, or to resolve a deadlock.
func lockTimedOut(err error) bool {
	pe, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (pe.Code == "55P03" || pe.Code == "40P01")
}

// tryLock takes the lock on a connection of its own, in a transaction: the lock ends with the connection, and a pooler
// cannot keep it. The transaction must not hold a snapshot, or CREATE INDEX CONCURRENTLY would wait for its end forever. The
// simple protocol ends the snapshot of a query with the query, unlike the extended one, and SHOW takes none.
func tryLock(ctx context.Context, cfg *pgx.ConnConfig) (held context.Context, unlock func(migrated bool), ok bool, err error) {
	c, err := pgx.ConnectConfig(ctx, cfg.Copy())
	if err != nil {
		return nil, nil, false, err
	}
	release := func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_, _ = c.Exec(ctx, "ROLLBACK") // the lock ends with the connection, too
		_ = c.Close(ctx)
	}
	_, err = c.Exec(ctx, "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL idle_in_transaction_session_timeout = '"+lostAfter+"'")
	if err == nil {
		err = c.QueryRow(ctx, fmt.Sprintf("SELECT pg_try_advisory_xact_lock(%d)", int64(migrationLock)), pgx.QueryExecModeSimpleProtocol).Scan(&ok)
	}
	if err != nil || !ok {
		release()
		return nil, nil, false, err
	}
	held, lose := context.WithCancelCause(ctx)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		beat(held, c, stop, lose)
	}()
	return held, func(bool) {
		close(stop)
		<-stopped
		lose(nil)
		release()
	}, true, nil
}

// beat uses the connection until stop is closed. If it fails, the lock is lost.
func beat(ctx context.Context, c *pgx.Conn, stop <-chan struct{}, lose context.CancelCauseFunc) {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		within, cancel := context.WithTimeout(context.WithoutCancel(ctx), 4*beatEvery)
		_, err := c.Exec(within, "SHOW transaction_isolation")
		cancel()
		if err != nil {
			lose(fmt.Errorf("%w: %w", errLockLost, err))
			return
		}
	}
}

// unbound prepares a connection for migrations: statements may take as long as they need, and the server ends the
// statement of a program that is gone. Through a pooler, the connection has none of our settings and must not change any.
func (l *link) unbound(ctx context.Context, c *pgx.Conn) error {
	if l.pooled.Load() {
		return nil
	}
	if _, err := c.Exec(ctx, "SET client_connection_check_interval = '5s'"); err != nil && c.IsClosed() {
		return err // the setting is not available on every system, and only helps after a crash
	}
	_, err := c.Exec(ctx, "SET statement_timeout = 0")
	return err
}

// Pending returns the names of the migrations that are missing in the database, which it does not change.
func Pending(ctx context.Context, url string) (names []string, err error) {
	cfg, err := parse(url)
	if err != nil {
		return nil, err
	}
	l, err := newLink(cfg, url)
	if err != nil {
		return nil, err
	}
	db := stdlib.OpenDB(*cfg.ConnConfig, stdlib.OptionBeforeConnect(l.choose))
	defer func() { _ = db.Close() }()
	return Dialect.Pending(ctx, db)
}
