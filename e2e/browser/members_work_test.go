package browser

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"raff/internal/rafftest"
)

// TestMembersIsAWorkingList works in the list of members with a browser: rows are close, addresses are whole, a role is changed in
// place, the menu of a row opens, and several people are changed together.
func TestMembersIsAWorkingList(t *testing.T) {
	w := newCrew(t)
	address := "maximilian.featherstonehaugh@consulting.example.com"
	_, maximilian := w.NewMember(t, address, "Maximilian Featherstonehaugh-Smith", w.RoleID(t, "account", "member"))
	shop := w.Do(t, "POST", "/api/v1/projects", w.Key, map[string]any{"name": "Shop"}).Want(t, 201).Data(t)["id"].(string)
	for _, project := range []string{w.project, w.ProjectID, shop} {
		w.Do(t, "POST", "/api/v1/projects/"+project+"/members", w.Key, map[string]any{"target_user_id": maximilian, "role_id": w.RoleID(t, "project", "viewer")}).Want(t, 201)
	}
	b := w.signIn(t)
	b.open("/members")
	for _, size := range [][2]int64{{1280, 800}, {1920, 1080}} {
		b.look(size, "light")
		if !ask[bool](b, `document.querySelector("tbody .and-more .quiet") !== null`) {
			t.Fatal("no row has several projects")
		}
		if high := ask[float64](b, `Math.max(...[...document.querySelectorAll("tbody tr")].map(e => e.getBoundingClientRect().height))`); high > 45 {
			t.Errorf("at %d pixels, a row is %.0f pixels high", size[0], high)
		}
		if cut := ask[string](b, `[...document.querySelectorAll("tbody .whom bdi")].filter(e => e.scrollWidth > e.clientWidth).map(e => e.innerText).join()`); cut != "" {
			t.Errorf("at %d pixels, these are cut: %s", size[0], cut)
		}
	}
	if ask[string](b, `document.fonts.check("14px Inter") + getComputedStyle(document.querySelector("td time")).fontVariantNumeric`) != "truetabular-nums" {
		t.Error("the font is not there, or has no tabular figures")
	}
	b.look(wide, "dark")
	b.open("/members?q=bob")

	// A role is changed in place, by keyboard alone; Escape closes the form and returns the focus.
	b.tabTo(".in-place")
	b.press("\r")
	b.until(`document.activeElement.matches("#role-form select")`)
	b.fits()
	b.press("\x1b")
	if !ask[bool](b, `document.activeElement.matches(".in-place") && !document.querySelector("#role-form")`) {
		t.Error("Escape does not close the form, or loses the focus")
	}
	b.press("\r")
	b.until(`document.activeElement.matches("#role-form select")`)
	b.press("Bil\t")
	b.loads(chromedp.KeyEvent("\r"))
	b.shows("Role changed", "Billing", "1 person")
	if b.path() != "/members?q=bob" {
		t.Errorf("after a change in place: %s", b.path())
	}

	// The menu of a row has arrow keys, and copies the id.
	b.tabTo(".dots")
	b.press("\r")
	b.until(`document.activeElement.innerText === "Open"`)
	b.fits()
	b.press(kb.ArrowDown)
	if ask[string](b, `document.activeElement.innerText`) == "Open" {
		t.Error("the arrow keys do not move in the menu")
	}
	b.click("#actions [data-copy]")
	b.until(`document.querySelector("#actions [data-copy]").innerText.includes("Copied")`)

	// Several people are selected, also with Shift, and changed together.
	b.look(wide, "light")
	b.open("/members?sort=name")
	if ask[bool](b, `document.querySelector(".bulk-bar").offsetParent !== null`) {
		t.Error("actions for selected people are shown before anyone is selected")
	}
	ask[string](b, `(() => { const all = document.querySelectorAll("tbody [name=member]"); all[0].click(); all[1].dispatchEvent(new MouseEvent("click", {bubbles: true, shiftKey: true})); return "" })()`)
	b.until(`document.querySelector(".picked").innerText === "2 selected"`)
	b.fits()
	b.follow("button[value=suspend]")
	b.shows("Suspend 2 people")
	b.fits()
	b.follow("button[value=suspend]")
	b.shows("Suspended: 2 of 2 people")
	b.fits()
	b.follow("button[value=activate]")
	b.shows("Activated: 2 of 2 people")
	b.look(phone, "dark")
	b.open("/members")
	b.click("tbody [name=member]")
	b.fits()
	b.open("/members/" + w.alice + "/actions")
	b.fits()
	b.open("/members/" + w.alice + "/role")
	b.fits()
}

// TestMembersPageIsLight weighs what a browser loads for 50 members: the page, its files and the font, compressed.
func TestMembersPageIsLight(t *testing.T) {
	w := rafftest.Start(t, rafftest.WithName())
	var rows []map[string]any
	for i := range 60 {
		rows = append(rows, map[string]any{"email": fmt.Sprintf("member.%03d@department-%d.example.com", i, i*7919%97), "role_id": w.RoleID(t, "account", "member")})
	}
	w.Do(t, "POST", "/api/v1/members/bulk", w.Key, map[string]any{"members": rows}).Want(t, 200)
	w.NewMember(t, "alice@example.com", "Alice", w.RoleID(t, "account", "admin"))
	admin := w.SignIn(t, "alice@example.com")
	page := w.Do(t, http.MethodGet, "/members", admin, nil).Want(t, 200).Body
	total := packedSize(t, page)
	t.Logf("the page: %d bytes, %d compressed", len(page), total)
	seen := map[string]bool{}
	for _, m := range regexp.MustCompile(`"(/assets/[^"?]+)\?v=`).FindAllStringSubmatch(string(page), -1) {
		if seen[m[1]] {
			continue
		}
		seen[m[1]] = true
		res, err := http.Get(w.URL + m[1])
		if err != nil {
			t.Fatal(err)
		}
		file, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatal(err, res.Status)
		}
		n := min(packedSize(t, file), len(file))
		t.Logf("%s: %d", m[1], n)
		total += n
	}
	if total > 60<<10 {
		t.Errorf("the page and its files have %d bytes, want at most %d", total, 60<<10)
	}
}

func packedSize(t *testing.T, b []byte) int {
	t.Helper()
	var to bytes.Buffer
	z, err := gzip.NewWriterLevel(&to, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return to.Len()
}
