package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"raff/internal/front"
	"raff/internal/httpapi"
	"raff/internal/rafftest"
	"raff/internal/signin"
	"raff/internal/team"
)

// Unusual content types and encodings are refused.
func TestContentTypes(t *testing.T) {
	srv := rafftest.Start(t)
	body := `{"email":"bob@example.com","role_id":"` + srv.RoleID(t, "account", "member") + `"}`
	padded := body + strings.Repeat(" ", 64<<10-len(body))
	for name, c := range map[string]struct {
		headers []string // name, value, …
		body    any
		status  int
		code    string
	}{
		"no content type":     {nil, body, 415, "unsupported_media_type"},
		"text":                {[]string{"Content-Type", "text/plain"}, body, 415, "unsupported_media_type"},
		"form":                {[]string{"Content-Type", "application/x-www-form-urlencoded"}, body, 415, "unsupported_media_type"},
		"another charset":     {[]string{"Content-Type", "application/json; charset=latin1"}, body, 415, "unsupported_media_type"},
		"odd parameter":       {[]string{"Content-Type", "application/json; x=y"}, body, 415, "unsupported_media_type"},
		"two content types":   {[]string{"Content-Type", "application/json", "Content-Type", "text/plain"}, body, 415, "unsupported_media_type"},
		"gzip":                {[]string{"Content-Type", "application/json", "Content-Encoding", "gzip"}, body, 415, "unsupported_media_type"},
		"too large":           {[]string{"Content-Type", "application/json"}, padded + " ", 413, "body_too_large"},
		"too large, no size":  {[]string{"Content-Type", "application/json"}, io.NopCloser(strings.NewReader(padded + " ")), 413, "body_too_large"},
		"no body":             {[]string{"Content-Type", "application/json"}, nil, 400, "body_required"},
		"empty body, chunked": {nil, io.NopCloser(strings.NewReader("")), 400, "body_required"},
	} {
		t.Run(name, func(t *testing.T) {
			res := send(t, srv, "POST", "/api/v1/members", reader(c.body), append(c.headers, "X-API-Key", srv.Key)...)
			if got := res.JSON(t); res.Status != c.status || got["code"] != c.code {
				t.Errorf("%d %s, want %d %s", res.Status, res.Body, c.status, c.code)
			}
		})
	}
	for i, contentType := range []string{"application/json", "application/json; charset=utf-8", `Application/JSON;Charset="UTF-8"`} {
		b := strings.Replace(body, "bob", "bob"+string(rune('1'+i)), 1)
		b += strings.Repeat(" ", 64<<10-len(b))
		send(t, srv, "POST", "/api/v1/members", strings.NewReader(b), "X-API-Key", srv.Key, "Content-Type", contentType, "Content-Encoding", "identity").Want(t, 201)
	}
}

func reader(v any) io.Reader {
	switch b := v.(type) {
	case string:
		return strings.NewReader(b)
	case io.Reader:
		return b
	}
	return nil
}

func send(t *testing.T, srv *rafftest.Server, method, path string, body io.Reader, headers ...string) rafftest.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, srv.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header[headers[i]] = append(req.Header[headers[i]], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return rafftest.Response{Status: res.StatusCode, Header: res.Header, Body: b}
}

