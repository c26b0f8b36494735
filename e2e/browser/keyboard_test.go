package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestListsByKeyboard walks and selects in the list of members with single keys, goes to a project with the palette, and reads the
// shortcuts.
func TestListsByKeyboard(t *testing.T) {
	w := newCrew(t)
	b := w.signIn(t)
	b.open("/members")
	b.press("j")
	b.press("j")
	b.press("j")
	b.press("k")
	if at := ask[string](b, `document.activeElement.getAttribute("href")`); at != "/members/"+w.alice {
		t.Errorf("the row with the focus is %s", at)
	}
	b.press("x")
	b.until(`document.querySelector(".picked").innerText === "1 selected"`)
	b.press(".")
	b.until(`document.activeElement.innerText === "Open"`)
	b.press("\x1b")
	b.press("/")
	b.press("bob?/jx")
	if typed := ask[string](b, `document.querySelector("#q").value`); !strings.HasSuffix(typed, "bob?/jx") {
		t.Errorf("shortcuts work within a field: %q", typed)
	}
	b.open("/members")
	b.press("?")
	b.until(`document.querySelector("dialog[open] .keys") !== null`)
	b.fits()
	b.press("\x1b")
	b.until(`document.querySelector("dialog") === null`)

	b.press("k", chromedp.ModifierCtrl)
	b.until(`document.activeElement.id === "palette-q"`)
	b.fits()
	b.press("web")
	b.until(`document.querySelector("dialog .found")?.innerText.includes("Web shop") === true`)
	b.fits()
	b.press(kb.ArrowDown)
	if !ask[bool](b, `document.activeElement.innerText.includes("Web shop")`) {
		t.Error("the arrow key does not lead to the first result")
	}
	b.loads(chromedp.KeyEvent("\r"))
	if b.path() != "/projects/"+w.project {
		t.Errorf("the palette leads to %s", b.path())
	}
	for _, path := range []string{"/palette?q=a", "/keyboard"} {
		for _, size := range [][2]int64{phone, wide} {
			b.look(size, "dark")
			b.open(path)
			b.fits()
		}
	}

	// The browser tells its time zone; the next page is in it.
	if !ask[bool](b, `document.cookie.includes("raff_zone=")`) {
		t.Error("the browser does not tell its time zone")
	}
	b.look(wide, "light")
	b.open("/keyboard")
	b.follow("button[name=keys]")
	b.open("/members")
	b.press("/")
	if ask[string](b, `document.activeElement.id`) == "q" || !strings.Contains(ask[string](b, `document.body.className`), "no-keys") {
		t.Error("a single key that was turned off works")
	}
}
