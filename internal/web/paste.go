package web

import (
	"strings"

	"raff/internal/team"
)

// pasted is one person in a list of emails: the email as entered, and the name that was beside it, if any.
type pasted struct{ Name, Email string }

// line is how the form shows a person again.
func (p pasted) line() string {
	if p.Name == "" {
		return p.Email
	}
	return p.Name + " <" + p.Email + ">"
}

// people are the people in a list of emails, separated by commas, semicolons or new lines, without duplicates. Spaces
// separate emails only if there is one on both sides, so that invalid input is shown again as it was entered.
func people(text string) []pasted {
	var all []pasted
	seen := map[string]bool{}
	add := func(name string, words []string) {
		a := strings.Join(words, " ")
		key, err := team.CanonicalEmail(a)
		if err != nil {
			key = a
		}
		if a != "" && !seen[key] {
			seen[key] = true
			all = append(all, pasted{name, a})
		}
	}
	for _, piece := range pieces(text) {
		words, from := strings.Fields(piece.Email), 0
		for i, word := range words {
			if i == from+1 && strings.Contains(words[from], "@") && strings.Contains(word, "@") {
				add(piece.Name, words[from:i])
				from = i
			}
		}
		add(piece.Name, words[from:])
	}
	return all
}

// pieces splits a list of emails, as copied from an email program, at commas, semicolons and new lines. "Alice
// <alice@example.com>" is an email with a name, and a separator inside a quoted name, or between the parts of a name,
// does not split. It runs in linear time.
func pieces(text string) []pasted {
	var all []pasted
	for entry := range split(text, ";\r\n") {
		parts := list(split(entry, ","))
		var name []string // may be the start of a name with commas: Admin, Ada <ada@example.com>
		for _, part := range parts {
			after := false // part follows an address in angle brackets, and is a comment if it is none itself
			for {
				before, address, rest, ok := bracketed(part)
				if !ok {
					break
				}
				all = append(all, pasted{nameOf(append(name, before)), address})
				name, part, after = nil, rest, true
			}
			switch {
			case strings.Contains(part, "@"):
				all = append(alone(all, name), pasted{Email: part})
				name = nil
			case !after:
				name = append(name, part)
			}
		}
		all = alone(all, name)
	}
	return all
}

// alone adds parts that turned out not to belong to a name.
func alone(all []pasted, parts []string) []pasted {
	for _, part := range parts {
		all = append(all, pasted{Email: part})
	}
	return all
}

// bracketed returns the first address in angle brackets of "name <address>", what is before it and what follows.
func bracketed(part string) (before, address, rest string, ok bool) {
	for from := 0; ; {
		length := strings.IndexByte(part[from:], '>')
		if length < 0 {
			return "", "", "", false
		}
		end := from + length
		if open := strings.LastIndexByte(part[from:end], '<'); open >= 0 {
			address = strings.TrimSpace(part[from+open+1 : end])
			if len(address) > len("mailto:") && strings.EqualFold(address[:len("mailto:")], "mailto:") {
				address = address[len("mailto:"):]
			}
			if strings.Contains(address, "@") {
				return part[:from+open], address, part[end+1:], true
			}
		}
		from = end + 1
	}
}

// nameOf returns the name that the parts before an address are, without quotes. "Admin, Ada" is how Outlook writes Ada
// Admin. An email is no name, and neither is a text that would have to be quoted again.
func nameOf(parts []string) string {
	text := strings.Trim(strings.TrimSpace(strings.Join(parts, ",")), `"'`)
	if last, first, comma := strings.Cut(text, ","); comma && !strings.Contains(first, ",") && strings.TrimSpace(first) != "" {
		text = first + " " + last
	}
	text = team.ProposedName(strings.ReplaceAll(text, `\"`, ""))
	if strings.ContainsAny(text, `@<>;,"`) {
		return ""
	}
	return text
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
