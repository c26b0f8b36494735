package store

import "context"

// Rows that are read by key are kept in memory until the database changes. A row is returned from memory only if the
// database itself confirms, within the same request, that nothing was committed since the row was read. Memory
// therefore saves reading the row again, but not the check, and cannot be stale.
//
// On SQLite the check is PRAGMA data_version, which counts the commits of other connections and other programs; each
// connection has its own memory. On PostgreSQL it is pg_current_snapshot(), the set of visible transactions: two equal
// snapshots see the same rows. There the check is a round trip, so a request makes it once; see Pin.

// memoryKey identifies a row: the query and its argument.
type memoryKey struct {
	query, argument string
}

// maxRemembered is the maximum number of rows in a memory, about a kilobyte each.
const maxRemembered = 1024

type rememberer interface {
	// remembered returns the row for the key from memory, or reads it on the same connection.
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
	// A commit between the check and this read makes the row newer than the version, never older.
	if v, err = read(sqliteReader{c}); err == nil {
		c.memory[key] = v
	}
	return v, err
}

// look clears the memory if anything was committed since it was filled. A pinned request checks once.
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

// dataVersion returns a number that changes when another connection has committed.
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

// sqliteReader runs queries on a connection that its creator acquired and releases.
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
