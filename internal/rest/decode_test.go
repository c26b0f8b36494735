package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"raff/api"
	"raff/internal/team"
)

// These bodies are refused, although encoding/json accepts most of them.
func TestDecodeIsStrict(t *testing.T) {
	deep := strings.Repeat(`[`, 9) + strings.Repeat(`]`, 9)
	for _, c := range []struct{ body, code, field string }{
		{`{"email":"a@x.io","email":"b@x.io"}`, "duplicate_field", "email"},
		{`{"email":"a@x.io","\u0065mail":"b@x.io"}`, "duplicate_field", "email"},
		{`{"emial":"a@x.io"}`, "unknown_field", "emial"},
		{`{"Email":"a@x.io"}`, "unknown_field", "Email"},
		{`{"email":"a@x.io","is_owner":true}`, "unknown_field", "is_owner"},
		{`{"":1}`, "unknown_field", ""},
		{`{"email":7}`, "invalid_type", "email"},
		{`{"email":{"a":1}}`, "invalid_type", "email"},
		{`{"email":["a@x.io"]}`, "invalid_type", "email"},
		{`[]`, "invalid_type", ""},
		{`null`, "invalid_type", ""},
		{`"x"`, "invalid_type", ""},
		{`{}{}`, "malformed_json", ""},
		{`{} x`, "malformed_json", ""},
		{`{}]`, "malformed_json", ""},
		{`{"email":`, "malformed_json", ""},
		{`{"email":"a`, "malformed_json", ""},
		{` `, "malformed_json", ""},
		{`{email:"a"}`, "malformed_json", ""},
		{`{'email':"a"}`, "malformed_json", ""},
		{`{"email":"a",}`, "malformed_json", ""},
		{`{"email":"a"/*x*/}`, "malformed_json", ""},
		{"\ufeff{}", "malformed_json", ""},
		{"{\"email\":\"a\x00b\"}", "malformed_json", ""},
		{`{"email":"a\u0000b"}`, "malformed_json", ""},
		{`{"ema\u0000il":"a"}`, "malformed_json", ""},
		{"{\"email\":\"a\nb\"}", "malformed_json", ""},
		{"{\"email\":\"\xff\"}", "malformed_json", ""},
		{`{"email":"\ud800"}`, "malformed_json", ""},
		{`{"email":"\udc00\ud800"}`, "malformed_json", ""},
		{`{"email":` + deep + `}`, "malformed_json", ""},
		{`{"email":NaN}`, "malformed_json", ""},
	} {
		var b api.AddMemberRequest
		refused(t, c.body, &b, c.code, c.field)
	}
	for _, c := range []struct {
		v                 any
		body, code, field string
	}{
		{&api.CreateRoleRequest{}, `{"permissions":"a"}`, "invalid_type", "permissions"},
		{&api.CreateRoleRequest{}, `{"permissions":[1]}`, "invalid_type", "permissions"},
		{&api.CreateRoleRequest{}, `{"permissions":["a",null]}`, "invalid_type", "permissions"},
		{&api.UpdateAPIKeyRequest{}, `{"is_active":"true"}`, "invalid_type", "is_active"},
		{&api.UpdateAPIKeyRequest{}, `{"expires_at":5}`, "invalid_type", "expires_at"},
		{&api.RegenerateAPIKeyRequest{}, `{"grace_seconds":"5"}`, "invalid_type", "grace_seconds"},
		{&api.RegenerateAPIKeyRequest{}, `{"grace_seconds":1.5}`, "invalid_type", "grace_seconds"},
		{&api.RegenerateAPIKeyRequest{}, `{"grace_seconds":1e99}`, "invalid_type", "grace_seconds"},
		{&struct{}{}, `{"x":1}`, "unknown_field", "x"},
	} {
		refused(t, c.body, c.v, c.code, c.field)
	}
}

func refused(t *testing.T, body string, v any, code, field string) {
	t.Helper()
	var r *Refusal
	if err := decode([]byte(body), v); !errors.As(err, &r) {
		t.Errorf("%q is accepted, want %s", body, code)
	} else if r.Code != code || r.Field != field || r.Status != 400 || r.Message == "" {
		t.Errorf("%q: %d %s %q (%s), want 400 %s %q", body, r.Status, r.Code, r.Field, r.Message, code, field)
	}
}

