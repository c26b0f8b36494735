package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"raff/internal/store/engine"
	"raff/internal/team"
)

// frozen is the transaction of a request whose reads all see one snapshot. It begins with the first read.
type frozen struct {
	conn     *pgxpool.Conn
	snapshot string
	err      error
	over     bool
}

// Snapshot reads in one transaction, which begins with the first read.
func (e *database) Snapshot(ctx context.Context) (pinned context.Context, done func()) {
	f := &frozen{}
	return context.WithValue(ctx, pinKey{}, &pin{frozen: f}), func() { f.end(ctx) }
}

// TrySnapshot is Snapshot: asking for the snapshot takes a round trip, in which the transaction also begins.
func (e *database) TrySnapshot(ctx context.Context) (pinned context.Context, done func()) {
	return e.Snapshot(ctx)
}

// begin starts the transaction in one round trip and returns its snapshot. Later calls return the same.
func (f *frozen) begin(ctx context.Context, e *database) (string, error) {
	if f.conn != nil || f.err != nil || f.over {
		return f.snapshot, f.err
	}
	if f.conn, f.err = e.of(ctx).Acquire(ctx); f.err != nil {
		f.err = unavailable(f.err)
		return "", f.err
	}
	var batch pgx.Batch
	batch.Queue("BEGIN READ ONLY, ISOLATION LEVEL REPEATABLE READ")
	pooled := e.link.pooled.Load()
	if pooled {
		batch.Queue(e.link.greeting())
	}
	batch.Queue(currentSnapshot)
	results := f.conn.SendBatch(ctx, &batch)
	_, err := results.Exec()
	if err == nil && pooled {
		var standby engine.Flag
		if err = results.QueryRow().Scan(&standby); err == nil && bool(standby) {
			err = team.Unavailable(errNotPrimary)
		}
	}
	if err == nil {
		err = results.QueryRow().Scan(&f.snapshot)
	}
	if closing := results.Close(); err == nil {
		err = closing
	}
	f.err = unavailable(err)
	return f.snapshot, f.err
}

func (f *frozen) query(ctx context.Context, e *database, query string, args []any) (engine.Rows, error) {
	if f.over {
		return e.Query(context.WithValue(ctx, pinKey{}, nil), query, args)
	}
	if _, err := f.begin(ctx, e); err != nil {
		return nil, err
	}
	rs, err := f.conn.Query(ctx, query, plain(args)...)
	if err != nil {
		return nil, unavailable(err)
	}
	return rows{rs, nil}, nil
}

// end ends the transaction, also for a request whose client has disconnected.
func (f *frozen) end(ctx context.Context) {
	f.over = true
	if f.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if _, err := f.conn.Exec(ctx, "COMMIT"); err != nil {
		_ = f.conn.Conn().Close(ctx) // the server ends the transaction of a lost session
	}
	f.conn.Release()
}
