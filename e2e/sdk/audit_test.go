package sdk_test

import (
	"slices"
	"testing"
	"time"

	"raff/api"
	"raff/api/client"
)

func TestAudit(t *testing.T) {
	t.Parallel()
	srv, c := connect(t)
	ctx := t.Context()
	role := srv.RoleID(t, "account", "member")
	alice, err := c.Members.Add(ctx, api.AddMemberRequest{Email: new("alice@example.com"), RoleID: &role})
	if err != nil {
		t.Fatal(err)
	}
	srv.Advance(time.Hour)
	later := srv.Now().Add(-30 * time.Minute)
	keyID, _ := srv.NewKeyID(t, "ci", role)

	for name, c := range map[string]struct {
		o    client.ListEventsOptions
		want []string
	}{
		"actor and target": {client.ListEventsOptions{Actor: srv.KeyID, Target: alice.ID}, []string{"invitation.created"}},
		"action":           {client.ListEventsOptions{Action: "api_key.created", Actor: srv.KeyID}, []string{"api_key.created"}},
		"since":            {client.ListEventsOptions{Since: later}, []string{"api_key.created"}},
		"until":            {client.ListEventsOptions{Until: later, Actor: srv.KeyID}, []string{"invitation.created"}},
		"nobody":           {client.ListEventsOptions{Actor: alice.ID}, nil},
	} {
		p, err := as(t, srv, srv.Key).Audit.List(ctx, c.o)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []string
		for _, e := range p.Data {
			got = append(got, e.Action)
		}
		if !slices.Equal(got, c.want) || p.Total != len(c.want) {
			t.Errorf("%s: %d events %v, want %v", name, p.Total, got, c.want)
		}
	}

	var got []api.AuditEvent
	for e, err := range c.Audit.All(ctx, client.ListEventsOptions{ListOptions: client.ListOptions{Limit: 2}}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e)
	}
	whole, err := c.Audit.List(ctx, client.ListEventsOptions{ListOptions: client.ListOptions{Limit: 1000}})
	if err != nil || len(got) != len(whole.Data) || len(got) < 5 {
		t.Fatalf("%d events in pages of 2, want %d: %v", len(got), len(whole.Data), err)
	}
	for i, e := range whole.Data {
		if got[i].ID != e.ID {
			t.Errorf("event %d is %s (%s), want %s (%s)", i, got[i].ID, got[i].Action, e.ID, e.Action)
		}
	}
	if got[0].TargetID != keyID || got[0].TargetName != "ci" || len(got[0].Details) == 0 {
		t.Errorf("the newest event is %+v, want the key's", got[0])
	}
}
