package sdk_test

import (
	"fmt"
	"net/http"
	"testing"

	"raff/api"
	"raff/api/client"
)

func TestAddMany(t *testing.T) {
	t.Parallel()
	srv, c := connect(t)
	ctx := t.Context()
	member := srv.RoleID(t, "account", "member")
	bob := srv.Invite(t, "bob@example.com", member)

	var rows []api.AddMemberRequest
	for _, email := range []string{"alice@example.com", "Bob@Example.com", "nobody", "carol@example.com"} {
		rows = append(rows, api.AddMemberRequest{Email: &email, RoleID: &member})
	}
	got := must[[]api.AddMembersResult](t)(c.Members.AddMany(ctx, api.AddMembersRequest{Members: &rows}))
	if len(got) != len(rows) {
		t.Fatalf("%d results, want %d", len(got), len(rows))
	}
	for i, want := range []struct {
		status int
		code   string
	}{{201, ""}, {409, "invitation_pending"}, {400, "invalid_email"}, {201, ""}} {
		r := got[i]
		if r.Index != i || r.Status != want.status || (r.Member != nil) != (want.code == "") || (r.Error != nil) != (want.code != "") {
			t.Errorf("row %d: %+v, want %+v", i, r, want)
			continue
		}
		if r.Error != nil && r.Error.Code != want.code {
			t.Errorf("row %d: code %s, want %s", i, r.Error.Code, want.code)
		}
	}
	if got[1].Error.MemberID != bob {
		t.Errorf("Bob is member %s, want %s", got[1].Error.MemberID, bob)
	}

	many := make([]api.AddMemberRequest, 501)
	for i := range many {
		many[i] = api.AddMemberRequest{Email: new(fmt.Sprintf("member%d@example.com", i)), RoleID: &member}
	}
	if _, err := c.Members.AddMany(ctx, api.AddMembersRequest{Members: &many}); !client.IsInvalid(err) {
		t.Errorf("501 rows: %v, want invalid", err)
	}
	most := many[:500]
	for _, r := range must[[]api.AddMembersResult](t)(c.Members.AddMany(ctx, api.AddMembersRequest{Members: &most})) {
		if r.Status != http.StatusCreated {
			t.Errorf("row %d of 500: %+v", r.Index, r.Error)
		}
	}
}

func TestLookup(t *testing.T) {
	t.Parallel()
	srv, c := connect(t)
	ctx := t.Context()
	member := srv.RoleID(t, "account", "member")
	id, user := srv.NewMember(t, "alice+team@example.com", "Alice", member)
	for _, spelling := range []string{"alice+team@example.com", "ALICE+team@Example.com"} {
		u, err := c.Users.Lookup(ctx, spelling)
		if err != nil || u.ID != user || u.Name != "Alice" {
			t.Errorf("%s: %+v, %v; want Alice", spelling, u, err)
		}
	}
	must[*api.Done](t)(c.Members.Remove(ctx, id))
	u := must[*api.User](t)(c.Users.Lookup(ctx, "alice+team@example.com"))
	if back := must[*api.Member](t)(c.Members.Add(ctx, api.AddMemberRequest{TargetUserID: &u.ID, RoleID: &member})); back.Status != api.StatusActive {
		t.Errorf("a former member was added with status %s, want active", back.Status)
	}
	if _, err := c.Users.Lookup(ctx, "bob@example.com"); !client.IsNotFound(err) {
		t.Errorf("an unknown email: %v, want not found", err)
	}
	if _, err := c.Users.Lookup(ctx, ""); err == nil {
		t.Error("lookup of an empty email succeeded")
	}
	if _, err := as(t, srv, srv.NewKey(t, "billing", srv.RoleID(t, "account", "billing"))).Users.Lookup(ctx, "alice+team@example.com"); !client.IsDenied(err) {
		t.Errorf("without permission: %v, want denied", err)
	}
}

func TestOwnershipIsNotTransferredByAKey(t *testing.T) {
	t.Parallel()
	srv, c := connect(t)
	id, _ := srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "admin"))
	if _, err := c.Account.TransferOwnership(t.Context(), id); !client.IsDenied(err) {
		t.Errorf("got %v, want denied", err)
	}
	if owner := must[*api.Member](t)(c.Members.Get(t.Context(), srv.OwnerMemberID)); !owner.IsOwner {
		t.Error("the Owner is no longer the Owner")
	}
}
