package web

import (
	"context"
	"io"
	"net/http"
)

// robots asks crawlers to stay away: every page is either about an account or for one person.
func (p *pages) robots(*http.Request) (reply, error) {
	return reply{status: http.StatusOK, contentType: "text/plain; charset=utf-8", write: func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, "User-agent: *\nDisallow: /\n")
		return err
	}}, nil
}

// changePasswordPage is where password managers send people to change their password.
func (p *pages) changePasswordPage(*http.Request) (reply, error) {
	return goTo("/profile#password-title")
}
