package store_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"raff/internal/audit"
	"raff/internal/event"
	"raff/internal/permission"
	"raff/internal/store"
	"raff/internal/team"
)

func TestCursorPagination(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		const n = 23
		other := w.newAccount(t, "Other")
		want := map[string][]string{} // ids by creation
		w.do(t, func(tx store.Tx) error {
			for i := range n {
				at := w.at(i / 5) // several rows share each moment
				m := w.invited(fmt.Sprintf("m%d@example.com", i))
				m.CreatedAt, m.Invitation.CreatedAt = at, at
				k := team.APIKey{ID: newID(), AccountID: w.account.ID, Name: "k", Hash: hash(fmt.Sprint(i)), IssuedAt: at, CreatedAt: at, UpdatedAt: at}
				p := team.Project{ID: newID(), AccountID: w.account.ID, Name: fmt.Sprint("p", i), Slug: fmt.Sprint("p", i), CreatedAt: at, UpdatedAt: at}
				e := event.Event{ID: newID(), AccountID: w.account.ID, At: at, Details: "{}"}
				foreign := w.invited(m.Email)
				foreign.AccountID = other.ID
				for _, err := range []error{
					must(tx.InsertMember(w.ctx, m)), tx.InsertInvitation(w.ctx, *m.Invitation), tx.InsertAPIKey(w.ctx, k),
					must(tx.InsertProject(w.ctx, p)), tx.InsertEvent(w.ctx, e), must(tx.InsertMember(w.ctx, foreign)),
				} {
					if err != nil {
						return err
					}
				}
				want["members"] = append(want["members"], m.ID)
				want["invitations"] = append(want["invitations"], m.Invitation.ID)
				want["keys"] = append(want["keys"], k.ID)
				want["projects"] = append(want["projects"], p.ID)
				want["events"] = append(want["events"], e.ID)
			}
			return nil
		})
		slices.Reverse(want["events"])
		want["members found"], want["people with a role"] = want["members"], want["members"]
		type row struct {
			id string
			at time.Time
		}
		for name, list := range map[string]func(p team.Page) ([]row, int, error){
			"members": func(p team.Page) ([]row, int, error) {
				list, total, err := w.Members(w.ctx, team.MemberFilter{AccountID: w.account.ID, Page: p})
				return each(list, func(v team.Member) row { return row{v.ID, v.CreatedAt} }), total.N, err
			},
			"members found": func(p team.Page) ([]row, int, error) {
				list, total, err := w.Members(w.ctx, team.MemberFilter{AccountID: w.account.ID, Query: "example", Page: p})
				return each(list, func(v team.Member) row { return row{v.ID, v.CreatedAt} }), total.N, err
			},
			"people with a role": func(p team.Page) ([]row, int, error) {
				list, total, err := w.People(w.ctx, team.PersonFilter{AccountID: w.account.ID, AllProjects: true, RoleID: w.basic.ID, Page: p})
				return each(list, func(v team.Person) row { return row{v.ID, v.CreatedAt} }), total.N, err
			},
			"invitations": func(p team.Page) ([]row, int, error) {
				list, total, err := w.Invitations(w.ctx, team.InvitationFilter{AccountID: w.account.ID, Page: p})
				return each(list, func(v team.Invitation) row { return row{v.ID, v.CreatedAt} }), total, err
			},
			"keys": func(p team.Page) ([]row, int, error) {
				list, total, err := w.APIKeys(w.ctx, team.APIKeyFilter{AccountID: w.account.ID, Page: p})
				return each(list, func(v team.APIKey) row { return row{v.ID, v.CreatedAt} }), total, err
			},
			"projects": func(p team.Page) ([]row, int, error) {
				list, total, err := w.Projects(w.ctx, team.ProjectFilter{AccountID: w.account.ID, Page: p})
				return each(list, func(v team.Project) row { return row{v.ID, v.CreatedAt} }), total.N, err
			},
			"events": func(p team.Page) ([]row, int, error) {
				list, total, err := w.Events(w.ctx, audit.Filter{AccountID: w.account.ID, Page: p})
				return each(list, func(v event.Event) row { return row{v.ID, v.At} }), total.N, err
			},
		} {
			for _, walk := range []string{"cursor", "offset", "immediately"} {
				var got []string
				p := team.Page{Limit: 4}
				if walk == "immediately" {
					p.Limit = 0
				}
				for {
					rows, total, err := list(p)
					if err != nil || total != n {
						t.Fatalf("%s by %s: total %d, %v", name, walk, total, err)
					}
					for _, r := range rows {
						got = append(got, r.id)
					}
					if len(rows) == 0 || p.Limit == 0 || len(got) > n {
						break
					}
					if last := rows[len(rows)-1]; walk == "cursor" {
						p.After = &team.Cursor{At: last.at, ID: last.id}
					} else {
						p.Offset += len(rows)
					}
				}
				if !slices.Equal(got, want[name]) {
					t.Errorf("%s by %s:\n got %v\nwant %v", name, walk, got, want[name])
				}
			}
		}
	})
}

