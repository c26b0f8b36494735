package web_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"raff/internal/spreadsheet"
)

// sameOrigin are the headers of a form that this site sent.
var sameOrigin = http.Header{"Sec-Fetch-Site": {"same-origin"}}

// roleOf is the slug of a member's role.
func (o *office) roleOf(t *testing.T, id string) string {
	t.Helper()
	d := o.Do(t, "GET", "/api/v1/members/"+id, o.Key, nil).Want(t, 200).Data(t)
	for _, slug := range []string{"admin", "member", "billing"} {
		if d["role_id"] == o.RoleID(t, "account", slug) {
			return slug
		}
	}
	return fmt.Sprint(d["role_id"])
}

// TestPeopleAreChangedTogether changes the people that were selected in the list: each has a result, and what can be undone is undone.
func TestPeopleAreChangedTogether(t *testing.T) {
	o := newOffice(t)
	alice, _ := o.join(t, "Alice", "member")
	bob, bobs := o.join(t, "Bob", "billing")
	person := o.Invite(t, "carol@example.com", o.RoleID(t, "account", "member"))
	list := o.owner.open(t, "/members?status=active")

	// A role: chosen on a page of its own, changed for those for whom it can be, and changed back.
	ask := list.submitTo(t, "/members/bulk", "do", "role", "member", alice, "member", bob, "member", o.OwnerMemberID)
	ask.shows(t, 200, "Change the role of 3 people", "alice@example.com", "bob@example.com")
	ask.submitTo(t, "/members/bulk", "do", "role").shows(t, 200, "Choose a role.")
	told := ask.submitTo(t, "/members/bulk", "do", "role", "role_id", o.RoleID(t, "account", "billing"))
	told.shows(t, 200, "Role changed: 2 of 3 people", "Role changed from Member to Billing.", "Already has this role.")
	if got := o.roleOf(t, alice); got != "billing" {
		t.Errorf("role of Alice: %s", got)
	}
	told.submitTo(t, "/members/bulk", "do", "restore").shows(t, 200, "Role changed back: 1 of 1 person", "Role changed from Billing to Member.")
	if a, b := o.roleOf(t, alice), o.roleOf(t, bob); a != "member" || b != "billing" {
		t.Errorf("after undoing: %s, %s", a, b)
	}

	// A suspension asks first, and can be undone.
	ask = list.submitTo(t, "/members/bulk", "do", "suspend", "member", alice, "member", bob)
	ask.shows(t, 200, "Suspend 2 people", "their sessions end immediately")
	bobs.open(t, "/projects").shows(t, 200, "Projects")
	told = ask.submitTo(t, "/members/bulk", "do", "suspend").shows(t, 200, "Suspended: 2 of 2 people")
	bobs.open(t, "/projects").shows(t, 200, "Sign in")
	told.submitTo(t, "/members/bulk", "do", "activate").shows(t, 200, "Activated: 2 of 2 people")

	// Invitations: resent only where there is one, once per form.
	form := o.owner.open(t, "/members")
	for _, want := range []string{"Invitation resent: 1 of 2 people", "Already resent with this form."} {
		form.submitTo(t, "/members/bulk", "do", "resend", "member", person, "member", alice).shows(t, 200, want, "Not invited: there is no open invitation.")
	}

	// Removing asks first; who is gone already is told.
	ask = form.submitTo(t, "/members/bulk", "do", "remove", "member", person, "member", bob).shows(t, 200, "Remove 2 people", "cannot be undone")
	o.Do(t, "DELETE", "/api/v1/members/"+bob, o.Key, nil).Want(t, 200)
	ask.submitTo(t, "/members/bulk", "do", "remove").shows(t, 200, "Removed: 1 of 2 people", "Invitation cancelled.", "No longer a member.").lacks(t, "Undo")
	o.Do(t, "GET", "/api/v1/members/"+person, o.Key, nil).Want(t, 404)

	list.submitTo(t, "/members/bulk", "do", "suspend").shows(t, 400, "Select 1 to 50 people")
	o.owner.fetch(t, "POST", o.URL+"/members/bulk", url.Values{"do": {"suspend"}, "member": {alice}, "confirm": {"yes"}}, sameOrigin).shows(t, 409, "out of date")
}

// TestBulkChangesKeepToTheGuard selects people who may not be changed by the one who selects them.
func TestBulkChangesKeepToTheGuard(t *testing.T) {
	o := newOffice(t)
	alice, admin := o.join(t, "Alice", "admin")
	bob, _ := o.join(t, "Bob", "member")
	in := admin.open(t, "/members")
	told := in.submitTo(t, "/members/bulk", "do", "suspend", "confirm", "yes", "member", alice, "member", o.OwnerMemberID, "member", bob)
	told.shows(t, 200, "Suspended: 1 of 3 people")
	if o.Do(t, "GET", "/api/v1/members/"+o.OwnerMemberID, o.Key, nil).Want(t, 200).Data(t)["status"] != "active" {
		t.Error("an Admin suspended the Owner")
	}
	o.Do(t, "PATCH", "/api/v1/members/"+bob, o.Key, map[string]any{"status": "active"}).Want(t, 200)
	member := signIn(t, o.Server, "bob@example.com")
	seen := member.open(t, "/members").shows(t, 200, "Alice", "3 people you can see", "that you can see.")
	admin.open(t, "/members").shows(t, 200, "3 people").lacks(t, "you can see")
	if strings.Contains(seen.source, `name="member"`) || strings.Contains(seen.source, "/members/bulk") {
		t.Error("someone who may not change members can select them")
	}
	forged := url.Values{"do": {"suspend"}, "member": {alice}, "confirm": {"yes"}, "here": {o.AccountID}}
	member.fetch(t, "POST", o.URL+"/members/bulk", forged, sameOrigin).shows(t, 200, "Suspended: 0 of 1 person", "does not include the permission")
}

