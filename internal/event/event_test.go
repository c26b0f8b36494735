package event_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"raff/internal/event"
)

// Decoding the details of an event returns the payload.
func TestPayloadRoundTrip(t *testing.T) {
	removed := 3
	for _, p := range []event.Payload{
		event.MemberUpdated{Role: event.Changed("member", "admin"), RoleName: event.Name{From: "Member", To: "Admin"}},
		event.MemberUpdated{Status: event.Changed("active", "suspended"), RoleName: event.Name{To: "Member"}, APIKeysDeactivated: []string{"CI"}},
		event.MemberRemoved{Role: "member", RoleName: "Member", Status: "active", ProjectMembershipsRemoved: &removed},
		event.APIKeyUpdated{ExpiresAt: &event.Change[event.Expiry]{}},
		event.SignedOut{},
	} {
		var e event.Event
		if err := e.Put(p); err != nil {
			t.Fatal(err)
		}
		if got := e.Payload(); !reflect.DeepEqual(got, p) {
			t.Errorf("%s: %#v was decoded as %#v", e.Details, p, got)
		}
		if e.Action != p.Action() {
			t.Errorf("%T has the action %s", p, e.Action)
		}
	}
}

// The names in the details of each action are sorted, as in existing events.
func TestNamesInDetailsAreSorted(t *testing.T) {
	for _, action := range event.Actions() {
		payload := reflect.TypeOf(event.Event{Action: action}.Payload())
		var names []string
		for field := range payload.Fields() {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			names = append(names, name)
		}
		if !slices.IsSorted(names) {
			t.Errorf("%s has the names %v", action, names)
		}
	}
}

// Details of events of older servers can be decoded.
func TestOlderDetails(t *testing.T) {
	for details, want := range map[string]event.Payload{
		`{"role":{"from":"owner","to":"admin"},"role_name":"Admin"}`: event.MemberUpdated{Role: event.Changed("owner", "admin"), RoleName: event.Name{To: "Admin"}},
		`{"status":{"from":"active","to":"suspended"}}`:              event.MemberUpdated{Status: event.Changed("active", "suspended")},
		``:                  event.MemberUpdated{},
		`{"from":"future"}`: event.MemberUpdated{},
		`{"role":"admin"}`:  event.Unknown{Name: event.ActionMemberUpdated},
		`[`:                 event.Unknown{Name: event.ActionMemberUpdated},
	} {
		e := event.Event{Action: event.ActionMemberUpdated, Details: details}
		if got := e.Payload(); !reflect.DeepEqual(got, want) {
			t.Errorf("%q was decoded as %#v, want %#v", details, got, want)
		}
	}
	if got := (event.Event{Action: "member.cloned"}).Payload(); got != (event.Unknown{Name: "member.cloned"}) {
		t.Errorf("an unknown action was decoded as %#v", got)
	}
	if event.Action("member.cloned").Known() || !slices.Contains(event.Actions(), event.ActionRoleDeleted) {
		t.Error("Known or Actions is wrong")
	}
}
