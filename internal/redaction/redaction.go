// Package redaction removes secrets from text that people and logs see: passwords in URLs and connection strings in any
// notation, and links and API keys that grant access.
package redaction

import (
	"log/slog"
	"regexp"
	"strings"
)

const hidden = "[hidden]"

var (
	// login matches everything between "://" and the last @ before a space, because a password may contain any other
	// character.
	login = regexp.MustCompile(`(?i)\b([a-z][a-z0-9+.-]*:/{1,3})[^\s]*@`)
	// setting matches a value named like a secret in a DSN, a query or a header: password=…, PGPASSWORD: …
	setting = regexp.MustCompile(`(?i)([a-z0-9_-]*(?:passw(?:or)?d|passwd|pwd|passphrase|secret|token|api[_-]?key|credentials?)[a-z0-9_-]*["']?\s*[=:]\s*)("(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|[^\s&,;]+)`)
	// link matches the token of the link of an invitation, a password or a support session.
	link = regexp.MustCompile(`(/(?:invite|password|support)/)[A-Za-z0-9_-]{16,}`)
	// key matches an API key, an operator key, and the credentials of support sessions.
	key = regexp.MustCompile(`\b(raff_|rop_|rsp_|rsw_)[0-9a-f]{9,}`)
)

// Text returns s with every recognizable secret replaced. When in doubt, it hides a harmless word.
func Text(s string) string {
	s = login.ReplaceAllStringFunc(s, func(m string) string {
		scheme := login.FindStringSubmatch(m)[1]
		if example := m[len(scheme):]; strings.EqualFold(example, "user:password@") {
			return m // a placeholder in a hint
		}
		return scheme + hidden + "@"
	})
	s = setting.ReplaceAllString(s, "${1}"+hidden)
	s = link.ReplaceAllString(s, "${1}"+hidden)
	return key.ReplaceAllString(s, "${1}"+hidden)
}

// Error returns err with its message passed through Text. It still unwraps to err. A nil error stays nil.
func Error(err error) error {
	if err == nil || Text(err.Error()) == err.Error() {
		return err
	}
	return &redacted{err}
}

type redacted struct{ err error }

func (r *redacted) Error() string { return Text(r.err.Error()) }

func (r *redacted) Unwrap() error { return r.err }

// Attr is a slog.HandlerOptions.ReplaceAttr that passes every text and error of a log line through Text.
func Attr(_ []string, a slog.Attr) slog.Attr {
	switch a.Value.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(Text(a.Value.String()))
	case slog.KindAny:
		if err, ok := a.Value.Any().(error); ok {
			a.Value = slog.StringValue(Text(err.Error()))
		}
	}
	return a
}
