package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"raff/internal/store"
	"raff/internal/team"
)

func TestPeople(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		web, api := w.newProject(t, "Web", "web"), w.newProject(t, "API", "api")
		in := func(m team.Member, project team.Project, micros int) team.Member {
			m.ID, m.ProjectID, m.ProjectName, m.CreatedAt, m.Role = newID(), project.ID, project.Name, w.at(micros), w.viewer
			return w.add(t, m)
		}
		owner := w.person(w.newUser(t, "owner@example.com", "Trent"), w.owner)
		owner.IsOwner = true
		w.add(t, owner)
		alice := w.person(w.newUser(t, "alice@example.com", "Alice Ärmel"), w.admin)
		alice.CreatedAt = w.at(10)
		w.add(t, alice)
		in(alice, web, 11)
		in(alice, api, 12)
		// Bob was in two projects before he joined the account; Carol and Dave are only in projects.
		bob := w.person(w.newUser(t, "bob@example.com", "Bob"), w.basic)
		in(bob, web, 5)
		bob.CreatedAt, bob.Status = w.at(20), team.StatusSuspended
		w.add(t, bob)
		carol := w.person(w.newUser(t, "carol@example.com", "Carol"), w.viewer)
		in(carol, api, 31)
		in(carol, web, 30)
		dave := w.person(w.newUser(t, "dave@example.com", "Dave"), w.viewer)
		in(dave, api, 40)
		key := w.newKey(t, "CI")
		k := team.Member{
			ID: newID(), AccountID: w.account.ID, Type: team.TypeAPIKey, APIKeyID: key.ID, Email: team.KeyEmail(key.ID), CanonicalEmail: team.KeyEmail(key.ID),
			Role: w.admin, Status: team.StatusActive, ManagedBy: team.ManagedByAPI, CreatedAt: w.at(50), UpdatedAt: w.at(50),
		}
		w.add(t, k)
		// People of another account are not listed.
		acme := w.account
		w.account = w.newAccount(t, "Globex")
		w.add(t, w.person(w.newUser(t, "elsewhere@example.com", "Alice Elsewhere"), w.admin))
		w.account = acme

		for name, c := range map[string]struct {
			filter team.PersonFilter
			want   []string
		}{
			"who sees all projects":    {team.PersonFilter{AllProjects: true}, []string{"owner", "alice api web", "bob web", "carol api web", "dave api"}},
			"who sees one project":     {team.PersonFilter{Projects: []string{web.ID}}, []string{"owner", "alice web", "bob web", "carol web"}},
			"who sees another project": {team.PersonFilter{Projects: []string{api.ID}}, []string{"owner", "alice api", "bob", "carol api", "dave api"}},
			"who sees no project":      {team.PersonFilter{}, []string{"owner", "alice", "bob"}},
			"the Owner":                {team.PersonFilter{AllProjects: true, Access: team.AccessOwner}, []string{"owner"}},
			"in the account":           {team.PersonFilter{AllProjects: true, Access: team.AccessAccount}, []string{"alice api web", "bob web"}},
			"in projects only":         {team.PersonFilter{AllProjects: true, Access: team.AccessProject}, []string{"carol api web", "dave api"}},
			"suspended":                {team.PersonFilter{AllProjects: true, Status: team.StatusSuspended}, []string{"bob web"}},
			"with an account role":     {team.PersonFilter{AllProjects: true, RoleID: w.admin.ID}, []string{"alice api web"}},
			"with a project role":      {team.PersonFilter{Projects: []string{api.ID}, RoleID: w.viewer.ID}, []string{"alice api", "carol api", "dave api"}},
			"by name":                  {team.PersonFilter{AllProjects: true, Query: "ÄRM"}, []string{"alice api web"}},
			"by address":               {team.PersonFilter{AllProjects: true, Query: "@example"}, []string{"owner", "alice api web", "bob web", "carol api web", "dave api"}},
			"by what nobody has":       {team.PersonFilter{AllProjects: true, Query: "%"}, nil},
		} {
			c.filter.AccountID = w.account.ID
			if got := walk(t, w, c.filter, len(c.want)); !slices.Equal(got, c.want) {
				t.Errorf("%s: %v, want %v", name, got, c.want)
			}
			for sort, back := range map[team.PersonSort]team.PersonSort{team.SortOldest: team.SortNewest, team.SortStatus: team.SortStatusBack} {
				c.filter.Sort = sort
				forward := walk(t, w, c.filter, len(c.want))
				c.filter.Sort = back
				if got := walk(t, w, c.filter, len(c.want)); !slices.Equal(got, backwards(forward)) {
					t.Errorf("%s: sorted by %s %v, by %q %v", name, back, got, sort, forward)
				}
				slices.Sort(forward)
				if all := slices.Sorted(slices.Values(c.want)); !slices.Equal(forward, all) {
					t.Errorf("%s: sorted by %s: %v, want %v", name, sort, forward, all)
				}
			}
		}
	})
}

func backwards(list []string) []string {
	list = slices.Clone(list)
	slices.Reverse(list)
	return list
}

