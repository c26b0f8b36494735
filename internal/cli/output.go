package cli

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"time"

	"gopkg.in/yaml.v3"

	"raff/internal/spreadsheet"
)

// column is one column of a list. Columns without a title are only in CSV, columns without a key only in tables.
type column[T any] struct {
	title string
	key   string // heading in CSV: the field's name in the API
	value func(T) string
}

// writeList writes rows in the chosen format.
func writeList[T any](a *app, rows []T, columns []column[T]) error {
	switch a.output.value {
	case "csv":
		return writeCSV(a.out, rows, columns)
	case "table":
		return a.writeTable(a.out, newTable(rows, columns))
	}
	if rows == nil {
		rows = []T{}
	}
	return a.writeData(rows)
}

// writeOne writes one object: one field per line, or a list with one row.
func writeOne[T any](a *app, row T, columns []column[T], fields []field) error {
	switch a.output.value {
	case "csv":
		return writeCSV(a.out, []T{row}, columns)
	case "table":
		return a.writeFields(a.out, fields)
	}
	return a.writeData(row)
}

// writeData writes JSON or YAML with the field names of the API.
func (a *app) writeData(v any) error {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return err
	}
	if a.jq.program != nil {
		return a.writeFiltered(buf.Bytes())
	}
	if a.output.value == "yaml" {
		// JSON is valid YAML; decoding it as YAML keeps the names and their order.
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

// writeFiltered writes the results of --jq for a JSON document.
func (a *app) writeFiltered(document []byte) error {
	b, err := a.jq.run(a.cmd.Context(), document)
	if err != nil {
		return err
	}
	_, err = a.out.Write(b)
	return err
}

// plain removes the JSON style of braces and quotes; the encoder adds quotes back where a string needs them.
func plain(n *yaml.Node) {
	if len(n.Content) > 0 || n.Kind == yaml.ScalarNode {
		n.Style = 0
	}
	for _, c := range n.Content {
		plain(c)
	}
}

// writeCSV writes rows for spreadsheets and other programs. A cell that a spreadsheet would treat as a formula gets a
// leading apostrophe; raff member import removes it again.
func writeCSV[T any](w io.Writer, rows []T, columns []column[T]) error {
	var heading []string
	for _, c := range columns {
		if c.key != "" {
			heading = append(heading, c.key)
		}
	}
	out := csv.NewWriter(w)
	out.Write(heading) //nolint:errcheck // Error below has it
	out.Flush()
	if err := out.Error(); err != nil {
		return err
	}
	return writeRows(w, rows, columns)
}

// writeRows writes CSV without the heading.
func writeRows[T any](w io.Writer, rows []T, columns []column[T]) error {
	out := csv.NewWriter(w)
	for _, r := range rows {
		var line []string
		for _, c := range columns {
			if c.key != "" {
				line = append(line, spreadsheet.Guard(c.value(r)))
			}
		}
		out.Write(line) //nolint:errcheck // Error below has it
	}
	out.Flush()
	return out.Error()
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
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

// day formats a time as a date, to save space in tables.
func day(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}
