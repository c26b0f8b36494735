// Package web is the face of team.Service for people: the pages behind the links of mails. They are written on the
// server, need no JavaScript and load nothing from elsewhere.
package web

import (
	"bytes"
	"context"
	"crypto/rand"
	_ "embed"
	"log/slog"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"raff/internal/team"
)

// maxForm bounds the body of a form, in bytes.
const maxForm = 16 << 10

//go:embed style.css
var styleCSS []byte

//go:embed icon.svg
var iconSVG []byte

type pages struct {
	svc    *team.Service
	logger *slog.Logger
}

// New makes the handler of all pages. It answers every path it is given, unknown ones with a page that says so.
func New(svc *team.Service, logger *slog.Logger) http.Handler {
	p := &pages{svc: svc, logger: logger}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", p.serve(p.home))
	mux.HandleFunc("GET /invite/{token}", p.serve(p.showInvitation))
	mux.HandleFunc("POST /invite/{token}", p.serve(p.answerInvitation))
	mux.HandleFunc("GET /password/{token}", p.serve(p.showPassword))
	mux.HandleFunc("POST /password/{token}", p.serve(p.setPassword))
	mux.HandleFunc("GET /assets/style.css", asset("text/css; charset=utf-8", styleCSS))
	mux.HandleFunc("GET /assets/icon.svg", asset("image/svg+xml", iconSVG))
	mux.HandleFunc("/", p.serve(p.missing))

	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(p.serve(p.crossOrigin))
	return secure(ownForms(protection.Handler(mux)))
}

// reply is a page and its status.
type reply struct {
	status int
	page   templ.Component
}

// serve turns a function that returns a page into a handler. It is the only place that writes a page.
func (p *pages) serve(handle func(*http.Request) (reply, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id := rand.Text()
		ctx := team.WithRequestID(r.Context(), id)
		r = r.WithContext(ctx)
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		out, err := handle(r)
		if err != nil {
			out = p.problem(ctx, r, id, err)
		}
		var body bytes.Buffer
		if err := out.page.Render(ctx, &body); err != nil {
			return // only a request that was given up stops a page
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("X-Request-Id", id)
		w.WriteHeader(out.status)
		_, _ = body.WriteTo(w)
	}
}

func asset(contentType string, body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(body)
	}
}

// secure sets what every answer carries. Addresses of pages hold tokens: nothing may keep them or pass them on.
func secure(next http.Handler) http.Handler {
	policy := strings.Join([]string{
		"default-src 'none'", "style-src 'self'", "img-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
	}, "; ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", policy)
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("X-Robots-Tag", "noindex, nofollow")
		next.ServeHTTP(w, r)
	})
}

// ownForms lets our own forms through where a browser hides whose they are: a page without referrer posts its forms
// with "Origin: null", and over plain HTTP there is no Sec-Fetch-Site that says more. Such a post is allowed by the
// token in its path, which no other site knows, and by nothing a browser adds by itself.
func ownForms(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Origin") == "null" && r.Header.Get("Sec-Fetch-Site") == "" {
			r.Header.Del("Origin")
		}
		next.ServeHTTP(w, r)
	})
}

func (p *pages) home(*http.Request) (reply, error) {
	return reply{http.StatusOK, homePage()}, nil
}

func (p *pages) missing(*http.Request) (reply, error) {
	return reply{}, &team.Error{Kind: team.KindNotFound, Message: "There is no page at this address. Check that the link was copied whole."}
}

func (p *pages) crossOrigin(*http.Request) (reply, error) {
	return reply{}, &team.Error{Kind: team.KindDenied, Message: "This form was sent from another site. Open the link itself and try again there."}
}

// form reads the fields of a posted form.
func form(ctx context.Context, r *http.Request) error {
	if err := r.ParseForm(); err != nil && ctx.Err() == nil {
		return &team.Error{Kind: team.KindInvalid, Message: "The form could not be read. Open the link again and fill it in once more.", Err: err}
	}
	return nil
}
