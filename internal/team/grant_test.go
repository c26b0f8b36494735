package team_test

import (
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"testing"

	"raff/internal/audit"
	"raff/internal/operator"
	"raff/internal/outbox"
	"raff/internal/password"
	"raff/internal/permission"
	"raff/internal/signin"
	"raff/internal/store"
	"raff/internal/team"
)

// These are the rules of the guard for a person. Those for an API key are tested through the API.

type house struct {
	*team.Service
	signin   *signin.Service
	operator *operator.Service
	outbox   *outbox.Service
	db       *store.DB
	t        *testing.T
	account  operator.CreatedAccount
	owner    *team.Principal
	n        int
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := newServices(t, password.New())
	h.open("owner@example.com")
	return h
}

func newServices(t *testing.T, passwords signin.Passwords) *house {
	t.Helper()
	c := permission.Default()
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "raff.db"), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	s := team.New(team.Options{Store: store.For[team.Tx](db), Catalog: c, PublicURL: "http://127.0.0.1", MailDelivered: true})
	in := signin.New(signin.Options{Store: store.For[signin.Tx](db), Team: s, Passwords: passwords})
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return &house{
		Service: s, signin: in, operator: operator.New(operator.Options{Store: store.For[operator.Tx](db), Team: s, SignIn: in}), db: db, t: t,
		outbox: outbox.New(store.For[outbox.Tx](db), s.Now, map[team.MessageKind]outbox.Carrier{team.MessageInvitation: s.InvitationMail()}),
	}
}

// again returns the same services for another account; n makes its emails different from those of the others.
func (h *house) again(n int) *house {
	next := *h
	next.account, next.owner, next.n = operator.CreatedAccount{}, nil, n
	return &next
}

