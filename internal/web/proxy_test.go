package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"raff/internal/rafftest"
)

// By default, a proxy replaces the Host header. The server then recognizes its own forms by the public URL.
func TestFormsBehindAProxyThatRewritesHost(t *testing.T) {
	var srv *rafftest.Server
	proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		to, err := url.Parse(srv.URL)
		if err != nil {
			panic(err)
		}
		r.SetURL(to) // also sets Host
	}})
	t.Cleanup(proxy.Close)
	srv = rafftest.Start(t, rafftest.WithPublicURL(strings.Replace(proxy.URL, "http://127.0.0.1", "HTTP://LOCALHOST", 1)))
	public := strings.Replace(proxy.URL, "127.0.0.1", "localhost", 1)
	srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "admin"))

	noRedirect := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	send := func(method, path, contentType, body string, h map[string]string) (status int, cookies []*http.Cookie) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, proxy.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", contentType)
		for k, v := range h {
			req.Header.Set(k, v)
		}
		res, err := noRedirect.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		return res.StatusCode, res.Cookies()
	}
	form := url.Values{"email": {"alice@example.com"}, "password": {rafftest.Password}}.Encode()
	const formType = "application/x-www-form-urlencoded"
	var cookie string
	for name, c := range map[string]struct {
		header map[string]string
		want   int
	}{
		"without Sec-Fetch-Site":       {map[string]string{"Origin": public}, 303},
		"with Sec-Fetch-Site":          {map[string]string{"Origin": public, "Sec-Fetch-Site": "same-origin"}, 303},
		"another site":                 {map[string]string{"Origin": "http://evil.example"}, 403},
		"another site, Sec-Fetch-Site": {map[string]string{"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}, 403},
		"another port":                 {map[string]string{"Origin": "http://localhost:1"}, 403},
		"another scheme":               {map[string]string{"Origin": strings.Replace(public, "http:", "https:", 1)}, 403},
		"a longer name":                {map[string]string{"Origin": public + ".evil.example"}, 403},
		"null origin":                  {map[string]string{"Origin": "null"}, 403},
		"null origin, another site":    {map[string]string{"Origin": "null", "Sec-Fetch-Site": "cross-site"}, 403},
		"a forged Forwarded-Host":      {map[string]string{"Origin": "http://evil.example", "X-Forwarded-Host": "evil.example"}, 403},
	} {
		status, cookies := send(http.MethodPost, "/sign-in", formType, form, c.header)
		if status != c.want {
			t.Errorf("%s: %d, want %d", name, status, c.want)
		}
		if status == http.StatusSeeOther && len(cookies) > 0 {
			cookie = cookies[0].Name + "=" + cookies[0].Value
		}
	}

	// The API checks requests with a session cookie in the same way.
	patch := func(origin string) int {
		status, _ := send(http.MethodPost, "/api/v1/members", "application/json", `{"email":"bob@example.com","role_id":"`+srv.RoleID(t, "account", "member")+`"}`,
			map[string]string{"Origin": origin, "Cookie": cookie})
		return status
	}
	if got := patch("http://evil.example"); got != 403 {
		t.Errorf("API from another site: %d, want 403", got)
	}
	if got := patch(public); got != 201 {
		t.Errorf("API from our own page: %d, want 201", got)
	}
}

func TestStrictTransportSecurity(t *testing.T) {
	for public, want := range map[string]string{"HTTPS://TEAM.example.com": "max-age=31536000", "": ""} {
		srv := rafftest.Start(t, rafftest.WithPublicURL(public))
		for _, path := range []string{"/sign-in", "/api/v1/whoami", "/nowhere", "/health"} {
			if got := srv.Do(t, "GET", path, "", nil).Header.Get("Strict-Transport-Security"); got != want {
				t.Errorf("%s under %q: Strict-Transport-Security %q, want %q", path, public, got, want)
			}
		}
	}
}

func TestSecureCookieBehindHTTPS(t *testing.T) {
	srv := rafftest.Start(t, rafftest.WithPublicURL("https://raff.example.com"))
	srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "member"))
	b := newBrowser(t, srv.URL)
	b.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	p := b.fetch(t, "POST", srv.URL+"/sign-in", url.Values{"email": {"alice@example.com"}, "password": {rafftest.Password}}, nil)
	if c := p.header.Get("Set-Cookie"); !strings.HasPrefix(c, "__Host-raff_session=") || !strings.Contains(c, "; Secure") {
		t.Errorf("cookie %q", c)
	}
}

func TestPagesRefuseFormsOfOtherSites(t *testing.T) {
	srv := house(t)
	b := signIn(t, srv, "owner@example.com")
	for name, h := range map[string]http.Header{
		"another origin":                    {"Origin": {"https://evil.example.com"}},
		"another origin, by Sec-Fetch-Site": {"Sec-Fetch-Site": {"cross-site"}},
		"hidden origin":                     {"Origin": {"null"}},
		"a sister site":                     {"Sec-Fetch-Site": {"same-site"}},
	} {
		b.fetch(t, "POST", srv.URL+"/sign-out", url.Values{}, h).shows(t, 403, "another site")
		b.fetch(t, "POST", srv.URL+"/sign-in", url.Values{"email": {"owner@example.com"}, "password": {rafftest.Password}}, h).shows(t, 403)
		if !b.signedIn(t) {
			t.Fatalf("%s: the form was accepted", name)
		}
	}
	// GET requests change nothing.
	if p := b.open(t, "/sign-out"); !b.signedIn(t) || p.path(t) != "/overview" {
		t.Errorf("GET /sign-out signs out, or redirects to %s", p.path(t))
	}
}
