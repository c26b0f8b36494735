package web

import (
	"cmp"
	"context"
	"net/http"

	"raff/internal/lang"
)

// withLanguage puts the language of the browser into the context of a request.
func withLanguage(ctx context.Context, r *http.Request) context.Context {
	return context.WithValue(ctx, speechKey{}, &speech{cmp.Or(lang.Accepted(r.Header.Get("Accept-Language")), lang.English)})
}

// speak chooses the language of the response: the person's own, else the default of the account, else the browser's.
func speak(ctx context.Context, person, account string) {
	s, ok := ctx.Value(speechKey{}).(*speech)
	if !ok {
		return
	}
	s.Language = cmp.Or(lang.Known(person), lang.Known(account), s.Language)
}

// languageName is what the speakers of a language call it; empty for none.
func languageName(tag string) string {
	if l := lang.Known(tag); l != nil {
		return l.Name
	}
	return tag
}
