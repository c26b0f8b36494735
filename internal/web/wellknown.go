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

// favicon leads browsers that do not read the page's link to the icon.
func (p *pages) favicon(*http.Request) (reply, error) { return goTo(asset("icon.svg")) }

// changePasswordPage is where password managers send people to change their password.
func (p *pages) changePasswordPage(*http.Request) (reply, error) {
	return goTo("/profile#password-title")
}
