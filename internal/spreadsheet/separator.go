package spreadsheet

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// separators are tried in this order: spreadsheets use semicolons in locales with a decimal comma, and tabs for cells that
// are copied.
var separators = []rune{',', ';', '\t'}

// newReader returns a reader of CSV whose cells are separated by sep.
func newReader(b []byte, sep rune) *csv.Reader {
	r := csv.NewReader(bytes.NewReader(b))
	r.Comma = sep
	r.TrimLeadingSpace = !unicode.IsSpace(sep) // it would also skip the tabs around an empty cell
	return r
}

// declared returns what the first line declares as the separator, as in "sep=;", and the rest of the file. Excel reads and
// writes such a line. ok is false if there is none.
func declared(b []byte) (sep rune, rest []byte, ok bool) {
	line, rest, _ := bytes.Cut(b, []byte("\n"))
	text := string(line)
	if len(text) > 1 && text[0] == '"' && text[len(text)-1] == '"' {
		text = text[1 : len(text)-1]
	}
	if len(text) < 5 || !strings.EqualFold(text[:4], "sep=") {
		return 0, b, false
	}
	sep, size := utf8.DecodeRuneInString(text[4:])
	if text[4+size:] != "" || sep == '"' || sep == utf8.RuneError || sep == 0 {
		return 0, b, false
	}
	return sep, rest, true
}

// separator returns the first separator with which there is a column that is called name, or a comma if there is none.
func separator(b []byte, name string) rune {
	for _, sep := range separators {
		columns, err := newReader(b, sep).Read()
		if err == nil && slices.ContainsFunc(columns, func(c string) bool { return strings.EqualFold(strings.TrimSpace(c), name) }) {
			return sep
		}
	}
	return ','
}
