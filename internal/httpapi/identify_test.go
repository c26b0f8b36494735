package httpapi_test

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"raff/internal/rafftest"
	"raff/internal/team"
)

// identifiable is a kind of object with external ids.
type identifiable struct {
	kind, path string
	update     string // method
	make       map[string]any
}

func identifiables(t *testing.T, srv *rafftest.Server, tag string) []identifiable {
	t.Helper()
	key, _ := srv.NewKeyID(t, "key of "+tag, "")
	return []identifiable{
		{"member", "/api/v1/members", "PATCH", map[string]any{"email": tag + "@example.com", "role_id": srv.RoleID(t, "account", "member")}},
		{"member", "/api/v1/projects/" + srv.ProjectID + "/members", "PATCH", map[string]any{"api_key_id": key, "role_id": srv.RoleID(t, "project", "viewer")}},
		{"project", "/api/v1/projects", "PUT", map[string]any{"name": "Project " + tag}},
		{"role", "/api/v1/roles", "PATCH", map[string]any{"name": "Role " + tag, "slug": tag, "scope": "account", "permissions": []string{"account.members.view"}}},
		{"api_key", "/api/v1/api-keys", "PATCH", map[string]any{"name": "Key " + tag}},
	}
}

func withIDs(body map[string]any, ids any) map[string]any {
	out := map[string]any{"external_ids": ids}
	maps.Copy(out, body)
	return out
}

// Members, projects, roles and keys have external ids from their creation or a change, show them, and are found by them.
func TestExternalIDsAreFields(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		for i, o := range identifiables(t, srv, "a") {
			id := func(n int) string { return fmt.Sprintf("x%d-%d: \"ü\"", i, n) }
			made := srv.Do(t, "POST", o.path, srv.Key, withIDs(o.make, map[string]any{"okta": id(1), "crm": id(2)})).Want(t, 201).Data(t)
			at := o.path + "/" + made["id"].(string)
			shows := func(want map[string]any) string {
				t.Helper()
				got := srv.Do(t, "GET", at, srv.Key, nil).Want(t, 200)
				have, _ := got.Data(t)["external_ids"].(map[string]any)
				if fmt.Sprint(have) != fmt.Sprint(want) {
					t.Errorf("%s: external ids %v, want %v", o.path, have, want)
				}
				return got.Header.Get("ETag")
			}
			found := func(source, id string, want int) {
				t.Helper()
				r := srv.Do(t, "GET", o.path+"?external_id="+source+":"+url.QueryEscape(id), srv.Key, nil).Want(t, 200).JSON(t)
				if list := r["data"].([]any); len(list) != want || r["total"] != float64(want) || want == 1 && list[0].(map[string]any)["id"] != made["id"] {
					t.Errorf("%s: %s:%s finds %v", o.path, source, id, r)
				}
			}
			if fmt.Sprint(made["external_ids"]) != fmt.Sprint(map[string]any{"okta": id(1), "crm": id(2)}) {
				t.Errorf("%s: created with %v", o.path, made["external_ids"])
			}
			first := shows(map[string]any{"okta": id(1), "crm": id(2)})
			found("okta", id(1), 1)
			found("ext:crm", id(2), 1)
			found("crm", id(1), 0)
			changed := srv.Do(t, o.update, at, srv.Key, withIDs(nil, map[string]any{"okta": id(3), "crm": nil, "hr": id(4), "absent": nil})).Want(t, 200)
			if fmt.Sprint(changed.Data(t)["external_ids"]) != fmt.Sprint(map[string]any{"okta": id(3), "hr": id(4)}) {
				t.Errorf("%s: changed to %s", o.path, changed.Body)
			}
			second := shows(map[string]any{"okta": id(3), "hr": id(4)})
			found("okta", id(1), 0)
			found("okta", id(3), 1)
			// The version changes with every change of the external ids, and only then.
			srv.Do(t, o.update, at, srv.Key, withIDs(nil, map[string]any{"okta": id(3)})).Want(t, 200)
			if same := shows(map[string]any{"okta": id(3), "hr": id(4)}); first == second || same != second {
				t.Errorf("%s: versions %s, %s, %s", o.path, first, second, same)
			}
			srv.Do(t, "PUT", "/api/v1/external-ids", srv.Key, map[string]any{"kind": o.kind, "source": "crm", "id": id(5), "object_id": made["id"]}).Want(t, 200)
			third := shows(map[string]any{"okta": id(3), "hr": id(4), "crm": id(5)})
			srv.Do(t, "DELETE", "/api/v1/external-ids?kind="+o.kind+"&source=hr&id="+url.QueryEscape(id(4)), srv.Key, nil).Want(t, 200)
			if fourth := shows(map[string]any{"okta": id(3), "crm": id(5)}); third == second || fourth == third {
				t.Errorf("%s: versions %s, %s, %s", o.path, second, third, fourth)
			}
			// In lists, too, beside objects without any.
			list := srv.Do(t, "GET", o.path, srv.Key, nil).Want(t, 200)
			if n := strings.Count(string(list.Body), `"external_ids":{"crm":`); n != 1 {
				t.Errorf("%s: %d objects with external ids in %s", o.path, n, list.Body)
			}
			events := srv.Do(t, "GET", "/api/v1/audit-events?target="+made["id"].(string), srv.Key, nil).Want(t, 200)
			if set, gone := strings.Count(string(events.Body), `"external_id.set"`), strings.Count(string(events.Body), `"external_id.removed"`); set != 5 || gone != 3 {
				t.Errorf("%s: %d external ids set and %d removed in %s", o.path, set, gone, events.Body)
			}
		}
	})
}

