package web

import (
	"net/http"
	"net/url"
	"strings"
)

// rowsCookie remembers how close the rows of lists are in this browser. It is not a secret and says nothing about the user.
func (p *pages) rowsCookie(rows string) *http.Cookie {
	c := &http.Cookie{ //nolint:gosec // it is Secure if the public URL is HTTPS
		Name: p.rowsName(), Path: "/", HttpOnly: true, Secure: p.secure, SameSite: http.SameSiteLaxMode, MaxAge: -1,
	}
	if rows == "compact" {
		c.Value, c.MaxAge = rows, 365*24*60*60
	}
	return c
}

func (p *pages) rowsName() string {
	if p.secure {
		return "__Host-raff_rows"
	}
	return "raff_rows"
}

// compact reports whether the user chose compact rows.
func (v *visit) compact() bool {
	c, err := v.Cookie(v.p.rowsName())
	return err == nil && c.Value == "compact"
}

// changeDisplay switches between the densities of rows, and returns to the list.
func (p *pages) changeDisplay(v *visit) (reply, error) {
	return reply{to: local(v.PostForm.Get("back")), cookie: p.rowsCookie(v.PostForm.Get("rows"))}, nil
}

// lacking is the URL of this list without one of its filters, from its first page.
func (v *visit) lacking(name string) string {
	q := v.URL.Query()
	q.Del("after")
	u := visit{Request: &http.Request{URL: &url.URL{Path: v.URL.Path, RawQuery: q.Encode()}}}
	return u.with(name, "")
}

// bodyClass is the class of a page's body.
func (v *visit) bodyClass() string {
	all := []string{"inside"}
	if v.compact() {
		all = append(all, "compact")
	}
	return strings.Join(all, " ")
}
