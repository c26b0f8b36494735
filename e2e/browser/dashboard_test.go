package browser

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"raff/internal/factor"
	"raff/internal/rafftest"
	"raff/internal/signin"
)

var screenshots = flag.Bool("screenshots", false, "write docs/screenshots")

// TestInvitationInBrowser invites, accepts and signs in as a new user, with a real browser and a real email.
func TestInvitationInBrowser(t *testing.T) {
	smtp := rafftest.StartSMTP(t)
	srv := rafftest.Start(t, rafftest.WithSMTP(smtp.URL()))
	owner := newTab(t, srv.URL)
	owner.open(srv.OwnerLink)
	owner.fill("#name", "Trent")
	owner.fill("#password", rafftest.Password)
	owner.follow("form button")
	owner.shows("Password set", "Overview", "Trent", "1 person", "First steps")

	owner.follow("a[href='/invitations/new']")
	owner.fill("#emails", "alice@example.com")
	owner.click("input[value='" + srv.RoleID(t, "account", "member") + "']")
	owner.follow("form[action='/invitations'] button")
	owner.shows("1 invitation sent.", "alice@example.com", "Links are sent by email only")

	alice := newTab(t, srv.URL)
	alice.open(smtp.Wait(t, "alice@example.com").Link(t))
	alice.shows("Join Acme", "Trent", "Member")
	alice.fill("#name", "Alice")
	alice.fill("#password", rafftest.Password)
	alice.follow("button[value=accept]")
	alice.shows("Invitation accepted", "Members", "Invitations", "Projects", "Settings", "2 people", "Trent")
	alice.lacks("Roles", "API keys", "Audit log", "Invite people")
	for path, title := range map[string]string{"/roles": "Not allowed", "/keys": "Not allowed", "/audit": "Not allowed", "/invitations/new": "Not allowed"} {
		alice.open(path)
		alice.shows(title)
	}
	alice.open("/members/" + srv.OwnerMemberID)
	alice.shows("does not include the permission “Add, change and remove account members")

	alice.follow("form[action='/sign-out'] button")
	alice.shows("You are signed out")
	alice.open("/members")
	alice.fill("#email", "alice@example.com")
	alice.fill("#password", rafftest.Password)
	alice.follow("form button")
	if at := alice.path(); at != "/members" {
		t.Errorf("signing in redirects to %s", at)
	}
}

// crew is a server with an account that has objects of every kind.
type crew struct {
	*rafftest.Server
	alice, pending, project, role, key, offer string
}

func newCrew(t *testing.T) *crew {
	t.Helper()
	w := &crew{Server: rafftest.Start(t, rafftest.WithName())}
	in := w.Node.SignIn()
	if err := in.SetPasswordByLink(t.Context(), signin.NewPassword{Token: rafftest.TokenOf(t, w.OwnerLink), Name: "Trent", Password: rafftest.Password}); err != nil {
		t.Fatal(err)
	}
	post := func(path string, body map[string]any) string {
		t.Helper()
		id, _ := w.Do(t, "POST", "/api/v1"+path, w.Key, body).Want(t, 201).Data(t)["id"].(string)
		return id
	}
	role := func(scope, slug string) string { return w.RoleID(t, scope, slug) }
	w.project = post("/projects", map[string]any{"name": "Web shop", "description": "The shop customers see, and what it needs to run."})
	data := post("/projects", map[string]any{"name": "Data platform", "description": "Warehouse, pipelines and reports."})
	w.role = post("/roles", map[string]any{
		"name": "Support", "slug": "support", "scope": "account", "description": "Answers people: sees members and the audit log",
		"permissions": []string{"account.members.view", "account.audit.view", "account.projects.view"},
	})
	var user string
	for _, p := range [][2]string{{"Alice", "admin"}, {"Bob", "member"}, {"Carol", "billing"}, {"Frank", "member"}} {
		first, _, _ := strings.Cut(p[0], " ")
		id, userID := w.NewMember(t, strings.ToLower(first)+"@example.com", p[0], role("account", p[1]))
		switch first {
		case "Alice":
			w.alice = id
			post("/projects/"+data+"/members", map[string]any{"target_user_id": userID, "role_id": role("project", "project-admin")})
		case "Bob":
			user = userID
		case "Frank":
			w.Do(t, "PATCH", "/api/v1/members/"+id, w.Key, map[string]any{"status": "suspended"}).Want(t, 200)
		}
	}
	post("/projects/"+w.project+"/members", map[string]any{"target_user_id": user, "role_id": role("project", "operator")})
	w.offer = post("/projects/"+w.project+"/invitations", map[string]any{"email": "erin@partner.example.com", "role_id": role("project", "viewer")})
	w.Invite(t, "ivan@example.com", w.role)
	w.pending = w.Invite(t, "grace@example.com", role("account", "member"))
	w.key = post("/api-keys", map[string]any{"name": "Terraform", "role_id": role("account", "admin"), "expires_at": "2099-01-31T00:00:00Z"})
	return w
}

