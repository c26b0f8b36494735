package store

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"raff/internal/store/engine"
	"raff/internal/team"
)

// condition collects the conditions of a list. Each condition contains one ? per argument.
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

// number replaces each ? with a numbered placeholder.
func (c *condition) number(sql string, args ...any) string {
	for _, a := range args {
		c.args = append(c.args, a)
		sql = strings.Replace(sql, "?", "$"+strconv.Itoa(len(c.args)), 1)
	}
	return sql
}

// in returns the condition that a column has one of these values.
func (c *condition) in(values []any) string {
	return c.number(" IN (?"+strings.Repeat(", ?", len(values)-1)+")", values...)
}

// prefixed adds the condition that a column with names in lower case begins with a text.
func (c *condition) prefixed(column, text string) {
	if text != "" {
		key := nameKey(text)
		c.and(column+" >= ?", key)
		c.and(column+" < ?", key+"\U0010ffff")
	}
}

// values converts all to arguments for in.
func values[V, S ~string](all []S) []any {
	out := make([]any, len(all))
	for i, s := range all {
		out[i] = V(s)
	}
	return out
}

// inParts asks for the rows that have any of these values, many values per query. To limit the number of different
// query texts, it pads each part to one of a few lengths by repeating the last value. Only the results within one part
// are in order.
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

// uids returns the valid UUIDs among ids.
func uids(ids []string) []uid {
	var out []uid
	for _, id := range ids {
		if uid(id).Valid() {
			out = append(out, uid(id))
		}
	}
	return out
}

// listing describes a list: its columns, conditions and order.
type listing struct {
	columns string
	from    string // including joins
	rows    string // only the tables that the conditions need
	counts  string // a table of counters, in column n, with the columns of the conditions; empty: rows are counted
	search  bool   // no index serves the conditions: total and page come from one scan of all rows, whose alias is m
	at      string // the column before id in the order; empty: ids sort by time
	id      string // the last column of the order; empty: the list has no cursor
	key     string // the columns that find a row of the table; empty: id
	newest  bool   // in descending order of at and id
	// value is what a cursor says about at; nil: its time.
	value  func(*team.Cursor) any
	joined bool   // rows that are skipped are joined too
	capped bool   // rows are counted only up to the limit of team.Total
	order  string // if not by at and id
	seek   seek   // the columns before at and id of the index that has this order
	// either are conditions, each with an index of its own, that replace the first one of the list: every row meets exactly
	// one of them. The page is the beginning of all their rows together.
	either []part
}

// part is a condition of listing.either, with the tables to read the rows from.
type part struct {
	where, rows string
	seek        seek
}

// count returns the query for the number of rows that match.
func (l listing) count(c *condition, p team.Page) string {
	switch {
	case p.SkipTotal:
		return "SELECT 0"
	case l.counts != "":
		return "SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) FROM " + l.counts + " WHERE " + c.sql.String()
	case l.capped:
		return "SELECT COUNT(*) FROM (SELECT 1 FROM " + l.rows + " WHERE " + c.sql.String() + " LIMIT " + strconv.Itoa(mostCounted(p)) + ") m"
	}
	return "SELECT COUNT(*) FROM " + l.rows + " WHERE " + c.sql.String()
}

// after reports whether the page starts after a given row.
func (l listing) after(p team.Page) bool { return p.After != nil && l.id != "" }

// memberIndexes are the columns before id of the indexes that lists of memberships ask for.
var memberIndexes = map[string]seek{
	"memberships_role":   {"m.role_id", "m.scope_id"},
	"memberships_status": {"m.scope_id", "m.status"},
	"memberships_keys":   {"m.scope_id"},
}

// membersBy makes a list of memberships use this index. SQLite would read all rows of the scope in the order of the key.
func (l listing) membersBy(d *engine.Dialect, index string) listing {
	l.seek = memberIndexes[index]
	if d.By != "" {
		by := func(tables string) string {
			return strings.Replace(tables, "memberships m", "memberships m"+fmt.Sprintf(d.By, index), 1)
		}
		l.from, l.rows = by(l.from), by(l.rows)
	}
	return l
}

