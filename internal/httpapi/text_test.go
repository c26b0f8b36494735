package httpapi_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"raff/internal/httpapi"
	"raff/internal/rafftest"
)

var (
	// noText are invalid texts: NUL, bytes that are not UTF-8, a surrogate, an overlong encoding, an incomplete character.
	noText = []string{"a\x00b", "\xff", "\xed\xa0\x80", "\xc0\x80", "a\xe2\x82"}
	// noTextJSON are the same in a JSON string, as bytes or escaped.
	noTextJSON = append(slices.Clone(noText), `\u0000`, `a\u0000@example.com`, `\ud800`, `\udc00\ud800`)
	wildcard   = regexp.MustCompile(`\{[^}]*\}`)
	// bodiless are the operations that do not read a body.
	bodiless = []string{"resendInvitation", "createInvitationLink"}
)

// Invalid text is refused in every parameter, header and field of every operation.
func TestInvalidText(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		fields := bodyFields(t)
		send := func(r httpapi.Route, path string, h http.Header, body string) int {
			var reader io.Reader
			if body != "" {
				reader = strings.NewReader(body)
			}
			req, err := http.NewRequestWithContext(t.Context(), r.Method, srv.URL+path, reader)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("X-API-Key", srv.Key)
			if body != "" {
				req.Header.Set("Content-Type", "application/json")
			}
			maps.Copy(req.Header, h)
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatalf("%s %s: %v", r.Method, path, err)
			}
			defer res.Body.Close()
			if _, err := io.Copy(io.Discard, res.Body); err != nil {
				t.Fatal(err)
			}
			return res.StatusCode
		}
		for _, r := range httpapi.Routes() {
			good := wildcard.ReplaceAllString(r.Pattern, srv.ProjectID)
			want := func(status, want int, what string) {
				t.Helper()
				if status != want {
					t.Errorf("%s %s with %s: %d, want %d", r.Method, r.Pattern, what, status, want)
				}
			}
			for i, bad := range noText {
				if good != r.Pattern {
					at := wildcard.ReplaceAllString(r.Pattern, url.PathEscape(bad))
					want(send(r, at, nil, ""), 400, "the path "+at)
					want(send(r, at, http.Header{"Idempotency-Key": {r.Operation + "-" + string(rune('a'+i))}}, ""), 400, "a key and the path "+at)
				}
				for name := range strings.FieldsSeq(strings.Trim(r.Query, "*")) {
					want(send(r, good+"?"+url.Values{name: {bad}}.Encode(), nil, ""), 400, name+" "+url.QueryEscape(bad))
					want(send(r, good+"?"+url.Values{bad: {"x"}}.Encode(), nil, ""), 400, "the parameter "+url.QueryEscape(bad))
				}
				if strings.ContainsRune(bad, 0) {
					continue // cannot be sent in a header
				}
				for _, name := range []string{"X-Api-Key", "X-Project-Id", "X-Request-Id", "User-Agent", "Idempotency-Key", "Cookie", "Authorization", "Accept", "Content-Type", "Referer", "X-Forwarded-For"} {
					if status := send(r, good, http.Header{name: {bad}, "X-Nothing": {bad}}, ""); status >= 500 {
						t.Errorf("%s %s with the header %s %q: %d", r.Method, r.Pattern, name, bad, status)
					}
				}
			}
			if r.Method == "GET" || r.Method == "DELETE" || slices.Contains(bodiless, r.Operation) {
				continue
			}
			for i, name := range fields {
				bad := noTextJSON[i%len(noTextJSON)]
				want(send(r, good, nil, `{"`+name+`":"`+bad+`"}`), 400, "the field "+name+" "+url.QueryEscape(bad))
				want(send(r, good, nil, `{"`+name+`":["`+bad+`"]}`), 400, "a list in the field "+name+" "+url.QueryEscape(bad))
			}
			for _, bad := range noTextJSON {
				want(send(r, good, nil, `{"name":"`+bad+`"}`), 400, "name "+url.QueryEscape(bad))
				want(send(r, good, nil, `{"`+bad+`":"x"}`), 400, "the field "+url.QueryEscape(bad))
			}
		}
	})
}

// bodyFields returns the names of all fields in openapi.yaml.
func bodyFields(t *testing.T) []string {
	t.Helper()
	names := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^ +([a-z_]+): \{`).FindAllStringSubmatch(string(contractText(t)), -1) {
		names[m[1]] = true
	}
	var all []string
	for name := range names {
		all = append(all, name)
	}
	slices.Sort(all)
	if b, _ := json.Marshal(all); len(all) < 20 {
		t.Fatalf("found only these fields: %s", b)
	}
	return all
}

func contractText(t *testing.T) []byte {
	t.Helper()
	srv := rafftest.Start(t)
	return srv.Do(t, "GET", "/openapi.yaml", "", nil).Want(t, 200).Body
}