// TestPeopleByStatus sorts people of the account, and people who are in projects only, together.
func TestPeopleByStatus(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		web, api := w.newProject(t, "Web", "web"), w.newProject(t, "API", "api")
		for i, p := range []struct {
			name    string
			status  team.Status
			project team.Project
		}{
			{"alice", team.StatusSuspended, team.Project{}},
			{"bob", team.StatusPending, web},
			{"carol", team.StatusActive, api},
			{"dave", team.StatusPending, team.Project{}},
			{"erin", team.StatusSuspended, web},
			{"frank", team.StatusActive, team.Project{}},
			{"grace", team.StatusActive, web},
			{"heidi", team.StatusSuspended, api},
			{"ivan", team.StatusPending, api},
		} {
			m := w.person(w.newUser(t, p.name+"@example.com", p.name), w.basic)
			m.Status, m.ProjectID, m.CreatedAt = p.status, p.project.ID, w.at(i)
			if p.status == team.StatusPending {
				m = w.invited(m.Email)
				m.ProjectID, m.CreatedAt = p.project.ID, w.at(i)
			}
			if p.project.ID != "" {
				m.Role = w.viewer
			}
			w.add(t, m)
		}
		for name, c := range map[string]struct {
			filter team.PersonFilter
			want   string
		}{
			"who sees all projects": {team.PersonFilter{AllProjects: true}, "carol frank grace bob dave ivan alice erin heidi"},
			"who sees one project":  {team.PersonFilter{Projects: []string{web.ID}}, "frank grace bob dave alice erin"},
			"who sees two projects": {team.PersonFilter{Projects: []string{api.ID, web.ID}}, "carol frank grace bob dave ivan alice erin heidi"},
			"who sees no project":   {team.PersonFilter{}, "frank dave alice"},
			"in the account":        {team.PersonFilter{AllProjects: true, Access: team.AccessAccount}, "frank dave alice"},
			"in projects only":      {team.PersonFilter{AllProjects: true, Access: team.AccessProject}, "carol grace bob ivan erin heidi"},
			"with a status":         {team.PersonFilter{AllProjects: true, Status: team.StatusPending}, "bob dave ivan"},
			"with an account role":  {team.PersonFilter{AllProjects: true, RoleID: w.basic.ID}, "frank dave alice"},
			"with a project role":   {team.PersonFilter{AllProjects: true, RoleID: w.viewer.ID}, "carol grace bob ivan erin heidi"},
			"found":                 {team.PersonFilter{AllProjects: true, Query: "a"}, "carol frank grace bob dave ivan alice erin heidi"},
			"without a factor":      {team.PersonFilter{AllProjects: true, Factor: "no"}, "carol frank grace alice erin heidi"},
		} {
			c.filter.AccountID, c.filter.Sort = w.account.ID, team.SortStatus
			want := strings.Fields(c.want)
			for _, sort := range []team.PersonSort{team.SortStatus, team.SortStatusBack} {
				c.filter.Sort = sort
				got := walk(t, w, c.filter, len(want))
				for i := range got {
					got[i], _, _ = strings.Cut(got[i], " ")
				}
				if !slices.Equal(got, want) {
					t.Errorf("%s by %s: %v, want %v", name, sort, got, want)
				}
				slices.Reverse(want)
			}
		}
	})
}

// walk reads people two at a time, by cursor, and each page also without the total.
func walk(t *testing.T, w *world, f team.PersonFilter, total int) (got []string) {
	t.Helper()
	f.Limit = 2
	for {
		people, n, err := w.People(w.ctx, f)
		if err != nil || n.N != total {
			t.Fatalf("%+v: total %d, want %d; %v", f, n.N, total, err)
		}
		only := f
		only.SkipTotal = true
		if same, _, err := w.People(w.ctx, only); err != nil || len(same) != len(people) || len(same) > 0 && same[0].ID != people[0].ID {
			t.Fatalf("%+v without the total: %v, want %v; %v", f, same, people, err)
		}
		for _, p := range people {
			name := p.CanonicalEmail[:len(p.CanonicalEmail)-len("@example.com")]
			for _, m := range p.Projects {
				name += " " + map[string]string{"Web": "web", "API": "api"}[m.ProjectName]
			}
			got = append(got, name)
		}
		if len(people) < 2 {
			return got
		}
		last := people[1].Cursor()
		f.After = &last
	}
}

// TestPeopleOfALargeAccount reads one page and the total of thousands of people.
func TestPeopleOfALargeAccount(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		p := w.newProject(t, "Web", "web")
		w.do(t, func(tx store.Tx) error {
			for i := range 2000 {
				email := fmt.Sprintf("person%d@example.com", i)
				m := team.Member{
					ID: newID(), AccountID: w.account.ID, Type: team.TypeInvitation, Email: email, CanonicalEmail: email, Role: w.basic,
					Status: team.StatusPending, ManagedBy: team.ManagedByAPI, CreatedAt: w.at(i), UpdatedAt: w.at(i),
				}
				if i%2 == 1 {
					m.ProjectID, m.Role = p.ID, w.viewer
				}
				if err := must(tx.InsertMember(w.ctx, m)); err != nil {
					return err
				}
			}
			return nil
		})
		people, total, err := w.People(w.ctx, team.PersonFilter{AccountID: w.account.ID, AllProjects: true, Page: team.Page{Limit: 50}})
		if err != nil || total.N != 2000 || len(people) != 50 || len(people[49].Projects) != 1 {
			t.Errorf("%d of %d people, %v", len(people), total.N, err)
		}
	})
}
