package lang

import (
	"slices"
	"strings"
)

// Part is a part of a message: a literal text, or the place of a value.
type Part struct {
	Literal string
	// Value is the index of the value, or negative for a literal.
	Value int
}

const (
	none    = -1
	counted = -2 // the place of the number, {n}
)

// message is a translated message: its parts, by plural form. One without a number has only the form other.
type message struct {
	forms map[string][]Part
}

func (m *message) other() []Part { return m.forms["other"] }

// parse splits a text at its placeholders, whose values have the order of the placeholders in original.
func parse(text, original string) []Part {
	if strings.IndexByte(text, '{') < 0 {
		return []Part{{Literal: text, Value: none}}
	}
	order := Placeholders(original)
	var all []Part
	for text != "" {
		before, rest, ok := strings.Cut(text, "{")
		if before != "" {
			all = append(all, Part{Literal: before, Value: none})
		}
		if !ok {
			break
		}
		var name string
		name, text, _ = strings.Cut(rest, "}")
		value := counted
		if name != "n" {
			value = slices.Index(order, name)
		}
		all = append(all, Part{Value: value})
	}
	return all
}

// Placeholders are the names of the placeholders of a text except {n}, in the order in which they first appear.
func Placeholders(text string) (names []string) {
	for {
		_, rest, ok := strings.Cut(text, "{")
		if !ok {
			return names
		}
		var name string
		name, text, _ = strings.Cut(rest, "}")
		if name != "n" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
}
