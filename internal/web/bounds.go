package web

import (
	"context"
	"errors"
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
			return reply{retryAfter: fast.Wait}, refusedTooFast.With(int(math.Ceil(fast.Wait.Seconds())))
		}
		if !team.IsText(r.URL.Path) || !areText(r.URL.Query()) {
			return reply{}, refusedAddress.With()
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
	if err == nil && strings.HasPrefix(r.Pattern, "POST /members/import") { // the forms with a file
		if err = r.ParseMultipartForm(bound(r)); errors.Is(err, http.ErrNotMultipart) {
			err = nil
		}
	}
	switch {
	case err != nil && ctx.Err() == nil:
		return refusedFormUnread.Caused(err)
	case !areText(r.PostForm):
		return refusedFormText.With()
	}
	return nil
}

// typedEmail is the email in a form, without leading and trailing spaces.
func typedEmail(r *http.Request) string { return strings.TrimSpace(r.PostForm.Get("email")) }

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
