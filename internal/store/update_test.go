package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"raff/internal/audit"
	"raff/internal/event"
	"raff/internal/permission"
	"raff/internal/store"
	"raff/internal/team"
)

// parallel runs fn n times concurrently and waits.
func parallel(n int, fn func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { fn(i) })
	}
	all.Wait()
}

func TestUniqueRules(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		other := w.newAccount(t, "Other")
		alice, bob := w.newUser(t, "alice@example.com", "Alice"), w.newUser(t, "bob@example.com", "Bob")
		shop := w.newProject(t, "Shop", "shop")
		key := w.newKey(t, "CI")
		m := w.person(alice, w.owner)
		m.IsOwner = true
		w.add(t, m)
		w.add(t, w.keyMember(key, w.basic))
		role := team.Role{ID: newID(), AccountID: w.account.ID, Name: "Löwe", Slug: "loewe", Scope: permission.ScopeAccount, CreatedAt: w.start, UpdatedAt: w.start}
		w.do(t, func(tx store.Tx) error { return must(tx.InsertRole(w.ctx, role)) })

		member := func(change func(m *team.Member)) func(tx store.Tx) (bool, error) {
			m := w.person(bob, w.basic)
			change(&m)
			return func(tx store.Tx) (bool, error) { return tx.InsertMember(w.ctx, m) }
		}
		newRole := func(change func(r *team.Role)) func(tx store.Tx) (bool, error) {
			r := role
			r.ID, r.Name, r.Slug = newID(), "Other", "other"
			change(&r)
			return func(tx store.Tx) (bool, error) { return tx.InsertRole(w.ctx, r) }
		}
		project := func(change func(p *team.Project)) func(tx store.Tx) (bool, error) {
			p := shop
			p.ID, p.Name, p.Slug = newID(), "Other", "other"
			change(&p)
			return func(tx store.Tx) (bool, error) { return tx.InsertProject(w.ctx, p) }
		}
		for _, c := range []struct {
			name   string
			insert func(tx store.Tx) (bool, error)
			want   bool
		}{
			{"same address in the account", member(func(m *team.Member) { m.UserID, m.CanonicalEmail = bob.ID, alice.CanonicalEmail }), false},
			{"same user in the account", member(func(m *team.Member) { m.UserID = alice.ID }), false},
			{"same key in the account", member(func(m *team.Member) { m.Type, m.UserID, m.APIKeyID = team.TypeAPIKey, "", key.ID }), false},
			{"second owner", member(func(m *team.Member) { m.IsOwner = true }), false},
			{"same address in a project", member(func(m *team.Member) {
				m.ProjectID, m.UserID, m.CanonicalEmail = shop.ID, alice.ID, alice.CanonicalEmail
			}), true},
			{"same address twice in a project", member(func(m *team.Member) { m.ProjectID, m.CanonicalEmail = shop.ID, alice.CanonicalEmail }), false},
			{"same address in another account", member(func(m *team.Member) { m.AccountID, m.CanonicalEmail, m.IsOwner = other.ID, alice.CanonicalEmail, true }), true},
			{"someone else", member(func(*team.Member) {}), true},
			{"role name in other case", newRole(func(r *team.Role) { r.Name = "LÖWE" }), false},
			{"role name in other composition", newRole(func(r *team.Role) { r.Name = "Lo\u0308we" }), false},
			{"role slug", newRole(func(r *team.Role) { r.Slug = role.Slug }), false},
			{"role name and slug in the other scope", newRole(func(r *team.Role) { r.Name, r.Slug, r.Scope = role.Name, role.Slug, permission.ScopeProject }), true},
			{"role name and slug in another account", newRole(func(r *team.Role) { r.Name, r.Slug, r.AccountID = role.Name, role.Slug, other.ID }), true},
			{"project name in other case", project(func(p *team.Project) { p.Name = "SHOP" }), false},
			{"project slug", project(func(p *team.Project) { p.Slug = shop.Slug }), false},
			{"default project", project(func(p *team.Project) { p.Name, p.Slug, p.IsDefault = "A", "a", true }), true},
			{"second default project", project(func(p *team.Project) { p.Name, p.Slug, p.IsDefault = "B", "b", true }), false},
			{"project name in another account", project(func(p *team.Project) { p.Name, p.Slug, p.AccountID = shop.Name, shop.Slug, other.ID }), true},
			{"user address", func(tx store.Tx) (bool, error) {
				return tx.InsertUser(w.ctx, team.User{ID: newID(), Email: "B", CanonicalEmail: bob.CanonicalEmail, CreatedAt: w.start, UpdatedAt: w.start})
			}, false},
		} {
			w.do(t, func(tx store.Tx) error {
				ok, err := c.insert(tx)
				if ok != c.want {
					t.Errorf("%s: %v, want %v", c.name, ok, c.want)
				}
				if _, err := tx.Account(w.ctx, w.account.ID); err != nil {
					t.Errorf("%s: the transaction cannot continue: %v", c.name, err)
				}
				return err
			})
		}

		// The same constraints apply to updates.
		free := w.newProject(t, "Free", "free")
		free.Name = "sHop"
		w.do(t, func(tx store.Tx) error {
			if ok, err := tx.UpdateProject(w.ctx, free); ok || err != nil {
				t.Errorf("rename to a taken project name: %v, %v", ok, err)
			}
			return nil
		})
		second := role
		second.ID, second.Name, second.Slug = newID(), "Tiger", "tiger"
		w.do(t, func(tx store.Tx) error { return must(tx.InsertRole(w.ctx, second)) })
		second.Name = "löwe"
		err := w.Update(w.ctx, w.account.ID, team.Shared, func(tx store.Tx) error { return tx.UpdateRole(w.ctx, second) })
		if !errors.Is(err, &team.Error{Kind: team.KindConflict, Code: "name_taken"}) {
			t.Errorf("rename to a taken role name: %v", err)
		}
	})
}

