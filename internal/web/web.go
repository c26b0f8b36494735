// Package web serves the dashboard and the pages that are opened from links in emails. Pages are rendered on the
// server, work without JavaScript, and load nothing from other sites.
package web

import (
	"net/http"
	"strings"

	"raff/internal/audit"
	"raff/internal/front"
	"raff/internal/signin"
	"raff/internal/team"
)

// maxForm is the maximum size of a form, in bytes. maxInvite is the maximum for the invitation form: it is larger, so
// that a user who pastes too many emails gets an error and keeps the input.
const (
	maxForm   = 64 << 10
	maxInvite = 1 << 20
)

func bound(r *http.Request) int64 {
	switch r.Pattern {
	case "POST /invitations", "POST /invitations/new", "POST /members/import":
		return maxInvite
	case "POST /members/import/confirm": // a browser sends each end of a line of the file as two characters
		return 2*maxInvite + maxForm
	}
	return maxForm
}

type pages struct {
	svc    *team.Service
	signin *signin.Service
	audit  *audit.Service
	front  *front.Front
	look   *look
	api    API
	// secure says that the public URL is HTTPS.
	secure bool
}

// secure sets the security headers of every response. Pages are never cached. A URL with a token is not sent as a
// referrer, and its page runs no scripts.
func secure(next http.Handler) http.Handler {
	policy := func(more ...string) string {
		return strings.Join(append([]string{
			"default-src 'none'", "style-src 'self'", "img-src 'self'", "font-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
		}, more...), "; ")
	}
	plain, scripted := policy(), policy("script-src 'self'", "connect-src 'self'")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		referrer, content := "same-origin", scripted
		if byToken(r.URL.Path) {
			referrer, content = "no-referrer", plain
		}
		h.Set("Content-Security-Policy", content)
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Referrer-Policy", referrer)
		h.Set("X-Frame-Options", "DENY")
		h.Set("X-Robots-Tag", "noindex, nofollow")
		next.ServeHTTP(w, r)
	})
}

// ownForms accepts forms of pages with a token if the browser hides their origin: a page without a referrer posts its
// forms with "Origin: null", and over plain HTTP browsers send no Sec-Fetch-Site. Such a request is authorized by the
// token in its path, which no other site knows, and not by anything a browser adds by itself.
func ownForms(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if byToken(r.URL.Path) && r.Header.Get("Origin") == "null" && r.Header.Get("Sec-Fetch-Site") == "" {
			r.Header.Del("Origin")
		}
		next.ServeHTTP(w, r)
	})
}

func (p *pages) missing(*http.Request) (reply, error) {
	return reply{}, refusedNoPage.With()
}

// failed is the error page for a request whose handler panicked. The front has logged the panic.
func (p *pages) failed(*http.Request) (reply, error) { return reply{}, front.ErrPanic }

func (p *pages) crossOrigin(*http.Request) (reply, error) {
	return reply{}, refusedOtherSite.With()
}
