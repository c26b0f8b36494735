package web

import (
	"net/http"
	"net/url"
	"strings"
)

// displayCookie remembers in this browser how pages look or behave, if the value is the one that differs from the default. It is not
// a secret and says nothing about the user.
func (p *pages) displayCookie(what, value, differs string) *http.Cookie {
	c := &http.Cookie{ //nolint:gosec // it is Secure if the public URL is HTTPS
		Name: p.displayName(what), Path: "/", HttpOnly: true, Secure: p.secure, SameSite: http.SameSiteLaxMode, MaxAge: -1,
	}
	if value == differs {
		c.Value, c.MaxAge = value, 365*24*60*60
	}
	return c
}

func (p *pages) displayName(what string) string {
	if p.secure {
		return "__Host-raff_" + what
	}
	return "raff_" + what
}

// compact reports whether the user chose compact rows.
func (v *visit) compact() bool {
	c, err := v.Cookie(v.p.displayName("rows"))
	return err == nil && c.Value == "compact"
}

// singleKeys reports whether shortcuts of a single key are on. Someone who dictates turns them off: words would be shortcuts.
func (v *visit) singleKeys() bool {
	c, err := v.Cookie(v.p.displayName("keys"))
	return err != nil || c.Value != "off"
}

// changeDisplay changes how pages look or behave in this browser, and returns to the page.
func (p *pages) changeDisplay(v *visit) (reply, error) {
	cookie := p.displayCookie("rows", v.PostForm.Get("rows"), "compact")
	if v.PostForm.Has("keys") {
		cookie = p.displayCookie("keys", v.PostForm.Get("keys"), "off")
	}
	return reply{to: local(v.PostForm.Get("back")), cookie: cookie}, nil
}

// chip is one active filter of a list, and the URL of the list without it.
type chip struct{ Text, Without string }

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
