package web

import (
	"strings"
)

// pieces splits a list of emails, as copied from an email program, at commas, semicolons and new lines. Of "Alice
// <alice@example.com>" only the address is kept, and a separator inside a quoted name, or between the parts of a name,
// does not split. It runs in linear time.
func pieces(text string) []string {
	var all []string
	for entry := range split(text, ";\r\n") {
		parts := list(split(entry, ","))
		var name []string // may be the start of a name with commas: Admin, Ada <ada@example.com>
		for _, part := range parts {
			switch address, ok := bracketed(part); {
			case ok:
				name = nil
				all = append(all, address)
			case strings.Contains(part, "@"):
				all = append(append(all, name...), part)
				name = nil
			default:
				name = append(name, part)
			}
		}
		all = append(all, name...)
	}
	return all
}

// bracketed is the address in the last angle brackets of "name <address>", if there is one.
func bracketed(part string) (address string, ok bool) {
	open := strings.LastIndexByte(part, '<')
	if open < 0 {
		return "", false
	}
	address, _, closed := strings.Cut(part[open+1:], ">")
	address = strings.TrimSpace(address)
	if len(address) > len("mailto:") && strings.EqualFold(address[:len("mailto:")], "mailto:") {
		address = address[len("mailto:"):]
	}
	return address, closed && strings.Contains(address, "@")
}

// split splits text at the separators that are not inside a quoted name.
func split(text, separators string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		start, quoted := 0, false
		unpaired := strings.Count(text, `"`)%2 == 1 // unbalanced quotes cannot be paired
		for i := range len(text) {
			switch c := text[i]; {
			case c == '"' && !unpaired:
				quoted = !quoted
			case c == '\n' || c == '\r':
				quoted = false
				fallthrough
			default:
				if !quoted && strings.IndexByte(separators, c) >= 0 {
					if !yield(text[start:i]) {
						return
					}
					start = i + 1
				}
			}
		}
		yield(text[start:])
	}
}

func list(seq func(yield func(string) bool)) (all []string) {
	seq(func(s string) bool {
		if strings.TrimSpace(s) != "" {
			all = append(all, s)
		}
		return true
	})
	return all
}
