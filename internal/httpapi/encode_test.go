package httpapi

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"raff/api"
	"raff/internal/rest"
)

// The hand-written encoders have the same output as encoding/json, for every field and any text, so that a new field of the
// struct is not forgotten.
func TestMembershipEncoding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var m api.Member
		fill(t, reflect.ValueOf(&m).Elem())
		same(t, rest.One(m))
		same(t, api.Page[api.Member]{Success: true, Data: []api.Member{m, m}, Total: 7, NextCursor: "x"})
		var p api.ProjectMember
		fill(t, reflect.ValueOf(&p).Elem())
		same(t, rest.One(p))
		same(t, api.Page[api.ProjectMember]{Success: true, Data: []api.ProjectMember{}, Total: 0})
	})
}

func fill(t *rapid.T, v reflect.Value) {
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		us := rapid.Int64Range(0, 253402300799_999999).Draw(t, "time")
		v.Set(reflect.ValueOf(time.UnixMicro(us).UTC()))
	case v.Kind() == reflect.Struct:
		for _, f := range v.Fields() {
			fill(t, f)
		}
	case v.Kind() == reflect.Pointer:
		if rapid.Bool().Draw(t, "set") {
			v.Set(reflect.New(v.Type().Elem()))
			fill(t, v.Elem())
		}
	case v.Kind() == reflect.Slice:
		if n := rapid.IntRange(0, 2).Draw(t, "length"); n > 0 { // nil or not empty, because an empty list is omitted like nil
			v.Set(reflect.MakeSlice(v.Type(), n, n))
		}
		for i := range v.Len() {
			fill(t, v.Index(i))
		}
	case v.Kind() == reflect.Map:
		if all := rapid.MapOfN(rapid.String(), rapid.String(), 0, 3).Draw(t, "map"); len(all) > 0 {
			v.Set(reflect.ValueOf(all).Convert(v.Type()))
		}
	case v.Kind() == reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	case v.Kind() == reflect.String:
		v.SetString(rapid.String().Draw(t, "text"))
	default:
		t.Fatalf("no values for a %s", v.Type())
	}
}

// same compares JSON values, because the encoders may escape characters differently.
func same(t *rapid.T, v any) {
	got, err := encode(nil, v)
	if err != nil {
		t.Fatal(err)
	}
	want, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var a, b any
	if err := json.Unmarshal(got, &a); err != nil {
		t.Fatalf("%v in %s", err, got)
	}
	if err := json.Unmarshal(want, &b); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(a, b) {
		t.Fatalf("got  %s\nwant %s", got, want)
	}
}

func BenchmarkEncodeMember(b *testing.B) {
	id, now := "01890a5d-ac96-774b-bcce-b302099a8057", time.Now().UTC().Truncate(time.Microsecond)
	m := rest.One(api.Member{ID: id, AccountID: id, Membership: api.Membership{
		UserID: &id, PrincipalType: api.PrincipalUser, Email: "bob@example.com", Name: "Bob", Role: "member",
		RoleID: id, RoleName: "Member", Status: api.StatusActive, ManagedBy: "api", InvitedBy: &id, AcceptedAt: &now,
		InvitationState: api.InvitationNone, CreatedAt: now, UpdatedAt: now,
	}})
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf, _ = encode(buf[:0], m)
	}
}