// TestRoleIsChangedWithinTheList changes a role without leaving the list, whose filters stay.
func TestRoleIsChangedWithinTheList(t *testing.T) {
	o := newOffice(t)
	alice, _ := o.join(t, "Alice", "member")
	list := o.owner.open(t, "/members?status=active&q=ali")
	form := o.owner.fetch(t, "GET", o.URL+"/members/"+alice+"/role", nil, map[string][]string{"Referer": {list.url}}).shows(t, 200, "Role of Alice")
	changed := form.submitTo(t, "/members/"+alice+"/memberships/"+alice, "role_id", o.RoleID(t, "account", "billing")).shows(t, 200, "Role changed.", "1 person", "Billing")
	if at := changed.path(t); at != "/members?status=active&q=ali" {
		t.Errorf("redirected to %s", at)
	}
	// A form that leads elsewhere does not.
	form = o.owner.open(t, "/members/"+alice+"/role")
	if at := form.submitTo(t, "/members/"+alice+"/memberships/"+alice, "role_id", o.RoleID(t, "account", "member"), "back", "https://example.com/members").path(t); at != "/members" {
		t.Errorf("redirected to %s", at)
	}
	menu := o.owner.open(t, "/members/"+alice+"/actions").shows(t, 200, "Change role", "Suspend", "Remove", "What this person did", alice)
	menu.lacks(t, "Resend")
	o.owner.open(t, "/members/"+o.OwnerMemberID+"/actions").shows(t, 200, "Open").lacks(t, "Remove")
}

// TestFilteredMembersAsCSV downloads what the list shows, all of it, in its order, harmless to spreadsheets.
func TestFilteredMembersAsCSV(t *testing.T) {
	o := newOffice(t)
	o.NewMember(t, "eve@example.com", "=1+1", o.RoleID(t, "account", "billing"))
	o.joinProject(t, "Peggy", "viewer")
	var rows []map[string]any
	for i := range 499 {
		rows = append(rows, map[string]any{"email": fmt.Sprintf("many%03d@example.com", i), "role_id": o.RoleID(t, "account", "member")})
	}
	o.Do(t, "POST", "/api/v1/members/bulk", o.Key, map[string]any{"members": rows}).Want(t, 200)
	read := func(query string) [][]string {
		t.Helper()
		p := o.owner.open(t, "/members"+query)
		_, rest, ok := strings.Cut(p.source, `href="/members/export`)
		if !ok {
			t.Fatal("no link to the file")
		}
		file := o.owner.open(t, "/members/export"+strings.ReplaceAll(strings.Split(rest, `"`)[0], "&amp;", "&"))
		all, err := csv.NewReader(strings.NewReader(file.source)).ReadAll()
		if err != nil || !strings.HasPrefix(file.header.Get("Content-Disposition"), `attachment; filename="members-`) {
			t.Fatalf("%v %v", err, file.header)
		}
		return all
	}
	if all := read(""); len(all) != 1+502 || !slices.Equal(all[0], append(slices.Clone(spreadsheet.MemberColumns), "projects")) {
		t.Errorf("%d lines: %v", len(all), all[0])
	}
	if all := read("?sort=name&status=pending&q=many"); len(all) != 1+499 || all[1][1] != "many000@example.com" || all[499][1] != "many498@example.com" {
		t.Errorf("%d lines", len(all))
	}
	if all := read("?q=eve"); len(all) != 2 || all[1][2] != "'=1+1" || all[1][3] != "billing" {
		t.Errorf("%d lines: %.500v", len(all), all)
	}
	if all := read("?access=project"); len(all) != 2 || all[1][3] != "" || all[1][len(all[1])-1] != "Default (viewer)" {
		t.Errorf("%d lines: %.500v", len(all), all)
	}
	_, billing := o.join(t, "Bill", "billing")
	billing.open(t, "/members/export").shows(t, 403, "Not allowed")
}

// TestRowsAreCompactIfAsked switches the density of rows, which the browser remembers.
func TestRowsAreCompactIfAsked(t *testing.T) {
	o := newOffice(t)
	p := o.owner.open(t, "/members?q=o")
	if strings.Contains(p.source, `class="inside compact"`) {
		t.Error("compact from the start")
	}
	p = p.submitTo(t, "/profile/display", "rows", "compact")
	if at := p.path(t); at != "/members?q=o" || !strings.Contains(p.source, `class="inside compact"`) {
		t.Errorf("after switching: %s", at)
	}
	p = o.owner.open(t, "/projects")
	if !strings.Contains(p.source, `class="inside compact"`) {
		t.Error("another list is not compact")
	}
	p = o.owner.open(t, "/members").submitTo(t, "/profile/display", "rows", "", "back", "//example.com/")
	if strings.Contains(p.source, `class="inside compact"`) || !strings.HasPrefix(p.url, o.URL) {
		t.Errorf("%s", p.url)
	}
}

// TestActiveFiltersAreChips removes one filter of a list and keeps the others.
func TestActiveFiltersAreChips(t *testing.T) {
	o := newOffice(t)
	p := o.owner.open(t, "/members?status=active&access=owner&after=nonsense").shows(t, 200, "Owner : remove this filter", "Active : remove this filter", "Remove all")
	if !strings.Contains(p.source, `href="/members?access=owner"`) || !strings.Contains(p.source, `href="/members?status=active"`) {
		t.Error("no link that removes one filter")
	}
	o.owner.open(t, "/members?q=trent").shows(t, 200, "1 person").lacks(t, "remove this filter")
}
