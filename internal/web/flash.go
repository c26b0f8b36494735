package web

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
)

// flash is a notice that the next page shows once, such as "Role created". It is kept in a cookie, not in the URL, so
// that a reload, a bookmark or a link from someone else does not show it again. It belongs to one session: the next person
// who signs in with the browser does not see it, and nobody can make one up who does not know the session's token.
type flash struct {
	what, path string
	shown      bool
}

type flashKey struct{}

// flashLife is the lifetime of a notice, in seconds.
const flashLife = 60

func (p *pages) flashName() string {
	if p.secure {
		return "__Host-raff_notice"
	}
	return "raff_notice"
}

// withFlash puts the notice of the request into its context.
func (p *pages) withFlash(r *http.Request) (context.Context, *flash) {
	f := &flash{}
	if c, err := r.Cookie(p.flashName()); err == nil {
		mark, notice, _ := strings.Cut(c.Value, ".")
		if hmac.Equal([]byte(mark), []byte(flashMark(p.token(r), notice))) {
			f.what, f.path, _ = strings.Cut(notice, "@")
		}
	}
	return context.WithValue(r.Context(), flashKey{}, f), f
}

// flashMark binds a notice to the session with this token. Without a session, the token is empty.
func flashMark(token, notice string) string {
	m := hmac.New(sha256.New, []byte(token))
	m.Write([]byte("notice " + notice))
	return hex.EncodeToString(m.Sum(nil)[:16])
}

// flashCookie sets the notice for the page at this path in the session with this token; an empty notice removes the cookie.
func (p *pages) flashCookie(token, what, to string) *http.Cookie {
	c := &http.Cookie{ //nolint:gosec // it is Secure if the public URL is HTTPS
		Name: p.flashName(), Path: "/", HttpOnly: true, Secure: p.secure, SameSite: http.SameSiteLaxMode, MaxAge: -1,
	}
	if u, err := url.Parse(to); err == nil && what != "" {
		notice := what + "@" + u.EscapedPath()
		c.Value, c.MaxAge = flashMark(token, notice)+"."+notice, flashLife
	}
	return c
}

// noticeOf is the name of the notice for this page, or empty. Reading it marks it as shown.
func noticeOf(r *http.Request) string {
	f, _ := r.Context().Value(flashKey{}).(*flash)
	if f == nil || f.path != r.URL.EscapedPath() || r.Method != http.MethodGet || r.Header.Get("HX-Request") != "" {
		return ""
	}
	f.shown = true
	return f.what
}

// done redirects to a page that shows a notice once; an empty notice shows none.
func done(path, what string) (reply, error) { return reply{to: path, done: what}, nil }

// news is the text of the notice on this page. The cookie has only its name, so that no one else can put text on the page.
func (v *visit) news() string {
	what := noticeOf(v.Request)
	if what == "accepted" {
		return v.say("Invitation accepted. You now have access to {account}.", v.accountName())
	}
	return v.say(allNews[what])
}
