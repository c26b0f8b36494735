package team

import (
	"strings"
	"unicode/utf8"

	"raff/internal/naming"
)

// IsText reports whether every face may take the text and both databases can store it: valid UTF-8 without NUL.
func IsText(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

// checkName checks a name a person gives to something.
func checkName(name string, limit int) error {
	switch wrong := naming.Check(name, limit); {
	case wrong == "":
		return nil
	case name == "":
		return invalid("name", "required", "name %s", wrong)
	default:
		return invalid("name", "invalid_name", "name %s", wrong)
	}
}

// checkText checks a text that may be empty.
func checkText(field, text string, limit int) error {
	if wrong := naming.CheckText(text, limit); wrong != "" {
		return invalid(field, "invalid_"+field, "%s %s", field, wrong)
	}
	return nil
}

// FoldName is the form in which names of roles and projects must be unique.
func FoldName(name string) string { return naming.Fold(name) }
