package sqlite

import (
	"context"

	"raff/internal/store/engine"
)

func (e *database) Remembered(ctx context.Context, key engine.Key, read func(engine.Querier) (any, error)) (v any, err error) {
	c, back, err := e.borrow(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { back(c.failed) }()
	if err := c.look(); err != nil {
		return nil, unavailable(err)
	}
	if v, ok := c.memory[key]; ok {
		return v, nil
	}
	// A commit between the check and this read makes the row newer than the version, never older.
	if v, err = read(connReader{c}); err == nil {
		c.memory[key] = v
	}
	return v, err
}

// look clears the memory if anything was committed since it was filled. A pinned request checks once.
func (c *conn) look() error {
	if c.looked {
		return nil
	}
	version, err := c.dataVersion()
	if err != nil {
		return err
	}
	if version != c.version || len(c.memory) >= engine.MaxRemembered {
		clear(c.memory)
		c.version = version
	}
	c.looked = c.pinned
	return nil
}

// dataVersion returns a number that changes when another connection has committed.
func (c *conn) dataVersion() (int64, error) {
	s, err := c.prepare("PRAGMA data_version", nil)
	if err != nil {
		c.failed = err
		return 0, err
	}
	r := rows{c: c, s: s, done: func(err error) { c.failed = err }}
	defer r.Close()
	if !r.Next() {
		return 0, r.err
	}
	return r.int(0), nil
}

// connReader runs queries on a connection that its creator acquired and releases.
type connReader struct{ c *conn }

func (connReader) Dialect() *engine.Dialect { return &Dialect }

func (r connReader) Query(_ context.Context, query string, args []any) (engine.Rows, error) {
	rs, err := r.c.query(query, args)
	if err != nil {
		r.c.failed = err
		return nil, unavailable(err)
	}
	rs.done = func(err error) { r.c.failed = err }
	return rs, nil
}
