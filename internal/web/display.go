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

// keysCookie remembers that this browser has no shortcuts of a single key.
func (p *pages) keysCookie(keys string) *http.Cookie {
	c := p.rowsCookie("")
	c.Name = strings.Replace(c.Name, "rows", "keys", 1)
	if keys == "off" {
		c.Value, c.MaxAge = keys, 365*24*60*60
	}
	return c
}

// singleKeys reports whether shortcuts of a single key are on. Someone who dictates turns them off: words would be shortcuts.
func (v *visit) singleKeys() bool {
	c, err := v.Cookie(v.p.keysCookie("").Name)
	return err != nil || c.Value != "off"
}

// changeDisplay changes how pages look or behave in this browser, and returns to the page.
func (p *pages) changeDisplay(v *visit) (reply, error) {
	cookie := p.rowsCookie(v.PostForm.Get("rows"))
	if v.PostForm.Has("keys") {
		cookie = p.keysCookie(v.PostForm.Get("keys"))
	}
	return reply{to: local(v.PostForm.Get("back")), cookie: cookie}, nil
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
	if !v.singleKeys() {
		all = append(all, "no-keys")
	}
	return strings.Join(all, " ")
}
