package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"raff/internal/permission"
	"raff/internal/store"
	"raff/internal/team"
)

// TestCountsOfAnOlderDatabase upgrades a database without counters: ten people of the account, five of them in two
// projects, and three who are only in both projects.
func TestCountsOfAnOlderDatabase(t *testing.T) {
	for _, b := range backends {
		t.Run(b.name, func(t *testing.T) {
			url := b.url(t)
			db := olderDatabase(t, url, 5)
			account, web, api, role := newID(), newID(), newID(), newID()
			run(t, db, fmt.Sprintf("INSERT INTO accounts (id, name, grant_strict, created_at, updated_at) VALUES ('%s', 'Acme', FALSE, 1, 1)", account))
			run(t, db, fmt.Sprintf(`INSERT INTO roles (id, scope, slug, name, name_key, description, permissions, is_system, created_by, created_at, updated_at)
				VALUES ('%s', 'account', 'old', 'Old', 'old', '', '', TRUE, '', 1, 1)`, role))
			for _, project := range []string{web, api} {
				run(t, db, fmt.Sprintf(`INSERT INTO projects (id, account_id, name, name_key, slug, description, default_region, is_default, is_active, created_by, created_at, updated_at)
					VALUES ('%s', '%s', '%[1]s', '%[1]s', '%[1]s', '', '', FALSE, TRUE, '', 1, 1)`, project, account))
			}
			add := func(person, at int, scope string) {
				project := "NULL"
				if scope != account {
					project = "'" + scope + "'"
				}
				run(t, db, fmt.Sprintf(`INSERT INTO memberships (id, account_id, project_id, scope_id, principal_type, email, email_canonical, role_id, status, is_owner,
					managed_by, invited_by, created_at, updated_at) VALUES ('%s', '%s', %s, '%s', 'invitation', '%[5]s', '%[5]s', '%[6]s', 'pending', FALSE, 'api', '', %[7]d, 1)`,
					newID(), account, project, scope, fmt.Sprintf("person%d@example.com", person), role, at))
			}
			for n := range 13 {
				if n < 10 {
					add(n, 100+n, account)
				}
				if n >= 5 {
					add(n, 300-n, web)
					add(n, 200-2*n, api)
				}
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			w, err := store.Open(t.Context(), url, permission.Default())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = w.Close() }()
			if rows, total, err := w.Members(t.Context(), team.MemberFilter{AccountID: account}); err != nil || total != 10 || len(rows) != 10 {
				t.Errorf("%d of %d members, %v", len(rows), total, err)
			}
			people, total, err := w.People(t.Context(), team.PersonFilter{AccountID: account, AllProjects: true})
			if err != nil || total != 13 || len(people) != 13 {
				t.Fatalf("%d of %d people, %v", len(people), total, err)
			}
			for _, p := range people {
				if guest := p.CreatedAt.UnixMicro() > 170; (p.ProjectID != "") != guest || guest && p.ProjectID != api {
					t.Errorf("%s is listed by project %q since %v", p.CanonicalEmail, p.ProjectID, p.CreatedAt)
				}
			}
		})
	}
}

// TestNamesOfAnOlderDatabase upgrades a database with names that look the same: both remain, the older one keeps others
// from using the name, and both can be renamed.
func TestNamesOfAnOlderDatabase(t *testing.T) {
	for _, b := range backends {
		t.Run(b.name, func(t *testing.T) {
			url := b.url(t)
			w, err := store.Open(t.Context(), url, permission.Default())
			if err != nil {
				t.Fatal(err)
			}
			then := time.Unix(1, 0)
			account := team.Account{ID: newID(), Name: "Acme", CreatedAt: then, UpdatedAt: then}
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
			run(t, db, fmt.Sprintf("UPDATE roles SET name = '%s', name_key = 'x' WHERE id = '%s'", roles[1].Name, roles[1].ID))
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

// TestSecretHoldersOfAnOlderDatabase upgrades a database that does not record who was shown the secrets of API keys: their
// rows have the creator, and the audit log has who regenerated them.
func TestSecretHoldersOfAnOlderDatabase(t *testing.T) {
	for _, b := range backends {
		t.Run(b.name, func(t *testing.T) {
			url := b.url(t)
			db := olderDatabase(t, url, 7)
			account, alice, bob := newID(), newID(), newID()
			run(t, db, fmt.Sprintf("INSERT INTO accounts (id, name, grant_strict, created_at, updated_at) VALUES ('%s', 'Acme', FALSE, 1, 1)", account))
			key := func(maker, user string, created, issued int) string {
				id := newID()
				run(t, db, fmt.Sprintf(`INSERT INTO api_keys (id, account_id, name, name_key, key_prefix, hash, tier, issued_at, is_active, created_by, created_by_user,
					created_at, updated_at) VALUES ('%[1]s', '%[2]s', 'k', 'k', '', '%[1]s', 'standard', %[6]d, TRUE, '%[3]s', '%[4]s', %[5]d, 1)`,
					id, account, maker, user, created, issued))
				return id
			}
			regenerated := func(id, actorType, actor string, at int) {
				run(t, db, fmt.Sprintf(`INSERT INTO audit_events (id, account_id, at, actor_type, actor_id, actor_name, action, target_type, target_id, target_name, delegated,
					request_id, details) VALUES ('%s', '%s', %d, '%s', '%s', '', 'api_key.regenerated', 'api_key', '%s', 'k', FALSE, '', '{}')`,
					newID(), account, at, actorType, actor, id))
			}
			made := key(alice, alice, 10, 10)
			through := key(made, alice, 20, 20)
			taken := key(alice, alice, 30, 50)
			regenerated(taken, "user", alice, 40)
			regenerated(taken, "user", bob, 50)
			byKey := key(bob, bob, 60, 70)
			regenerated(byKey, "api_key", made, 70)
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			w, err := store.Open(t.Context(), url, permission.Default())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = w.Close() }()
			for user, want := range map[string]map[string]bool{
				alice: {made: true, through: true, taken: false, byKey: true}, bob: {taken: true, byKey: false},
			} {
				held, err := w.KeysHeldBy(t.Context(), account, user, time.UnixMicro(100))
				if err != nil || len(held) != len(want) {
					t.Errorf("%d keys are held, want %d: %v", len(held), len(want), err)
				}
				for _, k := range held {
					if current, ok := want[k.ID]; !ok || current != k.Current {
						t.Errorf("key %s has a holder: %t, want %t, %t", k.ID, k.Current, ok, current)
					}
				}
			}
			holders, err := w.SecretHolders(t.Context(), through)
			if err != nil || len(holders) != 2 {
				t.Errorf("a key created by a key has the holders %+v, %v", holders, err)
			}
		})
	}
}
