package web_test

import (
	"fmt"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"raff/internal/permission"
)

// newRole creates a custom account role and returns the path of its page.
func (o *office) newRole(t *testing.T, name string, permissions ...string) string {
	t.Helper()
	typed := []string{"name", name}
	for _, p := range permissions {
		typed = append(typed, "permission", p)
	}
	return pathOf(t, o.owner.open(t, "/roles/new").submitTo(t, "/roles", typed...).shows(t, 200, "Role created"))
}

func (o *office) permissionsOf(t *testing.T, at string) []string {
	t.Helper()
	var names []string
	for _, p := range o.Do(t, "GET", "/api/v1"+at, o.Key, nil).Want(t, 200).Data(t)["permissions"].([]any) {
		names = append(names, p.(string))
	}
	return names
}

func TestRoleChangedInTheMeantimeIsReviewedAgain(t *testing.T) {
	o := newOffice(t)
	at := o.newRole(t, "Support", "account.members.view", "account.projects.view")
	edit := at + "/edit"
	first, second := o.owner.open(t, edit), o.owner.open(t, edit)
	review := first.submitTo(t, edit, "permission", "account.members.view", "permission", "account.roles.view").
		shows(t, 200, "They gain", "View roles", "They lose", "View projects in the account")
	second.submitTo(t, edit, "permission", "account.members.view", "permission", "account.projects.view", "permission", "account.audit.view").
		shows(t, 200, "View the audit log").submitTo(t, edit).shows(t, 200, "Changes saved.")

	// Saving would now do something else than what was reviewed.
	again := review.submitTo(t, edit).shows(t, 409, "Someone else changed this role in the meantime", "They lose", "View the audit log", "View projects in the account")
	if got := o.permissionsOf(t, at); !slices.Contains(got, "account.audit.view") {
		t.Fatalf("saved without another review: %v", got)
	}
	again.submitTo(t, edit).shows(t, 200, "Changes saved.")
	if got := o.permissionsOf(t, at); !slices.Equal(got, []string{"account.members.view", "account.roles.view"}) {
		t.Errorf("permissions of the role: %v", got)
	}
	// An outdated form does not restore an old name without a review, even if it changes no permission.
	old := o.owner.open(t, edit)
	o.owner.open(t, edit).submitTo(t, edit, "name", "Help desk").shows(t, 200, "Changes saved.")
	old.submitTo(t, edit, "description", "Answers people").shows(t, 409, "changed this role in the meantime", "Help desk → Support", "None → Answers people").lacks(t, "They gain")
}

func TestOneOfTwoConcurrentRoleChangesIsReviewedAgain(t *testing.T) {
	o := newOffice(t)
	at := o.newRole(t, "Support", "account.members.view")
	var reviews []page
	more := []string{"account.projects.view", "account.roles.view", "account.audit.view", "account.apikeys.view", "account.settings.view"}
	for _, p := range more {
		reviews = append(reviews, o.owner.open(t, at+"/edit").submitTo(t, at+"/edit", "permission", "account.members.view", "permission", p).shows(t, 200, "They gain"))
	}
	var wg sync.WaitGroup
	statuses := make([]int, len(reviews))
	for i, r := range reviews {
		wg.Go(func() { statuses[i] = r.submitTo(t, at+"/edit").status })
	}
	wg.Wait()
	slices.Sort(statuses)
	if !slices.Equal(statuses, []int{200, 409, 409, 409, 409}) {
		t.Errorf("statuses: %v", statuses)
	}
}