// A change with an external id that cannot be set changes nothing.
func TestExternalIDsAreRefused(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		taken, free := identifiables(t, srv, "a"), identifiables(t, srv, "b")
		for i, o := range taken {
			srv.Do(t, "POST", o.path, srv.Key, withIDs(o.make, map[string]any{"okta": fmt.Sprint("x", i)})).Want(t, 201)
			before := srv.Do(t, "GET", o.path, srv.Key, nil).Want(t, 200).JSON(t)["total"]
			many := map[string]any{}
			for n := range team.MaxExternalIDs + 1 {
				many[fmt.Sprint("s", n)] = "x"
			}
			for _, c := range []struct {
				ids    any
				status int
				code   string
			}{
				{map[string]any{"okta": fmt.Sprint("x", i)}, 409, "external_id_taken"},
				{map[string]any{"free": "1", "okta": fmt.Sprint("x", i)}, 409, "external_id_taken"},
				{map[string]any{"Okta": "1"}, 400, "invalid_source"},
				{map[string]any{"ext": "1"}, 400, "invalid_source"},
				{map[string]any{"okta": ""}, 400, "required"},
				{map[string]any{"okta": strings.Repeat("x", 256)}, 400, "invalid_id"},
				{map[string]any{"okta": 1}, 400, "invalid_type"},
				{"okta", 400, "invalid_type"},
				{many, 400, "too_many_external_ids"},
			} {
				r := srv.Do(t, "POST", o.path, srv.Key, withIDs(free[i].make, c.ids)).Want(t, c.status).JSON(t)
				if r["code"] != c.code || r["field"] != "external_ids" {
					t.Errorf("%s with %v: %v", o.path, c.ids, r)
				}
			}
			if after := srv.Do(t, "GET", o.path, srv.Key, nil).Want(t, 200).JSON(t)["total"]; after != before {
				t.Errorf("%s: %v objects, before %v", o.path, after, before)
			}
			made := srv.Do(t, "POST", o.path, srv.Key, free[i].make).Want(t, 201).Data(t)["id"].(string)
			srv.Do(t, o.update, o.path+"/"+made, srv.Key, withIDs(nil, map[string]any{"free": "2", "okta": fmt.Sprint("x", i)})).Want(t, 409)
			if r := srv.Do(t, "GET", o.path+"?external_id=free:2", srv.Key, nil).Want(t, 200).JSON(t); r["total"] != 0.0 {
				t.Errorf("%s: half of a change: %v", o.path, r)
			}
			srv.Do(t, "GET", o.path+"?external_id=okta", srv.Key, nil).Want(t, 400)
		}
		// In a bulk request, only the row with the id that is taken is refused, and nothing of it is stored.
		member := srv.RoleID(t, "account", "member")
		rows := []any{
			map[string]any{"email": "c@example.com", "role_id": member, "external_ids": map[string]any{"okta": "c"}},
			map[string]any{"email": "d@example.com", "role_id": member, "external_ids": map[string]any{"crm": "d", "okta": "c"}},
			map[string]any{"email": "e@example.com", "role_id": member},
		}
		r := srv.Do(t, "POST", "/api/v1/members/bulk", srv.Key, map[string]any{"members": rows}).Want(t, 200)
		if n := strings.Count(string(r.Body), "external_id_taken"); n != 1 {
			t.Errorf("bulk: %s", r.Body)
		}
		for email, want := range map[string]float64{"c": 1, "d": 0, "e": 1} {
			if got := srv.Do(t, "GET", "/api/v1/members?email="+email+"@example.com", srv.Key, nil).Want(t, 200).JSON(t)["total"]; got != want {
				t.Errorf("%s: %v members", email, got)
			}
		}
	})
}

