package httpapi_test

import (
	"strings"
	"testing"

	"raff/internal/rafftest"
)

// A caller without the permission gets 403 even if the body is invalid, so that the server does no work for it and
// reveals nothing.
func TestPermissionIsCheckedFirst(t *testing.T) {
	srv := rafftest.Start(t)
	member := srv.NewKey(t, "member", srv.RoleID(t, "account", "member"))
	role := map[string]any{"name": "x", "slug": "x", "scope": "account", "permissions": []string{strings.Repeat("z", 50_000)}}
	for path, body := range map[string]any{
		"POST /api/v1/roles": role, "POST /api/v1/projects": map[string]any{"name": ""}, "POST /api/v1/api-keys": map[string]any{"name": ""},
		"PATCH /api/v1/roles/" + srv.RoleID(t, "account", "billing"): map[string]any{"permissions": []string{"nope"}},
		"PATCH /api/v1/api-keys/" + srv.KeyID:                        map[string]any{"name": ""},
		"PUT /api/v1/projects/" + srv.ProjectID:                      map[string]any{"name": ""},
		"POST /api/v1/members/bulk":                                  map[string]any{"members": []any{map[string]any{"email": "nobody"}}},
	} {
		method, path, _ := strings.Cut(path, " ")
		if r := srv.Do(t, method, path, member, body); r.Status != 403 || r.JSON(t)["code"] != "permission_denied" {
			t.Errorf("%s %s: %d %s", method, path, r.Status, r.Body)
		}
	}
	if r := srv.Do(t, "POST", "/api/v1/roles", srv.Key, role).Want(t, 400); r.JSON(t)["code"] != "unknown_permission" || len(r.Body) > 1000 {
		t.Errorf("the response to a long permission has %d bytes: %.200s", len(r.Body), r.Body)
	}
}

func TestEmptyPermission(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		for _, names := range [][]string{{""}, {"account.members.view", ""}, {"", "account.members.view"}, {" "}} {
			r := srv.Do(t, "POST", "/api/v1/roles", srv.Key, map[string]any{"name": "x", "slug": "x", "scope": "account", "permissions": names})
			if r.Status != 400 || r.JSON(t)["code"] != "unknown_permission" {
				t.Errorf("%q: %d %s", names, r.Status, r.Body)
			}
		}
		id := srv.Do(t, "POST", "/api/v1/roles", srv.Key, map[string]any{"name": "x", "slug": "x", "scope": "account", "permissions": []string{"account.members.view"}}).Want(t, 201).Data(t)["id"].(string)
		srv.Do(t, "PATCH", "/api/v1/roles/"+id, srv.Key, map[string]any{"permissions": []string{""}}).Want(t, 400)
	})
}

func TestUnknownAction(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		list := func(action string) rafftest.Response {
			return srv.Do(t, "GET", "/api/v1/audit-events?action="+action, srv.Key, nil)
		}
		list("account.created").Want(t, 200)
		r := list("member.add").Want(t, 400).JSON(t)
		if r["code"] != "unknown_action" || r["field"] != "action" || r["suggestion"] != "member.added" {
			t.Errorf("got %v", r)
		}
		if r := list(strings.Repeat("z", 20_000)).Want(t, 400); len(r.Body) > 3000 {
			t.Errorf("the response to a long action has %d bytes", len(r.Body))
		}
	})
}
