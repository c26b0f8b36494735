package store_test

import (
	"reflect"
	"testing"
	"time"

	"raff/internal/audit"
	"raff/internal/event"
	"raff/internal/permission"
	"raff/internal/store"
	"raff/internal/team"
)

// same fails unless a read returned every field that was written.
func same[T any](t *testing.T, what string, want T) func(got T, err error) {
	t.Helper()
	return func(got T, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", what, err)
		} else if !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
		}
	}
}

func TestRoundTrip(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		for _, part := range []struct {
			name string
			test func(*testing.T, *world)
		}{
			{"account", accountComesBack}, {"user", userComesBack}, {"role", roleComesBack}, {"project", projectComesBack},
			{"key", keyComesBack}, {"person", personComesBack}, {"invited", invitedComesBack}, {"event", eventComesBack},
			{"link token", linkTokenComesBack}, {"message", messageComesBack}, {"session", sessionComesBack}, {"factor", factorComesBack},
		} {
			t.Run(part.name, func(t *testing.T) { part.test(t, w) })
		}
	})
}

func accountComesBack(t *testing.T, w *world) {
	same(t, "account", w.account)(w.Account(w.ctx, w.account.ID))
	a := w.account
	a.Name, a.Strict, a.UpdatedAt = "Größer & Co", false, w.at(9)
	w.do(t, func(tx store.Tx) error { return tx.UpdateAccount(w.ctx, a) })
	same(t, "changed account", a)(w.Account(w.ctx, a.ID))
	_, err := w.Account(w.ctx, newID())
	wantNotFound(t, "unknown account", err)
}

func userComesBack(t *testing.T, w *world) {
	u := team.User{
		ID: newID(), Email: "Alice@example.com", CanonicalEmail: "alice@example.com", Name: "Alice Ärmel", PasswordHash: "fake", Proven: true, VouchedBy: "someone",
		CreatedAt: w.at(1), UpdatedAt: w.at(2),
	}
	w.do(t, func(tx store.Tx) error { return must(tx.InsertUser(w.ctx, u)) })
	same(t, "user", u)(w.User(w.ctx, u.ID))
	_, err := w.KnownUser(w.ctx, w.account.ID, u.ID)
	wantNotFound(t, "user nobody knows", err)
	w.do(t, func(tx store.Tx) error {
		if err := tx.KnowUser(w.ctx, w.account.ID, u, w.at(3)); err != nil {
			return err
		}
		return tx.KnowUser(w.ctx, w.account.ID, u, w.at(4))
	})
	same(t, "known user", u)(w.KnownUser(w.ctx, w.account.ID, u.ID))
	u.Email, u.CanonicalEmail, u.Name, u.PasswordHash, u.UpdatedAt = "A@example.com", "a@example.com", "A", "", w.at(5)
	w.do(t, func(tx store.Tx) error { return tx.UpdateUser(w.ctx, u) })
	same(t, "changed user", u)(w.UserByEmail(w.ctx, "a@example.com"))
	_, err = w.UserByEmail(w.ctx, "alice@example.com")
	wantNotFound(t, "user by an address of old", err)
}

func roleComesBack(t *testing.T, w *world) {
	set, _ := w.cat.SetOf([]string{permission.ProjectMembersView, "vm.view"})
	r := team.Role{
		ID: newID(), AccountID: w.account.ID, Name: "Watcher", Slug: "watcher", Description: "Looks on", Scope: permission.ScopeProject,
		Permissions: set, CreatedBy: "operator", CreatedAt: w.at(1), UpdatedAt: w.at(2),
	}
	w.do(t, func(tx store.Tx) error { return must(tx.InsertRole(w.ctx, r)) })
	same(t, "role", r)(w.Role(w.ctx, w.account.ID, r.ID))
	same(t, "Owner role", w.owner)(w.Role(w.ctx, w.account.ID, w.owner.ID))
	r.Name, r.Description, r.Permissions, r.UpdatedAt = "Onlooker", "", permission.Set{}, w.at(3)
	w.do(t, func(tx store.Tx) error { return tx.UpdateRole(w.ctx, r) })
	same(t, "changed role", r)(w.Role(w.ctx, w.account.ID, r.ID))
	_, err := w.Role(w.ctx, w.newAccount(t, "Other").ID, r.ID)
	wantNotFound(t, "role of another account", err)
	w.do(t, func(tx store.Tx) error { return tx.DeleteRole(w.ctx, r.ID) })
	_, err = w.Role(w.ctx, w.account.ID, r.ID)
	wantNotFound(t, "deleted role", err)
}

func projectComesBack(t *testing.T, w *world) {
	p := team.Project{
		ID: newID(), AccountID: w.account.ID, Name: "Shop", Slug: "shop", Description: "The shop", DefaultRegion: "eu-1", IsDefault: true,
		IsActive: true, CreatedBy: newID(), CreatedAt: w.at(1), UpdatedAt: w.at(2),
	}
	w.do(t, func(tx store.Tx) error { return must(tx.InsertProject(w.ctx, p)) })
	same(t, "project", p)(w.Project(w.ctx, w.account.ID, p.ID))
	p.Name, p.Description, p.DefaultRegion, p.IsActive, p.UpdatedAt = "Store", "", "", false, w.at(3)
	w.do(t, func(tx store.Tx) error { return must(tx.UpdateProject(w.ctx, p)) })
	same(t, "changed project", p)(w.Project(w.ctx, w.account.ID, p.ID))
	_, err := w.Project(w.ctx, newID(), p.ID)
	wantNotFound(t, "project of another account", err)
}

