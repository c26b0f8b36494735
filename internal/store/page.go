package store

import (
	"context"
	"strconv"
	"strings"

	"raff/internal/team"
)

// condition collects what a list filters by. A condition writes ? for each of its arguments.
type condition struct {
	sql  strings.Builder
	args []any
}

func (c *condition) and(sql string, args ...any) {
	if c.sql.Len() > 0 {
		c.sql.WriteString(" AND ")
	}
	c.sql.WriteString(c.number(sql, args...))
}

// number gives the arguments their places.
func (c *condition) number(sql string, args ...any) string {
	for _, a := range args {
		c.args = append(c.args, a)
		sql = strings.Replace(sql, "?", "$"+strconv.Itoa(len(c.args)), 1)
	}
	return sql
}

// in is the condition that a column has one of these values.
func (c *condition) in(values []any) string {
	return c.number(" IN (?"+strings.Repeat(", ?", len(values)-1)+")", values...)
}

// listing is one list: what it selects and how its rows follow each other.
type listing struct {
	columns string
	from    string // with its joins
	counted string // the tables that the conditions need
	at, id  string // the columns a cursor compares; empty: the list has no cursor
	newest  bool   // by at and id from the last to the first
	order   string // when not by at and id
}

// page reads one page and the exact number of rows that match. Both come from one statement, so that they belong to
// the same moment.
func page[T any](ctx context.Context, q querier, l listing, c *condition, p team.Page, scan func(scanner) (T, error)) ([]T, int, error) {
	count := "SELECT COUNT(*) FROM " + l.counted + " WHERE " + c.sql.String()
	filters := len(c.args)
	var sql strings.Builder
	sql.WriteString("SELECT (" + count + "), " + l.columns + " FROM " + l.from + " WHERE " + c.sql.String())
	direction, beyond := "", " > "
	if l.newest {
		direction, beyond = " DESC", " < "
	}
	after := p.After != nil && l.at != ""
	if after {
		sql.WriteString(c.number(" AND ("+l.at+", "+l.id+")"+beyond+"(?, ?)", p.After.At, uid(p.After.ID)))
	}
	order := l.order
	if order == "" {
		order = l.at + direction + ", " + l.id + direction
	}
	sql.WriteString(" ORDER BY " + order)
	if p.Limit > 0 {
		// SQLite plans a statement anew for each LIMIT it can see; in a sum it does not look.
		sql.WriteString(c.number(" LIMIT ? + 0", p.Limit))
		if p.Offset > 0 && !after {
			sql.WriteString(c.number(" OFFSET ? + 0", p.Offset))
		}
	}
	total := 0
	head := counted{fields: []any{(*number)(&total)}}
	counting := func(s scanner) (T, error) { head.scanner = s; return scan(&head) }
	size := func() int { return min(total, max(p.Limit, 0)) }
	list, err := sized(ctx, q, counting, size, sql.String(), c.args...)
	if team.IsNotFound(err) {
		return nil, 0, nil // a filter by something that is no id
	}
	if err != nil || len(list) > 0 || !after && p.Offset <= 0 {
		return list, total, err
	}
	// The page lies behind the last row.
	total, err = one(ctx, q, scanNumber, count, c.args[:filters]...)
	return nil, total, err
}

// counted reads the total in front of the columns of a row.
type counted struct {
	scanner
	fields []any // the total's, and space for the others
}

func (c *counted) Scan(dest ...any) error {
	c.fields = append(c.fields[:1], dest...)
	return c.scanner.Scan(c.fields...)
}

// containing is a LIKE pattern, with ESCAPE '\', for what contains the text.
func containing(text string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text) + "%"
}