func TestConcurrentInsertsOfOneEmail(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		var won atomic.Int32
		parallel(50, func(int) {
			m := w.invited("alice@example.com")
			err := w.Update(w.ctx, w.account.ID, team.Shared, func(tx store.Tx) error {
				ok, err := tx.InsertMember(w.ctx, m)
				if err != nil {
					return err
				}
				if ok {
					won.Add(1)
					return tx.InsertInvitation(w.ctx, *m.Invitation)
				}
				_, err = tx.MemberByEmail(w.ctx, w.account.ID, "", m.CanonicalEmail) // the winner's row is readable
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
		_, total, err := w.Members(w.ctx, team.MemberFilter{AccountID: w.account.ID})
		if err != nil || total.N != 1 || won.Load() != 1 {
			t.Errorf("%d inserts succeeded, %d members, %v", won.Load(), total.N, err)
		}
	})
}

var errStop = errors.New("stop")

// addEvent writes one row whose presence shows that the change was committed.
func (w *world) addEvent(tx store.Tx, action string) error {
	return tx.InsertEvent(w.ctx, event.Event{
		ID: newID(), AccountID: w.account.ID, At: w.start, ActorType: event.Operator, ActorID: "operator", Action: event.Action(action),
		Target: event.Target{TargetType: "member"}, Details: "{}",
	})
}

func (w *world) events(t testing.TB, action string) int {
	t.Helper()
	_, n, err := w.Events(w.ctx, audit.Filter{AccountID: w.account.ID, Action: event.Action(action)})
	if err != nil {
		t.Error(err)
	}
	return n.N
}

func TestFailedChangeIsRolledBack(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		cancelled, cancel := context.WithCancel(w.ctx)
		for _, c := range []struct {
			name string
			ctx  context.Context
			fn   func(tx store.Tx) error
			want func(err error) bool
		}{
			{"returned error", w.ctx, func(store.Tx) error { return errStop }, func(err error) bool { return errors.Is(err, errStop) }},
			{"foreign key", w.ctx, func(tx store.Tx) error {
				m := w.invited("alice@example.com")
				m.Role.ID = newID()
				return must(tx.InsertMember(w.ctx, m))
			}, func(err error) bool { return err != nil && !errors.Is(err, errNotInserted) }},
			{"error passed over", w.ctx, func(tx store.Tx) error {
				m := w.invited("alice@example.com")
				m.Role.ID = newID()
				_, _ = tx.InsertMember(w.ctx, m)
				return nil
			}, func(err error) bool { return err != nil }},
			{"cancelled inside", cancelled, func(tx store.Tx) error {
				cancel()
				_, err := tx.Account(cancelled, w.account.ID)
				return err
			}, func(err error) bool { return errors.Is(err, context.Canceled) }},
			{"cancelled before", cancelled, func(store.Tx) error { return nil }, func(err error) bool { return errors.Is(err, context.Canceled) }},
		} {
			err := w.Update(c.ctx, w.account.ID, team.Shared, func(tx store.Tx) error {
				if err := w.addEvent(tx, c.name); err != nil {
					return err
				}
				return c.fn(tx)
			})
			if n := w.events(t, c.name); !c.want(err) || n != 0 {
				t.Errorf("%s: %v, %d events were kept", c.name, err, n)
			}
		}
	})
}

func TestPanicIsRolledBack(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		func() {
			defer func() {
				if p := recover(); p != "boom" {
					t.Errorf("recovered %v", p)
				}
			}()
			_ = w.Update(w.ctx, w.account.ID, team.Exclusive, func(tx store.Tx) error {
				if err := w.addEvent(tx, "panicked"); err != nil {
					return err
				}
				if _, err := tx.Account(w.ctx, w.account.ID); err != nil {
					return err
				}
				panic("boom")
			})
		}()
		w.do(t, func(tx store.Tx) error { return w.addEvent(tx, "after") })
		if w.events(t, "panicked") != 0 || w.events(t, "after") != 1 {
			t.Errorf("events %d and %d, want 0 and 1", w.events(t, "panicked"), w.events(t, "after"))
		}
	})
}