func each[T, U any](list []T, f func(T) U) []U {
	var out []U
	for _, v := range list {
		out = append(out, f(v))
	}
	return out
}

func TestMemberFilters(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		shop := w.newProject(t, "Shop", "shop")
		alice := w.person(w.newUser(t, "alice@example.com", "Ärmel_50%"), w.admin)
		bob := w.person(w.newUser(t, "bob@example.org", "Bob"), w.basic)
		bob.Status = team.StatusSuspended
		key := w.keyMember(w.newKey(t, "CI Robot"), w.basic)
		carol := w.invited("carol@example.com")
		inShop := w.person(team.User{ID: alice.UserID, Email: alice.Email, CanonicalEmail: alice.CanonicalEmail}, w.viewer)
		inShop.ProjectID = shop.ID
		for i, m := range []*team.Member{&alice, &bob, &key, &carol, &inShop} {
			m.CreatedAt = w.at(i)
			w.add(t, *m)
		}
		for _, c := range []struct {
			name   string
			filter team.MemberFilter
			want   []team.Member
		}{
			{"everyone", team.MemberFilter{}, []team.Member{alice, bob, key, carol}},
			{"project", team.MemberFilter{ProjectID: shop.ID}, []team.Member{inShop}},
			{"unknown project", team.MemberFilter{ProjectID: newID()}, nil},
			{"another account", team.MemberFilter{AccountID: newID(), ProjectID: shop.ID}, nil},
			{"status", team.MemberFilter{Status: team.StatusSuspended}, []team.Member{bob}},
			{"role", team.MemberFilter{RoleID: w.basic.ID}, []team.Member{bob, key, carol}},
			{"unknown role", team.MemberFilter{RoleID: newID()}, nil},
			{"what is no role id", team.MemberFilter{RoleID: "admin"}, nil},
			{"email", team.MemberFilter{Email: "carol@example.com"}, []team.Member{carol}},
			{"type", team.MemberFilter{PrincipalType: team.TypeAPIKey}, []team.Member{key}},
			{"several", team.MemberFilter{RoleID: w.basic.ID, Status: team.StatusPending, PrincipalType: team.TypeInvitation}, []team.Member{carol}},
			{"query: address", team.MemberFilter{Query: "EXAMPLE.org"}, []team.Member{bob}},
			{"query: name of a person", team.MemberFilter{Query: "äRMEL"}, []team.Member{alice}},
			{"query: decomposed name", team.MemberFilter{Query: "a\u0308rmel"}, []team.Member{alice}},
			{"query: name of a key", team.MemberFilter{Query: "robot"}, []team.Member{key}},
			{"query: %", team.MemberFilter{Query: "%"}, []team.Member{alice}},
			{"query: _", team.MemberFilter{Query: "_"}, []team.Member{alice}},
			{"query: backslash", team.MemberFilter{Query: `\`}, nil},
			{"query and status", team.MemberFilter{Query: "example", Status: team.StatusPending}, []team.Member{carol}},
		} {
			if c.filter.AccountID == "" {
				c.filter.AccountID = w.account.ID
			}
			ids := func(list []team.Member) []string { return each(list, func(m team.Member) string { return m.ID }) }
			got, total, err := w.Members(w.ctx, c.filter)
			if err != nil || total.N != len(c.want) || !slices.Equal(ids(got), ids(c.want)) {
				t.Errorf("%s: %v, total %d, %v; want %v", c.name, ids(got), total.N, err, ids(c.want))
			}
		}
		holders, total, err := w.RoleHolders(w.ctx, w.account.ID, w.basic.ID, 2)
		if err != nil || total != 3 || len(holders) != 2 || holders[0].ID != bob.ID {
			t.Errorf("holders: %d of %d, %v", len(holders), total, err)
		}
	})
}

func TestRoleOrder(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		for _, name := range []string{"Zebra", "apple", "Banana", "ärmel", "b-side", "B side"} {
			w.do(t, func(tx store.Tx) error {
				return must(tx.InsertRole(w.ctx, team.Role{
					ID: newID(), AccountID: w.account.ID, Name: name, Slug: name, Scope: permission.ScopeAccount, CreatedAt: w.start, UpdatedAt: w.start,
				}))
			})
		}
		list, total, err := w.Roles(w.ctx, team.RoleFilter{AccountID: w.account.ID, Scope: permission.ScopeAccount})
		names := each(list, func(r team.Role) string { return r.Name })
		want := []string{"Admin", "Member", "Owner", "apple", "B side", "b-side", "Banana", "Zebra", "ärmel"}
		if err != nil || total != len(want) || !slices.Equal(names, want) {
			t.Errorf("%v, total %d, %v; want %v", names, total, err, want)
		}
		if _, total, err := w.Roles(w.ctx, team.RoleFilter{AccountID: w.newAccount(t, "Other").ID}); err != nil || total != 4 {
			t.Errorf("another account has %d roles, %v; want the 4 system roles", total, err)
		}
	})
}

func TestVisibleProjects(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		mine, held, _ := w.newProject(t, "Mine", "mine"), w.newProject(t, "Held", "held"), w.newProject(t, "Others", "others")
		u := w.newUser(t, "alice@example.com", "Alice")
		k := w.newKey(t, "CI")
		for _, m := range []team.Member{w.person(u, w.viewer), w.keyMember(k, w.viewer)} {
			m.ProjectID = mine.ID
			w.add(t, m)
			m.ID, m.ProjectID, m.Status = newID(), held.ID, team.StatusSuspended
			w.add(t, m)
		}
		for kind, id := range map[team.PrincipalType]string{team.TypeUser: u.ID, team.TypeAPIKey: k.ID} {
			list, total, err := w.Projects(w.ctx, team.ProjectFilter{AccountID: w.account.ID, VisibleToType: kind, VisibleTo: id})
			if err != nil || total.N != 1 || list[0].ID != mine.ID {
				t.Errorf("%s sees %+v of %d, %v", kind, list, total.N, err)
			}
		}
		if _, total, err := w.Projects(w.ctx, team.ProjectFilter{AccountID: w.account.ID, VisibleToType: team.TypeUser, VisibleTo: newID()}); total.N != 0 || err != nil {
			t.Errorf("a stranger sees %d projects, %v", total.N, err)
		}
	})
}

func TestDeletingAProject(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		p := w.newProject(t, "Shop", "shop")
		m := w.person(w.newUser(t, "alice@example.com", "Alice"), w.viewer)
		m.ProjectID = p.ID
		w.add(t, m)
		i := w.invited("bob@example.com")
		i.ProjectID, i.Invitation.ProjectID, i.Role = p.ID, p.ID, w.viewer
		w.add(t, i)
		stays := w.add(t, w.invited("bob@example.com"))
		w.do(t, func(tx store.Tx) error {
			if err := tx.AddToken(w.ctx, team.InvitationToken{Hash: hash("token"), AccountID: w.account.ID, InvitationID: i.Invitation.ID}, w.start); err != nil {
				return err
			}
			if err := tx.InsertMessage(w.ctx, team.Message{
				ID: newID(), Kind: team.MessageInvitation, AccountID: w.account.ID, InvitationID: i.Invitation.ID, NextAt: w.start, CreatedAt: w.start,
			}); err != nil {
				return err
			}
			return tx.DeleteProject(w.ctx, p.ID)
		})
		_, err := w.Member(w.ctx, w.account.ID, p.ID, m.ID)
		wantNotFound(t, "member of a deleted project", err)
		_, _, err = w.InvitationByToken(w.ctx, hash("token"))
		wantNotFound(t, "invitation into a deleted project", err)
		if list, err := w.leaseAll(w.at(1)); len(list) > 0 || err != nil {
			t.Errorf("mail for a deleted project: %+v, %v", list, err)
		}
		if _, err := w.Member(w.ctx, w.account.ID, "", stays.ID); err != nil {
			t.Errorf("membership of the account: %v", err)
		}
	})
}

func TestHasManager(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		u := w.newUser(t, "alice@example.com", "Alice")
		key := w.newKey(t, "CI")
		near := w.admin // a role with a permission whose name contains the wanted one
		set, _ := w.cat.SetOf([]string{permission.ProjectMembersManage})
		near.ID, near.AccountID, near.Name, near.Slug, near.IsSystem, near.Permissions = newID(), w.account.ID, "Near", "near", false, set
		w.do(t, func(tx store.Tx) error { return must(tx.InsertRole(w.ctx, near)) })
		shop := w.newProject(t, "Shop", "shop")
		person := func(change func(m *team.Member)) team.Member {
			m := w.person(u, w.admin)
			change(&m)
			return m
		}
		for _, c := range []struct {
			name string
			m    team.Member
			want bool
		}{
			{"holder of the permission", person(func(*team.Member) {}), true},
			{"owner", person(func(m *team.Member) { m.Role, m.IsOwner = w.owner, true }), true},
			{"holder until later", person(func(m *team.Member) { m.ExpiresAt = w.at(1) }), true},
			{"holder until now", person(func(m *team.Member) { m.ExpiresAt = w.at(0) }), false},
			{"suspended", person(func(m *team.Member) { m.Status = team.StatusSuspended }), false},
			{"another role", person(func(m *team.Member) { m.Role = w.basic }), false},
			{"a name that contains it", person(func(m *team.Member) { m.Role = near }), false},
			{"in a project", person(func(m *team.Member) { m.ProjectID = shop.ID }), false},
			{"key", w.keyMember(key, w.owner), false},
			{"invited", func() team.Member { m := w.invited("bob@example.com"); m.Role = w.admin; return m }(), false},
		} {
			w.add(t, c.m)
			if got, err := w.HasManager(w.ctx, w.account.ID, permission.MembersManage, w.start); err != nil || got != c.want {
				t.Errorf("%s: %v, %v; want %v", c.name, got, err, c.want)
			}
			w.do(t, func(tx store.Tx) error { return tx.DeleteMember(w.ctx, c.m) })
		}
	})
}

// Names are found by their beginning, in any case, in the order of the names.
func TestNamesByPrefix(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		names := []string{"Shop", "shoe store", "Sho", "Office", "Überall"}
		for i, name := range names {
			w.newProject(t, name, fmt.Sprint("p", i))
			w.newKey(t, name)
			w.do(t, func(tx store.Tx) error {
				return must(tx.InsertRole(w.ctx, team.Role{ID: newID(), AccountID: w.account.ID, Name: name, Slug: fmt.Sprint("r", i), Scope: permission.ScopeProject, CreatedAt: w.start, UpdatedAt: w.start}))
			})
		}
		for prefix, want := range map[string][]string{
			"sho": {"Sho", "shoe store", "Shop"}, "SHOP": {"Shop"}, "ü": {"Überall"}, "x": nil, "%": nil, "office": {"Office"},
		} {
			projects, total, err := w.Projects(w.ctx, team.ProjectFilter{AccountID: w.account.ID, Prefix: prefix, Page: team.Page{Limit: 10}})
			if got := each(projects, func(p team.Project) string { return p.Name }); err != nil || total.N != len(want) || !slices.Equal(got, want) {
				t.Errorf("projects %q: %v of %d, %v; want %v", prefix, got, total.N, err, want)
			}
			keys, n, err := w.APIKeys(w.ctx, team.APIKeyFilter{AccountID: w.account.ID, Prefix: prefix, Page: team.Page{Limit: 10}})
			if got := each(keys, func(k team.APIKey) string { return k.Name }); err != nil || n != len(want) || !slices.Equal(got, want) {
				t.Errorf("keys %q: %v of %d, %v; want %v", prefix, got, n, err, want)
			}
			for _, scope := range []permission.Scope{"", permission.ScopeProject} {
				roles, n, err := w.Roles(w.ctx, team.RoleFilter{AccountID: w.account.ID, Scope: scope, Prefix: prefix, Page: team.Page{Limit: 10}})
				if got := each(roles, func(r team.Role) string { return r.Name }); err != nil || n != len(want) || !slices.Equal(got, want) {
					t.Errorf("roles %q: %v of %d, %v; want %v", prefix, got, n, err, want)
				}
			}
		}
		all, total, err := w.Roles(w.ctx, team.RoleFilter{AccountID: w.account.ID})
		if err != nil || total != len(all) {
			t.Fatalf("%d roles of %d, %v", len(all), total, err)
		}
		for offset := range len(all) + 2 {
			for _, skip := range []bool{false, true} {
				some, n, err := w.Roles(w.ctx, team.RoleFilter{AccountID: w.account.ID, Page: team.Page{Limit: 3, Offset: offset, SkipTotal: skip}})
				id := func(r team.Role) string { return r.ID }
				want := all[min(offset, len(all)):min(offset+3, len(all))]
				if err != nil || !skip && n != total || !slices.Equal(each(some, id), each(want, id)) {
					t.Errorf("roles from %d: %d of %d, %v; want %d of %d", offset, len(some), n, err, len(want), total)
				}
			}
		}
	})
}

func TestRoleUse(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		shop, office := w.newProject(t, "Shop", "shop"), w.newProject(t, "Office", "office")
		alice, key := w.newUser(t, "alice@example.com", "Alice"), w.newKey(t, "Deploy")
		w.add(t, w.invited("bob@example.com"))
		w.add(t, w.person(alice, w.basic))
		w.add(t, w.keyMember(key, w.basic))
		other := team.Role{ID: newID(), AccountID: w.account.ID, Name: "Other", Slug: "other", Scope: permission.ScopeProject, CreatedAt: w.start, UpdatedAt: w.start}
		w.do(t, func(tx store.Tx) error { return must(tx.InsertRole(w.ctx, other)) })
		for _, pr := range []team.Project{shop, office} { // one person in both projects
			m := w.person(alice, other)
			m.ProjectID = pr.ID
			w.add(t, m)
		}
		want := map[string]team.RoleUse{w.basic.ID: {People: 2, Keys: 1}, other.ID: {People: 2}}
		ids := []string{w.basic.ID, other.ID, w.admin.ID}
		if got, err := w.RoleUse(w.ctx, w.account.ID, ids); err != nil || !maps.Equal(got, want) {
			t.Errorf("%v, %v; want %v", got, err, want)
		}
		if got, err := w.RoleUse(w.ctx, newID(), ids); err != nil || len(got) != 0 {
			t.Errorf("another account: %v, %v", got, err)
		}
		for _, c := range []struct {
			scopes []string
			want   map[string]team.RoleUse
		}{
			{[]string{shop.ID, office.ID, w.account.ID}, want},
			{[]string{shop.ID, w.account.ID}, map[string]team.RoleUse{w.basic.ID: {People: 2, Keys: 1}, other.ID: {People: 1}}},
			{[]string{newID()}, map[string]team.RoleUse{}},
			{nil, map[string]team.RoleUse{}},
		} {
			if got, err := w.RoleUseIn(w.ctx, c.scopes, ids); err != nil || !maps.Equal(got, c.want) {
				t.Errorf("in %v: %v, %v; want %v", c.scopes, got, err, c.want)
			}
		}
	})
}

func TestEventFilters(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		target, project := newID(), newID()
		alice, key := w.newUser(t, "alice@example.com", "Älice 100%"), w.newKey(t, "Deploy 100%")
		stranger := w.newUser(t, "stranger@example.com", "Älice elsewhere") // never a member of the account
		actors := []string{alice.ID, key.ID, stranger.ID}
		w.do(t, func(tx store.Tx) error {
			if err := tx.KnowUser(w.ctx, w.account.ID, alice, w.start); err != nil {
				return err
			}
			for i, id := range actors {
				e := event.Event{ID: newID(), AccountID: w.account.ID, At: w.at(10 + i), ActorID: id, Action: "by name", Target: event.Target{ProjectID: project}, Details: "{}"}
				if err := tx.InsertEvent(w.ctx, e); err != nil {
					return err
				}
			}
			for i := range 6 {
				e := event.Event{ID: newID(), AccountID: w.account.ID, At: w.at(i), ActorID: fmt.Sprint("actor", i%2), Action: event.Action(fmt.Sprint("action", i%3)), Details: "{}"}
				if i == 4 {
					e.TargetID = target
				}
				if err := tx.InsertEvent(w.ctx, e); err != nil {
					return err
				}
			}
			return nil
		})
		for _, c := range []struct {
			name   string
			filter audit.Filter
			want   []int // times, newest first
		}{
			{"all", audit.Filter{}, []int{12, 11, 10, 5, 4, 3, 2, 1, 0}},
			{"project", audit.Filter{ProjectID: project}, []int{12, 11, 10}},
			{"a project that is none", audit.Filter{ProjectID: "x"}, nil},
			{"any of two actions", audit.Filter{Actions: []event.Action{"action0", "by name"}}, []int{12, 11, 10, 3, 0}},
			{"none of two actions", audit.Filter{But: []event.Action{"action0", "by name"}}, []int{5, 4, 2, 1}},
			{"who, by name", audit.Filter{Actor: "äLICE"}, []int{10}},
			{"who, by address", audit.Filter{Actor: "ALICE@"}, []int{10}},
			{"who, a person and a key", audit.Filter{Actor: "100%"}, []int{11, 10}},
			{"who, but nobody", audit.Filter{Actor: "1%0"}, nil},
			{"actor", audit.Filter{ActorID: "actor1"}, []int{5, 3, 1}},
			{"action", audit.Filter{Action: "action0"}, []int{3, 0}},
			{"target", audit.Filter{TargetID: target}, []int{4}},
			{"since and until", audit.Filter{Since: w.at(2), Until: w.at(4)}, []int{3, 2}},
			{"all of it", audit.Filter{ActorID: "actor0", Action: "action1", Since: w.at(4), But: []event.Action{"by name"}}, []int{4}},
		} {
			c.filter.AccountID = w.account.ID
			list, total, err := w.Events(w.ctx, c.filter)
			got := each(list, func(e event.Event) int { return int(e.At.Sub(w.start) / time.Microsecond) })
			if err != nil || total.N != len(c.want) || !slices.Equal(got, c.want) {
				t.Errorf("%s: %v of %d, %v; want %v", c.name, got, total.N, err, c.want)
			}
			c.filter.SkipTotal = true
			if list, total, err := w.Events(w.ctx, c.filter); err != nil || total.N != 0 || len(list) != len(c.want) {
				t.Errorf("%s, uncounted: %d events of %d, %v", c.name, len(list), total.N, err)
			}
		}
	})
}
