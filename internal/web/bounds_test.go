package web_test

import (
	"encoding/base64"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"raff/internal/front"
	"raff/internal/rafftest"
	"raff/internal/signin"
	"raff/internal/web"
)

// noText are invalid texts: NUL, bytes that are not UTF-8, a surrogate, an overlong encoding, an incomplete character.
var noText = []string{"a\x00b", "\xff", "\xed\xa0\x80", "\xc0\x80", "a\xe2\x82"}

var wildcard = regexp.MustCompile(`\{[^}]*\}`)

// fields returns the names of all form fields and query parameters that the pages read, found in the source code.
func fields(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	read := regexp.MustCompile(`(?:PostForm|Query\(\)|\bq)(?:\.(?:Get|Has)\(|\[)"([a-z_]+)"`)
	names := map[string]bool{}
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		source, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range read.FindAllStringSubmatch(string(source), -1) {
			names[m[1]] = true
		}
	}
	if len(names) < 30 {
		t.Fatalf("found only %d fields", len(names))
	}
	return slices.Sorted(maps.Keys(names))
}

// walker sends requests as the Owner in a browser, without following redirects.
type walker struct {
	*rafftest.Server
	client *http.Client
	cookie string
}

func walk(t *testing.T, srv *rafftest.Server) *walker {
	t.Helper()
	if err := srv.Node.SignIn().SetPasswordByLink(t.Context(), signin.NewPassword{Token: rafftest.TokenOf(t, srv.OwnerLink), Name: "Owner", Password: rafftest.Password}); err != nil {
		t.Fatal(err)
	}
	return &walker{srv, &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		strings.TrimPrefix(srv.SignIn(t, "owner@example.com"), "cookie: ")}
}

func (w *walker) send(t *testing.T, method, path string, form url.Values, h http.Header) (int, http.Header) {
	t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(t.Context(), method, w.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(req.Header, h)
	req.Header.Set("Cookie", w.cookie)
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := w.client.Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header
}

// Invalid text is refused in every part of the URL of every page and in every field of every form.
func TestPagesRefuseInvalidText(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		w, names := walk(t, srv), fields(t)
		n := 0
		bad := func() string { n++; return noText[n%len(noText)] }
		for _, pattern := range append(web.OpenPatterns(), web.InsidePatterns()...) {
			method, path, _ := strings.Cut(strings.TrimSuffix(pattern, "{$}"), " ")
			good := wildcard.ReplaceAllString(path, srv.OwnerMemberID)
			if path != good {
				for range noText {
					at := wildcard.ReplaceAllString(path, strings.ReplaceAll(url.PathEscape(bad()), "$", "$$"))
					if status, _ := w.send(t, method, at, nil, nil); status != 400 {
						t.Errorf("%s %s: %d, want 400", method, at, status)
					}
				}
			}
			for _, name := range names {
				value := url.Values{name: {bad()}}
				if status, _ := w.send(t, method, good+"?"+value.Encode(), nil, nil); status != 400 {
					t.Errorf("%s %s?%s: %d, want 400", method, good, value.Encode(), status)
				}
				if method != http.MethodPost {
					continue
				}
				if status, _ := w.send(t, method, good, value, nil); status != 400 {
					t.Errorf("%s %s with %s: %d, want 400", method, good, value.Encode(), status)
				}
			}
			for _, header := range []string{"User-Agent", "Referer", "HX-Current-URL", "X-Request-ID", "Accept-Language"} {
				if status, _ := w.send(t, method, good, nil, http.Header{header: {"http://localhost/\xff\xed\xa0\x80"}}); status >= 500 {
					t.Errorf("%s %s with %s: %d", method, good, header, status)
				}
			}
		}
		// The position in a list contains a text.
		for _, after := range []string{`{"a":1,"n":"\u0000","i":"x","b":1}`, `{"a":1,"n":"","s":"\u0000","i":"x","b":1}`, `{"a":-9223372036854775808,"n":"","i":"\u0000","b":1}`, `{"a":9223372036854775807,"n":"` + "\xff" + `","i":"x"}`} {
			for _, list := range []string{"/members", "/members?sort=name", "/members?sort=status", "/invitations", "/projects", "/keys", "/audit"} {
				u, _ := url.Parse(list)
				q := u.Query()
				q.Set("after", base64.RawURLEncoding.EncodeToString([]byte(after)))
				if status, _ := w.send(t, "GET", u.Path+"?"+q.Encode(), nil, nil); status >= 500 {
					t.Errorf("%s after %s: %d", list, after, status)
				}
			}
		}
	}, rafftest.WithName())
}

