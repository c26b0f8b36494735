package spreadsheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
)

// Row is one row of a CSV file below the names of the columns.
type Row struct {
	// Line is where the row begins in the file, from 1.
	Line  int
	Cells []string
	// Text is the row as it is in the file, and Err says why it could not be read; both are empty for a row that could.
	Text string
	Err  error
}

// Cell returns the text in a column without spaces around it, or "" if the row does not have the column.
func (r Row) Cell(column int) string {
	if column < 0 || column >= len(r.Cells) {
		return ""
	}
	return strings.TrimSpace(r.Cells[column])
}

// Read reads a CSV file whose first line names the columns, as spreadsheet programs write it: with or without a byte
// order mark, with any ends of lines, separated by commas or by semicolons, with the apostrophes of Guard, and with rows
// without any text, which are left out. The names of columns are as in the file.
// The error is io.EOF for an empty file. A row that cannot be read is among the rows, with its error.
func Read(b []byte) (columns []string, rows []Row, err error) {
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	// A browser changes the ends of lines of a text in a form, so a file has to have the same rows with all of them.
	b = bytes.ReplaceAll(bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
	r := csv.NewReader(bytes.NewReader(b))
	r.TrimLeadingSpace = true
	r.Comma = separator(b)
	if columns, err = r.Read(); err != nil {
		return nil, nil, err
	}
	for i := range columns {
		columns[i] = strings.TrimSpace(columns[i])
	}
	for {
		begin := r.InputOffset()
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return columns, rows, nil
		}
		if (err == nil || errors.Is(err, csv.ErrFieldCount)) && blank(cells) {
			continue
		}
		if wrong, ok := errors.AsType[*csv.ParseError](err); ok {
			rows = append(rows, Row{Line: wrong.StartLine, Text: strings.TrimSpace(string(b[begin:r.InputOffset()])), Err: wrong.Err})
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		line, _ := r.FieldPos(0)
		for i := range cells {
			cells[i] = Unguard(cells[i])
		}
		rows = append(rows, Row{Line: line, Cells: cells})
	}
}

// separator returns what separates the names of the columns: spreadsheets use semicolons in locales with a decimal comma.
func separator(b []byte) rune {
	heading, _, _ := bytes.Cut(bytes.TrimLeft(b, "\n"), []byte("\n"))
	quoted, found := false, ','
	for _, c := range heading {
		switch {
		case c == '"':
			quoted = !quoted
		case c == ',' && !quoted:
			return ','
		case c == ';' && !quoted:
			found = ';'
		}
	}
	return found
}

func blank(cells []string) bool {
	return !slices.ContainsFunc(cells, func(cell string) bool { return strings.TrimSpace(cell) != "" })
}
