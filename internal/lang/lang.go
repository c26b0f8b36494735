// Package lang has the languages of pages and emails: their messages, plurals, numbers and dates.
//
// A message is identified by its English text, so that templates and code can be read without looking anything up, and a
// message that is not translated is shown in English. The other languages have a folder of JSON files, which map English
// texts to their translations. Package internal/web tests that every message is translated, that translations have the same
// placeholders, and that every translation is used.
package lang

import (
	"strings"
)

// Text is a message in English. Braces mark placeholders: "Remove {name} from {place}?". Values are given in the order in which
// the placeholders first appear in the English text; a translation may use them in any order. What follows " ##" tells translators
// what the message is for, and is not shown. It also tells apart messages that are equal in English only.
type Text string

// One is the English singular of a message with a number, whose plural is a Text. The number is the placeholder {n}.
type One string

// Language is a language in which pages and emails can be written.
type Language struct {
	// Tag identifies the language in HTML and HTTP, such as "de".
	Tag string
	// Name is what its speakers call the language.
	Name        string
	RightToLeft bool

	messages map[Text]*message
	format   format
	// dress changes the literal parts of a message of a pseudo-language, and surrounds it with marks; nil for real languages.
	dress func(string) string
}

// Browser describes a browser on an operating system or device, as package team recognizes them; each can be empty if it is not known.
func (l *Language) Browser(browser, system string) string {
	if browser == "" && system != "" {
		browser = "Browser"
	}
	switch system {
	case "":
		return browser
	case "iPhone", "iPad":
		return l.Say("{browser} on {device}", browser, system)
	}
	return l.Say("{browser} on {system}", browser, system)
}

// Dir is the value of the dir attribute for the language.
func (l *Language) Dir() string {
	if l.RightToLeft {
		return "rtl"
	}
	return "ltr"
}

// Say returns a message with its values. Values that are not strings are numbers.
func (l *Language) Say(text Text, values ...any) string {
	var b strings.Builder
	for _, p := range l.Parts(text) {
		b.WriteString(p.Literal)
		if p.Value >= 0 && p.Value < len(values) {
			b.WriteString(l.word(values[p.Value]))
		}
	}
	return b.String()
}

// Many returns a message about n things: the English singular and plural, or the form that the language has for n. shown is the
// number as it is displayed, such as "1,000+"; empty means n.
func (l *Language) Many(n int, shown string, one One, many Text, values ...any) string {
	if shown == "" {
		shown = l.Number(n)
	}
	var b strings.Builder
	for _, p := range l.manyParts(n, one, many) {
		b.WriteString(p.Literal)
		switch {
		case p.Value == counted:
			b.WriteString(shown)
		case p.Value >= 0 && p.Value < len(values):
			b.WriteString(l.word(values[p.Value]))
		}
	}
	return b.String()
}

func (l *Language) word(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case int:
		return l.Number(v)
	}
	panic("lang: a value is neither a string nor a number")
}

// Has reports whether the message is translated, or the language needs no translation.
func (l *Language) Has(text Text) bool {
	return l.messages == nil || l.messages[text] != nil
}

// Parts returns the parts of a message in order, for pages that put elements into its placeholders.
func (l *Language) Parts(text Text) []Part {
	if m := l.messages[text]; m != nil {
		return m.other()
	}
	return l.dressed(parse(english(text), english(text)))
}

func (l *Language) manyParts(n int, one One, many Text) []Part {
	if m := l.messages[many]; m != nil {
		return m.forms[l.format.form(n)]
	}
	text := english(many)
	if n == 1 {
		text = english(Text(one))
	}
	return l.dressed(parse(text, english(many)))
}

func (l *Language) dressed(parts []Part) []Part {
	if l.dress == nil {
		return parts
	}
	all := make([]Part, 0, len(parts)+2)
	all = append(all, Part{Literal: Open, Value: none})
	for _, p := range parts {
		if p.Literal != "" {
			p.Literal = l.dress(p.Literal)
		}
		all = append(all, p)
	}
	return append(all, Part{Literal: Close, Value: none})
}

// english is a message without its note.
func english(text Text) string {
	plain, _, _ := strings.Cut(string(text), " ##")
	return plain
}

// Own returns a text of the operator's catalog: its translation, if it is a text of the default catalog, or else the text as it is.
func (l *Language) Own(text string) string {
	if l.messages[Text(text)] == nil && l.dress == nil {
		return text
	}
	return l.Say(Text(text))
}