func TestDecodeErrors(t *testing.T) {
	var r *Refusal
	err := decode([]byte(`{"emial":"a@x.io"}`), &api.AddMemberRequest{})
	if !errors.As(err, &r) || r.Suggestion != "email" || !strings.Contains(r.Message, `"email"`) {
		t.Errorf("%v does not suggest email", err)
	}
	for field, want := range map[string]string{"name": "a string", "permissions": "a list of strings"} {
		err := decode([]byte(`{"`+field+`":true}`), &api.CreateRoleRequest{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", field, err, want)
		}
	}
}

func TestNullIsAbsent(t *testing.T) {
	var m api.AddMemberRequest
	if err := decode([]byte(`{"email":null,"role_id":"x","api_key_id":null}`), &m); err != nil || m.Email != nil || m.APIKeyID != nil || *m.RoleID != "x" {
		t.Errorf("%+v, %v", m, err)
	}
	var k api.UpdateAPIKeyRequest
	if err := decode([]byte(`{"name":null,"expires_at":null}`), &k); err != nil || k.Name != nil || !k.ExpiresAt.Set || k.ExpiresAt.Valid {
		t.Errorf("%+v, %v: null must mean never for expires_at", k, err)
	}
	var absent api.UpdateAPIKeyRequest
	if err := decode([]byte(`{}`), &absent); err != nil || absent.ExpiresAt.Set {
		t.Errorf("%+v, %v", absent, err)
	}
}

// Every accepted body has only known fields, each at most once, and encoding and decoding it again changes nothing.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"name":"a","rate_limit_tier":null,"expires_at":null,"is_active":true}`, `{"expires_at":"2030-01-01T00:00:00Z"}`,
		`{"name":"\ud83d\ude00"}`, `{"name":"a","name":"b"}`, `{"Name":"a"}`, `{"name":{"a":[null]}}`, "{}\x00", `[[[[[[[[[[]]]]]]]]]]`,
	} {
		f.Add([]byte(seed))
	}
	names := fieldNames(&api.UpdateAPIKeyRequest{})
	f.Fuzz(func(t *testing.T, body []byte) {
		var v, again api.UpdateAPIKeyRequest
		if decode(body, &v) != nil {
			return
		}
		seen := topLevelNames(t, body)
		for name, n := range seen {
			if n > 1 || !slices.Contains(names, name) {
				t.Fatalf("%q %d times in %q", name, n, body)
			}
		}
		first, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if err := decode(first, &again); err != nil {
			t.Fatalf("%q was accepted, %q is not: %v", body, first, err)
		}
		if second, err := json.Marshal(again); err != nil || !bytes.Equal(first, second) {
			t.Fatalf("%q became %q, then %q (%v)", body, first, second, err)
		}
		if bytes.IndexByte(first, 0) >= 0 || bytes.Contains(first, []byte(`\u0000`)) || bytes.Contains(first, []byte("\ufffd")) && !bytes.Contains(body, []byte("\ufffd")) && !bytes.Contains(bytes.ToLower(body), []byte(`\ufffd`)) {
			t.Fatalf("%q became %q", body, first)
		}
	})
}

// topLevelNames counts the names of an object with the tolerant decoder of the standard library.
func topLevelNames(t *testing.T, body []byte) map[string]int {
	t.Helper()
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		t.Fatalf("encoding/json refuses %q, which was accepted: %v", body, err)
	}
	seen := map[string]int{}
	d := json.NewDecoder(bytes.NewReader(body))
	for depth, name := 0, true; ; {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
			continue
		case json.Delim('}'), json.Delim(']'):
			depth--
			name = true
			continue
		}
		if depth == 1 {
			if name {
				seen[token.(string)]++
			}
			name = !name
		}
	}
	if got := slices.Sorted(maps.Keys(fields)); !slices.Equal(got, slices.Sorted(maps.Keys(seen))) {
		t.Fatalf("counted %v in %q", seen, body)
	}
	return seen
}

