package store_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"raff/internal/store"
	"raff/internal/team"
)

// TestTotalsDuringChanges compares all totals with the matching rows while members of the account and its projects are
// concurrently added, accepted, changed, suspended, moved and removed, and again afterwards.
func TestTotalsDuringChanges(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		projects := []team.Project{w.newProject(t, "Web", "web"), w.newProject(t, "API", "api")}
		owner := w.person(w.newUser(t, "trent@example.com", "Trent"), w.owner)
		owner.IsOwner = true
		w.add(t, owner)
		k := w.newKey(t, "CI")
		w.add(t, w.keyMember(k, w.admin))
		users := make([]team.User, 8)
		for i := range users {
			users[i] = w.newUser(t, fmt.Sprintf("user%d@example.com", i), fmt.Sprintf("User %d", i))
		}
		done := make(chan struct{})
		watched := make(chan struct{})
		go func() {
			defer close(watched)
			for over := false; !over; {
				select {
				case <-done:
					over = true
				default:
				}
				w.wantTotals(t, projects)
			}
		}()
		parallel(8, func(n int) {
			r := rand.New(rand.NewPCG(7, uint64(n)))
			for range 40 {
				if err := w.changeSomebody(r, users[r.IntN(len(users))], projects); err != nil {
					t.Error(err)
				}
			}
		})
		close(done)
		<-watched
		w.wantEverybody(t, projects)
		w.do(t, func(tx store.Tx) error { return tx.DeleteProject(w.ctx, projects[0].ID) })
		w.wantEverybody(t, projects[1:])
		if _, err := w.RemoveStale(w.ctx, w.start.Add(30*24*time.Hour), func() time.Time { return w.start.Add(60 * 24 * time.Hour) }); err != nil {
			t.Error(err)
		}
		w.wantTotals(t, projects)
		w.wantEverybody(t, projects[1:])
		if _, pending, err := w.Members(w.ctx, team.MemberFilter{AccountID: w.account.ID, Status: team.StatusPending}); err != nil || pending.N != 0 {
			t.Errorf("%d pending members after the clean-up, %v", pending.N, err)
		}
	})
}

// changeSomebody makes one change to one person's memberships.
func (w *world) changeSomebody(r *rand.Rand, u team.User, projects []team.Project) error {
	at, lock := w.at(r.IntN(1000)), team.Shared
	kind := r.IntN(8)
	if kind >= 3 {
		lock = team.Exclusive
	}
	return w.Update(w.ctx, w.account.ID, lock, func(tx store.Tx) error {
		m := w.person(u, w.basic)
		if kind == 1 {
			m = w.invited(u.Email)
		}
		m.CreatedAt = at
		if p := r.IntN(3); p > 0 {
			m.ProjectID, m.Role = projects[p-1].ID, w.viewer
		}
		if kind < 3 {
			ok, err := tx.InsertMember(w.ctx, m)
			if !ok || err != nil || m.Invitation == nil {
				return err
			}
			m.Invitation.ProjectID = m.ProjectID
			return tx.InsertInvitation(w.ctx, *m.Invitation)
		}
		all, err := tx.MembershipsOf(w.ctx, w.account.ID, u.CanonicalEmail)
		if err != nil || len(all) == 0 {
			return err
		}
		m = all[r.IntN(len(all))]
		switch kind {
		case 3:
			return tx.DeleteMember(w.ctx, m)
		case 4:
			m.Status = team.StatusSuspended
		case 5:
			if other, err := tx.MemberOf(w.ctx, w.account.ID, m.ProjectID, team.TypeUser, u.ID); !team.IsNotFound(err) && other.ID != m.ID {
				return err
			}
			m.Type, m.UserID, m.Status = team.TypeUser, u.ID, team.StatusActive
		case 6:
			m.Email, m.CanonicalEmail = "moved-"+u.Email, "moved-"+u.Email
			if _, err := tx.MemberByEmail(w.ctx, w.account.ID, m.ProjectID, m.CanonicalEmail); !team.IsNotFound(err) {
				return err
			}
			m.Status = team.StatusSuspended
		case 7:
			if _, err := tx.InsertMember(w.ctx, m); err != nil { // conflicts with itself
				return err
			}
			if m.ProjectID == "" {
				m.Role = w.admin
			}
		}
		return tx.UpdateMember(w.ctx, m)
	})
}

