package browser

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// speak makes the browser ask for pages in a language.
func (b *tab) speak(tag string) {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if _, err := cdp.Call(ctx, t, network.Enable, network.EnableParams{}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, t, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": tag}})
		return err
	}))
}

// TestPagesInEachLanguage checks every page on a phone, where words that are too long show first: in German, with words that are 40 %
// longer, and from right to left.
func TestPagesInEachLanguage(t *testing.T) {
	w := newCrew(t)
	guest, owner := newTab(t, w.URL), w.signIn(t)
	for _, language := range []struct{ tag, lang, dir string }{{"de", "de", "ltr"}, {"en-XA", "en-XA", "ltr"}, {"ar-XB", "ar-XB", "rtl"}} {
		for _, b := range []*tab{guest, owner} {
			b.speak(language.tag)
			b.look(phone, "light")
		}
		for _, p := range w.pages(t) {
			b := owner
			if p.guest {
				b = guest
			}
			b.open(p.path)
			if lang, dir := ask[string](b, "document.documentElement.lang"), ask[string](b, "document.documentElement.dir || 'ltr'"); lang != language.lang || dir != language.dir {
				t.Errorf("%s in %s: lang is %q, dir is %q", p.path, language.tag, lang, dir)
			}
			if language.tag == "de" {
				b.fits()
			} else {
				b.isNotTooWide() // the elements are those of the page in German
			}
		}
		owner.look(wide, "light")
		for _, path := range []string{"/overview", "/members", "/audit", "/settings"} {
			owner.open(path)
			owner.fits()
		}
	}
}

// TestNamesStandAtTheStartOfTheLine measures where Latin names are on pages from right to left, and others on pages from left to right.
func TestNamesStandAtTheStartOfTheLine(t *testing.T) {
	w := newCrew(t)
	owner := w.signIn(t)
	owner.look(wide, "light")
	for tag, end := range map[string]string{"ar-XB": "right", "en-XA": "left"} {
		owner.speak(tag)
		for _, path := range []string{"/overview", "/members", "/members/" + w.alice} {
			owner.open(path)
			astray := ask[string](owner, `[...document.querySelectorAll("bdi")].filter(e => {
				const box = e.getBoundingClientRect(), text = document.createRange();
				if (!box.width || getComputedStyle(e).display === "inline" || getComputedStyle(e.parentElement).textAlign === "center") return false;
				text.selectNodeContents(e);
				const at = text.getBoundingClientRect();
				return at.width < box.width && Math.abs(at.`+end+` - box.`+end+`) > 8;
			}).map(e => e.outerHTML).join(" ")`)
			if astray != "" {
				t.Errorf("%s in %s: not at the %s: %s", path, tag, end, astray)
			}
		}
	}
}