func (w *crew) signIn(t *testing.T) *tab {
	t.Helper()
	b := newTab(t, w.URL)
	b.open("/sign-in")
	b.fill("#email", "owner@example.com")
	b.fill("#password", rafftest.Password)
	b.follow("form button")
	return b
}

// shown is a page of the crew's account. A guest is not signed in.
type shown struct {
	guest      bool
	path, name string
}

// pages returns every page.
func (w *crew) pages(t *testing.T) []shown {
	t.Helper()
	invitation := w.URL + "/invite/" + w.Token(t, w.pending)
	seat := "/members/" + w.alice + "/memberships/" + w.alice
	return []shown{
		{true, "/sign-in", "sign-in"}, {true, "/forgot", "forgot"}, {true, invitation, "accept"}, {true, w.URL + "/invite/none", "accept-gone"},
		{false, "/overview", "overview"}, {false, "/members", "members"}, {false, "/members/import", "members-import"}, {false, "/palette", "palette"}, {false, "/members?q=nobody", "members-none"}, {false, "/members/" + w.alice, "member"},
		{false, seat + "/remove", "member-remove"}, {false, seat + "/suspend", "member-suspend"},
		{false, "/members/" + w.OwnerMemberID, "member-owner"}, {false, "/members/" + w.pending, "member-invited"},
		{false, "/invitations", "invitations"}, {false, "/invitations?state=declined", "invitations-none"}, {false, "/invitations/new", "invite"},
		{false, "/invitations/" + w.offer + "/cancel", "invitation-cancel"}, {false, invitation, "accept-other"},
		{false, "/projects", "projects"}, {false, "/projects/new", "project-new"}, {false, "/projects/" + w.project, "project"},
		{false, "/projects/" + w.project + "/add", "project-add"}, {false, "/projects/" + w.project + "/delete", "project-delete"},
		{false, "/roles", "roles"}, {false, "/roles/new", "role-new"}, {false, "/roles/" + w.role, "role"}, {false, "/roles/" + w.role + "/edit", "role-edit"},
		{false, "/roles/" + w.role + "/delete", "role-delete"},
		{false, "/members/" + w.alice + "/why?permission=vm.create&project=" + w.project, "why"}, {false, "/permissions/vm.view?project=" + w.project, "permission"},
		{false, "/keys", "api-keys"}, {false, "/keys/new", "api-key-new"}, {false, "/keys/" + w.key, "api-key"},
		{false, "/audit", "audit-log"}, {false, "/settings", "settings"}, {false, "/settings/owner", "settings-owner"}, {false, "/profile", "profile"},
	}
}

// TestPagesAreAccessible checks every page on a wide screen with the light theme, and on a phone with the dark theme. With
// -screenshots it stores screenshots.
func TestPagesAreAccessible(t *testing.T) {
	w := newCrew(t)
	guest, owner := newTab(t, w.URL), w.signIn(t)
	for _, p := range w.pages(t) {
		b := owner
		if p.guest {
			b = guest
		}
		b.look(wide, "light")
		b.open(p.path)
		b.fits()
		b.keep(p.name, "light")
		b.look(wide, "dark")
		b.keep(p.name, "dark")
		b.look(phone, "dark") // every page is opened on a phone by TestPagesInEachLanguage
		b.fits()
	}
	owner.open("/members")
	owner.keep("phone", "dark")
	owner.click(".menu")
	owner.fits()
	owner.keep("phone-menu", "dark")

	owner.look(wide, "light")
	owner.open("/profile")
	owner.click("details.more summary")
	owner.fill("#app_password", rafftest.Password)
	owner.follow("form[action='/profile/factors/app'] button")
	owner.shows("Scan the QR code")
	owner.both("second-factor-app")
	owner.fill("#code", factor.Code(strings.ReplaceAll(owner.text("#secret"), " ", ""), time.Now()))
	owner.follow("form[action='/profile/factors/app/confirm'] button")
	owner.shows("Your recovery codes")
	owner.both("recovery-codes")
	owner.open("/profile")
	owner.both("profile-second-factor")
	guest.look(wide, "light")
	guest.open("/sign-in")
	guest.fill("#email", "owner@example.com")
	guest.fill("#password", rafftest.Password)
	guest.follow("form button")
	guest.shows("Verify it is you")
	guest.both("second-factor")
	gallery(t, kept)
}

// kept are the names of the pages that have screenshots, in the order in which they were taken.
var kept []string

