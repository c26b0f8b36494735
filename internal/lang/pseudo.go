package lang

import (
	"strings"
	"unicode"
)

// Pseudo-languages are English in disguise. They show, without a translator, what does not fit, what is not a message, and what is
// laid out for one direction only. A browser whose only language is en-XA or ar-XB gets them.
var (
	// Longer has words that are 40 % longer, and letters with accents.
	Longer = &Language{Tag: "en-XA", Name: "Longer words", format: englishFormat, dress: longer}
	// Mirrored is written from right to left.
	Mirrored = &Language{Tag: "ar-XB", Name: "Right to left", RightToLeft: true, format: englishFormat, dress: mirrored}
)

// Open and Close surround every message of a pseudo-language.
const (
	Open  = "⟦"
	Close = "⟧"
)

var accents = strings.NewReplacer(
	"a", "á", "e", "é", "i", "í", "o", "ó", "u", "ú", "y", "ý", "n", "ñ", "c", "ç", "s", "š", "z", "ž",
	"A", "Á", "E", "É", "I", "Í", "O", "Ó", "U", "Ú", "Y", "Ý", "N", "Ñ", "C", "Ç", "S", "Š", "Z", "Ž",
)

func longer(text string) string {
	var b strings.Builder
	letters := 0
	var last rune
	stretch := func() {
		for range (letters*4 + 5) / 10 {
			b.WriteRune(last)
		}
		letters = 0
	}
	for _, r := range text {
		if unicode.IsLetter(r) {
			letters, last = letters+1, unicode.ToLower(r)
		} else {
			stretch()
		}
		b.WriteRune(r)
	}
	stretch()
	return accents.Replace(b.String())
}

// mirrored makes the text run from right to left.
func mirrored(text string) string {
	const override, end = "\u202e", "\u202c"
	if !strings.ContainsFunc(text, unicode.IsLetter) {
		return text
	}
	return override + text + end
}