// wantTotals compares totals with rows. A list and its total must be consistent even while others write.
func (w *world) wantTotals(t *testing.T, projects []team.Project) {
	t.Helper()
	for _, project := range []string{"", projects[0].ID, projects[1].ID} {
		for _, f := range []team.MemberFilter{
			{}, {Status: team.StatusActive}, {Status: team.StatusPending}, {RoleID: w.basic.ID}, {RoleID: w.viewer.ID, Status: team.StatusSuspended},
			{PrincipalType: team.TypeAPIKey}, {PrincipalType: team.TypeUser}, {Query: "user1"},
		} {
			f.AccountID, f.ProjectID = w.account.ID, project
			if rows, total, err := w.Members(w.ctx, f); err != nil || total.N != len(rows) {
				t.Errorf("%+v: total %d of %d rows, %v", f, total.N, len(rows), err)
			}
		}
	}
	for _, f := range []team.PersonFilter{
		{AllProjects: true}, {}, {Projects: []string{projects[1].ID}}, {AllProjects: true, Status: team.StatusActive}, {AllProjects: true, RoleID: w.basic.ID},
		{AllProjects: true, RoleID: w.viewer.ID}, {AllProjects: true, Access: team.AccessOwner}, {AllProjects: true, Access: team.AccessAccount},
		{AllProjects: true, Access: team.AccessProject}, {AllProjects: true, Query: "moved"},
	} {
		f.AccountID = w.account.ID
		rows, total, err := w.People(w.ctx, f)
		if err != nil || total.N != len(rows) {
			t.Errorf("%+v: total %d of %d people, %v", f, total.N, len(rows), err)
		}
		seen := map[string]bool{}
		for _, p := range rows {
			if seen[p.CanonicalEmail] {
				t.Errorf("%+v: %s is listed twice", f, p.CanonicalEmail)
			}
			seen[p.CanonicalEmail] = true
		}
	}
}

// wantEverybody compares the listed people with all memberships, when nothing writes.
func (w *world) wantEverybody(t *testing.T, projects []team.Project) {
	t.Helper()
	want := map[string]bool{}
	for _, id := range append([]string{""}, each(projects, func(p team.Project) string { return p.ID })...) {
		rows, _, err := w.Members(w.ctx, team.MemberFilter{AccountID: w.account.ID, ProjectID: id})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range rows {
			if m.Type != team.TypeAPIKey {
				want[m.CanonicalEmail] = true
			}
		}
	}
	people, total, err := w.People(w.ctx, team.PersonFilter{AccountID: w.account.ID, AllProjects: true})
	if err != nil || total.N != len(want) || len(people) != len(want) {
		t.Errorf("%d of %d people, want %d, %v", len(people), total.N, len(want), err)
	}
}

// TestEverybodyLeadsOnce checks the entry of each person after many were added to projects and the account concurrently.
func TestEverybodyLeadsOnce(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		const people, inProjects = 20, 4
		projects := make([]team.Project, inProjects)
		for i := range projects {
			projects[i] = w.newProject(t, fmt.Sprintf("Project %d", i), fmt.Sprintf("project-%d", i))
		}
		for n := range people {
			u := w.newUser(t, fmt.Sprintf("user%d@example.com", n), "Alice")
			parallel(inProjects+n%2, func(i int) {
				m := w.person(u, w.basic)
				if i < inProjects {
					m.ProjectID, m.Role, m.CreatedAt = projects[i].ID, w.viewer, w.at(n*100+(i+n)%inProjects)
				}
				if err := w.Update(w.ctx, w.account.ID, team.Shared, func(tx store.Tx) error { return must(tx.InsertMember(w.ctx, m)) }); err != nil {
					t.Error(err)
				}
			})
		}
		found, total, err := w.People(w.ctx, team.PersonFilter{AccountID: w.account.ID, AllProjects: true})
		if err != nil || total.N != people || len(found) != people {
			t.Fatalf("%d of %d people, %v", len(found), total.N, err)
		}
		for _, p := range found {
			all, err := w.MembershipsOf(w.ctx, w.account.ID, p.CanonicalEmail)
			if err != nil {
				t.Fatal(err)
			}
			first := all[0]
			for _, m := range all {
				if m.ProjectID == "" {
					first = m
				}
			}
			if p.ID != first.ID || len(p.Projects) != inProjects {
				t.Errorf("%s is listed by %s in project %q with %d projects, want %s", p.CanonicalEmail, p.ID, p.ProjectID, len(p.Projects), first.ID)
			}
		}
	})
}