// gallery writes the page with all screenshots.
func gallery(t *testing.T, names []string) {
	t.Helper()
	if !*screenshots {
		return
	}
	var b strings.Builder
	b.WriteString("# Every page, light and dark\n\nGenerated by `make screenshots`.\n")
	for _, name := range names {
		title := strings.ReplaceAll(name, "-", " ")
		fmt.Fprintf(&b, "\n## %s%s\n\n", strings.ToUpper(title[:1]), title[1:])
		for _, theme := range []string{"light", "dark"} {
			if file := name + "-" + theme + ".webp"; exists(filepath.Join(pictures, file)) {
				fmt.Fprintf(&b, "![%s, %s](%s)\n", title, theme, file)
			}
		}
	}
	if err := os.WriteFile(filepath.Join(pictures, "README.md"), []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// pictures returns the directory for screenshots.
var pictures = filepath.Join("..", "..", "docs", "screenshots")

// both checks a page in both themes.
func (b *tab) both(name string) {
	b.t.Helper()
	for _, theme := range []string{"dark", "light"} {
		b.look(wide, theme)
		b.fits()
		b.keep(name, theme)
	}
}

// keep stores a screenshot.
func (b *tab) keep(name, theme string) {
	b.t.Helper()
	if !*screenshots {
		return
	}
	var picture []byte
	b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		quality := int64(80)
		out, err := cdp.Call(ctx, t, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatWebp, Quality: &quality})
		picture = out.Data
		return err
	}))
	if !slices.Contains(kept, name) {
		kept = append(kept, name)
	}
	file := filepath.Join(pictures, name+"-"+theme+".webp")
	if err := os.WriteFile(file, picture, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// TestLongNamesFit checks pages full of the longest possible names, at every width.
func TestLongNamesFit(t *testing.T) {
	w := newCrew(t)
	long := strings.Repeat("Wideword", 8)
	email := strings.Repeat("a", 60) + "@" + strings.Repeat("long-label.", 6) + "example.com"
	id, user := w.NewMember(t, email, long, w.role)
	w.Do(t, "PATCH", "/api/v1/roles/"+w.role, w.Key, map[string]any{"name": strings.Repeat("Rolename", 8)}).Want(t, 200)
	project, _ := w.Do(t, "POST", "/api/v1/projects", w.Key, map[string]any{"name": long, "description": strings.Repeat("فريق ", 30)}).Want(t, 201).Data(t)["id"].(string)
	w.Do(t, "POST", "/api/v1/projects/"+project+"/members", w.Key, map[string]any{"target_user_id": user, "role_id": w.RoleID(t, "project", "project-admin")}).Want(t, 201)
	w.Invite(t, "b"+email, w.role)
	key := w.Do(t, "POST", "/api/v1/api-keys", w.Key, map[string]any{"name": long, "role_id": w.role}).Want(t, 201).Data(t)["id"].(string)
	owner := w.signIn(t)
	seat := "/members/" + id + "/memberships/" + id
	for _, path := range []string{
		"/members", "/members/" + id, seat + "/remove", seat + "/suspend", "/invitations", "/invitations/new", "/projects", "/projects/" + project,
		"/projects/" + project + "/delete", "/roles", "/roles/" + w.role, "/roles/" + w.role + "/edit", "/roles/" + w.role + "/delete", "/keys",
		"/keys/" + key, "/keys/new", "/audit", "/settings", "/settings/owner", "/profile",
	} {
		owner.open(path)
		for _, width := range []int64{320, 390, 640, 768, 960, 1024, 1280, 1920} {
			owner.look([2]int64{width, 800}, "light")
			if over := ask[int](owner, "document.documentElement.scrollWidth - innerWidth"); over > 0 {
				t.Errorf("%s is %d pixels wider than a window of %d", path, over, width)
			}
		}
	}
}

// TestKeyboardOnly signs in, finds someone, changes their role and signs out without a mouse. The focus must always be
// visible.
func TestKeyboardOnly(t *testing.T) {
	w := newCrew(t)
	b := newTab(t, w.URL)
	b.open("/sign-in")
	b.until(`document.activeElement.id === "email"`)
	b.press("owner@example.com\t" + rafftest.Password)
	b.loads(chromedp.KeyEvent("\r"))
	b.shows("Overview")

	b.press("\t")
	if b.text(":focus") != "Skip to content" {
		t.Errorf("the first element with the focus is %q", b.text(":focus"))
	}
	b.press("\r")
	b.tabTo("#content a[href='/members']")
	b.loads(chromedp.KeyEvent("\r"))
	b.tabTo("#q")
	b.press("alic")
	b.until(`document.querySelector("#results").innerText.startsWith("1 person")`)
	b.tabTo("a[href='/members/" + w.alice + "']")
	b.loads(chromedp.KeyEvent("\r"))
	b.shows("Alice", "Account access")

	b.tabTo("select[name=role_id]")
	b.press("Sup")
	b.tabTo("form button")
	b.loads(chromedp.KeyEvent("\r"))
	b.shows("Role changed", "Answers people")
	b.tabTo("form[action='/sign-out'] button")
	b.loads(chromedp.KeyEvent(" "))
	b.shows("You are signed out")
}

// tabTo presses Tab until an element has the focus, and checks that every stop on the way is visible.
func (b *tab) tabTo(selector string) {
	b.t.Helper()
	const look = `(() => {
		const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();
		const marked = s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2;
		return e === document.body || (marked && r.width > 0 && r.height > 0) ? "" : e.outerHTML.slice(0, 200);
	})()`
	for range 80 {
		b.press("\t")
		if hidden := ask[string](b, look); hidden != "" {
			b.t.Errorf("%s: the focus is not visible on %s", b.path(), hidden)
		}
		if ask[bool](b, fmt.Sprintf("document.activeElement.matches(%q)", selector)) {
			return
		}
	}
	b.t.Fatalf("%s: Tab never reaches %s", b.path(), selector)
}

// TestScripts checks the improvements that pages have with JavaScript.
func TestScripts(t *testing.T) {
	w := newCrew(t)
	b := w.signIn(t)

	// Results change while someone types, the field keeps the input, and the URL can be shared.
	b.open("/members")
	b.fill("#q", "bob")
	b.until(`document.querySelector("#results").innerText.startsWith("1 person")`)
	if typed := ask[string](b, `document.querySelector("#q").value`); typed != "bob" || !strings.Contains(b.path(), "q=bob") {
		t.Errorf("input %q, URL %s", typed, b.path())
	}
	if ask[bool](b, `[...document.querySelectorAll("[data-without-script]")].some(e => e.offsetParent)`) {
		t.Error("a button for browsers without scripts is visible")
	}

	// The roles depend on the chosen project; the input is kept, and is not in the URL.
	b.open("/invitations/new")
	b.shows("Billing")
	b.fill("#emails", "alice@example.com, someone")
	ask[string](b, fmt.Sprintf(`(() => { const s = document.querySelector("#project"); s.value = %q; s.dispatchEvent(new Event("change", {bubbles: true})); return "" })()`, w.project))
	b.until(`document.body.innerText.includes("Operator")`)
	b.lacks("Billing", "Choose")
	if typed := ask[string](b, `document.querySelector("#emails").value`); typed != "alice@example.com, someone" || b.path() != "/invitations/new" {
		t.Errorf("input %q after choosing a project, URL %s", typed, b.path())
	}

	// A form is submitted once, even if its button is clicked twice.
	b.open("/keys/new")
	b.fill("#name", "Clicked twice")
	ask[string](b, `(() => { const f = document.querySelector("form[action='/keys']"); f.requestSubmit(); setTimeout(() => f.requestSubmit()); return "" })()`)
	b.until(`document.querySelector("#secret")?.innerText.startsWith("raff_") === true`)
	b.open("/keys")
	if n := ask[int](b, `document.querySelector("tbody").innerText.split("Clicked twice").length - 1`); n != 1 {
		t.Errorf("two clicks created %d keys", n)
	}

	// A button copies a link.
	b.open("/invitations")
	b.follow("button[formaction$='/link']")
	b.click("[data-copy]")
	b.until(`document.querySelector("[data-copy]").innerText.includes("Copied")`)

	// On a phone, the menu can be opened, and its button has the state.
	b.look(phone, "light")
	b.open("/members")
	visible := `document.querySelector("nav[aria-label=Account]").offsetParent !== null`
	if ask[bool](b, visible) {
		t.Error("the menu is open from the start")
	}
	b.click(".menu")
	if !ask[bool](b, visible) || ask[string](b, `document.querySelector(".menu").ariaExpanded`) != "true" {
		t.Error("the menu does not open")
	}
	b.press("\x1b")
	if ask[bool](b, visible) || !ask[bool](b, `document.activeElement.matches(".menu")`) {
		t.Error("Escape does not close the menu, or loses the focus")
	}

	// A user who was signed out elsewhere is redirected to sign in, and then back to the search.
	b.look(wide, "light")
	b.open("/members?q=al")
	if err := w.Node.SignIn().ResetFactors(t.Context(), "owner@example.com"); err != nil {
		t.Fatal(err)
	}
	b.fill("#q", "i")
	b.until(`location.pathname === "/sign-in"`)
	b.fill("#email", "owner@example.com")
	b.fill("#password", rafftest.Password)
	b.follow("form button")
	b.until(`document.querySelector("#results")?.innerText.startsWith("1 person")`)
}
