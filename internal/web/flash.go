package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"
)

// flash is a notice that the next page shows once: what was just done. It travels in a cookie, not in the address, so a
// reload, a bookmark or a link from somebody else claims nothing.
type flash struct {
	what, path string
	shown      bool
}

type flashKey struct{}

// flashLife is how long, in seconds, a notice waits for its page.
const flashLife = 60

func (p *pages) flashName() string {
	if p.secure {
		return "__Host-raff_notice"
	}
	return "raff_notice"
}

// withFlash notes the notice that the request brings.
func (p *pages) withFlash(r *http.Request) (context.Context, *flash) {
	f := &flash{}
	if c, err := r.Cookie(p.flashName()); err == nil {
		f.what, f.path, _ = strings.Cut(c.Value, "@")
	}
	return context.WithValue(r.Context(), flashKey{}, f), f
}

// flashCookie keeps a notice for the page at this address; an empty one removes it.
func (p *pages) flashCookie(what, to string) *http.Cookie {
	c := &http.Cookie{ //nolint:gosec // it is Secure wherever people come by HTTPS
		Name: p.flashName(), Path: "/", HttpOnly: true, Secure: p.secure, SameSite: http.SameSiteLaxMode, MaxAge: -1,
	}
	if u, err := url.Parse(to); err == nil && what != "" {
		c.Value, c.MaxAge = what+"@"+u.EscapedPath(), flashLife
	}
	return c
}

// noticeOf is the name of the notice for this page, or empty. A page that asks for it shows it.
func noticeOf(r *http.Request) string {
	f, _ := r.Context().Value(flashKey{}).(*flash)
	if f == nil || f.path != r.URL.EscapedPath() || r.Method != http.MethodGet || r.Header.Get("HX-Request") != "" {
		return ""
	}
	f.shown = true
	return f.what
}

// done goes to a page that says once what was just done.
func done(path, what string) (reply, error) { return reply{to: path, done: what}, nil }

// news is what the page says that was just done. The cookie only names it, so that nobody can write on the page.
func (v *visit) news() string { return allNews[noticeOf(v.Request)] }
