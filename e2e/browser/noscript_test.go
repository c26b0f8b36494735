package browser

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// TestMenuWithoutScripts opens and closes the menu of a phone whose browser loads no scripts. Until it is opened, the page begins
// with its content.
func TestMenuWithoutScripts(t *testing.T) {
	w := newCrew(t)
	b := w.signIn(t)
	b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if _, err := cdp.Call(ctx, t, network.Enable, network.EnableParams{}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, t, network.SetBlockedURLs, network.SetBlockedURLsParams{URLPatterns: []*network.BlockPattern{{URLPattern: "*://*:*/*.js", Block: true}}})
		return err
	}))
	const visible = `document.querySelector("nav[aria-label=Account]").offsetParent !== null`
	const keys = `document.querySelector(".seek kbd").offsetParent !== null`
	b.look(phone, "light")
	b.open("/members")
	if top := ask[float64](b, `document.querySelector("h1").getBoundingClientRect().top`); ask[bool](b, visible) || top > 120 {
		t.Errorf("the page begins %v px below the top", top)
	}
	b.fits()
	b.click(".menu-open")
	b.until(visible)
	if ask[bool](b, keys) {
		t.Error("a shortcut is shown that needs a script")
	}
	b.fits()
	b.click(".menu-close")
	b.until("!(" + visible + ")")
	b.look(wide, "light")
	b.open("/members")
	if !ask[bool](b, visible) || ask[bool](b, keys) || ask[bool](b, `[...document.querySelectorAll(".menu-open, .menu-close")].some(e => e.offsetParent)`) {
		t.Error("on a wide screen, the menu is not open, or has links to open it, or a shortcut")
	}
}
