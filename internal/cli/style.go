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

// style is how a word looks where colours are shown. These are the sixteen colours that every terminal lets its user
// choose, so nothing has to be asked of the terminal.
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

// emit writes rendered text, without the colours where they are not wanted.
func (a *app) emit(w io.Writer, text string) error {
	if !a.colours(w) {
		text = escapes.ReplaceAllString(text, "")
	}
	_, err := io.WriteString(w, text)
	return err
}

func (a *app) colours(w io.Writer) bool {
	if _, ok := terminal(w); !ok || a.noColour || os.Getenv("NO_COLOR") != "" {
		return false
	}
	if name := os.Getenv("TERM"); name != "" {
		return name != "dumb"
	}
	return runtime.GOOS != "windows" || os.Getenv("WT_SESSION") != "" // the old console shows the codes themselves
}

// terminal is what somebody reads on or types into, as opposed to a file or a pipe.
func terminal(stream any) (*os.File, bool) {
	f, ok := stream.(*os.File)
	return f, ok && term.IsTerminal(int(f.Fd()))
}

// room is how many columns the terminal has; 0 where there is none.
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

// wide is how many columns of a terminal a text takes.
func wide(text string) (n int) {
	if strings.Contains(text, "\x1b") {
		text = escapes.ReplaceAllString(text, "")
	}
	for _, r := range text {
		switch k := width.LookupRune(r).Kind(); {
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf): // drawn over the letter before, or not at all
		case k == width.EastAsianWide || k == width.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
	}
	return n
}

// wrap breaks a text at its spaces into lines of at most so many columns. A longer word stays whole, so that it can be
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

// clean replaces what could steer a terminal or turn the order of its letters: names and messages come from other
// people.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}
