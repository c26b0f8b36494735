package spreadsheet

import "strings"

// ProjectRole is a role in a project, as a cell names both: by slug, name or id.
type ProjectRole struct{ Project, Role string }

// quoted are the characters because of which a name is written in double quotes.
const quoted = `;()"`

// WriteProjects returns the cell of the column "projects": project, role in parentheses, and a semicolon between them, as in
//
//	Web shop (operator); "Shop (old)" (viewer)
//
// A name that contains a semicolon, a parenthesis or a double quote is in double quotes, and double quotes in it are doubled.
func WriteProjects(all []ProjectRole) string {
	var b strings.Builder
	for i, p := range all {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(quote(p.Project) + " (" + quote(p.Role) + ")")
	}
	return b.String()
}

func quote(name string) string {
	if !strings.ContainsAny(name, quoted) {
		return name
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// ReadProjects reads what WriteProjects writes. Spaces around names, and a semicolon at the end, mean nothing. If the cell has
// another form, rest is the text from the project that could not be read; it is empty otherwise.
func ReadProjects(cell string) (all []ProjectRole, rest string) {
	for cell = strings.TrimSpace(cell); cell != ""; {
		var p ProjectRole
		var ok bool
		at := cell
		if p.Project, cell = name(cell); p.Project == "" {
			return nil, at
		}
		if cell, ok = strings.CutPrefix(cell, "("); !ok {
			return nil, at
		}
		if p.Role, cell = name(strings.TrimSpace(cell)); p.Role == "" {
			return nil, at
		}
		if cell, ok = strings.CutPrefix(cell, ")"); !ok {
			return nil, at
		}
		all = append(all, p)
		if cell = strings.TrimSpace(cell); cell == "" {
			break
		}
		if cell, ok = strings.CutPrefix(cell, ";"); !ok {
			return nil, at
		}
		cell = strings.TrimSpace(cell)
	}
	return all, ""
}

// name reads a name and the spaces after it. It returns "" if there is none.
func name(text string) (found, rest string) {
	if !strings.HasPrefix(text, `"`) {
		end := strings.IndexAny(text, quoted)
		if end < 0 {
			end = len(text)
		}
		return strings.TrimSpace(text[:end]), text[end:]
	}
	var b strings.Builder
	for text = text[1:]; ; {
		end := strings.IndexByte(text, '"')
		if end < 0 {
			return "", text
		}
		b.WriteString(text[:end])
		if text = text[end+1:]; !strings.HasPrefix(text, `"`) {
			return strings.TrimSpace(b.String()), strings.TrimSpace(text)
		}
		b.WriteByte('"')
		text = text[1:]
	}
}