// found returns the columns that find a row.
func (l listing) found() string {
	if l.key != "" {
		return l.key
	}
	return l.id
}

// positions returns the columns that find a row and its place in the order.
func (l listing) positions() string {
	if l.at == "" {
		return l.found()
	}
	return l.found() + ", " + l.at
}

// sorting returns the order of the list.
func (l listing) sorting() string {
	direction := ""
	if l.newest {
		direction = " DESC"
	}
	switch {
	case l.order != "":
		return " ORDER BY " + l.order
	case l.at != "":
		return " ORDER BY " + l.at + direction + ", " + l.id + direction
	}
	return " ORDER BY " + l.id + direction
}

// columnsInOrder returns the columns by which the list is ordered.
func (l listing) columnsInOrder() []string {
	if l.at == "" {
		return []string{l.id}
	}
	return []string{l.at, l.id}
}

// cursor returns the placeholders of the values that the cursor has for columnsInOrder, or nil if the page starts at the first row.
func (l listing) cursor(c *condition, p team.Page) []string {
	switch {
	case !l.after(p):
		return nil
	case l.at == "":
		return []string{c.number("?", uid(p.After.ID))}
	case l.value == nil:
		return []string{c.number("?", p.After.At), c.number("?", uid(p.After.ID))}
	}
	return []string{c.number("?", l.value(p.After)), c.number("?", uid(p.After.ID))}
}

// beyond returns the condition that a row follows the cursor.
func (l listing) beyond(after []string) string {
	sign := " > "
	if l.newest {
		sign = " < "
	}
	switch len(after) {
	case 0:
		return ""
	case 1:
		return " AND " + l.id + sign + after[0]
	}
	return " AND (" + l.at + ", " + l.id + ")" + sign + "(" + strings.Join(after, ", ") + ")"
}

// query returns the query for the total and the page.
func (l listing) query(c *condition, p team.Page) string {
	all, number, order := c.sql.String(), l.count(c, p), l.sorting()
	after := l.cursor(c, p)
	beyond := l.beyond(after)
	offset := p.Limit > 0 && p.Offset > 0 && !l.after(p)
	limit := ""
	if p.Limit > 0 {
		// SQLite makes a new plan for each value of a plain LIMIT parameter, but not for an expression.
		limit = c.number(" LIMIT ? + 0", p.Limit)
	}
	if offset {
		limit += c.number(" OFFSET ? + 0", p.Offset)
	}
	matching, part := " WHERE "+all, beyond+order+limit
	if where, by, ok := l.seek.in(all, l.columnsInOrder(), after, l.newest); ok && !l.search && l.order == "" {
		matching, order, part = " WHERE "+where, by, by+limit
	}
	switch {
	case l.search:
		total := "(SELECT COUNT(*) FROM found)"
		if p.SkipTotal {
			total = "0"
		}
		return "WITH found AS MATERIALIZED (SELECT " + l.positions() + " FROM " + l.rows + matching + ") SELECT " + total + ", " +
			l.columns + " FROM " + l.from + " WHERE (" + l.found() + ") IN (SELECT " + l.found() + " FROM found m WHERE TRUE" + part + ")" + order
	case len(l.either) > 0 && p.Limit > 0:
		upTo := c.number(" LIMIT ? + 0", p.Limit+max(0, p.Offset))
		_, others, _ := strings.Cut(all, " AND ")
		queries := make([]string, len(l.either))
		for i, e := range l.either {
			where, by, ok := e.seek.in(e.where+" AND "+others, l.columnsInOrder(), after, l.newest)
			if !ok {
				where, by = e.where+" AND "+others+beyond, order
			}
			queries[i] = "SELECT * FROM (SELECT " + l.positions() + " FROM " + e.rows + " WHERE " + where + by + upTo + ") m" + strconv.Itoa(i)
		}
		matching = " WHERE (" + l.found() + ") IN (SELECT " + l.found() + " FROM (" + strings.Join(queries, " UNION ALL ") + ") m" + order + limit + ")"
		part = order
	case offset && l.order == "" && l.from != l.rows && !l.joined:
		// Rows that are skipped are not joined.
		matching += " AND (" + l.found() + ") IN (SELECT " + l.found() + " FROM " + l.rows + matching + part + ")"
		part = order
	}
	return "SELECT (" + number + "), " + l.columns + " FROM " + l.from + matching + part
}

