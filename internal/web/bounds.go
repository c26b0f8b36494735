package web

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strings"

	"raff/internal/front"
	"raff/internal/team"
)

// bounded runs a page for who does not ask for too many of them, with an address that is text.
func (p *pages) bounded(handle func(*http.Request) (reply, error)) func(*http.Request) (reply, error) {
	return func(r *http.Request) (reply, error) {
		var fast *front.TooFast
		if err := p.front.AllowPage(front.Of(r.Context()), r); errors.As(err, &fast) {
			return reply{retryAfter: fast.Wait}, &team.Error{Kind: team.KindLimited, Code: "rate_limited", Message: fmt.Sprintf(
				"Too many requests came from here. Try again in %d seconds. Nothing was changed.", int(math.Ceil(fast.Wait.Seconds())))}
		}
		if !team.IsText(r.URL.Path) || !areText(r.URL.Query()) {
			return reply{}, &team.Error{Kind: team.KindInvalid, Message: "The address of this page contains characters that are no text. Check that it was copied whole."}
		}
		return handle(r)
	}
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
