package web

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"

	"raff/internal/team"
)

// bounded runs a page for who does not ask for too many of them, with an address that is text.
func (p *pages) bounded(handle func(*http.Request) (reply, error)) func(*http.Request) (reply, error) {
	return func(r *http.Request) (reply, error) {
		if wait := p.tooFast(r); wait > 0 {
			return reply{retryAfter: wait}, &team.Error{Kind: team.KindLimited, Code: "rate_limited", Message: fmt.Sprintf(
				"Too many pages were asked for from here. Wait %d seconds and try again. Nothing was changed.", int(math.Ceil(wait.Seconds())))}
		}
		if !team.IsText(r.URL.Path) || !areText(r.URL.Query()) {
			return reply{}, &team.Error{Kind: team.KindInvalid, Message: "The address of this page contains characters that are no text. Check that it was copied whole."}
		}
		return handle(r)
	}
}

// tooFast is how long to wait until this browser, and this network address, may ask for a page again; 0 is now.
func (p *pages) tooFast(r *http.Request) time.Duration {
	if source := p.Remote(r); source != "" {
		if wait := p.buckets.Take("source "+team.SourceOf(source), p.Source); wait > 0 {
			return wait
		}
	}
	if token := p.token(r); token != "" {
		hash := sha256.Sum256([]byte(token)) // no token stays in memory
		return p.buckets.Take("session "+string(hash[:]), p.Session)
	}
	return 0
}

// filled runs a page that anybody may open with its form read, if one was sent.
func filled(handle func(*http.Request) (reply, error)) func(*http.Request) (reply, error) {
	return func(r *http.Request) (reply, error) {
		if err := form(r.Context(), r); err != nil {
			return reply{}, err
		}
		return handle(r)
	}
}

// form reads the fields of a posted form.
func form(ctx context.Context, r *http.Request) error {
	err := r.ParseForm()
	switch {
	case err != nil && ctx.Err() == nil:
		return &team.Error{Kind: team.KindInvalid, Message: "The form could not be read. Open the page again and fill it in once more.", Err: err}
	case !areText(r.PostForm):
		return &team.Error{Kind: team.KindInvalid, Message: "The form contains characters that are no text. Open the page again and fill it in once more."}
	}
	return nil
}

// typedName is the name in a form, without the spaces that pasting leaves at its ends: a name has none there.
func typedName(r *http.Request) string { return strings.TrimSpace(r.PostForm.Get("name")) }

// areText reports whether all names and values are text.
func areText(values url.Values) bool {
	for name, all := range values {
		if !team.IsText(name) {
			return false
		}
		for _, v := range all {
			if !team.IsText(v) {
				return false
			}
		}
	}
	return true
}