func keyComesBack(t *testing.T, w *world) {
	maker := newID()
	k := team.APIKey{
		ID: newID(), AccountID: w.account.ID, Name: "Terraform", KeyPrefix: "raff_fake0001", Hash: hash("new"), OldHash: hash("old"), OldUntil: w.at(1),
		Tier: team.TierHigh, IssuedAt: w.at(2), ExpiresAt: w.at(3), LastUsedAt: w.at(4), IsActive: true, CreatedBy: newID(), CreatedByUser: maker,
		CreatedAt: w.at(5), UpdatedAt: w.at(6),
	}
	w.do(t, func(tx store.Tx) error { return tx.InsertAPIKey(w.ctx, k) })
	same(t, "key", k)(w.APIKey(w.ctx, w.account.ID, k.ID))

	wantPrincipal := team.KeyPrincipal{Key: k, Account: w.account}
	wantPrincipal.Account, _ = w.Account(w.ctx, w.account.ID)
	same(t, "principal without a role", wantPrincipal)(w.KeyPrincipal(w.ctx, hash("new")))
	p := w.newProject(t, "Keyed", "keyed")
	m, pm := w.keyMember(k, w.admin), w.keyMember(k, w.viewer)
	pm.ProjectID, pm.ProjectName, pm.CreatedAt = p.ID, p.Name, w.at(1)
	w.add(t, m)
	w.add(t, pm)
	wantPrincipal.Member = &m
	same(t, "principal by hash", wantPrincipal)(w.KeyPrincipal(w.ctx, hash("new")))
	same(t, "principal by old hash", wantPrincipal)(w.KeyPrincipal(w.ctx, hash("old")))
	same(t, "principal by id", wantPrincipal)(w.KeyPrincipalByID(w.ctx, k.ID))
	_, err := w.KeyPrincipal(w.ctx, hash("unknown"))
	wantNotFound(t, "unknown hash", err)

	k.Memberships = []team.Member{m, pm}
	same(t, "key with memberships", k)(w.APIKey(w.ctx, w.account.ID, k.ID))
	holdersComeBack(t, w, k, maker)
	list, total, err := w.APIKeys(w.ctx, team.APIKeyFilter{AccountID: w.account.ID, Page: team.Page{Limit: 10}})
	same(t, "keys", []team.APIKey{k})(list, err)
	if total != 1 {
		t.Errorf("total %d, want 1", total)
	}

	k.Name, k.KeyPrefix, k.Hash, k.OldHash, k.OldUntil, k.Tier = "CI", "raff_fake0002", hash("newer"), nil, time.Time{}, team.TierStandard
	k.IssuedAt, k.ExpiresAt, k.LastUsedAt, k.IsActive, k.UpdatedAt = w.at(7), time.Time{}, time.Time{}, false, w.at(8)
	w.do(t, func(tx store.Tx) error { return tx.UpdateAPIKey(w.ctx, k) })
	k.Memberships[0].Name, k.Memberships[1].Name = "CI", "CI"
	same(t, "changed key", k)(w.APIKey(w.ctx, w.account.ID, k.ID))
	for _, used := range []time.Time{w.at(20), w.at(10)} { // the earlier time arrives last
		if err := w.TouchAPIKeys(w.ctx, map[string]time.Time{k.ID: used}); err != nil {
			t.Fatal(err)
		}
	}
	k.LastUsedAt = w.at(20)
	same(t, "touched key", k)(w.APIKey(w.ctx, w.account.ID, k.ID))

	w.do(t, func(tx store.Tx) error { return tx.DeleteAPIKey(w.ctx, k.ID) })
	_, err = w.APIKey(w.ctx, w.account.ID, k.ID)
	wantNotFound(t, "deleted key", err)
	_, err = w.Member(w.ctx, w.account.ID, p.ID, pm.ID)
	wantNotFound(t, "membership of a deleted key", err)
}

