package cli

import (
	"io"
	"slices"
	"strings"
)

const (
	gap = "  " // between columns

	narrowest = 20 // the least room in which the last column of a table is broken into lines
	fewest    = 4  // columns without which a table says too little
)

// table is a list for eyes: cleaned cells under their titles.
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

// empty says that nobody has anything in a column, such as the reason of a failure.
func (t *table) empty(i int) bool {
	return !slices.ContainsFunc(t.rows, func(line []string) bool { return line[i] != "" })
}

// widths is what each column needs.
func (t *table) widths() []int {
	w := make([]int, len(t.head))
	for _, line := range append([][]string{t.head}, t.rows...) {
		for i, s := range line {
			w[i] = max(w[i], wide(s))
		}
	}
	return w
}

// fit makes the table at most so many columns wide and says what it left out for that: first the ids, because every
// command takes a name as well, and then columns from the right, each of which is broken into lines while there is
// room for that.
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
			return max(most-before, narrowest), left // the terminal has to break the rest
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

// writeTable writes rows below each other. A file or pipe gets everything; a terminal gets what fits and is told what
// does not.
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
		a.note("%s", faint.render("Too narrow for "+strings.Join(left, ", ")+". A wider terminal, or -o json, shows everything."))
	}
	return nil
}

// writeLine pads the cells, but leaves no spaces at the end of a line.
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

// writeFields leaves out what has no value.
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

// paint colours the words that say how somebody stands.
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
