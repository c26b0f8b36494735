package authzen_test

import (
	"os"
	"strings"
	"testing"

	"raff/internal/rafftest"
)

// Decisions can be those of a catalog that the server does not use yet, about the same members.
func TestProposedCatalog(t *testing.T) {
	file, err := os.ReadFile("../permission/catalog.yaml")
	if err != nil {
		t.Fatal(err)
	}
	head, viewer, _ := strings.Cut(string(file), "{slug: viewer")
	proposed := strings.Replace(head, "  - {name: vm.create,", "  - {name: vm.fly, category: Virtual Machines, description: Fly}\n  - {name: vm.create,", 1) +
		"{slug: viewer" + strings.Replace(viewer, "vm.view,", "vm.fly,", 1)
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		_, user := srv.NewMember(t, "bob@example.com", "Bob", srv.RoleID(t, "account", "member"))
		srv.Do(t, "POST", "/api/v1/projects/"+srv.ProjectID+"/members", srv.Key, map[string]any{"target_user_id": user, "role_id": srv.RoleID(t, "project", "viewer")}).Want(t, 201)
		role := srv.Do(t, "POST", "/api/v1/roles", srv.Key, map[string]any{"name": "Custom", "slug": "custom", "scope": "project", "permissions": []string{"vm.view", "bucket.view"}}).Want(t, 201).Data(t)["id"]
		robot, _ := srv.NewKeyID(t, "robot", "")
		srv.Do(t, "POST", "/api/v1/projects/"+srv.ProjectID+"/members", srv.Key, map[string]any{"api_key_id": robot, "role_id": role}).Want(t, 201)
		check := func(catalog, who, action string, want bool, reason string) {
			t.Helper()
			q := body(who, action, "project", "default")
			if catalog != "" {
				q["catalog"] = catalog
			}
			if allowed, c := ask(t, srv, srv.Key, q); allowed != want || code(c) != reason {
				t.Errorf("%s %s: %v %v, want %v %s", who, action, allowed, c, want, reason)
			}
		}
		check("", user, "vm.view", true, "granted")
		check("", user, "vm.fly", false, "action_unknown")
		check(proposed, user, "vm.view", false, "permission_missing")
		check(proposed, user, "vm.fly", true, "granted")
		check(proposed, user, "volume.view", true, "granted")
		check(proposed, "key "+robot, "vm.view", true, "granted")
		check(proposed, "key "+robot, "bucket.view", true, "granted")
		check(proposed, "key "+robot, "vm.fly", false, "permission_missing")
		check("", user, "vm.view", true, "granted") // nothing has changed

		refused := func(key, path string, q any, status int, word string) {
			t.Helper()
			if r := srv.Do(t, "POST", path, key, q); r.Status != status || !strings.Contains(string(r.Body), word) {
				t.Errorf("%s: %d %s, want %d %s", path, r.Status, r.Body, status, word)
			}
		}
		q := body(user, "vm.view", "project", "default")
		q["catalog"] = "permissions: []"
		refused(srv.Key, "/access/v1/evaluation", q, 400, "not valid")
		q["catalog"] = 7
		refused(srv.Key, "/access/v1/evaluation", q, 400, "must be a string")
		q["catalog"] = proposed
		refused(srv.Key, "/access/v1/search/action", q, 400, "only supported by evaluations")
		refused(newFixture(t, srv).asks, "/access/v1/evaluation", q, 403, "account.decisions.explain")
	})
}