func holdersComeBack(t *testing.T, w *world, k team.APIKey, maker string) {
	none := newID()
	show := func(ids ...string) {
		t.Helper()
		var to []team.SecretHolder
		for _, id := range ids {
			to = append(to, team.SecretHolder{Type: team.TypeUser, ID: id})
		}
		w.do(t, func(tx store.Tx) error { return tx.ShowSecret(w.ctx, k.ID, to) })
	}
	end := func(at, until time.Time) {
		t.Helper()
		w.do(t, func(tx store.Tx) error { return tx.EndSecrets(w.ctx, k.ID, at, until) })
	}
	want := func(current bool, at time.Time) {
		t.Helper()
		same(t, "held keys", []team.HeldKey{{APIKey: k, Current: current}})(w.KeysHeldBy(w.ctx, w.account.ID, maker, at))
	}
	show(maker)
	want(true, w.at(10))
	end(w.at(10), w.at(20)) // with a grace period
	want(true, w.at(19))
	want(false, w.at(20))
	end(w.at(15), w.at(30)) // the secret is replaced again: the grace period ends
	want(false, w.at(16))
	show(maker, none)
	want(true, w.at(40))
	holders, err := w.SecretHolders(w.ctx, k.ID)
	if err != nil || len(holders) != 2 {
		t.Errorf("holders: %+v, %v", holders, err)
	}
	for _, of := range []struct{ account, user string }{{newID(), maker}, {w.account.ID, ""}, {w.account.ID, newID()}} {
		if keys, err := w.KeysHeldBy(w.ctx, of.account, of.user, w.at(10)); err != nil || len(keys) != 0 {
			t.Errorf("keys held by %+v: %+v, %v", of, keys, err)
		}
	}
}

func personComesBack(t *testing.T, w *world) {
	u := w.newUser(t, "bob@example.com", "Bob")
	p := w.newProject(t, "Peopled", "peopled")
	m := w.person(u, w.admin)
	m.Email, m.IsOwner, m.ManagedBy, m.InvitedBy = "BOB@example.com", true, team.ManagedBySCIM, newID()
	m.InvitedAt, m.AcceptedAt, m.ExpiresAt, m.CreatedAt, m.UpdatedAt = w.at(1), w.at(2), w.at(3), w.at(4), w.at(5)
	w.add(t, m)
	pm := w.person(u, w.viewer)
	pm.ProjectID, pm.ProjectName, pm.CreatedAt = p.ID, p.Name, w.at(9)
	w.add(t, pm)

	same(t, "member", m)(w.Member(w.ctx, w.account.ID, "", m.ID))
	same(t, "project member", pm)(w.Member(w.ctx, w.account.ID, p.ID, pm.ID))
	same(t, "member by email", m)(w.MemberByEmail(w.ctx, w.account.ID, "", "bob@example.com"))
	same(t, "member of", pm)(w.MemberOf(w.ctx, w.account.ID, p.ID, team.TypeUser, u.ID))
	same(t, "memberships of", []team.Member{m, pm})(w.MembershipsOf(w.ctx, w.account.ID, "bob@example.com"))
	for what, where := range map[string][2]string{
		"in another scope": {w.account.ID, p.ID}, "in another account": {newID(), ""}, "in a project that is not": {w.account.ID, newID()},
	} {
		_, err := w.Member(w.ctx, where[0], where[1], m.ID)
		wantNotFound(t, "member "+what, err)
	}
	for _, id := range []string{"", "operator", "0198C0DE-0000-7000-8000-000000000001", "{0198c0de-0000-7000-8000-000000000001}", "%"} {
		_, err := w.Member(w.ctx, w.account.ID, "", id)
		wantNotFound(t, "member "+id, err)
	}

	m.Role, m.Status, m.IsOwner, m.ManagedBy, m.InvitedBy = w.basic, team.StatusSuspended, false, team.ManagedByAPI, ""
	m.InvitedAt, m.AcceptedAt, m.ExpiresAt, m.UpdatedAt = time.Time{}, time.Time{}, time.Time{}, w.at(6)
	w.do(t, func(tx store.Tx) error { return tx.UpdateMember(w.ctx, m) })
	same(t, "changed member", m)(w.Member(w.ctx, w.account.ID, "", m.ID))
	w.do(t, func(tx store.Tx) error { return tx.DeleteMember(w.ctx, m) })
	_, err := w.Member(w.ctx, w.account.ID, "", m.ID)
	wantNotFound(t, "deleted member", err)
}

func eventComesBack(t *testing.T, w *world) {
	e := event.Event{
		ID: newID(), AccountID: w.account.ID, At: w.at(1), ActorType: event.Operator, ActorID: event.OperatorID, ActorName: "Operator",
		Action:    event.ActionMemberAdded,
		Target:    event.Target{TargetType: "member", TargetID: newID(), TargetName: "bob@example.com", ProjectID: newID()},
		Delegated: true,
		RequestID: "req-1", Details: `{"role":{"from":"member","to":"admin"}}`,
	}
	w.do(t, func(tx store.Tx) error { return tx.InsertEvent(w.ctx, e) })
	list, total, err := w.Events(w.ctx, audit.Filter{AccountID: w.account.ID, Page: team.Page{Limit: 10}})
	same(t, "events", []event.Event{e})(list, err)
	if total.N != 1 {
		t.Errorf("total %d, want 1", total.N)
	}
}

func linkTokenComesBack(t *testing.T, w *world) {
	u := w.newUser(t, "dora@example.com", "")
	l := team.LinkToken{Hash: hash("link"), UserID: u.ID, Purpose: team.LinkReset, ExpiresAt: w.at(1)}
	w.do(t, func(tx store.Tx) error { return tx.InsertLinkToken(w.ctx, l) })
	same(t, "link token", l)(w.LinkToken(w.ctx, hash("link")))
	_, err := w.LinkToken(w.ctx, hash("other"))
	wantNotFound(t, "unknown link token", err)
}