// The responses to all invalid credentials are equal, byte for byte. The request id is fixed.
func TestInvalidCredentialsAreIndistinguishable(t *testing.T) {
	srv := rafftest.Start(t)
	revokedID, revoked := srv.NewKeyID(t, "revoked", "")
	srv.Do(t, "DELETE", "/api/v1/api-keys/"+revokedID, srv.Key, nil).Want(t, 200)
	inactiveID, inactive := srv.NewKeyID(t, "inactive", "")
	srv.Do(t, "PATCH", "/api/v1/api-keys/"+inactiveID, srv.Key, map[string]any{"is_active": false}).Want(t, 200)
	expired := srv.Do(t, "POST", "/api/v1/api-keys", srv.Key, map[string]any{"name": "expired", "expires_at": srv.Now().Add(1e12)}).Want(t, 201).Data(t)["secret"].(string)
	srv.Advance(2e12)

	flipped := []byte(srv.Key)
	flipped[20] ^= 1
	want := ""
	for name, keys := range map[string][]string{
		"none": nil, "empty": {""}, "word": {"x"}, "twice": {srv.Key, srv.Key}, "typo": {string(flipped)}, "upper case": {strings.ToUpper(srv.Key)},
		"revoked": {revoked}, "inactive": {inactive}, "expired": {expired}, "two in one": {srv.Key + ", " + srv.Key}, "long": {strings.Repeat("a", 8000)},
	} {
		headers := []string{"X-Request-Id", "same"}
		for _, k := range keys {
			headers = append(headers, "X-Api-Key", k)
		}
		// The body is invalid, too, but the credential is checked first.
		res := send(t, srv, "POST", "/api/v1/members?nonsense=1", strings.NewReader("nonsense"), headers...)
		if res.Status != 401 || res.Header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: %d %s", name, res.Status, res.Body)
		}
		if want == "" {
			want = string(res.Body)
		}
		if string(res.Body) != want {
			t.Errorf("%s: %s, want the same as for the others: %s", name, res.Body, want)
		}
	}
}

// An id that is not a UUID, an unknown id and an id of another account get the same response, for every caller.
func TestMalformedIDs(t *testing.T) { rafftest.EachDatabase(t, malformedIDs) }

func malformedIDs(t *testing.T, srv *rafftest.Server) {
	other := srv.NewAccount(t, "Other", "owner@other.example.com")
	powerless := srv.NewKey(t, "powerless", "")
	foreign := map[string]string{"members": other.OwnerMemberID, "api-keys": other.KeyID, "projects": other.ProjectID}
	for _, key := range []string{srv.Key, powerless} {
		for _, kind := range []string{"members", "roles", "api-keys", "invitations", "projects"} {
			ids := []string{"01890a5d-ac96-774b-bcce-b302099a8057", "x", "01890A5D-AC96-774B-BCCE-B302099A8057", "%7B01890a5d-ac96-774b-bcce-b302099a8057%7D", "01890a5dac96774bbcceb302099a8057", "'", "%F0%9F%98%80"}
			if id := foreign[kind]; id != "" {
				ids = append(ids, id)
			}
			want := ""
			for _, id := range ids {
				res := send(t, srv, "GET", "/api/v1/"+kind+"/"+id, nil, "X-Api-Key", key, "X-Request-Id", "same")
				if want == "" {
					want = string(res.Body)
				}
				if string(res.Body) != want || key == srv.Key && res.Status != 404 {
					t.Errorf("%s/%s: %d %s, want %s", kind, id, res.Status, res.Body, want)
				}
			}
		}
	}
}

// Unknown paths and methods get the same errors without a credential.
func TestUnknownRoutes(t *testing.T) {
	srv := rafftest.Start(t)
	for _, c := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{"GET", "/api/v1/nothing", 404, ""},
		{"GET", "/api/", 404, ""},
		{"GET", "/api/v1/members/", 404, ""},
		{"GET", "/api/v1//members", 404, ""},
		{"GET", "/api/v1/roles/../members", 404, ""},
		{"GET", "/api/v1/roles/%2e%2e/members", 404, ""},
		{"GET", "/API/v1/members", 404, ""},
		{"POST", "/api/v1/members/x/y", 404, ""},
		{"PUT", "/api/v1/members", 405, "GET, HEAD, POST"},
		{"OPTIONS", "/api/v1/members", 405, "GET, HEAD, POST"},
		{"POST", "/api/v1/members/x", 405, "DELETE, GET, HEAD, PATCH"},
		{"GET", "/api/v1/invitations/accept", 405, "POST"},
		{"POST", "/health", 405, "GET, HEAD"},
	} {
		res := send(t, srv, c.method, c.path, nil)
		if res.Status != c.status || res.Header.Get("Allow") != c.allow {
			t.Errorf("%s %s: %d, Allow %q, want %d, %q: %s", c.method, c.path, res.Status, res.Header.Get("Allow"), c.status, c.allow, res.Body)
		}
	}
}

