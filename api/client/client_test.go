package client_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"raff/api"
	"raff/api/client"
)

func TestNewWithInvalidArguments(t *testing.T) {
	for _, u := range []string{"", "raff.example.com", "ftp://raff.example.com", "http://", "https://bob:secret@raff.example.com", "https://raff.example.com/?x=1", "http://[::1", "https://raff.example.com/#top"} {
		if _, err := client.New(u, fakeKey); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("New(%q): %v, want an error without the password", u, err)
		}
	}
	_, err := client.New("https://raff.example.com", "raff_broken\nkey")
	if err == nil || strings.Contains(err.Error(), "broken") {
		t.Errorf("New with a line break in the key: %v, want an error without the key", err)
	}
}

func TestBaseURLForms(t *testing.T) {
	for suffix, want := range map[string]string{"": "/api/v1/members/m1", "/": "/api/v1/members/m1", "/team/": "/team/api/v1/members/m1", "/api/v1": "/api/v1/members/m1"} {
		m := misbehave(t, answer(200, alice))
		c, err := client.New(m.URL+suffix, fakeKey)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Members.Get(t.Context(), "m1"); err != nil || m.seen[0].URL.Path != want {
			t.Errorf("%q: requested %s, %v; want %s", suffix, m.seen[0].URL.Path, err, want)
		}
	}
}

func TestInvalidIDs(t *testing.T) {
	m := misbehave(t, answer(200, alice))
	c := m.client(t)
	for _, id := range []string{"", ".", ".."} {
		if _, err := c.Members.Remove(t.Context(), id); err == nil {
			t.Errorf("Remove(%q) was sent", id)
		}
	}
	if len(m.seen) != 0 {
		t.Errorf("%d requests, want none", len(m.seen))
	}
	if _, err := c.Members.Get(t.Context(), "../roles?x#y"); err != nil || m.seen[0].URL.EscapedPath() != "/api/v1/members/..%2Froles%3Fx%23y" {
		t.Errorf("requested %s, %v", m.seen[0].URL.EscapedPath(), err)
	}
}

func TestHeaders(t *testing.T) {
	m := misbehave(t, answer(200, alice))
	if _, err := m.client(t, client.WithProjectID("p1"), client.WithUserAgent("acme/1.0")).Members.Get(t.Context(), "m1"); err != nil {
		t.Fatal(err)
	}
	h := m.seen[0].Header
	for name, want := range map[string]string{"X-API-Key": fakeKey, "X-Project-ID": "p1", "User-Agent": "acme/1.0 raff-go", "Accept": "application/json", "Content-Type": "", "Idempotency-Key": ""} {
		if got := h.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	var leaked bool
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { leaked = true }))
	defer other.Close()
	m := misbehave(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+r.URL.Path, http.StatusTemporaryRedirect)
	})
	follows := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return nil }}
	for _, c := range []*client.Client{m.client(t), m.client(t, client.WithHTTPClient(follows))} {
		_, err := c.Members.Get(t.Context(), "m1")
		if err == nil || !strings.Contains(err.Error(), other.URL) {
			t.Errorf("got %v, want an error that contains the target", err)
		}
	}
	if leaked {
		t.Error("the redirect was followed")
	}
}

func TestErrorsNeverShowTheKey(t *testing.T) {
	echo := `{"error":"Bad Request","message":"bad header X-API-Key: ` + fakeKey + `"}`
	for name, h := range map[string]http.HandlerFunc{
		"JSON that repeats the header": answer(400, echo),
		"page that repeats the header": answer(400, "<pre>X-API-Key: "+fakeKey+"</pre>", "Content-Type", "text/html"),
		"success that is not JSON":     answer(200, "hello "+fakeKey, "Content-Type", "text/plain"),
		"success of something else":    answer(200, `{"hello":"`+fakeKey+`"}`),
		"broken connection":            hangUp,
	} {
		_, err := misbehave(t, h).client(t, client.WithMaxRetries(0)).Members.Get(t.Context(), "m1")
		if err == nil || strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), fakeKey) {
			t.Errorf("%s: %v", name, err)
		}
		t.Logf("%s: %v", name, err)
	}
}

func TestNotFoundFromOtherPrograms(t *testing.T) {
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   bool
	}{
		"the server":              {answer(404, `{"error":"Not Found","message":"No such object.","code":"not_found"}`), true},
		"a server without codes":  {answer(404, `{"error":"Not Found","message":"No such object."}`), true},
		"an unknown path":         {answer(404, `{"error":"Not Found","message":"There is no such path.","code":"unknown_path"}`), false},
		"the page of a proxy":     {answer(404, "<h1>404</h1>", "Content-Type", "text/html"), false},
		"the JSON of a proxy":     {answer(404, `{"message":"no Route matched with those values"}`), false},
		"an object without words": {answer(404, `{}`), false},
	} {
		_, err := misbehave(t, c.answer).client(t).Members.Get(t.Context(), "m1")
		if err == nil || client.IsNotFound(err) != c.want {
			t.Errorf("%s: %v, not found is %v, want %v", name, err, client.IsNotFound(err), c.want)
		}
	}
}

