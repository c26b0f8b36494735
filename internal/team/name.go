package team

import (
	"strings"
	"unicode/utf8"

	"raff/internal/naming"
)

// IsText reports whether the text can be accepted from clients and stored in both databases: valid UTF-8 without NUL.
func IsText(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

// CheckName validates a name that a user chose, of at most limit characters.
func CheckName(name string, limit int) error {
	switch wrong := Phrase(naming.Find(name, limit)); {
	case wrong.Text == "":
		return nil
	case name == "":
		return RefusalNoName.With(wrong)
	default:
		return RefusalInvalidName.With(wrong)
	}
}

// MaxPersonName is the maximum length of a person's name, in characters.
const MaxPersonName = naming.MaxPersonName

// ProposedName returns the valid name of a person that is closest to a text that somebody else wrote; empty if there is none.
func ProposedName(text string) string { return naming.Clean(text, MaxPersonName) }

// checkDescription validates a description, which may be empty.
func checkDescription(text string, limit int) error {
	if wrong := Phrase(naming.FindText(text, limit)); wrong.Text != "" {
		return RefusalInvalidDescription.With(wrong)
	}
	return nil
}

// FoldName returns the form in which names of roles and projects must be unique.
func FoldName(name string) string { return naming.Fold(name) }