// TestConcurrentChangesAreIndependent: changes that share a commit must not share each other's failures.
func TestConcurrentChangesAreIndependent(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		const n = 120
		var kept atomic.Int32
		parallel(n, func(i int) {
			defer func() {
				if p := recover(); (p != nil) != (i%4 == 1) {
					t.Errorf("change %d: panic %v", i, p)
				}
			}()
			err := w.Update(w.ctx, w.account.ID, team.Shared, func(tx store.Tx) error {
				if err := w.addEvent(tx, fmt.Sprint("change.", i%4)); err != nil {
					return err
				}
				switch i % 4 {
				case 0:
					return errStop
				case 1:
					panic("boom")
				case 2:
					m := w.invited(newID() + "@example.com")
					m.Role.ID = newID() // breaks a foreign key
					return must(tx.InsertMember(w.ctx, m))
				}
				return nil
			})
			if (err == nil) != (i%4 == 3) {
				t.Errorf("change %d: %v", i, err)
			}
			if err == nil {
				kept.Add(1)
			}
		})
		for i, want := range []int{0, 0, 0, n / 4} {
			if got := w.events(t, fmt.Sprint("change.", i)); got != want {
				t.Errorf("kind %d: %d events, want %d", i, got, want)
			}
		}
	})
}

func TestReadsSeeEarlierCommits(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		parallel(8, func(g int) {
			for i := range 20 {
				action := fmt.Sprintf("seen.%d.%d", g, i)
				err := w.Update(w.ctx, w.account.ID, team.Shared, func(tx store.Tx) error {
					if err := w.addEvent(tx, action); err != nil {
						return err
					}
					if _, n, err := tx.Events(w.ctx, audit.Filter{AccountID: w.account.ID, Action: event.Action(action)}); err != nil || n.N != 1 {
						t.Errorf("%s: inside the change %d events, %v", action, n.N, err)
					}
					return nil
				})
				if err != nil || w.events(t, action) != 1 {
					t.Errorf("%s: not seen, %v", action, err)
				}
			}
		})
	})
}

// TestExclusiveChangesRunAlone: of two changes that are each allowed only while the other's row exists, only one commits.
func TestExclusiveChangesRunAlone(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		for round := range 30 {
			a := w.add(t, w.person(w.newUser(t, fmt.Sprintf("a%d@example.com", round), "A"), w.admin))
			b := w.add(t, w.person(w.newUser(t, fmt.Sprintf("b%d@example.com", round), "B"), w.admin))
			parallel(2, func(i int) {
				err := w.Update(w.ctx, w.account.ID, team.Exclusive, func(tx store.Tx) error {
					if err := tx.DeleteMember(w.ctx, []team.Member{a, b}[i]); err != nil {
						return err
					}
					if ok, err := tx.HasManager(w.ctx, w.account.ID, permission.MembersManage, w.start); err != nil || !ok {
						return errors.Join(errStop, err)
					}
					return nil
				})
				if err != nil && !errors.Is(err, errStop) {
					t.Error(err)
				}
			})
			left, total, err := w.Members(w.ctx, team.MemberFilter{AccountID: w.account.ID})
			if err != nil || total.N != 1 {
				t.Fatalf("round %d: %d managers left, %v", round, total.N, err)
			}
			w.do(t, func(tx store.Tx) error { return tx.DeleteMember(w.ctx, left[0]) })
		}
	})
}

func TestLocks(t *testing.T) {
	// overlap reports whether a change with the second lock can run during one with the first.
	overlap := func(t *testing.T, w *world, first, second team.Lock, secondAccount string, within time.Duration) bool {
		inside, finish := make(chan struct{}), make(chan struct{})
		run := func(account string, lock team.Lock, during func()) {
			err := w.Update(w.ctx, account, lock, func(tx store.Tx) error {
				if _, err := tx.Account(w.ctx, account); err != nil {
					return err
				}
				during()
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		}
		var all sync.WaitGroup
		all.Go(func() { run(w.account.ID, first, func() { close(inside); <-finish }) })
		<-inside
		done := make(chan struct{})
		all.Go(func() { run(secondAccount, second, func() {}); close(done) })
		overlaps := true
		select {
		case <-done:
		case <-time.After(within):
			overlaps = false
		}
		close(finish)
		all.Wait()
		return overlaps
	}
	onEach(t, func(t *testing.T, w *world) {
		other := w.newAccount(t, "Other")
		oneWriter := w.url[:6] == "sqlite" // changes then never overlap
		for _, c := range []struct {
			name          string
			first, second team.Lock
			account       string
			want          bool
		}{
			{"two that add", team.Shared, team.Shared, w.account.ID, !oneWriter},
			{"taking away while adding", team.Shared, team.Exclusive, w.account.ID, false},
			{"adding while taking away", team.Exclusive, team.Shared, w.account.ID, false},
			{"two that take away", team.Exclusive, team.Exclusive, w.account.ID, false},
			{"two accounts", team.Exclusive, team.Exclusive, other.ID, !oneWriter},
		} {
			within := 300 * time.Millisecond
			if c.want {
				within = 2 * time.Minute // the machine may be busy
			}
			if got := overlap(t, w, c.first, c.second, c.account, within); got != c.want {
				t.Errorf("%s: overlap %v, want %v", c.name, got, c.want)
			}
		}
	})
}
