package web

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"strings"
	"sync"
	"unicode"

	"raff/internal/brand"
)

// look is the brand as the pages show it, with its files.
type look struct {
	brand.Brand
	files map[string]brandFile
	// paths are the URL paths of the files.
	paths map[string]string
	// accounts are the looks that accounts have in place of this one.
	accounts looks
}

// brandFile is a file of the brand, served like the other static files.
type brandFile struct {
	file
	contentType string
}

// worn is the look of the page of a request.
type worn struct{ *look }

type lookKey struct{}

func newLook(b brand.Brand) *look {
	l := &look{Brand: b, files: map[string]brandFile{}, paths: map[string]string{}}
	add := func(name, contentType string, content []byte) {
		l.files[name] = brandFile{packed(content), contentType}
		l.paths[name] = urlOf(name, l.files[name].file)
	}
	switch {
	case b.Logo != nil:
		add("logo", b.LogoType, b.Logo)
	case b.Name != brand.Default().Name || b.Accents != nil:
		add("logo", "image/svg+xml", initialLogo(l.initial(), l.Accents))
	}
	if b.Accents != nil {
		add("brand.css", assetTypes[".css"], []byte(accentStyle(*b.Accents)))
	}
	return l
}

// accentStyle overrides the colors of the style sheet.
func accentStyle(a brand.Accents) string {
	const rule = ":root{--accent:%s;--accent-hover:%s;--accent-soft:%s;--on-accent:%s}"
	shades := func(s brand.Shades) string { return fmt.Sprintf(rule, s.Accent, s.Hover, s.Soft, s.On) }
	return shades(a.Light) + "@media (prefers-color-scheme: dark){" + shades(a.Dark) + "}\n"
}

// initialLogo is the logo of a product without one: the first letter of its name.
func initialLogo(letter string, a *brand.Accents) []byte {
	ground, text := "#1f4fbf", "#ffffff"
	if a != nil {
		ground, text = a.Light.Accent, a.Light.On
	}
	return []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="` + ground +
		`"/><text x="16" y="22.5" font-family="system-ui,sans-serif" font-size="18" font-weight="700" text-anchor="middle" fill="` + text + `">` +
		html.EscapeString(letter) + "</text></svg>\n")
}

func (l *look) initial() string {
	for _, r := range l.Name {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return strings.ToUpper(string(r))
		}
	}
	return ""
}

// asset is the URL path of a file of the brand, or empty if it has none of this name.
func (l *look) asset(name string) string {
	return l.paths[name]
}

// icon is the URL path of the icon of browser tabs.
func (l *look) icon() string {
	if logo := l.asset("logo"); logo != "" {
		return logo
	}
	return asset("icon.svg")
}

func withLook(ctx context.Context, l *look) context.Context {
	return context.WithValue(ctx, lookKey{}, &worn{l})
}

// lookOf is the look of a page that is being rendered.
func lookOf(ctx context.Context) *look {
	if w, ok := ctx.Value(lookKey{}).(*worn); ok {
		return w.look
	}
	return newLook(brand.Default())
}

// favicon leads browsers that do not read the page's link to the icon.
func (p *pages) favicon(*http.Request) (reply, error) { return goTo(p.look.icon()) }

// mostLooks is how many looks of accounts are kept.
const mostLooks = 1024

// looks are the looks of accounts by their branding, so that their files are not made for every page again.
type looks struct {
	mu sync.RWMutex
	of map[string]*look
}

func (l *looks) get(branding string, create func() *look) *look {
	l.mu.RLock()
	known := l.of[branding]
	l.mu.RUnlock()
	if known != nil {
		return known
	}
	made := create()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.of == nil || len(l.of) >= mostLooks {
		l.of = map[string]*look{}
	}
	l.of[branding] = made
	return made
}