func TestHead(t *testing.T) {
	srv := rafftest.Start(t)
	get := srv.Do(t, "GET", "/api/v1/members", srv.Key, nil).Want(t, 200)
	head := srv.Do(t, "HEAD", "/api/v1/members", srv.Key, nil).Want(t, 200)
	if len(head.Body) != 0 || head.Header.Get("Content-Length") != get.Header.Get("Content-Length") || head.Header.Get("Content-Type") != "application/json" {
		t.Errorf("HEAD: %v %q, GET: %v", head.Header, head.Body, get.Header)
	}
}

func TestRequestID(t *testing.T) {
	srv := rafftest.Start(t)
	for sent, kept := range map[string]bool{"abc-1.2:3_X": true, "": false, "a b": false, "a\"b": false, strings.Repeat("x", 65): false, "é": false} {
		res := send(t, srv, "GET", "/api/v1/members", nil, "X-Request-Id", sent)
		got := res.Header.Get("X-Request-Id")
		if (got == sent) != kept || got == "" || res.JSON(t)["request_id"] != got {
			t.Errorf("sent %q, got %q and %s", sent, got, res.Body)
		}
	}
}

func behindFront(svc *team.Service, in *signin.Service, log *slog.Logger, o httpapi.Options) http.Handler {
	f := front.New(svc, front.Options{Logger: log, AccessLog: slog.LevelDebug, Limits: map[string]front.Limit{}})
	return f.Handler(httpapi.New(svc, in, nil, f, o))
}

// The log contains no secrets.
func TestNoSecretsInLog(t *testing.T) {
	var log bytes.Buffer
	srv := rafftest.Start(t)
	h := behindFront(srv.Node.Service(), srv.Node.SignIn(), slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})), httpapi.Options{})
	token := srv.Token(t, srv.Invite(t, "bob@example.com", srv.RoleID(t, "account", "member")))
	for _, r := range []*http.Request{
		httptest.NewRequest("GET", "/api/v1/members?email=hidden@example.com", nil),
		httptest.NewRequest("POST", "/api/v1/invitations/accept", strings.NewReader(`{"token":"`+token+`","name":"Bob","password":"hidden hidden hidden"}`)),
		httptest.NewRequest("POST", "/api/v1/invitations/accept", strings.NewReader(`{"token":"`+token+`"`)),
		httptest.NewRequest("GET", "/api/v1/members/"+token, nil),
		httptest.NewRequest("GET", "/api/v1/"+token, nil),
	} {
		r.Header.Set("X-API-Key", srv.Key)
		r.Header.Set("Content-Type", "application/json")
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	lines := strings.Count(log.String(), "\n")
	if lines != 5 || !strings.Contains(log.String(), `"route":"/api/v1/members/{id}"`) || !strings.Contains(log.String(), srv.KeyID) {
		t.Errorf("%d lines:\n%s", lines, log.String())
	}
	for _, secret := range []string{srv.Key, token, "hidden"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log has %q:\n%s", secret, log.String())
		}
	}
}

// An unexpected error is a 500 without details; the log has the details and the request id.
func TestInternalErrorsHideDetails(t *testing.T) {
	var log bytes.Buffer
	o := httpapi.Options{Ping: func(context.Context) error { return errors.New("secret reason") }}
	h := behindFront(nil, nil, slog.New(slog.NewJSONHandler(&log, nil)), o) // every call of the service panics
	for _, c := range []struct {
		method, path string
		status       int
	}{{"POST", "/api/v1/invitations/accept", 500}, {"GET", "/ready", 503}, {"GET", "/health", 200}} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(c.method, c.path, strings.NewReader(`{"token":"x","password":"secret"}`))
		r.Header.Set("Content-Type", "application/json")
		h.ServeHTTP(w, r)
		var body map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || w.Code != c.status || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%s: %d %s, %v", c.path, w.Code, w.Body, err)
		}
		id := w.Header().Get("X-Request-Id")
		if c.status >= 500 && (body["request_id"] != id || !strings.Contains(log.String(), `"msg":"request failed"`) || !strings.Contains(log.String(), id)) {
			t.Errorf("%s: request id %q is missing in the response or the log:\n%s\n%s", c.path, id, w.Body, log.String())
		}
	}
	if !strings.Contains(log.String(), "secret reason") || !strings.Contains(log.String(), "panic: ") || !strings.Contains(log.String(), "goroutine ") {
		t.Errorf("the log has neither the reason nor the stack:\n%s", log.String())
	}
}
