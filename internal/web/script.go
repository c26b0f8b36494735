package web

import (
	"encoding/json"

	"raff/internal/lang"
)

// scriptWords are the texts that the script puts on pages, by the names that it uses.
var scriptWords = map[string]lang.Text{
	"all":               "All",
	"none":              "None ##selected",
	"copied":            "Copied",
	"selected":          "{count} selected",
	"goTo":              "Go to",
	"shortcuts":         "Keyboard shortcuts",
	"wrong":             "Something went wrong. Try again.",
	"unreachable":       "The server cannot be reached. Check your connection, then try again.",
	"searchUnreachable": "The server cannot be reached. Check your connection, then search again.",
	"cancelled":         "The request was cancelled or timed out. Try again.",
	"alreadyKnown":      "This device already has a passkey for you.",
	"otherURL":          "Passkeys work only at the public URL of this server.",
	"confirmed":         "Confirmed with your passkey. Continue below.",
}

// scriptName is the script of the pages in a language. Its texts are in it, so that pages do not repeat them.
func scriptName(l *lang.Language) string { return "app." + l.Tag + ".js" }

// scriptIn is the script with its texts in a language.
func scriptIn(l *lang.Language, script []byte) []byte {
	said := map[string]string{}
	for name, text := range scriptWords {
		said[name] = l.Say(text, "{n}")
	}
	b, err := json.Marshal(said)
	if err != nil {
		panic(err) // marshaling strings cannot fail
	}
	return append(append([]byte("const words = "), b...), append([]byte(";\n"), script...)...)
}
