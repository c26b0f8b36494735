package browser

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

//go:embed testdata/axe.min.js
var axe string

// chromium is the only browser of all tests. It ends with the test program.
var chromium = sync.OnceValues(func() (context.Context, error) {
	program := os.Getenv("CHROMIUM")
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if program == "" {
			program, _ = exec.LookPath(name)
		}
	}
	if program == "" {
		return nil, fmt.Errorf("no Chromium: run scripts/ensure-chromium.sh")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.Flag("no-sandbox", true)) // the sandbox does not work as root
	}
	allocator, _ := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, _ := chromedp.NewContext(allocator)
	return ctx, chromedp.Do(ctx)
})

// tab is a window with its own cookies. Console errors and exceptions of its pages fail the test.
type tab struct {
	t    *testing.T
	ctx  context.Context
	base string

	mu     sync.Mutex
	wrongs []string
}

var wide, phone = [2]int64{1280, 800}, [2]int64{390, 844}

func newTab(t *testing.T, base string) *tab {
	t.Helper()
	browser, err := chromium()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	b := &tab{t: t, base: base}
	b.ctx, cancel = context.WithTimeout(ctx, 10*time.Minute)
	t.Cleanup(cancel)
	if err := chromedp.Listen(ctx, b.listen); err != nil {
		t.Fatal(err)
	}
	b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, log.Enable, cdp.Empty{})
		return err
	}))
	b.look(wide, "light")
	t.Cleanup(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, w := range b.wrongs {
			t.Errorf("the browser complains: %s", w)
		}
	})
	return b
}

func (b *tab) listen(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *log.EventEntryAdded:
		// The browser logs every status of 400 or more; the tests check the status.
		if e.Entry.Level == log.EntryLevelError && !strings.Contains(e.Entry.Text, "the server responded with a status of") {
			b.wrongs = append(b.wrongs, e.Entry.URL+" "+e.Entry.Text)
		}
	case *runtime.EventExceptionThrown:
		b.wrongs = append(b.wrongs, e.ExceptionDetails.Text)
	}
}

func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// look sets the size of the window and the theme.
func (b *tab) look(size [2]int64, theme string) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(size[0], size[1]), chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: theme}, {Name: "prefers-reduced-motion", Value: "reduce"},
		}})
		return err
	}))
}

// open opens a path of the server, or a complete URL.
func (b *tab) open(address string) {
	b.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = b.base + address
	}
	b.do(chromedp.Navigate(address))
}

// fill types into a field.
func (b *tab) fill(selector, text string) {
	b.t.Helper()
	b.do(chromedp.SendKeys(chromedp.CSS(selector), text))
}

// click clicks without waiting for what follows.
func (b *tab) click(selector string) {
	b.t.Helper()
	b.settle()
	b.do(chromedp.Click(chromedp.CSS(selector)))
}

// settle waits until no part of the page is being updated, which would move what is to be clicked.
func (b *tab) settle() {
	b.t.Helper()
	b.until("!document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling')")
}

// follow clicks and waits until the next page is loaded.
func (b *tab) follow(selector string) {
	b.t.Helper()
	b.settle()
	b.loads(chromedp.Click(chromedp.CSS(selector)))
}

func (b *tab) loads(action chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if _, err := chromedp.Run(b.ctx, chromedp.WaitEvent(page.LoadEventFired, func(page.EventLoadEventFired) bool { return true }, action)); err != nil {
		b.t.Fatal(err)
	}
}

// press presses keys in the element that has the focus.
func (b *tab) press(keys string, with ...chromedp.Modifier) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(keys, chromedp.KeyModifiers(with...)))
}

// ask evaluates an expression in the page.
func ask[T any](b *tab, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%.80s: %v", expression, err)
	}
	return v
}

// until waits until an expression is true.
func (b *tab) until(expression string) {
	b.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !ask[bool](b, expression); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.t.Fatalf("timed out waiting for %s on %s", expression, b.path())
		}
	}
}

func (b *tab) path() string { return ask[string](b, "location.pathname + location.search") }

// text returns the visible text of an element.
func (b *tab) text(selector string) string {
	return ask[string](b, fmt.Sprintf("document.querySelector(%q)?.innerText ?? ''", selector))
}

// shows fails the test unless the page contains all of these texts.
func (b *tab) shows(words ...string) {
	b.t.Helper()
	text := b.text("body")
	for _, w := range words {
		if !strings.Contains(text, w) {
			b.t.Errorf("%s does not contain %q:\n%s", b.path(), w, text)
		}
	}
}

// lacks fails the test if the page contains one of these texts.
func (b *tab) lacks(words ...string) {
	b.t.Helper()
	text := b.text("body")
	for _, w := range words {
		if strings.Contains(text, w) {
			b.t.Errorf("%s contains %q:\n%s", b.path(), w, text)
		}
	}
}

// violation is a violation of an accessibility rule.
type violation struct {
	ID, Impact, Help string
	Nodes            []string
}

// fits fails the test if the page has accessibility problems, or is wider than its window.
func (b *tab) fits() {
	b.t.Helper()
	const run = `axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations.map(v => (
		{ID: v.id, Impact: v.impact, Help: v.help, Nodes: v.nodes.map(n => n.html + "  " + n.failureSummary)})))`
	if !ask[bool](b, "!!window.axe") { // sending and compiling it takes longer than running it
		ask[bool](b, axe+";true")
	}
	for _, v := range ask[[]violation](b, run) {
		b.t.Errorf("%s: %s (%s): %s\n%s", b.path(), v.ID, v.Impact, v.Help, strings.Join(v.Nodes, "\n"))
	}
	b.isNotTooWide()
}

// isNotTooWide fails the test if the page is wider than its window.
func (b *tab) isNotTooWide() {
	b.t.Helper()
	if over := ask[int](b, "document.documentElement.scrollWidth - innerWidth"); over > 0 {
		b.t.Errorf("%s is %d pixels wider than the window", b.path(), over)
	}
}
