package httpapi_test

import (
	"fmt"
	"testing"

	"raff/internal/rafftest"
	"raff/internal/team"
)

// invisible are characters that are invisible in a name, or look like a space.
var invisible = []rune{
	0, '\n', '\u00ad', '\u034f', '\u061c', '\u115f', '\u1160', '\u17b4', '\u17b5', '\u180b', '\u180e', '\u180f', '\u200b', '\u200d', '\u200e',
	'\u202e', '\u2028', '\u2060', '\u2065', '\u206f', '\u2800', '\u3164', '\ufe00', '\ufe0f', '\ufeff', '\uffa0', '\ufff0', '\ufffc', '\ufffd', '\uffff',
	'\ufdd0', '\U000e0001', '\U000e0041', '\U000e0100', '\U000e01ef', '\U000e0fff', '\U0001d159', '\U0001d173', '\U00016fe4', '\U000f0000',
}

func TestInvisibleCharactersInNames(t *testing.T) {
	srv := rafftest.Start(t)
	n := 0
	try := func(name string, status int) {
		t.Helper()
		n++
		role := map[string]any{"name": name, "slug": fmt.Sprint("s", n), "scope": "account", "permissions": []string{"account.members.view"}}
		for path, body := range map[string]map[string]any{"/api/v1/roles": role, "/api/v1/projects": {"name": name}, "/api/v1/api-keys": {"name": name}} {
			if r := srv.Do(t, "POST", path, srv.Key, body); r.Status != status {
				t.Errorf("%s %q (%U): %d %s", path, name, []rune(name), r.Status, r.Body)
			}
		}
	}
	for _, r := range invisible {
		for _, name := range []string{"Fo" + string(r) + "o", "Foo" + string(r), string(r) + "Foo", string(r)} {
			try(name, 400)
		}
	}
	for _, s := range []string{" ", "\u00a0", "\u2003", "\u3000", "\u1680", "\u0085", "\u202f"} {
		for _, name := range []string{s, s + "Foo", "Foo" + s} {
			try(name, 400)
		}
		if s != " " {
			try("Fo"+s+" o", 400)
		}
	}
	try("👩\u200d🔧 Crew", 400)
	for _, name := range []string{"Web  Team", "Straße", "山田\u3000太郎", "🚀 Launch", "Équipe e\u0301", "Команда", "Ομάδα", "فريق", "x"} {
		try(name, 201)
	}
}

// A name that looks like an existing one is refused, both when an object is created and when it is changed.
func TestUniqueNames(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		role := func(name, slug string) rafftest.Response {
			return srv.Do(t, "POST", "/api/v1/roles", srv.Key, map[string]any{"name": name, "slug": slug, "scope": "account", "permissions": []string{"account.members.view"}})
		}
		refused := func(r rafftest.Response, name string) {
			t.Helper()
			if r.Status != 409 || r.JSON(t)["code"] != "name_taken" || r.JSON(t)["field"] != "name" {
				t.Errorf("%q: %d %s", name, r.Status, r.Body)
			}
		}
		// Like the system role Admin, and like a project and a role of the account.
		for i, name := range []string{"admin", "ADMIN", "Аdmin", "Adm\u0131n", "ＡＤＭＩＮ", "𝐀dmin", "Αdmin", "Admın", "aԁmin"} {
			refused(role(name, fmt.Sprint("a", i)), name)
		}
		crew := role("Straße 1", "crew").Want(t, 201).Data(t)["id"].(string)
		spare := role("Spare", "spare").Want(t, 201).Data(t)["id"].(string)
		project := srv.Do(t, "POST", "/api/v1/projects", srv.Key, map[string]any{"name": "Straße 1"}).Want(t, 201).Data(t)["id"].(string)
		for i, name := range []string{"STRASSE 1", "Straße\u00a01", "Straße  1", "strasse\u30001", "ſtrasse 1", "Straße ¹", "Ѕtrasse 1"} {
			refused(role(name, fmt.Sprint("b", i)), name)
			refused(srv.Do(t, "PATCH", "/api/v1/roles/"+spare, srv.Key, map[string]any{"name": name}), name)
			refused(srv.Do(t, "POST", "/api/v1/projects", srv.Key, map[string]any{"name": name}), name)
			refused(srv.Do(t, "PUT", "/api/v1/projects/"+srv.ProjectID, srv.Key, map[string]any{"name": name}), name)
		}
		// A role can get its own name in another spelling.
		srv.Do(t, "PATCH", "/api/v1/roles/"+crew, srv.Key, map[string]any{"name": "STRASSE 1"}).Want(t, 200)
		srv.Do(t, "PUT", "/api/v1/projects/"+project, srv.Key, map[string]any{"name": "STRASSE 1"}).Want(t, 200)
		role("Admín", "accent").Want(t, 201)
		role("Админ", "cyrillic").Want(t, 201)
		if r := role("Other", "crew"); r.Status != 409 || r.JSON(t)["code"] != "slug_taken" {
			t.Errorf("an existing slug: %d %s", r.Status, r.Body)
		}
		if r := role("Other", "admin"); r.Status != 409 || r.JSON(t)["code"] != "slug_taken" {
			t.Errorf("the slug of a system role: %d %s", r.Status, r.Body)
		}
	})
}

// Projects with names in other scripts get numbered slugs.
func TestManyProjectsWithOneSlug(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		for i := range 12 {
			want := "project"
			if i > 0 {
				want = fmt.Sprint("project-", i+1)
			}
			d := srv.Do(t, "POST", "/api/v1/projects", srv.Key, map[string]any{"name": string(rune('あ' + 2*i))}).Want(t, 201).Data(t)
			if d["slug"] != want {
				t.Errorf("project %d has the slug %v, want %s", i+1, d["slug"], want)
			}
		}
	})
}

func TestRenameToSameFoldedName(t *testing.T) {
	for _, name := range []string{"Admin", "Straße", "İstanbul", "ＡＢＣ", "Ομάδα ς", "ﷺ", "a\u00a0b", "ǅ"} {
		once := team.FoldName(name)
		if again := team.FoldName(once); again != once {
			t.Errorf("%q folds to %q, and that to %q", name, once, again)
		}
	}
}