// The cost of handling each form is proportional to the length of its text.
func TestFormsCostInProportion(t *testing.T) {
	srv := rafftest.Start(t, rafftest.Quiet())
	w, names := walk(t, srv), fields(t)
	for _, pattern := range append(web.OpenPatterns(), web.InsidePatterns()...) {
		method, path, _ := strings.Cut(pattern, " ")
		if method != http.MethodPost || strings.HasPrefix(path, "/sign-out") || strings.HasPrefix(path, "/sign-in") {
			continue // the cost of hashing a password does not depend on the form
		}
		at := wildcard.ReplaceAllString(path, srv.OwnerMemberID)
		small := 7000
		if path == "/invitations" {
			small = 100_000
		}
		fill := func(n int) url.Values {
			form := url.Values{"here": {srv.AccountID}}
			each := n / len(names)
			for _, name := range names {
				if name != "here" && name != "role_id" && name != "project" && name != "emails" {
					form.Set(name, strings.Repeat("a ", each/3))
				}
			}
			form.Set("role_id", srv.RoleID(t, "account", "member"))
			form.Set("emails", strings.Repeat("a ", n/4))
			return form
		}
		rafftest.InProportion(t, pattern, small, func(size int) func() {
			form := fill(size)
			return func() {
				if status, _ := w.send(t, method, at, form, nil); status >= 500 {
					t.Errorf("%s: %d", at, status)
				}
			}
		})
	}
}

// A browser or network address that requests too many pages gets 429 with the time to wait.
func TestPagesAreRateLimited(t *testing.T) {
	tooMany := func(t *testing.T, w *walker, n int, paths ...string) {
		t.Helper()
		seen := 0
		for i := range n {
			status, h := w.send(t, "GET", paths[i%len(paths)], nil, nil)
			if status != http.StatusTooManyRequests {
				continue
			}
			seen++
			if h.Get("Retry-After") == "" || h.Get("Retry-After") == "0" {
				t.Errorf("429 with Retry-After %q", h.Get("Retry-After"))
			}
		}
		if seen != 5 {
			t.Errorf("%d of %d were refused, want 5", seen, n)
		}
		if status, _ := w.send(t, "GET", "/assets/nothing", nil, nil); status == http.StatusTooManyRequests {
			t.Error("static files are rate-limited")
		}
	}
	t.Run("session", func(t *testing.T) {
		srv := rafftest.Start(t, rafftest.WithLimits(map[string]front.Limit{front.LimitSession: {PerSecond: 1e-6, Burst: 10}}))
		w := walk(t, srv)
		tooMany(t, w, 15, "/members", "/profile")
		w.cookie = "raff_session=" + strings.Repeat("A", 43)
		if status, _ := w.send(t, "GET", "/members", nil, nil); status != http.StatusSeeOther {
			t.Errorf("another browser: status %d", status)
		}
	})
	t.Run("source", func(t *testing.T) {
		srv := rafftest.Start(t, rafftest.BehindProxy(), rafftest.WithLimits(map[string]front.Limit{front.LimitSource: {PerSecond: 1e-6, Burst: 11}}))
		w := walk(t, srv) // signing in is the first of 11 requests
		tooMany(t, w, 15, "/sign-in", "/forgot", "/invite/x")
		if status, _ := w.send(t, "GET", "/sign-in", nil, http.Header{"X-Forwarded-For": {"192.0.2.7"}}); status >= 400 {
			t.Errorf("another address: status %d", status)
		}
		if r := srv.Do(t, "POST", "/api/v1/invitations/accept", "", map[string]any{"token": "x"}); r.Status != http.StatusTooManyRequests {
			t.Errorf("the limit of the network address does not apply to the API: status %d", r.Status)
		}
	})
}
