package cli

import (
	"io"
	"slices"
	"strings"
)

const (
	gap = "  " // between columns

	narrowest = 20 // minimum width in which the last column of a table is wrapped
	fewest    = 4  // minimum number of columns of a table
)

// table is a list for people: cleaned cells under column titles.
type table struct {
	head []string
	rows [][]string
}

func newTable[T any](rows []T, columns []column[T]) *table {
	columns = slices.DeleteFunc(slices.Clone(columns), func(c column[T]) bool { return c.title == "" })
	t := &table{}
	for _, c := range columns {
		t.head = append(t.head, c.title)
	}
	for _, r := range rows {
		var line []string
		for _, c := range columns {
			line = append(line, clean(c.value(r)))
		}
		t.rows = append(t.rows, line)
	}
	if n := len(t.head) - 1; n > 0 && len(t.rows) > 0 && t.empty(n) {
		t.drop(n)
	}
	return t
}

// empty reports whether a column has no values, such as the reason of a failure.
func (t *table) empty(i int) bool {
	return !slices.ContainsFunc(t.rows, func(line []string) bool { return line[i] != "" })
}

// widths is the required width of each column.
func (t *table) widths() []int {
	w := make([]int, len(t.head))
	for _, line := range append([][]string{t.head}, t.rows...) {
		for i, s := range line {
			w[i] = max(w[i], wide(s))
		}
	}
	return w
}

// fit reduces the table to the given width and returns the titles of the dropped columns: first the ids, because every
// command also accepts a name, and then columns from the right, each of which is wrapped while there is room.
func (t *table) fit(most int) (last int, left []string) {
	for {
		w := t.widths()
		n := len(w) - 1
		before := len(gap) * n
		for _, one := range w[:n] {
			before += one
		}
		switch {
		case before+w[n] <= most:
			return w[n], left
		case t.head[0] == "ID" && n > 0:
			left = append(left, t.drop(0))
		case most-before >= narrowest:
			return most - before, left
		case len(w) <= fewest:
			return max(most-before, narrowest), left // the terminal wraps the rest
		default:
			left = append(left, t.drop(n))
		}
	}
}

func (t *table) drop(i int) (title string) {
	title = t.head[i]
	t.head = slices.Delete(t.head, i, i+1)
	for r := range t.rows {
		t.rows[r] = slices.Delete(t.rows[r], i, i+1)
	}
	return title
}

// writeTable writes rows as a table. A file or pipe gets all columns; a terminal gets those that fit and a note about
// the others.
func (a *app) writeTable(w io.Writer, t *table) error {
	var left []string
	last := 0 // no limit
	if most := room(w); most > 0 {
		last, left = t.fit(most)
	}
	width := t.widths()
	var b strings.Builder
	writeLine(&b, t.head, width, bold.render)
	for _, line := range t.rows {
		n := len(line) - 1
		more := []string{line[n]}
		if last > 0 && wide(line[n]) > last {
			more = wrap(line[n], last)
		}
		line[n] = more[0]
		writeLine(&b, line, width, paint)
		for _, s := range more[1:] {
			line = make([]string, n+1)
			line[n] = s
			writeLine(&b, line, width, paint)
		}
	}
	if err := a.emit(w, b.String()); err != nil {
		return err
	}
	if _, ok := terminal(a.err); ok && len(left) > 0 {
		a.note("%s", faint.render("Terminal too narrow for "+strings.Join(left, ", ")+". Use a wider terminal, or -o json."))
	}
	return nil
}

// writeLine pads the cells, without trailing spaces.
func writeLine(b *strings.Builder, line []string, width []int, look func(string) string) {
	spaces := 0
	for i, s := range line {
		if s != "" {
			b.WriteString(strings.Repeat(" ", spaces) + look(s))
			spaces = 0
		}
		spaces += width[i] - wide(s) + len(gap)
	}
	b.WriteByte('\n')
}

// field is one line of an object.
type field struct{ name, value string }

// writeFields writes one field per line, without empty fields.
func (a *app) writeFields(w io.Writer, fields []field) error {
	width := 0
	for _, f := range fields {
		if f.value != "" {
			width = max(width, wide(f.name))
		}
	}
	var b strings.Builder
	for _, f := range fields {
		if f.value == "" {
			continue
		}
		name := bold.render(f.name) + strings.Repeat(" ", width-wide(f.name)) + gap
		for line := range strings.Lines(f.value) {
			b.WriteString(name + paint(clean(strings.TrimSuffix(line, "\n"))) + "\n")
			name = strings.Repeat(" ", width) + gap
		}
	}
	return a.emit(w, b.String())
}

var paints = map[string]style{
	"active": green, "pending": yellow, "suspended": red,
	"inactive": red, "expired": red, "declined": red, "failed": red,
}

// paint colors status words.
func paint(cell string) string {
	word, rest, more := strings.Cut(cell, " ")
	look, ok := paints[word]
	switch {
	case !ok:
		return cell
	case more:
		rest = " " + rest
	}
	return look.render(word) + rest
}
