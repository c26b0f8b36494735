// Package web serves the dashboard and the pages that are opened from links in emails. Pages are rendered on the
// server, work without JavaScript, and load nothing from other sites.
package web

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"raff/internal/front"
	"raff/internal/team"
)

// reply is the response to a request: a page and its status, or a redirect.
type reply struct {
	status int
	page   templ.Component
	// to is the path to redirect to.
	to string
	// done is the name of the notice that the next page shows once.
	done   string
	cookie *http.Cookie
	// retryAfter is sent as Retry-After; 0 omits the header.
	retryAfter time.Duration
	// device is the cookie by which the browser is recognized at the next sign-in.
	device *http.Cookie
	// write sends a file instead of a page; it calls check between two pieces to verify that the user may still read the rest.
	write             func(context.Context, io.Writer) error
	check             func(context.Context) error
	file, contentType string
}

func show(page templ.Component) (reply, error) { return reply{status: http.StatusOK, page: page}, nil }

// goTo redirects the browser with 303, so that a reload does not submit the form again.
func goTo(path string) (reply, error) { return reply{to: path}, nil }

// serve turns a function that returns a reply into a handler. It is the only place that writes pages.
func (p *pages) serve(handle func(*http.Request) (reply, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id := front.Of(r.Context()).ID
		ctx, notice := p.withFlash(r)
		ctx = withLanguage(withLook(withZone(ctx, r), p.look), r)
		r = r.WithContext(ctx)
		r.Body = &boundedBody{http.MaxBytesReader(w, r.Body, bound(r)), r.Body}
		out, err := handle(r)
		if err != nil {
			given := out
			out = p.problem(ctx, r, id, err)
			out.cookie = given.cookie
			out.retryAfter = cmp.Or(given.retryAfter, out.retryAfter)
		}
		if wait := cmp.Or(out.retryAfter, retryAfter[out.status]); wait > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
		}
		if out.cookie != nil {
			http.SetCookie(w, out.cookie)
		}
		if out.device != nil {
			http.SetCookie(w, out.device)
		}
		if out.done != "" {
			token := p.token(r)
			if out.cookie != nil {
				token = out.cookie.Value // the session that the next page belongs to
			}
			http.SetCookie(w, p.flashCookie(token, out.done, out.to))
		}
		if out.to != "" && r.Header.Get("HX-Request") != "" {
			// htmx would put the other page into a part of this one.
			w.Header().Set("HX-Redirect", out.to)
			w.WriteHeader(http.StatusNoContent)
			return
		}
		if out.to != "" {
			http.Redirect(w, r, out.to, http.StatusSeeOther)
			return
		}
		if out.write != nil {
			p.send(ctx, w, out, id, r.Method == http.MethodHead)
			return
		}
		var body bytes.Buffer
		// An error page must be rendered even if the request's context has ended.
		if err := out.page.Render(context.WithoutCancel(ctx), &body); err != nil {
			panic(err) // writing to a buffer cannot fail
		}
		if notice.shown {
			http.SetCookie(w, p.flashCookie("", "", ""))
		}
		w.Header().Set("Vary", "Accept-Language")
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Length", strconv.Itoa(body.Len()))
		w.WriteHeader(out.status)
		_, _ = body.WriteTo(w)
	}
}

// send sends a file. An error after the first byte cannot be reported to the client, so the connection is aborted and
// the client does not take a partial file for a complete one.
func (p *pages) send(ctx context.Context, w http.ResponseWriter, out reply, id string, head bool) {
	w.Header().Set("Content-Type", out.contentType)
	if out.file != "" {
		w.Header().Set("Content-Disposition", `attachment; filename="`+out.file+`"`)
	}
	w.WriteHeader(out.status)
	if head {
		return
	}
	var check func() error
	if out.check != nil {
		check = func() error { return out.check(ctx) }
	}
	to := front.NewStream(ctx, w, check)
	err := out.write(ctx, to)
	if err == nil || to.HungUp() {
		return
	}
	level := slog.LevelError
	if e, ok := errors.AsType[*team.Error](err); ok && e.Kind != team.KindInternal && e.Kind != team.KindUnavailable {
		level = slog.LevelInfo // the session, or the permission to read the file, ended
	}
	p.front.Logger.LogAttrs(ctx, level, "file download aborted", slog.String("file", out.file), slog.String("request_id", id), slog.Any("error", err))
	panic(http.ErrAbortHandler)
}

// byToken reports whether the page's URL contains a token, so that anyone who knows the URL can use the page.
func byToken(path string) bool {
	return strings.HasPrefix(path, "/invite/") || strings.HasPrefix(path, "/password/") || strings.HasPrefix(path, "/support/") || strings.HasPrefix(path, "/email/")
}
