package team

import (
	"strings"
	"unicode/utf8"

	"raff/internal/naming"
)

// IsText reports whether every face may take the text and both databases can store it: valid UTF-8 without NUL.
func IsText(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

// CheckName checks a name that a person gives to something, of at most limit characters.
func CheckName(name string, limit int) error {
	switch wrong := naming.Check(name, limit); {
	case wrong == "":
		return nil
	case name == "":
		return Invalid("name", "required", "name %s", wrong)
	default:
		return Invalid("name", "invalid_name", "name %s", wrong)
	}
}

// checkText checks a text that may be empty.
func checkText(field, text string, limit int) error {
	if wrong := naming.CheckText(text, limit); wrong != "" {
		return Invalid(field, "invalid_"+field, "%s %s", field, wrong)
	}
	return nil
}

// FoldName is the form in which names of roles and projects must be unique.
func FoldName(name string) string { return naming.Fold(name) }