func TestRolesShowTheirHolders(t *testing.T) {
	o := newOffice(t)
	o.newRole(t, "Small", "account.members.view")
	at := o.newRole(t, "Large", "account.members.view", "account.projects.view")
	role := path.Base(at)
	o.join(t, "Ada", "admin")
	for _, email := range []string{"alice@example.com", "bob@example.com"} {
		o.Invite(t, email, role)
	}
	o.NewKey(t, "CI", role)
	list := o.owner.open(t, "/roles")
	table, _, _ := strings.Cut(list.text(), "Project roles")
	last := 0
	for _, row := range []string{"Owner Everything", "Admin Account", "Member Basic", "Billing access only", "Large Custom", "Small Custom"} {
		i := strings.Index(table, row)
		if i < last {
			t.Errorf("%q is at %d, after %d: %s", row, i, last, table)
		}
		last = i
	}
	all := permission.Default().GrantableSet(permission.ScopeAccount).Len()
	list.shows(t, 200, fmt.Sprintf("Large Custom 2 of %d 2 people and 1 API key", all), fmt.Sprintf("Small Custom 1 of %d No one", all))
	if !strings.Contains(list.source, `<a href="/members?role=`+role+`">2 people</a>`) {
		t.Error("the number of holders is not linked to the list")
	}
	o.owner.open(t, "/members?role="+role).shows(t, 200, "2 people", "alice@example.com", "bob@example.com")
	o.owner.open(t, at).shows(t, 200, "Scope Account role", "Assigned to 2 people and 1 API key", "Duplicate")
	o.owner.open(t, "/roles/"+o.RoleID(t, "account", "owner")).shows(t, 200, "it cannot be changed").lacks(t, "Duplicate")
	o.owner.open(t, "/roles/"+o.RoleID(t, "account", "admin")).shows(t, 200, "Duplicate it to create a custom role")

	// The field with the error has the focus.
	p := o.owner.open(t, at+"/delete").submitTo(t, at+"/delete").shows(t, 409, "Choose a replacement role")
	if !regexp.MustCompile(`name="role_id"[^>]*autofocus`).MatchString(p.source) {
		t.Error("the field for the replacement role does not have the focus")
	}
	p = o.owner.open(t, "/roles/new").submitTo(t, "/roles", "name", "Empty").shows(t, 400, "Choose at least one permission.")
	if !regexp.MustCompile(`value="account.projects.view"[^>]*autofocus`).MatchString(p.source) {
		t.Error("the permissions do not have the focus")
	}
}

func TestChangingTheScopeKeepsTheInput(t *testing.T) {
	o := newOffice(t)
	typed := url.Values{"scope": {"project"}, "name": {"Crew"}, "slug": {"the-crew"}, "description": {"On site"}}
	p := o.owner.open(t, "/roles/new?"+typed.Encode()).shows(t, 200, "View virtual machines", "Crew", "the-crew", "On site").lacks(t, "View billing")
	if !strings.Contains(p.source, `formaction="/roles/new"`) {
		t.Error("without a script the scope cannot be changed")
	}
	p.submitTo(t, "/roles", "permission", "account.members.view").shows(t, 400, "do not exist in this scope", "Crew")
	p.submitTo(t, "/roles", "permission", "vm.view").shows(t, 200, "Role created", "Project role", "On site")
}

// TestRoleCountsWhatIsSeen counts the memberships with a project role for people who see all projects, one of them, or none.
func TestRoleCountsWhatIsSeen(t *testing.T) {
	o := newOffice(t)
	viewer := o.RoleID(t, "project", "viewer")
	create := func(slug, scope string, permissions ...string) string {
		return o.Do(t, "POST", "/api/v1/roles", o.Key, map[string]any{"name": slug, "slug": slug, "scope": scope, "permissions": permissions}).Want(t, 201).Data(t)["id"].(string)
	}
	reader, sees := create("reader", "account", "account.roles.view"), create("sees", "project", "project.members.view")
	shop, secret := o.newProject(t, "Shop"), o.newProject(t, "Secret")
	for _, in := range []struct{ project, email string }{{shop, "alice@example.com"}, {secret, "alice@example.com"}, {secret, "bob@example.com"}, {shop, "carol@example.com"}} {
		o.Do(t, "POST", "/api/v1/projects/"+in.project+"/invitations", o.Key, map[string]any{"email": in.email, "role_id": viewer}).Want(t, 201)
	}
	_, erin := o.NewMember(t, "erin@example.com", "Erin", reader)
	o.NewMember(t, "frank@example.com", "Frank", reader)
	o.Do(t, "POST", "/api/v1/projects/"+shop+"/members", o.Key, map[string]any{"target_user_id": erin, "role_id": sees}).Want(t, 201)
	inShop, nowhere := signIn(t, o.Server, "erin@example.com"), signIn(t, o.Server, "frank@example.com")
	for _, page := range []string{"/roles", "/roles/" + viewer} {
		o.owner.open(t, page).shows(t, 200, "4 project memberships").lacks(t, "that you can see")
		inShop.open(t, page).shows(t, 200, "2 project memberships that you can see")
		nowhere.open(t, page).shows(t, 200, "0 project memberships that you can see").lacks(t, "2 project memberships").lacks(t, "4 project memberships")
	}
	inShop.open(t, "/roles/"+sees).shows(t, 200, "1 project membership that you can see")
	for _, b := range []*browser{o.owner, inShop, nowhere} { // account roles
		b.open(t, "/roles/"+reader).shows(t, 200, "2 people")
	}
}
