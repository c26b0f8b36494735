package lang

import (
	"embed"
	"encoding/json"
	"fmt"
)

//go:embed de/*.json
var files embed.FS

// entry is a translation in a file: a text, or, for a message with a number, its texts by plural form.
type entry map[string]string

// UnmarshalJSON reads both.
func (e *entry) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) == nil {
		*e = entry{"other": text}
		return nil
	}
	return json.Unmarshal(b, (*map[string]string)(e))
}

// read reads the files of a language. It panics if one of them is not valid: they are part of the program.
func read(tag string, f *format) map[Text]*message {
	all := map[Text]*message{}
	for text, e := range Translations(tag) {
		m := &message{forms: map[string][]Part{}}
		for form, translation := range e {
			m.forms[form] = parse(translation, english(text))
		}
		if m.other() == nil || f.form(1) == "one" && len(e) > 1 && m.forms["one"] == nil {
			panic(fmt.Sprintf("lang: %s: %q lacks a plural form", tag, text))
		}
		for _, form := range forms {
			if m.forms[form] == nil {
				m.forms[form] = m.other()
			}
		}
		all[text] = m
	}
	return all
}

// Translations are the translations of a language by English text, and by plural form.
func Translations(tag string) map[Text]map[string]string {
	all := map[Text]map[string]string{}
	entries, err := files.ReadDir(tag)
	if err != nil {
		panic(err)
	}
	for _, file := range entries {
		b, err := files.ReadFile(tag + "/" + file.Name())
		if err != nil {
			panic(err)
		}
		var some map[Text]entry
		if err := json.Unmarshal(b, &some); err != nil {
			panic(fmt.Sprintf("lang: %s/%s: %v", tag, file.Name(), err))
		}
		for text, e := range some {
			if all[text] != nil {
				panic(fmt.Sprintf("lang: %q is translated twice in %s", text, tag))
			}
			all[text] = e
		}
	}
	return all
}
