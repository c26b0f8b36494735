// Package naming defines which characters names may contain, when two names look the same, and when two emails are the
// same. The server uses it, and clients use it to check input in advance.
package naming

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Hidden reports whether r is invisible: a control, bidi, zero-width or other format character.
func Hidden(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co) || r == utf8.RuneError ||
		r&0xFFFE == 0xFFFE || r >= 0xFDD0 && r <= 0xFDEF || isBlank(r)
}

// isBlank reports whether r is a letter or symbol without a visible glyph, such as a Hangul filler or the blank braille
// pattern.
func isBlank(r rune) bool {
	switch r {
	case '\u115f', '\u1160', '\u3164', '\uffa0', '\u2800', '\ufffc', '\U00016fe4', '\U0001d159':
		return true
	}
	return false
}

// Ignorable reports whether r must not occur in a name: it is hidden, or programs ignore it when they draw or compare
// text, such as a variation selector. Two names that differ only in such characters look the same. A name can therefore
// contain single emoji, but not emoji sequences, which are joined by such characters.
func Ignorable(r rune) bool {
	return Hidden(r) || unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// Fault is what is wrong with a name and what to do, to be appended to the word for the name: a text with verbs of fmt, and their values.
// The zero Fault means that the name is valid.
type Fault struct {
	Text  string
	Facts []any
}

func (f Fault) String() string { return fmt.Sprintf(f.Text, f.Facts...) }

// MaxPersonName is the maximum length of a person's name, in characters.
const MaxPersonName = 64

// Check checks a name that a user chose: it must have 1 to limit characters, none of them invisible, and no space at
// either end. It returns what is wrong in English, or "" for a valid name.
func Check(name string, limit int) (wrong string) { return Find(name, limit).String() }

// Clean returns the valid name that is closest to a text that somebody else wrote: without invisible characters, with single
// spaces, and cut at limit characters. It is empty if nothing is left.
func Clean(text string, limit int) string {
	visible := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case Ignorable(r):
			return -1
		}
		return r
	}, text)
	all := []rune(strings.Join(strings.Fields(visible), " "))
	return strings.TrimSpace(string(all[:min(len(all), limit)]))
}

// CheckText checks a text that may be empty: at most limit characters, none of them hidden. Its result is like Check's.
func CheckText(text string, limit int) (wrong string) { return FindText(text, limit).String() }

// Find is Check with the values of the fault.
func Find(name string, limit int) Fault {
	if name == "" {
		return Fault{Text: "is required: 1 to %d characters.", Facts: []any{limit}}
	}
	if wrong := FindText(name, limit); wrong.Text != "" {
		return wrong
	}
	before := ' '
	for i, r := range name {
		switch {
		case Ignorable(r):
			return invisible(r)
		case i == 0 && unicode.IsSpace(r):
			return Fault{Text: "starts with a space. Remove it."}
		case i > 0 && unicode.IsSpace(r) && unicode.IsSpace(before) && (r != ' ' || before != ' '):
			return Fault{Text: "has several different spaces in a row (%U). Use one space.", Facts: []any{r}}
		}
		before = r
	}
	if unicode.IsSpace(before) {
		return Fault{Text: "ends with a space. Remove it."}
	}
	return Fault{}
}

// FindText is CheckText with the values of the fault.
func FindText(text string, limit int) Fault {
	if n := utf8.RuneCountInString(text); n > limit {
		return Fault{Text: "has %d characters; at most %d are allowed.", Facts: []any{n, limit}}
	}
	visible := text == ""
	for _, r := range text {
		if Hidden(r) {
			return invisible(r)
		}
		visible = visible || !unicode.IsSpace(r)
	}
	if !visible {
		return Fault{Text: "consists of spaces only."}
	}
	return Fault{}
}

func invisible(r rune) Fault {
	return Fault{Text: "contains an invisible or control character (%U). Remove it.", Facts: []any{r}}
}

// Fold returns the form in which names of roles and projects must be unique. Names that look the same have the same
// form: they differ only in case, in compatible forms of letters and spaces (NFKC), in invisible characters, or in
// Cyrillic, Greek and Armenian letters that look like Latin ones. Visible differences, such as accents, are preserved.
func Fold(name string) string {
	name = strings.Map(func(r rune) rune {
		if Ignorable(r) {
			return -1
		}
		return r
	}, name)
	name = cases.Fold().String(norm.NFKC.String(name))
	name = strings.ReplaceAll(norm.NFKC.String(name), "i\u0307", "i")
	name = strings.Map(func(r rune) rune {
		if latin, ok := lookalikes[r]; ok {
			return latin
		}
		return r
	}, name)
	return strings.Join(strings.Fields(name), " ")
}

// lookalikes maps lower-case letters to the Latin letter that they resemble in lower or upper case.
var lookalikes = func() map[rune]rune {
	all := map[rune]rune{}
	for pair := range strings.FieldsSeq(
		"аa вb еe ёë кk мm нh оo рp сc тt уy хx ѕs іi їï јj ԁd һh ԛq ԝw ӏl " + // Cyrillic
			"αa βb εe ζz ηh ιi κk μm νn οo ρp τt υy χx " + // Greek
			"օo սu հh ոn " + // Armenian
			"ıi ɑa ɡg ɩi") {
		r := []rune(pair)
		all[r[0]] = r[1]
	}
	return all
}()
