package cli

import (
	"io"
	"os"
	"regexp"
	"runtime"
	"strings"
	"unicode"

	"golang.org/x/term"
	"golang.org/x/text/width"
)

// style is the style of a word on a color terminal. Only the 16 standard ANSI colors are used, which users can
// configure, so the terminal need not be queried.
type style string

const (
	bold   style = "1"
	faint  style = "2"
	red    style = "31"
	green  style = "32"
	yellow style = "33"
)

func (s style) render(text string) string {
	if text == "" {
		return ""
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}

var escapes = regexp.MustCompile("\x1b\\[[0-9;]*m")

// emit writes rendered text, without colors if they are disabled.
func (a *app) emit(w io.Writer, text string) error {
	if !a.colors(w) {
		text = escapes.ReplaceAllString(text, "")
	}
	_, err := io.WriteString(w, text)
	return err
}

func (a *app) colors(w io.Writer) bool {
	if _, ok := terminal(w); !ok || a.noColor || os.Getenv("NO_COLOR") != "" {
		return false
	}
	if name := os.Getenv("TERM"); name != "" {
		return name != "dumb"
	}
	return runtime.GOOS != "windows" || os.Getenv("WT_SESSION") != "" // the legacy Windows console prints escape codes literally
}

// terminal reports whether a stream is a terminal, as opposed to a file or a pipe.
func terminal(stream any) (*os.File, bool) {
	f, ok := stream.(*os.File)
	return f, ok && term.IsTerminal(int(f.Fd()))
}

// room is the width of the terminal in columns; 0 if there is none.
func room(w io.Writer) int {
	f, ok := terminal(w)
	if !ok {
		return 0
	}
	n, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return n
}

// wide is the width of a text in terminal columns.
func wide(text string) (n int) {
	if strings.Contains(text, "\x1b") {
		text = escapes.ReplaceAllString(text, "")
	}
	for _, r := range text {
		switch k := width.LookupRune(r).Kind(); {
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf): // combining or invisible
		case k == width.EastAsianWide || k == width.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
	}
	return n
}

// wrap breaks a text at spaces into lines of at most the given width. A longer word is not broken, so that it can be
// copied.
func wrap(text string, most int) []string {
	var lines []string
	var line string
	for word := range strings.FieldsSeq(text) {
		if line != "" && wide(line)+1+wide(word) > most {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}

// clean replaces characters that could control the terminal or change the reading direction, because names and messages
// come from other people.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}
