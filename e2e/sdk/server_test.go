package sdk_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"raff/api"
	"raff/api/client"
	"raff/internal/rafftest"
)

// connect starts a server and returns a client with an Owner's API key.
func connect(t *testing.T) (*rafftest.Server, *client.Client) {
	t.Helper()
	srv := rafftest.Start(t)
	return srv, as(t, srv, srv.Key)
}

func as(t *testing.T, srv *rafftest.Server, key string) *client.Client {
	t.Helper()
	c, err := client.New(srv.URL, key)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// must returns the result of a call that must succeed.
func must[T any](t *testing.T) func(T, error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestMembers(t *testing.T) {
	t.Parallel()
	srv, c := connect(t)
	ctx := t.Context()
	admin, member := srv.RoleID(t, "account", "admin"), srv.RoleID(t, "account", "member")
	one := must[*api.Member](t)

	alice := one(c.Members.Add(ctx, api.AddMemberRequest{Email: new("alice@example.com"), RoleID: &member}))
	if alice.Status != api.StatusPending || alice.UserID != nil || alice.InvitationID == nil {
		t.Errorf("added %+v, want a pending member with an invitation", alice)
	}
	_, err := c.Members.Add(ctx, api.AddMemberRequest{Email: new("Alice@Example.com"), RoleID: &admin})
	if e, ok := errors.AsType[*client.Error](err); !ok || !client.IsConflict(err) || e.MemberID != alice.ID {
		t.Errorf("added twice: %v, want a conflict that names %s", err, alice.ID)
	}
	srv.Accept(t, alice.ID, "Alice")
	got := one(c.Members.Update(ctx, alice.ID, api.UpdateMemberRequest{RoleID: &admin, Status: new(api.StatusSuspended)}))
	if got.ID != alice.ID || got.RoleID != admin || got.Status != api.StatusSuspended || got.UserID == nil {
		t.Errorf("updated %+v", got)
	}
	if got := one(c.Members.Get(ctx, alice.ID)); got.Name != "Alice" {
		t.Errorf("got %+v", got)
	}
	for name, o := range map[string]client.ListMembersOptions{
		"status": {Status: api.StatusSuspended}, "role": {RoleID: admin}, "email": {Email: "ALICE@example.com"},
		"query": {Query: "lice"}, "type": {PrincipalType: api.PrincipalUser, Query: "alice"},
	} {
		p, err := c.Members.List(ctx, o)
		if err != nil || p.Total != 1 || p.Data[0].ID != alice.ID {
			t.Errorf("filter by %s: %+v, %v; want Alice", name, p, err)
		}
	}
	if d := must[*api.Done](t)(c.Members.Remove(ctx, alice.ID)); !d.Success {
		t.Errorf("removed: %+v", d)
	}
	if _, err := c.Members.Get(ctx, alice.ID); !client.IsNotFound(err) {
		t.Errorf("got %v after removal, want not found", err)
	}
	if _, err := c.Members.Update(ctx, srv.OwnerMemberID, api.UpdateMemberRequest{RoleID: &admin}); !client.IsDenied(err) {
		t.Errorf("demoting the owner: %v, want denied", err)
	}
	if _, err := c.Members.Add(ctx, api.AddMemberRequest{Email: new("no address"), RoleID: &admin}); !client.IsInvalid(err) || client.Code(err) != "invalid_email" {
		t.Errorf("adding no address: %v, want invalid_email", err)
	}
}

func TestAll(t *testing.T) {
	t.Parallel()
	srv, c := connect(t)
	member := srv.RoleID(t, "account", "member")
	var want []string // the owner, and the API key of this test
	for _, m := range must[*api.Page[api.Member]](t)(c.Members.List(t.Context(), client.ListMembersOptions{})).Data {
		want = append(want, m.ID)
	}
	for i := range 25 {
		want = append(want, srv.Invite(t, fmt.Sprintf("member%d@example.com", i), member))
	}
	for _, size := range []int{0, 1, 7, 27} {
		var got []string
		for m, err := range c.Members.All(t.Context(), client.ListMembersOptions{ListOptions: client.ListOptions{Limit: size}}) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, m.ID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("pages of %d: %d members, want %d in order of creation", size, len(got), len(want))
		}
	}
	var roles int
	for _, err := range c.Roles.All(t.Context(), client.ListRolesOptions{ListOptions: client.ListOptions{Limit: 3}}) {
		if err != nil {
			t.Fatal(err)
		}
		roles++
	}
	if roles != 8 {
		t.Errorf("%d roles in pages of 3, want 8", roles)
	}
}

func TestRolesAndPermissions(t *testing.T) {
	t.Parallel()
	srv, c := connect(t)
	ctx := t.Context()
	one := must[*api.Role](t)

	support := one(c.Roles.Create(ctx, api.CreateRoleRequest{
		Name: new("Support"), Slug: new("support"), Scope: new(api.ScopeAccount), Permissions: &[]string{"account.members.view"},
	}))
	got := one(c.Roles.Update(ctx, support.ID, api.UpdateRoleRequest{Permissions: &[]string{"account.members.view", "account.roles.view"}}))
	if len(got.Permissions) != 2 || got.Name != "Support" || one(c.Roles.Get(ctx, support.ID)).Slug != "support" {
		t.Errorf("updated %+v", got)
	}
	srv.Invite(t, "alice@example.com", support.ID)
	_, err := c.Roles.Delete(ctx, support.ID, client.DeleteRoleOptions{})
	if e, ok := errors.AsType[*client.Error](err); !ok || e.Code != "role_in_use" || len(e.Holders) != 1 || e.Holders[0].Email != "alice@example.com" {
		t.Errorf("deleting a role in use: %v, want its holder", err)
	}
	must[*api.Done](t)(c.Roles.Delete(ctx, support.ID, client.DeleteRoleOptions{ReassignTo: srv.RoleID(t, "account", "member")}))
	if _, err := c.Roles.Get(ctx, support.ID); !client.IsNotFound(err) {
		t.Errorf("got %v after deletion, want not found", err)
	}
	for scope, want := range map[string]int{"": 61, api.ScopeAccount: 21, api.ScopeProject: 40} {
		if ps := must[[]api.Permission](t)(c.Permissions.List(ctx, scope)); len(ps) != want {
			t.Errorf("%d permissions of scope %q, want %d", len(ps), scope, want)
		}
	}
}

func TestAPIKeys(t *testing.T) {
	t.Parallel()
	srv, c := connect(t)
	ctx := t.Context()
	one, secret := must[*api.APIKey](t), must[*api.APIKeyWithSecret](t)

	key := secret(c.APIKeys.Create(ctx, api.CreateAPIKeyRequest{Name: new("ci"), RoleID: new(srv.RoleID(t, "account", "member"))}))
	who := must[*api.Whoami](t)(as(t, srv, key.Secret).Whoami(ctx))
	if who.Principal.ID != key.ID || who.Account.ID != srv.AccountID || who.Role == nil || who.Role.Slug != "member" {
		t.Errorf("the key is %+v", who)
	}
	again := secret(c.APIKeys.Regenerate(ctx, key.ID, api.RegenerateAPIKeyRequest{}))
	if again.ID != key.ID || again.Secret == key.Secret {
		t.Errorf("regenerated %s, want the same key with another secret", again.ID)
	}
	if _, err := as(t, srv, key.Secret).Whoami(ctx); !client.IsUnauthenticated(err) {
		t.Errorf("the old secret: %v, want unauthenticated", err)
	}
	in10 := time.Now().Add(240 * time.Hour).UTC().Truncate(time.Second)
	if k := one(c.APIKeys.Update(ctx, key.ID, api.UpdateAPIKeyRequest{ExpiresAt: api.Some(in10.Format(time.RFC3339))})); k.ExpiresAt == nil || !k.ExpiresAt.Equal(in10) {
		t.Errorf("expires at %v, want %v", k.ExpiresAt, in10)
	}
	if k := one(c.APIKeys.Update(ctx, key.ID, api.UpdateAPIKeyRequest{ExpiresAt: api.Null[string]()})); k.ExpiresAt != nil {
		t.Errorf("expires at %v, want never", k.ExpiresAt)
	}
	var names []string
	for k, err := range c.APIKeys.All(ctx, client.ListAPIKeysOptions{}) {
		names = append(names, one(&k, err).Name)
	}
	if !slices.Contains(names, "ci") {
		t.Errorf("keys %v, want ci among them", names)
	}
	must[*api.Done](t)(c.APIKeys.Revoke(ctx, key.ID))
	if _, err := c.APIKeys.Get(ctx, key.ID); !client.IsNotFound(err) {
		t.Errorf("got %v after revoking, want not found", err)
	}
}

func TestInvitations(t *testing.T) {
	t.Parallel()
	srv, c := connect(t)
	ctx := t.Context()
	one := must[*api.Invitation](t)
	nobody := as(t, srv, "")

	inv := one(c.Invitations.Create(ctx, api.CreateInvitationRequest{Email: new("alice@example.com"), RoleID: new(srv.RoleID(t, "account", "member"))}))
	if again := one(c.Invitations.Resend(ctx, inv.ID)); again.MemberID != inv.MemberID {
		t.Errorf("resent as member %s, want %s", again.MemberID, inv.MemberID)
	}
	link := must[*api.InvitationLink](t)(c.Invitations.Link(ctx, inv.ID))
	m := must[*api.Member](t)(nobody.Invitations.Accept(ctx, api.AcceptInvitationRequest{
		Token: new(rafftest.TokenOf(t, link.Link)), Name: new("Alice"), Password: new(rafftest.Password),
	}))
	if m.ID != inv.MemberID || m.Status != api.StatusActive {
		t.Errorf("accepted as %+v, want active member %s", m, inv.MemberID)
	}

	inv = one(c.Invitations.CreateForProject(ctx, srv.ProjectID, api.CreateInvitationRequest{Email: new("bob@example.com"), RoleID: new(srv.RoleID(t, "project", "viewer"))}))
	if got := one(c.Invitations.Get(ctx, inv.ID)); got.Type != "project" || got.Email != "bob@example.com" {
		t.Errorf("got %+v", got)
	}
	for o, err := range c.Invitations.All(ctx, client.ListInvitationsOptions{ProjectID: srv.ProjectID}) {
		if one(&o, err).ID != inv.ID {
			t.Errorf("listed %+v, want only %s", o, inv.ID)
		}
	}
	link = must[*api.InvitationLink](t)(c.Invitations.Link(ctx, inv.ID))
	must[*api.Done](t)(nobody.Invitations.Decline(ctx, api.DeclineInvitationRequest{Token: new(rafftest.TokenOf(t, link.Link))}))
	if got := one(c.Invitations.Get(ctx, inv.ID)); got.State != api.InvitationDeclined {
		t.Errorf("state %s, want declined", got.State)
	}
	must[*api.Done](t)(c.Invitations.Cancel(ctx, inv.ID))
}

func TestProjects(t *testing.T) {
	t.Parallel()
	srv, c := connect(t)
	ctx := t.Context()
	one, member := must[*api.Project](t), must[*api.ProjectMember](t)
	viewer, operator := srv.RoleID(t, "project", "viewer"), srv.RoleID(t, "project", "operator")

	p := one(c.Projects.Create(ctx, api.CreateProjectRequest{Name: new("Website")}))
	if got := one(c.Projects.Update(ctx, p.ID, api.UpdateProjectRequest{Name: new("Shop")})); got.Name != "Shop" || got.Slug != "website" {
		t.Errorf("renamed to %+v, want Shop with the slug it had", got)
	}
	var names []string
	for p, err := range c.Projects.All(ctx, client.ListProjectsOptions{}) {
		names = append(names, one(&p, err).Name)
	}
	if len(names) != 2 || !slices.Contains(names, "Shop") || one(c.Projects.Get(ctx, p.ID)).Name != "Shop" {
		t.Errorf("projects %v, want Shop and the default one", names)
	}

	_, alice := srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "member"))
	m := member(c.ProjectMembers.Add(ctx, p.ID, api.AddProjectMemberRequest{TargetUserID: &alice, RoleID: &viewer}))
	if got := member(c.ProjectMembers.Update(ctx, p.ID, m.ID, api.UpdateMemberRequest{RoleID: &operator})); got.RoleID != operator {
		t.Errorf("role %s, want operator", got.RoleName)
	}
	for row, err := range c.ProjectMembers.All(ctx, p.ID, client.ListMembersOptions{Status: api.StatusActive}) {
		if member(&row, err).ID != m.ID {
			t.Errorf("listed %+v, want only %s", row, m.ID)
		}
	}
	if got := member(c.ProjectMembers.Get(ctx, p.ID, m.ID)); got.Email != "alice@example.com" {
		t.Errorf("got %+v", got)
	}
	must[*api.Done](t)(c.ProjectMembers.Remove(ctx, p.ID, m.ID))
	must[*api.Done](t)(c.Projects.Delete(ctx, p.ID))
	if _, err := c.Projects.Delete(ctx, srv.ProjectID); !client.IsConflict(err) {
		t.Errorf("deleting the default project: %v, want a conflict", err)
	}
}