// mostCounted is up to how many rows a list is counted for a page: one more than the limit of team.Total, and than the rows up to
// the end of the page.
func mostCounted(p team.Page) int {
	if p.Limit == 0 {
		return math.MaxInt32
	}
	n := p.Offset + p.Limit
	if p.After != nil {
		n = 0
	}
	return max(team.CountedRows, n) + 1
}

// totalOf returns the total of a list for which nothing keeps count, with a page of this many rows.
func totalOf(p team.Page, rows int, count func(most int) (int, error)) (team.Total, error) {
	switch {
	case p.SkipTotal:
		return team.Total{}, nil
	case p.After != nil && p.After.Total != nil:
		return *p.After.Total, nil
	case p.After == nil && (p.Limit == 0 || rows < p.Limit && (rows > 0 || p.Offset <= 0)):
		return team.Total{N: max(0, p.Offset) + rows, Once: true}, nil
	}
	most := mostCounted(p)
	n, err := count(most)
	return team.Total{N: n, AtLeast: n >= most, Once: true}, err
}

// list reads one page and its total, which is exact if something keeps count of the rows.
func list[T any](ctx context.Context, q querier, l listing, c *condition, p team.Page, scan func(scanner) (T, error)) ([]T, team.Total, error) {
	if l.capped {
		return counted(ctx, q, l, c, p, scan)
	}
	rows, total, err := page(ctx, q, l, c, p, scan)
	return rows, team.Total{N: total}, err
}

// counted reads one page, and counts the rows of the list apart from it, up to the limit of team.Total.
func counted[T any](ctx context.Context, q querier, l listing, c *condition, p team.Page, scan func(scanner) (T, error)) ([]T, team.Total, error) {
	count, all := l.count(c, p), slices.Clone(c.args)
	only := p
	only.SkipTotal = true
	rows, _, err := page(ctx, q, l, c, only, scan)
	if err != nil {
		return nil, team.Total{}, err
	}
	total, err := totalOf(p, len(rows), func(int) (int, error) { return one(ctx, q, engine.ScanNumber, count, all...) })
	return rows, total, err
}

// page reads one page and the exact number of rows that match. Both come from one statement, so that they are
// consistent with each other.
func page[T any](ctx context.Context, q querier, l listing, c *condition, p team.Page, scan func(scanner) (T, error)) ([]T, int, error) {
	filters := len(c.args)
	if !q.Dialect().Seek {
		l = l.unsought()
	}
	count, query := l.count(c, p), l.query(c, p)
	total := 0
	head := withTotal{fields: []any{(*number)(&total)}}
	counting := func(s scanner) (T, error) { head.scanner = s; return scan(&head) }
	size := func() int {
		if p.SkipTotal {
			return 0
		}
		return min(total, max(p.Limit, 0))
	}
	list, err := sized(ctx, q, counting, size, query, c.args...)
	if team.IsNotFound(err) {
		return nil, 0, nil // a filter value that is not a valid id matches nothing
	}
	if err != nil || len(list) > 0 || !l.after(p) && p.Offset <= 0 || p.SkipTotal {
		return list, total, err
	}
	// The page is past the last row.
	total, err = one(ctx, q, engine.ScanNumber, count, c.args[:filters]...)
	return nil, total, err
}

// withTotal reads the total, which precedes the columns of a row.
type withTotal struct {
	scanner
	fields []any // of the total, with room for those of the row
}

func (c *withTotal) Scan(dest ...any) error {
	c.fields = append(c.fields[:1], dest...)
	return c.scanner.Scan(c.fields...)
}

// containing returns a LIKE pattern, with ESCAPE '\', that matches values containing the text.
func containing(text string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text) + "%"
}

// called returns the condition that the name or the email of a membership, or of a person that an account knows, contains a text;
// the argument is containing(team.Folded(text)).
func called(alias, argument string) string {
	return alias + ".sort_key LIKE " + argument + ` ESCAPE '\'`
}
