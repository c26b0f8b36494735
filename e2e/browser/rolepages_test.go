package browser

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
)

// choose selects an option of a select box, like a click.
func (b *tab) choose(selector, value string) {
	b.t.Helper()
	ask[string](b, fmt.Sprintf(`(() => { const s = document.querySelector(%q); s.value = %q; s.dispatchEvent(new Event("change", {bubbles: true})); return "" })()`, selector, value))
}

// TestDynamicForms checks that the forms of roles, API keys and the audit log adapt to their values in a browser with
// JavaScript.
func TestDynamicForms(t *testing.T) {
	w := newCrew(t)
	b := w.signIn(t)

	b.open("/roles/new")
	b.fill("#name", "Field crew")
	b.choose("#scope", "project")
	b.until(`document.body.innerText.includes("View virtual machines")`)
	if name := ask[string](b, `document.querySelector("#name").value`); name != "Field crew" {
		t.Errorf("changing the scope changed the name to %q", name)
	}
	// Enter creates the role, even if another button comes first.
	b.click("input[value='vm.view']")
	ask[string](b, `(() => { document.querySelector("#name").focus(); return "" })()`)
	b.loads(chromedp.KeyEvent("\r"))
	b.shows("Role created", "Project role")

	b.open("/keys/new")
	visible := func(selector string) bool {
		return ask[bool](b, fmt.Sprintf(`document.querySelector(%q).getClientRects().length > 0`, selector))
	}
	if visible(".project-role") {
		t.Error("the field for the project role is visible without a project")
	}
	b.click("input[value='" + w.project + "']")
	if !visible(".project-role") {
		t.Error("the field for the project role is not visible")
	}

	b.open("/audit")
	if visible("#since") {
		t.Error("the fields for days are visible without a custom range")
	}
	b.choose("#period", "days")
	if !visible("#since") {
		t.Error("days cannot be chosen")
	}
	b.choose("#period", "7d")
	b.until(`document.querySelector("#results").innerText.includes("Last 7 days")`)
	b.fill("#who", "alice")
	b.until(`document.querySelector("#results").innerText.includes("Done by “alice”")`)
	b.lacks("Owner key")
}
