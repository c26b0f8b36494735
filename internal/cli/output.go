package cli

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"strings"
	"time"
	"unicode"

	"charm.land/lipgloss/v2"
	"gopkg.in/yaml.v3"
)

// column is one column of a list. Those without a title are for CSV only.
type column[T any] struct {
	title string
	key   string // heading in CSV: the field's name on the wire
	value func(T) string
}

// writeList writes rows in the chosen format. Nothing is ever cut off: what does not fit, the terminal wraps.
func writeList[T any](a *app, rows []T, columns []column[T]) error {
	switch a.output.value {
	case "csv":
		return writeCSV(a.out, rows, columns)
	case "table":
		return writeTable(a.out, rows, columns)
	}
	if rows == nil {
		rows = []T{}
	}
	return a.writeData(rows)
}

// writeOne writes one object: its fields below each other, or as the row of a list of one.
func writeOne[T any](a *app, row T, columns []column[T], fields []field) error {
	switch a.output.value {
	case "csv":
		return writeCSV(a.out, []T{row}, columns)
	case "table":
		return writeFields(a.out, fields)
	}
	return a.writeData(row)
}

// writeData writes JSON or YAML with the names of the wire.
func (a *app) writeData(v any) error {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return err
	}
	if a.output.value == "yaml" {
		// JSON is YAML; read as such, it keeps the names and their order.
		var doc yaml.Node
		if err := yaml.Unmarshal(buf.Bytes(), &doc); err != nil {
			return err
		}
		plain(&doc)
		buf.Reset()
		enc := yaml.NewEncoder(&buf)
		enc.SetIndent(2)
		if err := enc.Encode(&doc); err != nil {
			return err
		}
	}
	_, err := a.out.Write(buf.Bytes())
	return err
}

// plain takes JSON's braces and quotes off; the encoder puts quotes back where a string needs them.
func plain(n *yaml.Node) {
	if len(n.Content) > 0 || n.Kind == yaml.ScalarNode {
		n.Style = 0
	}
	for _, c := range n.Content {
		plain(c)
	}
}

func writeCSV[T any](w io.Writer, rows []T, columns []column[T]) error {
	out := csv.NewWriter(w)
	line := make([]string, len(columns))
	for i, c := range columns {
		line[i] = c.key
	}
	out.Write(line) //nolint:errcheck // Error below has it
	for _, r := range rows {
		for i, c := range columns {
			line[i] = c.value(r)
		}
		out.Write(line) //nolint:errcheck // Error below has it
	}
	out.Flush()
	return out.Error()
}

const gap = "  " // between columns

func writeTable[T any](w io.Writer, rows []T, columns []column[T]) error {
	var cells [][]string
	var head []string
	for _, c := range columns {
		if c.title != "" {
			head = append(head, c.title)
		}
	}
	for _, r := range rows {
		var line []string
		for _, c := range columns {
			if c.title != "" {
				line = append(line, clean(c.value(r)))
			}
		}
		cells = append(cells, line)
	}
	width := make([]int, len(head))
	for _, line := range append([][]string{head}, cells...) {
		for i, s := range line {
			width[i] = max(width[i], lipgloss.Width(s))
		}
	}
	var b strings.Builder
	bold := lipgloss.NewStyle().Bold(true)
	writeLine(&b, head, width, func(_, s string) string { return bold.Render(s) })
	for _, line := range cells {
		writeLine(&b, line, width, paint)
	}
	_, err := lipgloss.Fprint(w, b.String())
	return err
}

// writeLine pads every cell but the last, so that no line ends in spaces.
func writeLine(b *strings.Builder, line []string, width []int, style func(cell, shown string) string) {
	for i, s := range line {
		b.WriteString(style(s, s))
		if i < len(line)-1 {
			b.WriteString(strings.Repeat(" ", width[i]-lipgloss.Width(s)) + gap)
		}
	}
	b.WriteByte('\n')
}

// field is one line of an object.
type field struct{ name, value string }

// writeFields leaves out what has no value.
func writeFields(w io.Writer, fields []field) error {
	width := 0
	for _, f := range fields {
		width = max(width, lipgloss.Width(f.name))
	}
	bold := lipgloss.NewStyle().Bold(true)
	var b strings.Builder
	for _, f := range fields {
		if f.value == "" {
			continue
		}
		pad := strings.Repeat(" ", width-lipgloss.Width(f.name)) + gap
		for i, line := range strings.Split(f.value, "\n") {
			name := bold.Render(f.name) + pad
			if i > 0 {
				name = strings.Repeat(" ", width) + gap
			}
			line = clean(line)
			b.WriteString(name + paint(line, line) + "\n")
		}
	}
	_, err := lipgloss.Fprint(w, b.String())
	return err
}

var colors = map[string]lipgloss.Style{
	"active":    lipgloss.NewStyle().Foreground(lipgloss.Green),
	"pending":   lipgloss.NewStyle().Foreground(lipgloss.Yellow),
	"suspended": lipgloss.NewStyle().Foreground(lipgloss.Red),
}

// paint colours the words that say how somebody stands.
func paint(cell, shown string) string {
	word, _, _ := strings.Cut(cell, " ")
	if style, ok := colors[word]; ok {
		return style.Render(word) + shown[len(word):]
	}
	return shown
}

// clean replaces what could steer a terminal: names and messages come from other people.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '\uFFFD'
		}
		return r
	}, s)
}

// text is the value of an optional field.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func moment(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
