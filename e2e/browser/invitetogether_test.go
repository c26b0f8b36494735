package browser

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// TestInviteTogether invites people with names to the account and to two projects, in a browser: the page shows how it reads
// a pasted list, and fits in both themes, on a phone, and in German.
func TestInviteTogether(t *testing.T) {
	w := newCrew(t)
	b := w.signIn(t)
	b.open("/invitations/new")
	b.fill("#emails", `"Admin, Ada" <ada@example.com>; Judy Example <judy@example.com>; linus@example`)
	b.click("details.also summary") // the text is read when the field is left
	b.until(`document.querySelector("#people").innerText.includes("proposed name: Ada Admin")`)
	b.shows("3 people:", "proposed name: Judy Example", "linus@example")
	b.until(`document.querySelector("details.also").open`)
	ask[string](b, fmt.Sprintf(`(() => {
		for (const s of document.querySelectorAll("details.also select")) s.selectedIndex = 1
		document.querySelector('input[name=role_id][value=%q]').checked = true
		return ""
	})()`, w.RoleID(t, "account", "member")))
	for _, size := range [][2]int64{wide, phone} {
		for _, theme := range []string{"light", "dark"} {
			b.look(size, theme)
			b.fits()
		}
	}
	b.look(wide, "light")
	b.follow("form[action='/invitations'] button.primary")
	b.shows("2 of 3 people invited", "ada@example.com", "proposed name: Ada Admin", "Invited.")
	if left := ask[string](b, `document.querySelector("#emails").value`); left != "linus@example" {
		t.Errorf("left in the form: %q", left)
	}
	if !ask[bool](b, `document.querySelector("details.also").open && document.querySelector("details.also select").value !== ""`) {
		t.Error("the chosen projects are not kept")
	}
	b.fits()
	b.open("/invitations?q=ada")
	b.shows("proposed name: Ada Admin")
	b.fits()

	guest := newTab(t, w.URL)
	guest.speak("de")
	guest.open("/invite/" + w.Token(t, w.memberCalled(t, "ada@example.com")))
	guest.shows("Außerdem in")
	if name := ask[string](guest, `document.querySelector("#name").value`); name != "Ada Admin" {
		t.Errorf("the proposed name is %q", name)
	}
	guest.look(phone, "dark")
	guest.fits()
}

// TestSlowClick keeps the mouse button pressed on Invite for as long as the page needs to show how it reads the emails, which are
// understood when their field loses the focus. If that moved the button, the click would miss it.
func TestSlowClick(t *testing.T) {
	w := newCrew(t)
	b := w.signIn(t)
	b.open("/invitations/new")
	b.click(fmt.Sprintf("input[name=role_id][value=%q]", w.RoleID(t, "account", "member")))
	b.fill("#emails", "judy@example.com")
	const button = "form[action='/invitations'] button.primary"
	b.do(chromedp.ScrollIntoView(chromedp.CSS(button)))
	at := ask[struct{ X, Y float64 }](b, fmt.Sprintf(`(() => {
		const r = document.querySelector(%q).getBoundingClientRect()
		return {X: r.x + r.width / 2, Y: r.y + r.height / 2}
	})()`, button))
	left := []chromedp.MouseOption{chromedp.Button("left"), chromedp.ClickCount(1)}
	b.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMousePressed, at.X, at.Y, left...))
	ask[bool](b, `new Promise((done) => {
		document.addEventListener("htmx:afterSettle", () => done(true))
		setTimeout(() => done(false), 1000)
	})`)
	b.loads(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseReleased, at.X, at.Y, left...))
	b.shows("judy@example.com", "Get link")
}

func (w *crew) memberCalled(t *testing.T, email string) string {
	t.Helper()
	page := w.Do(t, "GET", "/api/v1/members?email="+email, w.Key, nil).Want(t, 200).JSON(t)["data"].([]any)
	return page[0].(map[string]any)["id"].(string)
}
