package store

import "context"

// Rows read by key are kept in memory until the database changes. A row is returned from memory only if the database
// itself confirms, within the same request, that nothing was committed since the row was read; so memory saves reading
// the row again, but not the check, and cannot be stale.
//
// SQLite is asked for PRAGMA data_version, which counts the commits of other connections and other programs; each
// connection remembers for itself. PostgreSQL is asked for pg_current_snapshot(): which transactions are visible. Two
// equal snapshots see the same rows. There asking is a round trip, so a request asks once; see Pin.

// memoryKey identifies a row: the query and its argument.
type memoryKey struct {
	query, argument string
}

// maxRemembered is the maximum number of rows in a memory, about a kilobyte each.
const maxRemembered = 1024

type rememberer interface {
	// remembered returns the row in memory for the key, or reads it on the same connection.
	remembered(ctx context.Context, key memoryKey, read func(querier) (any, error)) (any, error)
}

// remembered reads through the memory of q, if it has one. The result is shared and must not be modified.
func remembered[T any](ctx context.Context, q querier, key memoryKey, read func(querier) (T, error)) (T, error) {
	m, ok := q.(rememberer)
	if !ok {
		return read(q)
	}
	v, err := m.remembered(ctx, key, func(q querier) (any, error) { return read(q) })
	row, _ := v.(T)
	return row, err
}

func (e *sqliteEngine) remembered(ctx context.Context, key memoryKey, read func(querier) (any, error)) (v any, err error) {
	c, back, err := e.borrow(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { back(c.failed) }()
	if err := c.look(); err != nil {
		return nil, sqliteError(err)
	}
	if v, ok := c.memory[key]; ok {
		return v, nil
	}
	// A commit between the question and this read makes the row newer than the version, never older.
	if v, err = read(sqliteReader{c}); err == nil {
		c.memory[key] = v
	}
	return v, err
}

// look clears the memory if there was a commit since. A pinned request checks once.
func (c *sqliteConn) look() error {
	if c.looked {
		return nil
	}
	version, err := c.dataVersion()
	if err != nil {
		return err
	}
	if version != c.version || len(c.memory) >= maxRemembered {
		clear(c.memory)
		c.version = version
	}
	c.looked = c.pinned
	return nil
}

// dataVersion is a number that changes if another connection has committed.
func (c *sqliteConn) dataVersion() (int64, error) {
	s, err := c.prepare("PRAGMA data_version", nil)
	if err != nil {
		c.failed = err
		return 0, err
	}
	r := sqliteRows{c: c, s: s, done: func(err error) { c.failed = err }}
	defer r.Close()
	if !r.Next() {
		return 0, r.err
	}
	return r.int(0), nil
}

// sqliteReader runs queries on one connection that someone else takes and gives back.
type sqliteReader struct{ c *sqliteConn }

func (sqliteReader) dialect() *dialect { return &sqliteDialect }

func (r sqliteReader) query(_ context.Context, query string, args []any) (rows, error) {
	rs, err := r.c.query(query, args)
	if err != nil {
		r.c.failed = err
		return nil, sqliteError(err)
	}
	rs.done = func(err error) { r.c.failed = err }
	return rs, nil
}