// The operator limits how many external ids an account has. Removing some makes room.
func TestQuotaOfExternalIDs(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		set := func(n, status int) {
			t.Helper()
			srv.Do(t, "PUT", "/api/v1/external-ids", srv.Key, map[string]any{"kind": "project", "source": fmt.Sprint("s", n), "id": "x", "object_id": srv.ProjectID}).Want(t, status)
		}
		for n := range 3 {
			set(n, 200)
		}
		set(3, 409)
		set(2, 200) // already set
		project := srv.Do(t, "POST", "/api/v1/projects", srv.Key, map[string]any{"name": "p"}).Want(t, 201).Data(t)["id"].(string)
		full := srv.Do(t, "PUT", "/api/v1/projects/"+project, srv.Key, withIDs(nil, map[string]any{"a": "1"})).Want(t, 409).JSON(t)
		if full["code"] != "limit_reached" {
			t.Errorf("full: %v", full)
		}
		srv.Do(t, "PUT", "/api/v1/projects/"+srv.ProjectID, srv.Key, withIDs(nil, map[string]any{"s0": nil})).Want(t, 200)
		srv.Do(t, "PUT", "/api/v1/projects/"+project, srv.Key, withIDs(nil, map[string]any{"a": "1"})).Want(t, 200)
		srv.Do(t, "DELETE", "/api/v1/projects/"+project, srv.Key, nil).Want(t, 200)
		set(4, 200)
		set(5, 409)
	}, rafftest.WithQuotas(team.Quotas{Roles: 10, Projects: 10, APIKeys: 10, Invitations: 10, ExternalIDs: 3, Sessions: 10}))
}

// TestExternalIDsByCursor reads all external ids of a kind in pages, in order of id and source, also where ids continue each other.
func TestExternalIDsByCursor(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		var want []string
		for i, id := range []string{"a", "a b", "a/b", "aé", "b"} {
			member, _ := srv.NewMember(t, fmt.Sprintf("person%d@example.com", i), "Person", srv.RoleID(t, "account", "member"))
			for _, source := range []string{"crm", "hr", "okta"} {
				srv.Do(t, "PUT", "/api/v1/external-ids", srv.Key, map[string]any{"kind": "member", "source": source, "id": id, "object_id": member}).Want(t, 200)
				want = append(want, id+" "+source)
			}
		}
		for _, filter := range []string{"", "&source=hr"} {
			var got []string
			for path := "/api/v1/external-ids?kind=member&limit=2" + filter; path != ""; {
				page := srv.Do(t, "GET", path, srv.Key, nil).Want(t, 200).JSON(t)
				all := len(want)
				if filter != "" {
					all /= 3
				}
				if page["total"] != float64(all) || page["total_is"] != "exact" {
					t.Errorf("%s: total %v, %v; want %d", path, page["total"], page["total_is"], all)
				}
				for _, row := range page["data"].([]any) {
					x := row.(map[string]any)
					got = append(got, x["id"].(string)+" "+x["source"].(string))
				}
				path = ""
				if next, _ := page["next_cursor"].(string); next != "" {
					path = "/api/v1/external-ids?kind=member&limit=2" + filter + "&cursor=" + next
				}
			}
			var expected []string
			for _, w := range want {
				if filter == "" || strings.HasSuffix(w, " hr") {
					expected = append(expected, w)
				}
			}
			slices.Sort(got) // each database has its own order of texts
			slices.Sort(expected)
			if !slices.Equal(got, expected) {
				t.Errorf("%q: %q, want %q", filter, got, expected)
			}
		}
		members := srv.Do(t, "GET", "/api/v1/members?limit=1", srv.Key, nil).Want(t, 200).JSON(t)["next_cursor"].(string)
		for _, cursor := range []string{members, "_w", "_wAAAAAA", "_wAAAAAA_w", "x"} {
			refused := srv.Do(t, "GET", "/api/v1/external-ids?kind=member&cursor="+cursor, srv.Key, nil).Want(t, 400).JSON(t)
			if refused["code"] != "invalid_cursor" {
				t.Errorf("cursor %s: %v", cursor, refused)
			}
		}
		srv.Do(t, "GET", "/api/v1/external-ids?kind=member&cursor=_wAAAAAAbQAAAAAAAA", srv.Key, nil).Want(t, 200)
	})
}
