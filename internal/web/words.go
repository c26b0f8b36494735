package web

import (
	"context"
	"io"
	"strings"
	"time"
	"unicode"

	"github.com/a-h/templ"

	"raff/internal/lang"
	"raff/internal/permission"
	"raff/internal/team"
)

type speechKey struct{}

// speech is the language of one response. It is the browser's until the account's and the person's are known.
type speech struct{ *lang.Language }

// languageOf is the language of the page that is being rendered.
func languageOf(ctx context.Context) *lang.Language {
	if s, ok := ctx.Value(speechKey{}).(*speech); ok {
		return s.Language
	}
	return lang.English
}

// say is a message in the reader's language.
func say(ctx context.Context, text lang.Text, values ...any) string {
	if text == "" {
		return ""
	}
	return languageOf(ctx).Say(text, values...)
}

// many is a message about n things.
func many(ctx context.Context, n int, one lang.One, other lang.Text, values ...any) string {
	return languageOf(ctx).Many(n, "", one, other, values...)
}

// tallied is a message about a total, which may be shown as "1,000+".
func tallied(ctx context.Context, t team.Total, one lang.One, other lang.Text) string {
	return languageOf(ctx).Many(t.N, ofMany(ctx, t), one, other)
}

// noun is a number with its noun.
type noun struct {
	one   lang.One
	other lang.Text
}

// nouns are the nouns that stand alone with a number.
var nouns = map[string]noun{
	"visible":            {"{n} person you can see", "{n} people you can see"},
	"person":             {"{n} person", "{n} people"},
	"project":            {"{n} project", "{n} projects"},
	"member":             {"{n} member", "{n} members"},
	"membership":         {"{n} membership", "{n} memberships"},
	"project membership": {"{n} project membership", "{n} project memberships"},
	"permission":         {"{n} permission", "{n} permissions"},
	"API key":            {"{n} API key", "{n} API keys"},
	"key":                {"{n} key", "{n} keys"},
	"event":              {"{n} event", "{n} events"},
	"invitation":         {"{n} invitation", "{n} invitations"},
	"session":            {"{n} session", "{n} sessions"},
	"project role":       {"{n} project role", "{n} project roles"},
	"result":             {"{n} result", "{n} results"},
	"factor":             {"{n} passkey or authenticator app", "{n} passkeys or authenticator apps"},
	"hour":               {"{n} hour", "{n} hours"},
	"request":            {"{n} request", "{n} requests"},
	"day":                {"{n} day", "{n} days"},
}

// plural is a number with one of the nouns.
func plural(ctx context.Context, n int, what string) string {
	return many(ctx, n, nouns[what].one, nouns[what].other)
}

// tally is a total with one of the nouns, such as "1 event" or "1,000+ events".
func tally(ctx context.Context, t team.Total, what string) string {
	return tallied(ctx, t, nouns[what].one, nouns[what].other)
}

// ofMany is a total as a number, such as "1,000+".
func ofMany(ctx context.Context, t team.Total) string {
	if t.AtLeast {
		return number(ctx, t.N-1) + "+"
	}
	return number(ctx, t.N)
}

// number formats n with thousands separators.
func number(ctx context.Context, n int) string { return languageOf(ctx).Number(n) }

// until formats a time in UTC.
func until(ctx context.Context, t time.Time) string { return languageOf(ctx).Moment(t.UTC()) }

// rich renders a message whose placeholders are elements.
func rich(text lang.Text, parts ...templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		for _, p := range languageOf(ctx).Parts(text) {
			if _, err := io.WriteString(w, templ.EscapeString(p.Literal)); err != nil {
				return err
			}
			if p.Value >= 0 && p.Value < len(parts) {
				if err := parts[p.Value].Render(ctx, w); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// plainly is text as an element.
func plainly(text string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, templ.EscapeString(text))
		return err
	})
}

// able is the description of a permission. Those of the default catalog are translated.
func able(ctx context.Context, p permission.Permission) string {
	return languageOf(ctx).Own(p.Description)
}

// category is the name of a group of permissions.
func category(ctx context.Context, name string) string { return languageOf(ctx).Own(name) }

// purpose is the description of a role. Those of system roles are translated.
func purpose(ctx context.Context, r team.Role) string {
	if !r.IsSystem {
		return r.Description
	}
	return languageOf(ctx).Own(r.Description)
}

// inWords is the description of a permission within a sentence, such as "create virtual machines".
func inWords(ctx context.Context, p *permission.Permission) string {
	l := languageOf(ctx)
	text := l.Own(p.Description)
	r := []rune(text)
	if l == lang.English && len(r) > 1 && unicode.IsUpper(r[0]) && !unicode.IsUpper(r[1]) {
		r[0] = unicode.ToLower(r[0])
	}
	return strings.TrimSuffix(string(r), ".")
}
