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

// Read reads a CSV file whose first line names the columns, as spreadsheet programs write and copy it: with or without a
// byte order mark, with any ends of lines, with the apostrophes of Guard, and with rows without any text, which are left
// out. The names of columns are as in the file, and one of them should be name, in any case: cells are separated by commas,
// semicolons or tabs, whichever it takes to have this column, or by what a line before the names declares ("sep=;").
// The error is io.EOF for an empty file. A row that cannot be read is among the rows, with its error.
func Read(b []byte, name string) (columns []string, rows []Row, err error) {
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	// A browser changes the ends of lines of a text in a form, so a file has to have the same rows with all of them.
	b = bytes.ReplaceAll(bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
	before := 0 // lines before b
	sep, b, ok := declared(b)
	if ok {
		before = 1
	} else {
		sep = separator(b, name)
	}
	r := newReader(b, sep)
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
			rows = append(rows, Row{Line: before + wrong.StartLine, Text: strings.TrimSpace(string(b[begin:r.InputOffset()])), Err: wrong.Err})
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		line, _ := r.FieldPos(0)
		for i := range cells {
			cells[i] = Unguard(cells[i])
		}
		rows = append(rows, Row{Line: before + line, Cells: cells})
	}
}

func blank(cells []string) bool {
	return !slices.ContainsFunc(cells, func(cell string) bool { return strings.TrimSpace(cell) != "" })
}
