package store

import (
	"context"
	"strconv"
	"strings"

	"raff/internal/store/engine"
)

// insertion is an INSERT statement that can write any number of rows of one table.
type insertion struct {
	columns int            // number of values per row
	texts   map[int]string // by number of rows, one for each of rowsAtOnce
}

// rowsAtOnce lists the numbers of rows that one statement can write. There are few, so that the database can reuse its
// plans.
var rowsAtOnce = []int{64, 16, 4, 1}

// insertionOf returns an insertion from the text before VALUES, the number of values per row, and the text after the rows.
func insertionOf(head string, columns int, tail string) *insertion {
	i := &insertion{columns, map[int]string{}}
	for _, rows := range rowsAtOnce {
		i.texts[rows] = head + valuesOf(rows, columns) + tail
	}
	return i
}

func valuesOf(rows, columns int) string {
	var b strings.Builder
	b.WriteString(" VALUES ")
	for n := range rows * columns {
		switch {
		case n == 0:
			b.WriteString("($")
		case n%columns == 0:
			b.WriteString("), ($")
		default:
			b.WriteString(", $")
		}
		b.WriteString(strconv.Itoa(n + 1))
	}
	b.WriteString(")")
	return b.String()
}

// maxGathered is the maximum number of delayed rows per table.
const maxGathered = 512

// gathering is a session that delays INSERTs and writes the rows of one table together, before any other statement of
// the transaction, so that the delay cannot be observed. Tables are written in the order of their first rows.
type gathering struct {
	session
	tables []gathered
}

type gathered struct {
	into *insertion
	args []any
}

// row delays one row. Its values must be bound.
func (g *gathering) row(ctx context.Context, into *insertion, args []any) error {
	for i := range g.tables {
		if t := &g.tables[i]; t.into == into {
			if t.args = append(t.args, args...); len(t.args) >= maxGathered*into.columns {
				return g.flush(ctx)
			}
			return nil
		}
	}
	g.tables = append(g.tables, gathered{into, args})
	return nil
}

func (g *gathering) flush(ctx context.Context) error {
	tables := g.tables
	g.tables = nil
	for _, t := range tables {
		for _, rows := range rowsAtOnce {
			for n := rows * t.into.columns; len(t.args) >= n; t.args = t.args[n:] {
				if err := g.session.Later(ctx, t.into.texts[rows], t.args[:n:n]); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (g *gathering) Query(ctx context.Context, query string, args []any) (rows, error) {
	if err := g.flush(ctx); err != nil {
		return nil, err
	}
	return g.session.Query(ctx, query, args)
}

// Remembered uses the memory of the session, if it has one.
func (g *gathering) Remembered(ctx context.Context, key engine.Key, read func(querier) (any, bool, error)) (any, error) {
	m, ok := g.session.(engine.Rememberer)
	if !ok {
		v, _, err := read(g)
		return v, err
	}
	if err := g.flush(ctx); err != nil {
		return nil, err
	}
	return m.Remembered(ctx, key, func(querier) (any, bool, error) { return read(g) })
}

func (g *gathering) Exec(ctx context.Context, query string, args []any) (int64, error) {
	if err := g.flush(ctx); err != nil {
		return 0, err
	}
	return g.session.Exec(ctx, query, args)
}

func (g *gathering) Later(ctx context.Context, query string, args []any) error {
	if err := g.flush(ctx); err != nil {
		return err
	}
	return g.session.Later(ctx, query, args)
}

// row writes one row without waiting for the result. It is written at the latest before the next statement or the commit.
func (t *tx) row(ctx context.Context, into *insertion, args ...any) error {
	if err := bind(args); err != nil {
		return err
	}
	return t.s.row(ctx, into, args)
}
