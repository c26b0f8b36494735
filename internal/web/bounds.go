package web

import (
	"context"
	"errors"
	"io"
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
	if err == nil && hasFile(r) {
		if err = r.ParseMultipartForm(bound(r)); errors.Is(err, http.ErrNotMultipart) {
			err = nil
		}
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return tooLarge(r, large.Limit)
	case err != nil && ctx.Err() == nil:
		return refusedFormUnread.Caused(err)
	case !areText(r.PostForm):
		return refusedFormText.With()
	}
	return nil
}

// maxDrain is how much of a form that is too large is read, in bytes.
const maxDrain = 64 << 20

// boundedBody is the body of a request up to its maximum size, and the whole one.
type boundedBody struct {
	io.ReadCloser
	whole io.Reader
}

// tooLarge is the error for a form that is larger than limit bytes. It reads the rest, because browsers send a whole form before
// they read the response, and show none if the connection is closed before that.
func tooLarge(r *http.Request, limit int64) error {
	if b, ok := r.Body.(*boundedBody); ok {
		_, _ = io.CopyN(io.Discard, b.whole, maxDrain)
	}
	if hasFile(r) {
		return refusedFileLarge.With(maxInvite >> 20)
	}
	return refusedFormLarge.With(int(limit >> 10))
}

// hasFile reports whether the request is a form with a file.
func hasFile(r *http.Request) bool { return strings.HasPrefix(r.Pattern, "POST /members/import") }

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