func TestCursorRoundTrip(t *testing.T) {
	for _, text := range []string{"", "x", "AAAA", strings.Repeat("A", 31), strings.Repeat("A", 33), strings.Repeat("A", 32) + "=", strings.Repeat("+", 32)} {
		if c, err := parseCursor(text, false); err == nil {
			t.Errorf("%q is accepted as %v", text, c)
		}
	}
	for _, text := range []string{strings.Repeat("A", 32), strings.Repeat("-_", 16)} {
		c, err := parseCursor(text, false)
		if err != nil || formatCursor(*c) != text {
			t.Errorf("%q became %v, %v", text, c, err)
		}
		if c, err := parseCursor(text, true); err == nil {
			t.Errorf("%q is accepted as %v in a list by name", text, c)
		}
	}
	total := &team.Total{N: 1001, AtLeast: true, Once: true}
	c, err := parseCursor(formatCursor(team.Cursor{Name: "member\x00ö\x00crm", Total: total}), true)
	if err != nil || c.Name != "member\x00ö\x00crm" || *c.Total != *total {
		t.Errorf("a cursor by name became %v, %v", c, err)
	}
}

func TestTimes(t *testing.T) {
	for text, want := range map[string]string{
		"2030-01-31T12:00:00Z":             "2030-01-31T12:00:00Z",
		"2030-01-31T12:00:00+02:00":        "2030-01-31T10:00:00Z",
		"2030-01-31T12:00:00.1234567Z":     "2030-01-31T12:00:00.123456Z",
		"0001-01-01T00:00:00Z":             "1970-01-01T00:00:00Z", // must not become the zero time, which means never
		"0000-01-01T00:00:00+14:00":        "1970-01-01T00:00:00Z",
		"9999-12-31T23:59:59Z":             "9999-12-31T23:59:59Z",
		"9999-12-31T23:59:59-01:00":        "", // in UTC, the year has five digits
		"2030-01-31":                       "",
		"2030-01-31 12:00:00Z":             "",
		"2030-01-31T12:00:00":              "",
		"2030-01-31T12:00:00,5Z":           "",
		"2030-02-30T12:00:00Z":             "",
		"1706702400":                       "",
		"":                                 "",
		"2030-01-31T12:00:00Z ":            "",
		"2030-01-31T12:00:00+25:00":        "",
		"2030-01-31T12:00:60Z":             "",
		"\u0662030-01-31T12:00:00Z":        "",
		"2030-01-31T12:00:00.00000000001Z": "2030-01-31T12:00:00Z",
	} {
		got, err := MomentIn("expires_at", text)
		if want == "" {
			if err == nil {
				t.Errorf("%q is accepted as %v", text, got)
			}
			continue
		}
		b, _ := got.MarshalText()
		if err != nil || string(b) != want {
			t.Errorf("%q became %s, %v; want %s", text, b, err, want)
		}
	}
}

// An error inside of a list names the field of the object in the list, and where the object is.
func TestErrorsInListsNameTheInnerField(t *testing.T) {
	for _, c := range []struct {
		v                    any
		body, field, message string
	}{
		{&api.AddMemberRequest{}, `{"projects":[{"project_id":"x"},{"role":"y"}]}`, "projects.role", `Unknown field "role" in projects[1]; did you mean "role_id"? Known fields: project_id, role_id.`},
		{&api.AddMemberRequest{}, `{"projects":[{"role_id":7}]}`, "projects.role_id", "projects[0].role_id must be a string."},
		{&api.AddMemberRequest{}, `{"projects":["x"]}`, "projects", "projects[0] must be an object."},
		{&api.AddMemberRequest{}, `{"projects":"x"}`, "projects", "projects must be a list of objects."},
		{&api.AddMemberRequest{}, `{"external_ids":{"hr":7}}`, "external_ids", "external_ids must be an object with a string for each source."},
		{&api.AddMembersRequest{}, `{"members":[{"emial":"a@example.com"}]}`, "members.emial", `Unknown field "emial" in members[0]; did you mean "email"? Known fields: `},
		{&api.AddMembersRequest{}, `{"members":[{"projects":[{"rol_id":"x"}]}]}`, "members.projects.rol_id", `Unknown field "rol_id" in members[0].projects[0]; did you mean "role_id"? `},
		{&api.CreateRoleRequest{}, `{"permissions":[7]}`, "permissions", "permissions must be a list of strings."},
	} {
		var r *Refusal
		if err := decode([]byte(c.body), c.v); !errors.As(err, &r) || r.Field != c.field || !strings.HasPrefix(r.Message, c.message) {
			t.Errorf("%s: %+v, want %s: %s", c.body, r, c.field, c.message)
		}
	}
}
