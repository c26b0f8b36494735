package web_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// sendWhole sends a form like a browser does: all of it before it reads the response.
func (b *browser) sendWhole(t *testing.T, path, contentType, body string) page {
	t.Helper()
	at, err := url.Parse(b.base)
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", at.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	req, _ := http.NewRequest("POST", b.base+path, io.NopCloser(strings.NewReader(body)))
	req.ContentLength = int64(len(body))
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	req.Header.Set("Referer", b.base+"/members")
	for _, cookie := range b.client.Jar.Cookies(at) {
		req.AddCookie(cookie)
	}
	if err := req.Write(c); err != nil {
		t.Fatalf("the server did not read the whole form: %v", err)
	}
	res, err := http.ReadResponse(bufio.NewReader(c), req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var text bytes.Buffer
	_, _ = text.ReadFrom(res.Body)
	p := page{browser: b, url: b.base + path, status: res.StatusCode, source: text.String(), inputs: map[string]*element{}}
	p.parse(t)
	return p
}

// TestFormTooLarge sends forms above their limits. The page says what the limit is and what to do, with the navigation of the dashboard.
func TestFormTooLarge(t *testing.T) {
	o := newOffice(t)
	file := func(size int) string {
		head := "--x\r\nContent-Disposition: form-data; name=\"here\"\r\n\r\n" + o.AccountID + "\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\nemail\n"
		return head + strings.Repeat("a@example.com\n", size/14) + "\r\n--x--\r\n"
	}
	const parts, fields = "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"
	const advice = "The file is larger than 1 MB. Split it into smaller files, or import it with the command line: raff member import. Nothing was changed."
	for _, size := range []int{1<<20 + 1000, 2 << 20, 30 << 20} {
		o.owner.sendWhole(t, "/members/import", parts, file(size)).shows(t, 413, advice, "Members", "Roles", "Back")
	}
	o.owner.sendWhole(t, "/members/import/confirm", parts, file(3<<20)).shows(t, 413, advice)
	for path, kb := range map[string]int{"/invitations/new": 1024, "/roles": 64, "/projects": 64, "/profile/name": 64} {
		o.owner.sendWhole(t, path, fields, "name="+strings.Repeat("x", kb<<10)).
			shows(t, 413, fmt.Sprintf("The form is larger than %d KB. Enter less text and send it again. Nothing was changed.", kb), "Members")
	}
	nobody := newBrowser(t, o.URL)
	nobody.sendWhole(t, "/sign-in", fields, "email="+strings.Repeat("x", 1<<20)).shows(t, 413, "The form is larger than 64 KB.")
	o.owner.open(t, "/profile").submitTo(t, "/profile/language", "language", "de")
	o.owner.sendWhole(t, "/members/import", parts, file(2<<20)).shows(t, 413, "Die Datei ist größer als 1 MB.", "Mitglieder", "Zurück")
}
