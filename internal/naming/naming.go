// Package naming defines which characters names can contain, and when two names look the same. It is used by the
// server, and by clients that check names in advance.
package naming

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Hidden reports control, bidi, zero-width and other format characters: what a reader cannot see.
func Hidden(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co) || r == utf8.RuneError ||
		r&0xFFFE == 0xFFFE || r >= 0xFDD0 && r <= 0xFDEF || isBlank(r)
}

// isBlank reports a letter or symbol without a visible glyph, such as Hangul fillers and the blank braille pattern.
func isBlank(r rune) bool {
	switch r {
	case '\u115f', '\u1160', '\u3164', '\uffa0', '\u2800', '\ufffc', '\U00016fe4', '\U0001d159':
		return true
	}
	return false
}

// Ignorable reports what a name must not hold: hidden characters, and those that programs pass over when they draw or
// compare a text, such as variation selectors. Two names that differ by them alone look the same. So an emoji is one character
// of a name; sequences of emoji are joined by characters that a name cannot hold.
func Ignorable(r rune) bool {
	return Hidden(r) || unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// Check checks a name a person gives to something: 1 to limit characters, nothing invisible, no space at an end. It returns
// what is wrong and what to do, to be read after the word for the name; empty for nothing.
func Check(name string, limit int) (wrong string) {
	if name == "" {
		return fmt.Sprintf("is required: 1 to %d characters.", limit)
	}
	if wrong := CheckText(name, limit); wrong != "" {
		return wrong
	}
	before := ' '
	for i, r := range name {
		switch {
		case Ignorable(r):
			return invisible(r)
		case i == 0 && unicode.IsSpace(r):
			return "starts with a space. Remove it."
		case i > 0 && unicode.IsSpace(r) && unicode.IsSpace(before) && (r != ' ' || before != ' '):
			return fmt.Sprintf("has several different spaces in a row (%U). Use one space.", r)
		}
		before = r
	}
	if unicode.IsSpace(before) {
		return "ends with a space. Remove it."
	}
	return ""
}

// CheckText checks a text that may be empty: at most limit characters, nothing hidden. It returns what Check does.
func CheckText(text string, limit int) (wrong string) {
	if n := utf8.RuneCountInString(text); n > limit {
		return fmt.Sprintf("has %d characters; at most %d are allowed.", n, limit)
	}
	visible := text == ""
	for _, r := range text {
		if Hidden(r) {
			return invisible(r)
		}
		visible = visible || !unicode.IsSpace(r)
	}
	if !visible {
		return "consists of spaces only."
	}
	return ""
}

func invisible(r rune) string {
	return fmt.Sprintf("contains an invisible or control character (%U). Remove it.", r)
}

// Fold is the form in which names of roles and projects must be unique. Names that look alike to a reader have the same
// form: they differ by case, by compatible forms of letters and spaces (NFKC), by characters nobody sees, or by letters of
// Cyrillic, Greek and Armenian that are drawn like Latin ones. What is drawn differently, such as accents, stays different.
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

// lookalikes are letters in lower case that are drawn like a Latin letter, in lower or in upper case.
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
