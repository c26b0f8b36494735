package team

import "slices"

// Languages are the languages of pages and emails that an account or a person can choose.
var Languages = []string{"en", "de"}

// CheckLanguage validates a choice of a language; an empty one is none.
func CheckLanguage(tag string) error {
	if tag != "" && !slices.Contains(Languages, tag) {
		return RefusalUnknownLanguage.With()
	}
	return nil
}
