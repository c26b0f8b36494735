package store_test

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"raff/internal/rafftest"
	"raff/internal/store"
	"raff/internal/team"
)

// searched returns the pages that searches find, by search.
func (w *world) searched(t *testing.T, texts []string) map[string]string {
	t.Helper()
	found := map[string]string{}
	note := func(search string, ids []string, total int, err error) {
		if err != nil {
			t.Fatalf("%s: %v", search, err)
		}
		found[search] = fmt.Sprint(total, " ", ids)
	}
	for _, text := range texts {
		list, total, err := w.Members(w.ctx, team.MemberFilter{AccountID: w.account.ID, Query: text, Page: team.Page{Limit: 20, Offset: 5}})
		note("members "+text, each(list, func(m team.Member) string { return m.ID }), total.N, err)
		for _, sort := range []team.PersonSort{team.SortName, team.SortNewest} {
			people, total, err := w.People(w.ctx, team.PersonFilter{AccountID: w.account.ID, Query: text, Sort: sort, AllProjects: true, Page: team.Page{Limit: 20}})
			note(fmt.Sprint("people ", sort, " ", text), each(people, func(p team.Person) string { return p.ID }), total.N, err)
		}
	}
	return found
}

// Searches on PostgreSQL read an index of trigrams, and find what a search finds that reads all names.
func TestSearchIndex(t *testing.T) {
	w := newWorld(t, rafftest.PostgresURL(t))
	acme := w.account
	w.account = w.newAccount(t, "Globex")
	w.add(t, w.invited("carol.7@example.com"))
	w.account = acme
	names := []string{"alice", "bob", "carol", "Ärmel_50%", "Søren O'Neil", "Жанна", "x y", `back\slash`}
	w.do(t, func(tx store.Tx) error {
		for i := range 600 {
			m := w.invited(fmt.Sprintf("%s.%d@example.com", names[i%3], i))
			if err := tx.InsertNewMember(w.ctx, m); err != nil {
				return err
			}
		}
		return nil
	})
	for i, name := range names {
		w.add(t, w.person(w.newUser(t, fmt.Sprintf("person%d@example.org", i), name), w.basic))
	}
	texts := []string{"carol", "CAROL.", "ol.59", "example.com", "@example.org", "example", "n5", "a", "ärmel", "_50%", "o'neil", "жанна", "x y", `k\slash`, "%", "nobody at all", "person3", "rson", "e.c"}
	db := directly(t, w.url)
	scans := func() (n int) {
		if err := db.QueryRowContext(t.Context(), "SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = 'memberships_search'").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	byIndex := w.searched(t, texts)
	for end := time.Now().Add(time.Minute); scans() < 10; time.Sleep(50 * time.Millisecond) { // sessions report them when they are idle
		if time.Now().After(end) {
			t.Fatalf("the index was used %d times", scans())
		}
	}
	const scan = `DROP INDEX memberships_search; CREATE OR REPLACE FUNCTION search_people(account UUID, pattern TEXT) RETURNS SETOF memberships
		LANGUAGE sql STABLE AS $$ SELECT m.* FROM memberships m WHERE m.account_id = account AND m.lead AND m.sort_key LIKE pattern $$`
	if _, err := db.ExecContext(t.Context(), scan); err != nil {
		t.Fatal(err)
	}
	byScan := w.searched(t, texts)
	for search, want := range byScan {
		if got := byIndex[search]; got != want {
			t.Errorf("%s: by index %s, want %s", search, got, want)
		}
	}
	if n, _, _ := strings.Cut(byScan["members carol"], " "); n != "201" {
		t.Errorf("carol: %s", byScan["members carol"])
	}
}

// A role that may not create the extensions of the index, in a database without them, searches without it, until a superuser has
// created them.
func TestSearchWithoutExtensions(t *testing.T) {
	cluster := rafftest.NewCluster(t, "-c fsync=off")
	u, err := url.Parse(cluster.URL)
	if err != nil {
		t.Fatal(err)
	}
	admin := directly(t, cluster.URL)
	exec := func(statements string) {
		t.Helper()
		if _, err := admin.ExecContext(t.Context(), statements); err != nil {
			t.Fatal(err)
		}
	}
	var b [6]byte
	_, _ = rand.Read(b[:]) // never fails
	exec("CREATE ROLE limited LOGIN PASSWORD '" + hex.EncodeToString(b[:]) + "'; GRANT CREATE ON SCHEMA public TO limited; REVOKE CREATE ON DATABASE postgres FROM limited")
	u.User = url.User("limited")
	w := newWorld(t, u.String())
	w.add(t, w.invited("alice@example.com"))
	w.add(t, w.invited("bob@example.com"))
	search := func() {
		t.Helper()
		if people, total, err := w.People(w.ctx, team.PersonFilter{AccountID: w.account.ID, Query: "ALICE", AllProjects: true}); err != nil || total.N != 1 || people[0].Email != "alice@example.com" {
			t.Errorf("%v, %v, %v", people, total, err)
		}
	}
	remarked := func() bool {
		t.Helper()
		c, err := store.Inspect(t.Context(), u.String())
		if err != nil {
			t.Fatal(err)
		}
		return strings.Contains(fmt.Sprint(c.Remarks), "memberships_search")
	}
	search()
	if lacking, err := w.PrepareSearch(w.ctx); err != nil || !strings.Contains(lacking, "permission denied") || !remarked() {
		t.Errorf("lacking %q, %v, remarked %t", lacking, err, remarked())
	}
	exec("CREATE EXTENSION pg_trgm; CREATE EXTENSION btree_gin")
	if lacking, err := w.PrepareSearch(w.ctx); err != nil || lacking != "" || remarked() {
		t.Errorf("lacking %q, %v, remarked %t", lacking, err, remarked())
	}
	search()
}