// open creates the account.
func (h *house) open(owner string) {
	h.t.Helper()
	h.account = must(h.operator.CreateAccount(h.ctx(), operator.Program, operator.NewAccount{Name: "Acme", OwnerEmail: owner}))
	h.owner = h.person(h.account.OwnerUserID)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func (h *house) ctx() context.Context { return h.t.Context() }

func (h *house) person(userID string) *team.Principal {
	h.t.Helper()
	return must(h.Person(h.ctx(), h.account.AccountID, userID))
}

func (h *house) system(slug string) string { return team.SystemRoleID(permission.ScopeAccount, slug) }

func (h *house) role(permissions ...string) string {
	h.t.Helper()
	h.n++
	name := fmt.Sprintf("role-%d", h.n)
	return must(h.CreateRole(h.ctx(), h.owner, team.NewRole{Name: name, Slug: name, Scope: permission.ScopeAccount, Permissions: permissions})).ID
}

// join adds an active person with this role.
func (h *house) join(roleID string) (team.Member, *team.Principal) {
	h.t.Helper()
	h.n++
	email := fmt.Sprintf("person%d@example.com", h.n)
	m := must(h.AddMember(h.ctx(), h.owner, team.NewMember{Email: &email, RoleID: roleID}))
	link := must(h.InvitationLink(h.ctx(), h.owner, m.Invitation.ID))
	m = must(h.signin.AcceptInvitation(h.ctx(), signin.Accept{Token: path.Base(link.URL), Name: "Bob", Password: "lamp orbit velvet toast"}))
	return m, h.person(m.UserID)
}

func (h *house) key(p *team.Principal, roleID string) (team.APIKey, *team.Principal) {
	h.t.Helper()
	k, secret, err := h.CreateAPIKey(h.ctx(), p, team.NewAPIKey{Name: "key", RoleID: roleID})
	if err != nil {
		h.t.Fatal(err)
	}
	return k, must(h.Authenticate(h.ctx(), secret))
}

func want(t *testing.T, err error, code string) {
	t.Helper()
	var e *team.Error
	if !errors.As(err, &e) || e.Code != code {
		t.Errorf("got %v, want %s", err, code)
	}
}

func TestOwnerRoleForKeys(t *testing.T) {
	h := newHouse(t)
	k, ownerKey := h.key(h.owner, h.system("owner"))
	if !ownerKey.Owner || ownerKey.InPerson {
		t.Errorf("principal of the key: %+v", ownerKey)
	}
	_, _, err := h.CreateAPIKey(h.ctx(), ownerKey, team.NewAPIKey{Name: "one more", RoleID: h.system("owner")})
	want(t, err, "owner_role_not_assignable")
	_, admin := h.join(h.system("admin"))
	name := "mine now"
	_, err = h.UpdateAPIKey(h.ctx(), admin, k.ID, team.APIKeyChange{Name: &name})
	want(t, err, "target_dominates")
}

func TestKeyCannotBypassItsCreator(t *testing.T) {
	h := newHouse(t)
	maker := h.role(permission.MembersManage, permission.APIKeysCreate)
	m, bob := h.join(maker)
	_, key := h.key(bob, maker)
	admin := h.system("admin")
	// Bob may not change his own membership, and his key may not do it for him.
	_, err := h.UpdateMember(h.ctx(), bob, "", m.ID, team.MemberChange{RoleID: &admin})
	want(t, err, "self_change_denied")
	_, err = h.UpdateMember(h.ctx(), key, "", m.ID, team.MemberChange{RoleID: &admin})
	want(t, err, "self_change_denied")
	// The key may not invite him again after he was removed, by id or by email.
	if _, err := h.RemoveMember(h.ctx(), h.owner, "", m.ID, team.Removal{KeepKeys: true}); err != nil {
		t.Fatal(err)
	}
	for role, code := range map[string]string{admin: "escalation_denied", maker: "self_change_denied"} {
		_, err = h.AddMember(h.ctx(), key, team.NewMember{UserID: &m.UserID, RoleID: role})
		want(t, err, code)
		_, err = h.AddMember(h.ctx(), key, team.NewMember{Email: &m.Email, RoleID: role})
		want(t, err, code)
	}
	// For another person, the permission to manage members is enough.
	carol := "carol@example.com"
	if _, err := h.AddMember(h.ctx(), key, team.NewMember{Email: &carol, RoleID: admin}); err != nil {
		t.Error(err)
	}
}

func TestRemovalListsKeysAndInvitations(t *testing.T) {
	h := newHouse(t)
	m, bob := h.join(h.system("admin"))
	k, key := h.key(bob, h.system("member"))
	carol := "carol@example.com"
	inv := must(h.CreateInvitation(h.ctx(), bob, team.NewMember{Email: &carol, RoleID: h.system("member")}))
	out := must(h.RemoveMember(h.ctx(), h.owner, "", m.ID, team.Removal{}))
	if len(out.KeysCreated) != 1 || out.KeysCreated[0].ID != k.ID || len(out.InvitationsSent) != 1 || out.InvitationsSent[0].ID != inv.ID {
		t.Errorf("removed: %+v", out)
	}
	if k := must(h.GetAPIKey(h.ctx(), h.owner, k.ID)); k.IsActive || !out.KeysCreated[0].Disabled {
		t.Errorf("the key still works: %+v", k)
	}
	_, err := h.AddMember(h.ctx(), key, team.NewMember{Email: &m.Email, RoleID: h.system("member")})
	want(t, err, "unauthenticated")
	_, _, err = h.ListMembers(h.ctx(), h.person(m.UserID), team.MemberFilter{Page: team.Page{Limit: 1}})
	want(t, err, "permission_denied")
}

func TestStrictPolicy(t *testing.T) {
	h := newHouse(t)
	if err := h.SetStrict(h.ctx(), h.account.AccountID); err != nil {
		t.Fatal(err)
	}
	h.owner = h.person(h.account.OwnerUserID)
	strong, _ := h.join(h.system("admin"))
	_, manager := h.join(h.role(permission.MembersManage, permission.MembersView))
	member := h.system("member")
	carol := "carol@example.com"
	_, err := h.AddMember(h.ctx(), manager, team.NewMember{Email: &carol, RoleID: h.system("admin")})
	want(t, err, "escalation_denied")
	_, err = h.UpdateMember(h.ctx(), manager, "", strong.ID, team.MemberChange{RoleID: &member})
	want(t, err, "target_dominates")
	_, err = h.RemoveMember(h.ctx(), manager, "", strong.ID, team.Removal{})
	want(t, err, "target_dominates")
}

func TestStrictPolicyChecksInviterAtAcceptance(t *testing.T) {
	h := newHouse(t)
	if err := h.SetStrict(h.ctx(), h.account.AccountID); err != nil {
		t.Fatal(err)
	}
	h.owner = h.person(h.account.OwnerUserID)
	m, bob := h.join(h.system("admin"))
	carol := "carol@example.com"
	inv := must(h.CreateInvitation(h.ctx(), bob, team.NewMember{Email: &carol, RoleID: h.system("admin")}))
	link := must(h.InvitationLink(h.ctx(), bob, inv.ID))
	member := h.system("member")
	must(h.UpdateMember(h.ctx(), h.owner, "", m.ID, team.MemberChange{RoleID: &member}))
	_, err := h.signin.AcceptInvitation(h.ctx(), signin.Accept{Token: path.Base(link.URL), Name: "Carol", Password: "lamp orbit velvet toast"})
	want(t, err, "invitation_gone")
}

func TestRemovedPrincipalCannotWrite(t *testing.T) {
	h := newHouse(t)
	m, bob := h.join(h.system("admin"))
	k, key := h.key(h.owner, h.system("admin"))
	must(h.RemoveMember(h.ctx(), h.owner, "", m.ID, team.Removal{}))
	if err := h.RevokeAPIKey(h.ctx(), h.owner, k.ID, nil); err != nil {
		t.Fatal(err)
	}
	carol := "carol@example.com"
	n := team.NewMember{Email: &carol, RoleID: h.system("member")}
	_, err := h.AddMember(h.ctx(), bob, n)
	want(t, err, "permission_denied")
	_, err = h.AddMember(h.ctx(), key, n)
	want(t, err, "unauthenticated")
}

func TestAcceptingAlsoAcceptsOtherInvitations(t *testing.T) {
	h := newHouse(t)
	email := "dora@example.com"
	viewer := team.SystemRoleID(permission.ScopeProject, "viewer")
	m := must(h.AddMember(h.ctx(), h.owner, team.NewMember{Email: &email, RoleID: h.system("member")}))
	pm := must(h.AddMember(h.ctx(), h.owner, team.NewMember{ProjectID: h.account.DefaultProjectID, Email: &email, RoleID: viewer}))
	// Only an emailed link verifies that the other invitations are for the same person.
	token := h.mailed()[""]
	got := must(h.signin.AcceptInvitation(h.ctx(), signin.Accept{Token: token, Name: "Dora", Password: "lamp orbit velvet toast"}))
	if got.ID != m.ID {
		t.Errorf("accepted %s, want %s", got.ID, m.ID)
	}
	after := must(h.GetMember(h.ctx(), h.owner, h.account.DefaultProjectID, pm.ID))
	if after.Status != team.StatusActive || after.UserID != got.UserID {
		t.Errorf("project membership: %+v", after)
	}
}

// Activating a member grants everything in the membership again, so it requires the permission to assign it.
func TestActivationRequiresPermissionToAssign(t *testing.T) {
	h := newHouse(t)
	manager, strong := h.role(permission.MembersManage), h.role(permission.MembersManage, permission.APIKeysCreate)
	_, alice := h.join(manager)
	m, bob := h.join(strong)
	_, key := h.key(bob, manager)
	suspended, active := team.StatusSuspended, team.StatusActive
	must(h.UpdateMember(h.ctx(), alice, "", m.ID, team.MemberChange{Status: &suspended, KeepKeys: true}))
	_, err := h.UpdateMember(h.ctx(), key, "", m.ID, team.MemberChange{Status: &active})
	want(t, err, "self_change_denied") // his own key must not
	must(h.UpdateMember(h.ctx(), alice, "", m.ID, team.MemberChange{Status: &active}))
	events, _, err := h.db.Events(h.ctx(), audit.Filter{AccountID: h.account.AccountID, TargetID: m.ID, Page: team.Page{Limit: 1}})
	if err != nil || !events[0].Delegated {
		t.Errorf("event of the activation: %+v, %v", events, err)
	}
}
