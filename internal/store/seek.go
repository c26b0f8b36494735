package store

import (
	"slices"
	"strings"
)

// seek is how PostgreSQL finds a page in the index that begins with these columns, for which the list has equal conditions,
// and goes on with those of its order, the last of which is the id.
//
// Ids sort by time, so a page of one account's rows can also be found by reading everybody's rows in the order of the
// primary key and skipping those of other accounts. PostgreSQL prefers that when an account has a large share of all rows, and
// then reads the whole table for an account whose rows come last. Comparing rows, (a, b) >= (1, 2) AND (a, b) <= (1, 2)
// instead of a = 1 AND b = 2, and sorting by a, b and id leaves only the index that has this order.
type seek []string

// in replaces the equal conditions on the columns, which are parts of where, and the condition that a row follows the cursor
// after (a placeholder for each column of by, or none). It returns the conditions and the order, and whether it could replace
// them.
func (s seek) in(where string, by, after []string, newest bool) (conditions, order string, ok bool) {
	if len(s) == 0 {
		return "", "", false
	}
	direction, from, to := "", " >= ", " <= "
	if newest {
		direction, from, to = " DESC", " <= ", " >= "
	}
	values := make([]string, len(s))
	parts := strings.Split(where, " AND ")
	for i, column := range s {
		for j, part := range parts {
			if value, ok := strings.CutPrefix(part, column+" = "); ok {
				values[i], parts[j] = value, "TRUE"
			}
		}
		if values[i] == "" {
			return "", "", false
		}
	}
	begin := "(" + strings.Join(s, ", ") + ")" + from + "(" + strings.Join(values, ", ") + ")"
	if len(after) > 0 {
		begin = "(" + strings.Join(slices.Concat(s, by), ", ") + ")" + strings.TrimSuffix(from, "= ") + " (" + strings.Join(slices.Concat(values, after), ", ") + ")"
	}
	end := "(" + strings.Join(s, ", ") + ")" + to + "(" + strings.Join(values, ", ") + ")"
	order = " ORDER BY " + strings.Join(slices.Concat(s, by), direction+", ") + direction
	return strings.Join(parts, " AND ") + " AND " + begin + " AND " + end, order, true
}

// unsought returns the list for a database that needs no help to choose its indexes.
func (l listing) unsought() listing {
	l.seek, l.either = nil, slices.Clone(l.either)
	for i := range l.either {
		l.either[i].seek = nil
	}
	return l
}
