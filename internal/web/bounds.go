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

// bounded runs a page within the rate limit, and only if the URL is valid text.
func (p *pages) bounded(handle func(*http.Request) (reply, error)) func(*http.Request) (reply, error) {
	return func(r *http.Request) (reply, error) {
		var fast *front.TooFast
		if err := p.front.AllowPage(front.Of(r.Context()), r); errors.As(err, &fast) {
			return reply{retryAfter: fast.Wait}, &team.Error{Kind: team.KindLimited, Code: "rate_limited", Message: fmt.Sprintf(
				"Too many requests from your network. Try again in %d seconds. Nothing was changed.", int(math.Ceil(fast.Wait.Seconds())))}
		}
		if !team.IsText(r.URL.Path) || !areText(r.URL.Query()) {
			return reply{}, &team.Error{Kind: team.KindInvalid, Message: "The URL of this page contains invalid characters. Check that you copied the whole URL."}
		}
		return handle(r)
	}
}

// filled runs a public page with its form parsed, if one was sent.
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
		return &team.Error{Kind: team.KindInvalid, Message: "The form could not be read. Open the page again and fill in the form once more.", Err: err}
	case !areText(r.PostForm):
		return &team.Error{Kind: team.KindInvalid, Message: "The form contains invalid characters. Open the page again and fill in the form once more."}
	}
	return nil
}

// typedName is the name in a form, without leading and trailing spaces, which pasting often adds.
func typedName(r *http.Request) string { return strings.TrimSpace(r.PostForm.Get("name")) }

// areText reports whether all names and values are valid text.
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