func TestMiddlewareDoesNotSeeTheKey(t *testing.T) {
	var order []string
	mw := func(name string) client.Option {
		return client.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
			return roundTripper(func(r *http.Request) (*http.Response, error) {
				order = append(order, name)
				if r.Header.Get("X-API-Key") != "" {
					t.Errorf("%s sees the key", name)
				}
				return next.RoundTrip(r)
			})
		})
	}
	m := misbehave(t, answer(200, alice))
	if _, err := m.client(t, mw("outer"), mw("inner")).Members.Get(t.Context(), "m1"); err != nil {
		t.Fatal(err)
	}
	if m.seen[0].Header.Get("X-API-Key") != fakeKey || !slices.Equal(order, []string{"outer", "inner"}) {
		t.Errorf("order %v, key %q", order, m.seen[0].Header.Get("X-API-Key"))
	}
}

func TestOversizedResponse(t *testing.T) {
	m := misbehave(t, func(w http.ResponseWriter, r *http.Request) {
		chunk := []byte(strings.Repeat(" ", 1<<20))
		for r.Context().Err() == nil {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})
	if _, err := m.client(t).Members.Get(t.Context(), "m1"); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("got %v", err)
	}
}

func TestRateLimit(t *testing.T) {
	m := misbehave(t, answer(200, alice))
	c := m.client(t, client.WithRateLimit(20, 1))
	start := time.Now()
	for range 5 {
		if _, err := c.Members.Get(t.Context(), "m1"); err != nil {
			t.Fatal(err)
		}
	}
	if d := time.Since(start); d < 190*time.Millisecond {
		t.Errorf("5 calls took %v, want 200ms at 20 a second", d)
	}
}

func number(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

// rows serves a list of n members like a server with cursors, only with offsets, or without totals.
func rows(n int, cursors, totals bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		limit, offset := number(q.Get("limit")), number(q.Get("offset"))
		if q.Has("cursor") {
			offset = number(strings.TrimPrefix(q.Get("cursor"), "after-"))
		}
		var data []string
		for i := offset; i < min(offset+limit, n); i++ {
			data = append(data, fmt.Sprintf(`{"id":"m%d"}`, i))
		}
		body := `{"success":true,"data":[` + strings.Join(data, ",") + `]`
		if totals {
			body += fmt.Sprintf(`,"total":%d`, n)
		}
		if cursors && offset+limit < n {
			body += fmt.Sprintf(`,"next_cursor":"after-%d"`, offset+limit)
		}
		answer(200, body+"}")(w, r)
	}
}

func TestAll(t *testing.T) {
	for _, n := range []int{0, 1, 9, 10, 11, 25} {
		for _, c := range []struct{ cursors, totals bool }{{true, true}, {false, true}, {false, false}} {
			m := misbehave(t, rows(n, c.cursors, c.totals))
			var got []string
			for row, err := range m.client(t).Members.All(t.Context(), client.ListMembersOptions{Status: "active", ListOptions: client.ListOptions{Limit: 10}}) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, row.ID)
			}
			if len(got) != n || (n > 0 && got[n-1] != fmt.Sprintf("m%d", n-1)) {
				t.Errorf("%d rows, %+v: got %v", n, c, got)
			}
			for i, r := range m.seen {
				if q := r.URL.Query(); q.Get("status") != "active" || q.Get("limit") != "10" || q.Has("cursor") != (c.cursors && i > 0) || q.Has("offset") != (!c.cursors && i > 0) {
					t.Errorf("%d rows, %+v: requested %s", n, c, r.URL.RawQuery)
				}
			}
			if pages := max((n+9)/10, 1); c.totals && len(m.seen) != pages {
				t.Errorf("%d rows, %+v: %d requests, want %d", n, c, len(m.seen), pages)
			}
		}
	}
}

func TestAllStops(t *testing.T) {
	m := misbehave(t, rows(25, true, true), answer(403, `{"error":"Forbidden","message":"No.","code":"permission_denied"}`))
	var n int
	var last error
	for _, err := range m.client(t).Members.All(t.Context(), client.ListMembersOptions{ListOptions: client.ListOptions{Limit: 10}}) {
		if last = err; err == nil {
			n++
		}
	}
	if n != 10 || !client.IsDenied(last) {
		t.Errorf("%d rows, then %v; want 10, then the refusal", n, last)
	}

	m = misbehave(t, rows(25, true, true))
	for _, err := range m.client(t).Roles.All(t.Context(), client.ListRolesOptions{Scope: api.ScopeAccount}) {
		if err != nil {
			t.Fatal(err)
		}
		break
	}
	if len(m.seen) != 1 || m.seen[0].URL.Query().Get("limit") != "1000" {
		t.Errorf("%d requests, first for %s; want one page of 1000", len(m.seen), m.seen[0].URL.RawQuery)
	}
}

func TestTransferOwnershipNamesTheMember(t *testing.T) {
	m := misbehave(t, answer(200, alice))
	got, err := m.client(t).Account.TransferOwnership(t.Context(), "m1")
	if err != nil {
		t.Fatal(err)
	}
	if got.ID != "m1" || m.seen[0].URL.Path != "/api/v1/account/transfer-ownership" || m.body[0] != `{"member_id":"m1"}` {
		t.Errorf("requested %s with %s, got %+v", m.seen[0].URL.Path, m.body[0], got)
	}
}
