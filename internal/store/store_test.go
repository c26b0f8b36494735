package store_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"raff/internal/permission"
	"raff/internal/rafftest"
	"raff/internal/store"
	"raff/internal/team"
)

// backends are the databases on which every rule of the port is tested.
var backends = []struct {
	name string
	url  func(t testing.TB) string
}{
	{"sqlite", func(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "raff.db") }},
	{"postgres", rafftest.PreparedURL},
}

func onEach(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	for _, b := range backends {
		t.Run(b.name, func(t *testing.T) { test(t, newWorld(t, b.url(t))) })
	}
}

// world is a store with one account, and helpers that write to it.
type world struct {
	store.Port[store.Tx]
	url     string
	ctx     context.Context
	cat     *permission.Catalog
	start   time.Time
	account team.Account
	owner   team.Role // the system roles the tests use
	admin   team.Role
	basic   team.Role
	viewer  team.Role
}

// executed are the statements that the tests of this package have executed; see TestIndexes.
var executed store.Statements

func newWorld(t testing.TB, url string) *world {
	t.Helper()
	w := &world{url: url, ctx: context.Background(), cat: permission.Default(), start: time.Date(2026, 5, 4, 3, 2, 1, 123456000, time.UTC)}
	var err error
	if w.DB, err = store.Open(w.ctx, url, w.cat); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.DB.Close() })
	if _, bench := t.(*testing.B); !bench {
		executed.Watch(w.DB)
	}
	if err := w.SyncSystemRoles(w.ctx, w.systemRoles()); err != nil {
		t.Fatal(err)
	}
	w.account = w.newAccount(t, "Acme")
	return w
}

func (w *world) systemRoles() []team.Role {
	role := func(scope permission.Scope, slug, name string, permissions ...string) team.Role {
		set, _ := w.cat.SetOf(permissions)
		return team.Role{
			ID: team.SystemRoleID(scope, slug), Name: name, Slug: slug, Description: name + " of everyone", Scope: scope,
			Permissions: set, IsSystem: true, CreatedAt: w.start, UpdatedAt: w.start,
		}
	}
	w.owner = role(permission.ScopeAccount, permission.OwnerSlug, "Owner")
	w.owner.Permissions = w.cat.Decode("*")
	w.admin = role(permission.ScopeAccount, "admin", "Admin", permission.MembersManage, permission.MembersView)
	w.basic = role(permission.ScopeAccount, "member", "Member", permission.MembersView)
	w.viewer = role(permission.ScopeProject, "viewer", "Viewer", permission.ProjectMembersView)
	return []team.Role{w.owner, w.admin, w.basic, w.viewer}
}

// at returns the time that many microseconds after the start.
func (w *world) at(micros int) time.Time {
	return w.start.Add(time.Duration(micros) * time.Microsecond)
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

func hash(s string) []byte {
	sum := sha256.Sum256([]byte(s))
	return sum[:]
}

// do runs fn in a change of the account that must succeed.
func (w *world) do(t testing.TB, fn func(tx store.Tx) error) {
	t.Helper()
	if err := w.Update(w.ctx, w.account.ID, team.Exclusive, fn); err != nil {
		t.Fatal(err)
	}
}

func (w *world) newAccount(t testing.TB, name string) team.Account {
	t.Helper()
	a := team.Account{ID: newID(), Name: name, Strict: true, State: team.AccountActive, CreatedAt: w.start, UpdatedAt: w.at(1)}
	if err := w.Update(w.ctx, a.ID, team.Shared, func(tx store.Tx) error { return tx.InsertAccount(w.ctx, a) }); err != nil {
		t.Fatal(err)
	}
	return a
}

func (w *world) newUser(t testing.TB, email, name string) team.User {
	t.Helper()
	u := team.User{ID: newID(), Email: email, CanonicalEmail: email, Name: name, PasswordHash: "not-a-hash", CreatedAt: w.start, UpdatedAt: w.at(2)}
	w.do(t, func(tx store.Tx) error { return must(tx.InsertUser(w.ctx, u)) })
	return u
}

// person returns an active membership of a user, not yet stored.
func (w *world) person(u team.User, role team.Role) team.Member {
	return team.Member{
		ID: newID(), AccountID: w.account.ID, Type: team.TypeUser, UserID: u.ID, Email: u.Email, CanonicalEmail: u.CanonicalEmail, Name: u.Name,
		Role: role, Status: team.StatusActive, ManagedBy: team.ManagedByAPI, CreatedAt: w.start, UpdatedAt: w.start,
	}
}

// invited returns a pending membership with its invitation, not yet stored.
func (w *world) invited(email string) team.Member {
	m := team.Member{
		ID: newID(), AccountID: w.account.ID, Type: team.TypeInvitation, Email: email, CanonicalEmail: email, Role: w.basic,
		Status: team.StatusPending, ManagedBy: team.ManagedByAPI, InvitedAt: w.start, CreatedAt: w.start, UpdatedAt: w.start,
	}
	m.Invitation = &team.Invitation{
		ID: newID(), AccountID: w.account.ID, MemberID: m.ID, Email: email, State: team.InvitationQueued,
		ExpiresAt: w.start.Add(7 * 24 * time.Hour), CreatedAt: w.start, UpdatedAt: w.start,
	}
	return m
}

func (w *world) add(t testing.TB, m team.Member) team.Member {
	t.Helper()
	w.do(t, func(tx store.Tx) error {
		if err := must(tx.InsertMember(w.ctx, m)); err != nil || m.Invitation == nil {
			return err
		}
		return tx.InsertInvitation(w.ctx, *m.Invitation)
	})
	return m
}

func (w *world) newProject(t testing.TB, name, slug string) team.Project {
	t.Helper()
	p := team.Project{ID: newID(), AccountID: w.account.ID, Name: name, Slug: slug, IsActive: true, CreatedAt: w.start, UpdatedAt: w.start}
	w.do(t, func(tx store.Tx) error { return must(tx.InsertProject(w.ctx, p)) })
	return p
}

func (w *world) newKey(t testing.TB, name string) team.APIKey {
	t.Helper()
	k := team.APIKey{
		ID: newID(), AccountID: w.account.ID, Name: name, KeyPrefix: "raff_fake0000", Hash: hash(name), Tier: team.TierStandard, IssuedAt: w.start,
		IsActive: true, CreatedAt: w.start, UpdatedAt: w.start,
	}
	w.do(t, func(tx store.Tx) error { return tx.InsertAPIKey(w.ctx, k) })
	return k
}

// keyMember returns the membership of an API key, not yet stored.
func (w *world) keyMember(k team.APIKey, role team.Role) team.Member {
	return team.Member{
		ID: newID(), AccountID: w.account.ID, Type: team.TypeAPIKey, APIKeyID: k.ID, Email: team.KeyEmail(k.ID),
		CanonicalEmail: team.KeyEmail(k.ID), Name: k.Name, Role: role, Status: team.StatusActive, ManagedBy: team.ManagedByAPI,
		CreatedAt: w.start, UpdatedAt: w.start,
	}
}

var errNotInserted = errors.New("refused by a unique constraint")

// must returns an error for an insert that wrote nothing.
func must(ok bool, err error) error {
	if err == nil && !ok {
		return errNotInserted
	}
	return err
}

func wantNotFound(t *testing.T, what string, err error) {
	t.Helper()
	if !team.IsNotFound(err) {
		t.Errorf("%s: %v, want not found", what, err)
	}
}
