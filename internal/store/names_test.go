package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"raff/internal/permission"
	"raff/internal/rafftest"
	"raff/internal/store"
	"raff/internal/team"
)

// TestNamesWithoutUniqueForm opens a database in which names without their unique form look the same: both remain, the older
// one keeps others from using the name, and both can be renamed.
func TestNamesWithoutUniqueForm(t *testing.T) {
	for _, b := range backends {
		t.Run(b.name, func(t *testing.T) {
			url := b.url(t)
			w, err := store.Open(t.Context(), url, permission.Default())
			if err != nil {
				t.Fatal(err)
			}
			then := time.Unix(1, 0)
			account := team.Account{ID: newID(), Name: "Acme", State: team.AccountActive, CreatedAt: then, UpdatedAt: then}
			roles := make([]team.Role, 1200)
			for i := range roles {
				roles[i] = team.Role{ID: newID(), AccountID: account.ID, Name: fmt.Sprint("Role ", i), Slug: fmt.Sprint("role-", i), Scope: permission.ScopeAccount, CreatedAt: then, UpdatedAt: then}
			}
			roles[0].Name, roles[1].Name = "Crew", "Сrew" // the second begins with a Cyrillic letter
			err = store.For[store.Tx](w).Update(t.Context(), account.ID, team.Exclusive, func(tx store.Tx) error {
				err := tx.InsertAccount(t.Context(), account)
				for i, r := range roles {
					if i == 1 {
						r.Name = "to be renamed"
					}
					_, insert := tx.InsertRole(t.Context(), r)
					err = errors.Join(err, insert)
				}
				return err
			})
			if err = errors.Join(err, w.Close()); err != nil {
				t.Fatal(err)
			}
			db := directly(t, url)
			run(t, db, "UPDATE roles SET name_unique = NULL")
			run(t, db, fmt.Sprintf("UPDATE roles SET name = '%s', name_key = 'x' WHERE id = %s", roles[1].Name, rafftest.SQLID(url, roles[1].ID)))
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			if w, err = store.Open(t.Context(), url, permission.Default()); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = w.Close() }()
			like := func(name string) string {
				r, err := w.RoleLike(t.Context(), team.Role{ID: newID(), AccountID: account.ID, Scope: permission.ScopeAccount, Slug: "other", Name: name})
				if err != nil && !team.IsNotFound(err) {
					t.Fatal(err)
				}
				return r.ID
			}
			if got := like("CREW"); got != roles[0].ID {
				t.Errorf("the role that blocks the name CREW is %q, want the older one", got)
			}
			if got := like("role 1199"); got != roles[1199].ID {
				t.Errorf("the role that blocks the last name is %q", got)
			}
			err = store.For[store.Tx](w).Update(t.Context(), account.ID, team.Exclusive, func(tx store.Tx) error {
				twin := roles[1]
				twin.Description = "changed"
				return errors.Join(tx.UpdateRole(t.Context(), twin), tx.UpdateRole(t.Context(), roles[0]))
			})
			if err != nil {
				t.Errorf("a role whose name looks like another's cannot be renamed: %v", err)
			}
			if n, err := w.Count(t.Context(), account.ID, team.CountedRoles); err != nil || n != len(roles) {
				t.Errorf("%d roles are counted, want %d, %v", n, len(roles), err)
			}
		})
	}
}
