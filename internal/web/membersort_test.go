package web_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"raff/internal/rafftest"
)

func TestMembersAreSorted(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		open(t, srv.OwnerLink).submit(t, "name", "Trent", "password", rafftest.Password).shows(t, 200)
		owner, member := signIn(t, srv, "owner@example.com"), srv.RoleID(t, "account", "member")
		for email, name := range map[string]string{"zoe@example.com": "alice", "yves@example.com": "Östen", "xena@example.com": "Oscar"} {
			srv.NewMember(t, email, name, member)
		}
		srv.Invite(t, "oz@example.com", member)
		names := func(query string) string {
			p := owner.open(t, "/members"+query).shows(t, 200)
			var all []string
			_, table, _ := strings.Cut(p.source, "<tbody>")
			for _, m := range regexp.MustCompile(`<bdi class="name">([^<]+)</bdi>`).FindAllStringSubmatch(table, -1) {
				all = append(all, m[1])
			}
			return strings.Join(all, " ")
		}
		const byName = "alice Oscar Östen oz@example.com Trent"
		if got := names("?sort=name"); got != byName {
			t.Errorf("by name: %s", got)
		}
		back := strings.Fields(byName)
		slices.Reverse(back)
		if got := names("?sort=name-back"); got != strings.Join(back, " ") {
			t.Errorf("by name, descending: %s", got)
		}
		if got := names("?sort=newest"); !strings.HasPrefix(got, "oz@example.com ") || !strings.HasSuffix(got, " Trent") {
			t.Errorf("newest first: %s", got)
		}
		if got := names(""); !strings.HasPrefix(got, "Trent ") || !strings.HasSuffix(got, " oz@example.com") {
			t.Errorf("oldest first: %s", got)
		}
		// Active members, then invited ones, and the reverse; each status oldest first or newest first.
		byStatus := names("?sort=status")
		if !strings.HasPrefix(byStatus, "Trent ") || !strings.HasSuffix(byStatus, " oz@example.com") {
			t.Errorf("by status: %s", byStatus)
		}
		back = strings.Fields(byStatus)
		slices.Reverse(back)
		if got := names("?sort=status-back"); got != strings.Join(back, " ") {
			t.Errorf("by status, descending: %s", got)
		}
		if got := owner.open(t, "/members?sort=status-back").source; !regexp.MustCompile(`aria-sort="descending"[^>]*>\s*<a class="sort" href="/members\?sort=status">`).MatchString(got) {
			t.Error("the header of the status does not say that the list is sorted by it")
		}
		if got := names("?q=OSTEN&sort=name"); got != "Östen" {
			t.Errorf("search without accents: %q", got)
		}
		link, err := srv.Node.SignIn().PasswordLink(t.Context(), "zoe@example.com")
		if err != nil {
			t.Fatal(err)
		}
		open(t, link.URL).submit(t, "name", "Zoë", "password", rafftest.Password).shows(t, 200)
		if got := names("?sort=name"); got != "Oscar Östen oz@example.com Trent Zoë" {
			t.Errorf("by name after a change of name: %s", got)
		}
		owner.open(t, "/members?sort=name").shows(t, 200).lacks(t, "has a second factor")
		enrol(t, srv, owner)
		owner.open(t, "/members").shows(t, 200, "has a second factor")
		owner.open(t, "/members/"+srv.OwnerMemberID).shows(t, 200, "You Second factor")
		signIn(t, srv, "zoe@example.com").open(t, "/members").shows(t, 200, "Trent").lacks(t, "has a second factor")

		// Paging through the list by name shows everyone, including people with the same name.
		var rows []map[string]any
		for i := range 60 {
			rows = append(rows, map[string]any{"email": fmt.Sprintf("many%03d@example.com", i), "role_id": member})
		}
		srv.Do(t, "POST", "/api/v1/members/bulk", srv.Key, map[string]any{"members": rows}).Want(t, 200)
		first := names("?sort=name")
		p := owner.open(t, "/members?sort=name")
		next := regexp.MustCompile(`href="/members([^"]*)" rel="next"`).FindStringSubmatch(p.source)
		if next == nil {
			t.Fatal("no next page")
		}
		all := strings.Fields(first + " " + names(strings.ReplaceAll(next[1], "&amp;", "&")))
		if len(all) != 65 || all[0] != "many000@example.com" || all[64] != "Zoë" || len(slices.Compact(slices.Clone(all))) != 65 {
			t.Errorf("two pages show %d people: %v", len(all), all)
		}
		// By status, the second page continues among people with the status at the end of the first one.
		seen := map[string]bool{}
		for page := "?sort=status-back"; page != ""; {
			next := regexp.MustCompile(`href="/members([^"]*)" rel="next"`).FindStringSubmatch(owner.open(t, "/members"+page).source)
			for name := range strings.FieldsSeq(names(page)) {
				if seen[name] {
					t.Errorf("by status, %s is on two pages", name)
				}
				seen[name] = true
			}
			if page = ""; next != nil {
				page = strings.ReplaceAll(next[1], "&amp;", "&")
			}
		}
		if len(seen) != 65 {
			t.Errorf("by status, the pages show %d people", len(seen))
		}
		file := owner.open(t, "/members/export?sort=status-back").source
		if i, j := strings.Index(file, "many059@example.com"), strings.Index(file, "owner@example.com"); i < 0 || j < i {
			t.Errorf("the file is not in the order of the list: %s", file)
		}
	})
}
