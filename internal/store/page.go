package store

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"raff/internal/team"
)

// condition collects the conditions of a list. Each condition has a ? for each of its arguments.
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

// number replaces each ? by a numbered placeholder.
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

// values are arguments for in, each of this kind.
func values[V, S ~string](all []S) []any {
	out := make([]any, len(all))
	for i, s := range all {
		out[i] = V(s)
	}
	return out
}

// inParts asks for what has any one of these values, for so many of them at once as few different queries need: the last value is
// repeated up to one of their lengths. The results of one part are in order.
func inParts[V ~string, T any](all []V, ask func(some []any) ([]T, error)) (found []T, err error) {
	for part := range slices.Chunk(all, 512) {
		size := 1
		for size < len(part) {
			size *= 8
		}
		some := make([]any, size)
		for i := range some {
			some[i] = part[min(i, len(part)-1)]
		}
		rows, err := ask(some)
		if err != nil {
			return nil, err
		}
		found = append(found, rows...)
	}
	return found, nil
}

// uids are the valid UUIDs among ids.
func uids(ids []string) []uid {
	var out []uid
	for _, id := range ids {
		if uid(id).valid() {
			out = append(out, uid(id))
		}
	}
	return out
}

// listing describes one list: its columns, conditions and order.
type listing struct {
	columns string
	from    string // with its joins
	rows    string // the tables that the conditions need
	counts  string // what holds the numbers, in a column n, of the rows that the conditions tell apart; empty: they are counted
	search  bool   // no index serves the conditions: number and page come from one look at all rows, whose alias is m
	at, id  string // the columns a cursor compares; empty: the list has no cursor
	newest  bool   // by at and id from the last to the first
	named   bool   // at is text, not a time
	order   string // when not by at and id
}

// count is the query for the number of rows that match.
func (l listing) count(c *condition, p team.Page) string {
	switch {
	case p.SkipTotal:
		return "SELECT 0"
	case l.counts != "":
		return "SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) FROM " + l.counts + " WHERE " + c.sql.String()
	}
	return "SELECT COUNT(*) FROM " + l.rows + " WHERE " + c.sql.String()
}

// after reports whether the page continues behind a row.
func (l listing) after(p team.Page) bool { return p.After != nil && l.at != "" }

// query is the query for the number and the page.
func (l listing) query(c *condition, p team.Page) string {
	direction, beyond := "", " > "
	if l.newest {
		direction, beyond = " DESC", " < "
	}
	order := " ORDER BY " + l.order
	if l.order == "" {
		order = " ORDER BY " + l.at + direction + ", " + l.id + direction
	}
	matching, number, part := " WHERE "+c.sql.String(), l.count(c, p), order
	if l.after(p) {
		var at any = p.After.At
		if l.named {
			at = p.After.Name
		}
		part = c.number(" AND ("+l.at+", "+l.id+")"+beyond+"(?, ?)", at, uid(p.After.ID)) + order
	}
	offset := p.Limit > 0 && p.Offset > 0 && !l.after(p)
	if p.Limit > 0 {
		// SQLite plans a statement anew for each LIMIT it can see; in a sum it does not look.
		part += c.number(" LIMIT ? + 0", p.Limit)
	}
	if offset {
		part += c.number(" OFFSET ? + 0", p.Offset)
	}
	switch {
	case l.search && !p.SkipTotal:
		return "WITH found AS MATERIALIZED (SELECT " + l.id + ", " + l.at + " FROM " + l.rows + matching + ") SELECT (SELECT COUNT(*) FROM found), " +
			l.columns + " FROM " + l.from + " WHERE " + l.id + " IN (SELECT m.id FROM found m WHERE TRUE" + part + ")" + order
	case offset && l.order == "" && l.from != l.rows:
		// What is passed over need not be joined.
		matching += " AND " + l.id + " IN (SELECT " + l.id + " FROM " + l.rows + matching + part + ")"
		part = order
	}
	return "SELECT (" + number + "), " + l.columns + " FROM " + l.from + matching + part
}

// page reads one page and the exact number of rows that match. Both come from one statement, so that they belong to
// the same moment.
func page[T any](ctx context.Context, q querier, l listing, c *condition, p team.Page, scan func(scanner) (T, error)) ([]T, int, error) {
	filters := len(c.args)
	count, query := l.count(c, p), l.query(c, p)
	total := 0
	head := counted{fields: []any{(*number)(&total)}}
	counting := func(s scanner) (T, error) { head.scanner = s; return scan(&head) }
	size := func() int {
		if p.SkipTotal {
			return 0
		}
		return min(total, max(p.Limit, 0))
	}
	list, err := sized(ctx, q, counting, size, query, c.args...)
	if team.IsNotFound(err) {
		return nil, 0, nil // a filter by something that is no id
	}
	if err != nil || len(list) > 0 || !l.after(p) && p.Offset <= 0 || p.SkipTotal {
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
