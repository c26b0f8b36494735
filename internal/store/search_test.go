package store_test

import (
	"fmt"
	"testing"

	"raff/internal/permission"
	"raff/internal/store"
	"raff/internal/team"
)

// A page of a search for resources costs a statement for every 500 projects on it, however many projects there are, for a subject
// with a role in each of them and for one that may do everything.
func TestSearchReadsManyProjectsTogether(t *testing.T) {
	const projects, page = 1200, 1000
	onEach(t, func(t *testing.T, w *world) {
		svc := team.New(team.Options{Store: store.For[team.Tx](w.DB), Catalog: w.cat})
		operator := team.Operator(w.account.ID)
		keys := map[string]string{} // id by role
		for name, role := range map[string]string{"viewer": "", "admin": w.admin.ID} {
			k, _, err := svc.CreateAPIKey(w.ctx, operator, team.NewAPIKey{Name: name, RoleID: role})
			if err != nil {
				t.Fatal(err)
			}
			keys[name] = k.ID
		}
		w.do(t, func(tx store.Tx) error {
			for i := range projects {
				p := team.Project{ID: newID(), AccountID: w.account.ID, Name: fmt.Sprint("P", i), Slug: fmt.Sprint("p", i), CreatedAt: w.start, UpdatedAt: w.start}
				if err := must(tx.InsertProject(w.ctx, p)); err != nil {
					return err
				}
				m := team.Member{
					ID: newID(), AccountID: w.account.ID, ProjectID: p.ID, Type: team.TypeAPIKey, APIKeyID: keys["viewer"], Email: team.KeyEmail(keys["viewer"]),
					CanonicalEmail: team.KeyEmail(keys["viewer"]), Role: w.viewer, Status: team.StatusActive, ManagedBy: team.ManagedByAPI, CreatedAt: w.start, UpdatedAt: w.start,
				}
				if err := tx.InsertNewMember(w.ctx, m); err != nil {
					return err
				}
			}
			return nil
		})
		_, asks, err := svc.CreateAPIKey(w.ctx, operator, team.NewAPIKey{Name: "asks", RoleID: w.admin.ID})
		if err != nil {
			t.Fatal(err)
		}
		p, err := svc.Authenticate(w.ctx, asks)
		if err != nil {
			t.Fatal(err)
		}
		var seen store.Statements
		seen.Watch(w.DB)
		found, after := 0, ""
		for {
			before := seen.Number()
			asker, err := svc.Asker(w.ctx, p)
			if err != nil {
				t.Fatal(err)
			}
			q := team.Question{SubjectType: "api_key", SubjectID: keys["viewer"], Action: permission.ProjectMembersView, ResourceType: permission.TypeProject}
			some, next, err := asker.Resources(&q, after, page)
			if err != nil {
				t.Fatal(err)
			}
			// Two or three reads of up to 500 projects, and the subject.
			if n := seen.Number() - before; n > page/500+1+3 {
				t.Errorf("%d statements for %d projects", n, len(some))
			}
			if found += len(some); next == "" {
				break
			}
			after = next
		}
		if found != projects {
			t.Errorf("%d projects found, want %d", found, projects)
		}
	})
}
