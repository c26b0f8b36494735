package web_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"raff/internal/rafftest"
	"raff/internal/spreadsheet"
)

// office is a server whose Owner is signed in.
type office struct {
	*rafftest.Server
	owner *browser
}

func newOffice(t *testing.T, more ...rafftest.Option) *office {
	t.Helper()
	srv := house(t, more...)
	return &office{srv, signIn(t, srv, "owner@example.com")}
}

// join adds an active member and signs them in.
func (o *office) join(t *testing.T, name, role string) (memberID string, b *browser) {
	t.Helper()
	email := strings.ToLower(name) + "@example.com"
	memberID, _ = o.NewMember(t, email, name, o.RoleID(t, "account", role))
	return memberID, signIn(t, o.Server, email)
}

// joinProject adds a member of the Default project only, and signs them in.
func (o *office) joinProject(t *testing.T, name, role string) (memberID string, b *browser) {
	t.Helper()
	email := strings.ToLower(name) + "@example.com"
	d := o.Do(t, "POST", "/api/v1/projects/"+o.ProjectID+"/invitations", o.Key, map[string]any{"email": email, "role_id": o.RoleID(t, "project", role)}).Want(t, 201).Data(t)
	link := o.Do(t, "POST", "/api/v1/invitations/"+d["id"].(string)+"/link", o.Key, nil).Want(t, 200).Data(t)["link"].(string)
	open(t, link).submit(t, "answer", "accept", "name", name, "password", rafftest.Password).shows(t, 200, "Invitation accepted")
	return d["member_id"].(string), signIn(t, o.Server, email)
}

// pathOf is the path of the page, without the query of the notice.
func pathOf(t *testing.T, p page) string {
	t.Helper()
	at, _, _ := strings.Cut(p.path(t), "?")
	return at
}

func TestNavigationDependsOnTheRole(t *testing.T) {
	o := newOffice(t)
	_, admin := o.join(t, "Ada", "admin")
	_, member := o.join(t, "Max", "member")
	_, billing := o.join(t, "Bill", "billing")
	_, viewer := o.joinProject(t, "Vera", "viewer")
	all := []string{"Members", "Invitations", "Projects", "Roles", "API keys", "Audit log", "Settings"}
	for _, c := range []struct {
		name  string
		b     *browser
		start string
		sees  []string
	}{
		{"Owner", o.owner, "/overview", all},
		{"Admin", admin, "/overview", all},
		{"Member", member, "/members", []string{"Members", "Invitations", "Projects", "Settings"}},
		{"Billing", billing, "/projects", []string{"Projects"}},
		{"project Viewer", viewer, "/projects", []string{"Invitations", "Projects"}},
	} {
		p := c.b.open(t, "/").shows(t, 200)
		if got := p.path(t); got != c.start {
			t.Errorf("%s: the first page is %s", c.name, got)
		}
		paths := map[string]string{"Members": "/members", "Invitations": "/invitations", "Projects": "/projects", "Roles": "/roles", "API keys": "/keys", "Audit log": "/audit", "Settings": "/settings"}
		for _, label := range all {
			may := strings.Contains(strings.Join(c.sees, ","), label)
			if linked := strings.Contains(p.source, `href="`+paths[label]+`"`); linked != may {
				t.Errorf("%s: link to %s is %v", c.name, label, linked)
			}
			want := 403
			if may {
				want = 200
			}
			if got := c.b.open(t, paths[label]).status; got != want {
				t.Errorf("%s opens %s: %d, want %d", c.name, label, got, want)
			}
		}
	}
}

func TestMembersSearchFiltersAndPages(t *testing.T) {
	o := newOffice(t)
	o.join(t, "Alice", "admin")
	o.joinProject(t, "Peggy", "viewer")
	o.Invite(t, "ivan@example.com", o.RoleID(t, "account", "member"))
	page := func(query string) page { t.Helper(); return o.owner.open(t, "/members"+query).shows(t, 200) }
	page("").shows(t, 200, "4 people", "Trent", "Owner", "Alice", "Admin", "Peggy", "Project-only", "Default", "ivan@example.com", "Invited")
	page("?q=ALI").shows(t, 200, "1 person", "Alice").lacks(t, "Peggy")
	page("?status=pending").shows(t, 200, "1 person", "ivan@example.com").lacks(t, "Alice")
	page("?access=project").shows(t, 200, "1 person", "Peggy").lacks(t, "Alice")
	page("?access=owner").shows(t, 200, "1 person", "Trent")
	page("?role="+o.RoleID(t, "account", "admin")).shows(t, 200, "1 person", "Alice")
	page("?role=nonsense").shows(t, 200, "No matches")
	page("?q=zzz").shows(t, 200, "No matches", "Show everyone")
	page("?status=nonsense").shows(t, 200, "4 people")
	page("?after=nonsense").shows(t, 200, "4 people")
	page("?q=" + url.QueryEscape(`"><script>alert(1)</script>`))

	var rows []map[string]any
	for i := range 150 {
		rows = append(rows, map[string]any{"email": fmt.Sprintf("many%03d@example.com", i), "role_id": o.RoleID(t, "account", "member")})
	}
	o.Do(t, "POST", "/api/v1/members/bulk", o.Key, map[string]any{"members": rows}).Want(t, 200)
	seen, p := map[string]bool{}, page("?q=many")
	for n := 0; ; n++ {
		for _, email := range regexp.MustCompile(`many\d+@example\.com`).FindAllString(p.text(), -1) {
			seen[email] = true
		}
		next := regexp.MustCompile(`href="(/members[^"]*)" rel="next"`).FindStringSubmatch(p.source)
		if next == nil {
			// There are three full pages, and no empty page after them.
			if n != 2 || !strings.Contains(p.source, ">First page<") || !strings.Contains(p.text(), "101–150 of 150") {
				t.Errorf("the last page is page %d", n+1)
			}
			break
		}
		p = o.owner.open(t, strings.ReplaceAll(next[1], "&amp;", "&")).shows(t, 200, "150 people")
	}
	if len(seen) != 150 {
		t.Errorf("the pages show %d of 150 people", len(seen))
	}
}

// post submits a form with only the given fields.
func (p page) post(t *testing.T, action string, typed ...string) page {
	t.Helper()
	return p.send(t, form{action: action, fields: url.Values{"here": {p.browser.account(t)}}}, typed)
}

// account is the id of the current account of the browser's session, or empty.
func (b *browser) account(t *testing.T) string {
	t.Helper()
	var who struct {
		Data struct {
			Account struct{ ID string } `json:"account"`
		} `json:"data"`
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.base+"/api/v1/whoami", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := b.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&who); err != nil {
		t.Fatal(err)
	}
	return who.Data.Account.ID
}

func (o *office) invitationOf(t *testing.T, email string) string {
	t.Helper()
	d := o.Do(t, "GET", "/api/v1/members?q="+url.QueryEscape(email), o.Key, nil).Want(t, 200).JSON(t)["data"].([]any)
	return d[0].(map[string]any)["invitation_id"].(string)
}

func TestMemberPage(t *testing.T) {
	o := newOffice(t)
	id, alice := o.join(t, "Alice", "member")
	at := "/members/" + id
	seat := at + "/memberships/" + id
	p := o.owner.open(t, at).shows(t, 200, "Alice", "alice@example.com", "Account", "Member", "Suspend", "Remove")
	p.submitTo(t, seat, "role_id", o.RoleID(t, "account", "admin")).shows(t, 200, "Role changed", "Account admin without billing")
	p.post(t, seat, "status", "suspended").shows(t, 200, "Suspended", "Activate")
	if alice.signedIn(t) {
		t.Error("Alice is still signed in")
	}
	p.post(t, seat, "status", "active").shows(t, 200, "Member activated")
	p.submitTo(t, at+"/projects", "project_id", o.ProjectID, "role_id", o.RoleID(t, "project", "operator")).shows(t, 200, "Added.", "Default", "Operator").lacks(t, "Add to a project")

	alice = signIn(t, o.Server, "alice@example.com")
	o.Do(t, "POST", "/api/v1/members", o.Key, map[string]any{"email": "ivan@example.com", "role_id": o.RoleID(t, "account", "member")}).Want(t, 201)
	alice.open(t, "/keys/new").submit(t, "name", "Alice's key", "expires", "30").shows(t, 200, "raff_")
	alice.open(t, "/invitations/new").submitTo(t, "/invitations", "emails", "by-alice@example.com", "role_id", o.RoleID(t, "account", "member")).shows(t, 200)
	gone := o.owner.open(t, seat+"/remove").shows(t, 200, "Remove Alice from Acme?", "the role Admin", "the role Operator in the project Default", "every session", "Alice's key", "by-alice@example.com")
	gone.submit(t).shows(t, 200, "Member removed.").lacks(t, "Alice alice@example.com")
	if alice.signedIn(t) {
		t.Error("Alice is still signed in")
	}
	o.owner.open(t, at).shows(t, 404)
}

func TestForbiddenActionsAreNotOffered(t *testing.T) {
	o := newOffice(t)
	adaID, ada := o.join(t, "Ada", "admin")
	maxID, member := o.join(t, "Max", "member")
	ownerAt := "/members/" + o.OwnerMemberID

	// No one can change the Owner's membership, including the Owner.
	for _, b := range []*browser{ada, o.owner} {
		p := b.open(t, ownerAt).shows(t, 200, "The Owner's membership cannot be changed")
		if len(p.forms) != 1 { // sign-out
			t.Errorf("%d forms on the Owner's page", len(p.forms))
		}
		p.post(t, ownerAt+"/memberships/"+o.OwnerMemberID, "status", "suspended").shows(t, 403, "cannot be changed")
		p.post(t, ownerAt+"/memberships/"+o.OwnerMemberID+"/remove").shows(t, 403, "cannot be changed")
	}
	// No one can change their own membership.
	ada.open(t, "/members/"+adaID).shows(t, 200, "You", "You cannot change or remove your own membership").lacks(t, "Change role")
	ada.open(t, "/members/"+adaID).post(t, "/members/"+adaID+"/memberships/"+adaID, "role_id", o.RoleID(t, "account", "billing")).shows(t, 403)
	// Members who may only view see the reason.
	p := member.open(t, "/members/"+adaID).shows(t, 200, "does not include the permission “Add, change and remove account members and hand out their roles”").lacks(t, "Change role", "Remove…")
	p.post(t, "/members/"+adaID+"/memberships/"+adaID, "role_id", o.RoleID(t, "account", "member")).shows(t, 403)
	p.post(t, "/members/"+adaID+"/memberships/"+adaID+"/remove").shows(t, 403)
	p.post(t, "/members/"+maxID+"/projects", "project_id", o.ProjectID, "role_id", o.RoleID(t, "project", "viewer")).shows(t, 403)
	member.open(t, "/members").lacks(t, "Invite people")
	member.open(t, "/invitations/new").shows(t, 403)
	member.open(t, "/settings").shows(t, 200, "Only the Owner in person").lacks(t, "Save", "Transfer ownership…")
	member.open(t, "/settings").post(t, "/settings", "name", "Mine").shows(t, 403)

	// The Admin cannot create a role with permissions that they do not hold, or a key with more permissions than they hold.
	form := ada.open(t, "/roles/new").shows(t, 200, "You do not hold the grayed-out permissions yourself")
	if !regexp.MustCompile(`value="account.billing.manage"[^>]*disabled`).MatchString(form.source) || regexp.MustCompile(`value="account.members.view"[^>]*disabled`).MatchString(form.source) {
		t.Error("the grayed-out permissions are not those that the user does not hold")
	}
	form.submitTo(t, "/roles", "name", "Greedy", "permission", "account.billing.manage").shows(t, 403, "You do not hold “Manage billing and payments”")
	key := ada.open(t, "/keys/new").shows(t, 200, "You do not hold “View billing” and “Manage billing and payments”")
	key.submit(t, "name", "Greedy", "expires", "30", "role_id", o.RoleID(t, "account", "billing")).shows(t, 403, "You do not hold “View billing”")
}

func TestRoles(t *testing.T) {
	o := newOffice(t)
	o.owner.open(t, "/roles").shows(t, 200, "Account roles", "Admin", "17 of 23", "Viewer", "9 of 40", "System")
	admin := "/roles/" + o.RoleID(t, "account", "admin")
	o.owner.open(t, admin).shows(t, 200, "System role", "Projects 3/4", "Billing 0/2", "Duplicate").lacks(t, "Edit", "Delete…")
	o.owner.open(t, admin+"/edit").shows(t, 400, "system role")

	form := o.owner.open(t, "/roles/new?from="+o.RoleID(t, "account", "member")).shows(t, 200, "Copy of Member")
	form.submitTo(t, "/roles", "name", "Admin").shows(t, 409).complains(t, "name", "Choose another")
	p := form.submitTo(t, "/roles", "name", "Field crew").shows(t, 200, "Role created", "Field crew", "3 of 23", "No one")
	at := pathOf(t, p)
	slug := o.Do(t, "GET", "/api/v1"+at, o.Key, nil).Want(t, 200).Data(t)["slug"]
	if slug != "field-crew" {
		t.Errorf("the slug is %v", slug)
	}
	id, crew := o.join(t, "Carl", "member")
	o.Do(t, "PATCH", "/api/v1/members/"+id, o.Key, map[string]any{"role_id": path.Base(at)}).Want(t, 200)
	crew.open(t, "/audit").shows(t, 403)

	edit := o.owner.open(t, at+"/edit").shows(t, 200, "Members 1/4")
	none := edit.forms[len(edit.forms)-1]
	none.fields.Del("permission")
	edit.send(t, none, []string{"name", "Field crew"}).shows(t, 400, "Choose at least one permission.")
	review := edit.submitTo(t, at+"/edit", "name", "Field crew", "permission", "account.members.view", "permission", "account.audit.view")
	review.shows(t, 200, "Review changes", "Changes for 1 person on the next request", "They gain", "View the audit log", "They lose", "View projects in the account", "Carl")
	crew.open(t, "/audit").shows(t, 403) // nothing is saved yet
	review.submitTo(t, at+"/edit").shows(t, 200, "Changes saved.", "2 of 23")
	crew.open(t, "/audit").shows(t, 200)
	// A change without permissions needs no review.
	o.owner.open(t, at+"/edit").submitTo(t, at+"/edit", "name", "Crew").shows(t, 200, "Changes saved.", "Crew")

	del := o.owner.open(t, at+"/delete").shows(t, 200, "Delete the role Crew?", "is assigned to 1 membership", "Carl")
	del.submitTo(t, at+"/delete").shows(t, 409, "Choose a replacement role")
	del.submitTo(t, at+"/delete", "role_id", o.RoleID(t, "account", "member")).shows(t, 200, "Role deleted")
	o.owner.open(t, "/members/"+id).shows(t, 200, "Basic account member")
}

func TestAPIKeys(t *testing.T) {
	o := newOffice(t)
	member := o.RoleID(t, "account", "member")
	form := o.owner.open(t, "/keys/new").shows(t, 200, "New API key", "In 90 days", "Never")
	form.submit(t, "name", "", "expires", "30", "role_id", member).shows(t, 400).complains(t, "name", "required")
	form.submit(t, "name", "CI", "expires", "date", "expires_on", "", "role_id", member).shows(t, 400).complains(t, "expires_on", "last day")
	form.submit(t, "name", "CI", "expires", "date", "expires_on", "2020-01-01", "role_id", member).shows(t, 400).complains(t, "expires_on", "That date is in the past")
	typed := []string{"name", "CI", "expires", "30", "role_id", member}
	p := form.submit(t, typed...).shows(t, 200, "API key created", "Copy it now")
	secret := regexp.MustCompile(`raff_[0-9a-f]{64}`).FindString(p.source)
	o.Do(t, "GET", "/api/v1/members", secret, nil).Want(t, 200)
	if p.header.Get("Cache-Control") != "no-store" || strings.Contains(p.url, secret) {
		t.Error("the browser may cache the secret")
	}
	// Submitting the form again creates no second key and does not show the secret.
	form.submit(t, typed...).shows(t, 200, "was already shown").lacks(t, secret)
	o.owner.open(t, "/keys").shows(t, 200, "2 keys", "CI", "Member", "Active").lacks(t, secret)

	at := regexp.MustCompile(`href="(/keys/[0-9a-f-]{36})">Go to the key`).FindStringSubmatch(p.source)[1]
	k := o.owner.open(t, at).shows(t, 200, "CI", secret[:13], "Standard").lacks(t, secret)
	k.submitTo(t, at, "name", "CI 2", "expires", "never").shows(t, 200, "Changes saved.", "CI 2", "Expires Never")
	k.submitTo(t, at+"/active", "active", "no").shows(t, 200, "Disabled", "Enable")
	o.Do(t, "GET", "/api/v1/members", secret, nil).Want(t, 401)
	k.post(t, at+"/active", "active", "yes").shows(t, 200, "API key enabled. The key works again")
	k.submitTo(t, at+"/roles", "role_id", o.RoleID(t, "account", "billing")).shows(t, 200, "Role changed", "Billing")
	o.Do(t, "GET", "/api/v1/members", secret, nil).Want(t, 403)

	again := k.submitTo(t, at+"/regenerate", "grace", "hour").shows(t, 200, "Secret rotated", "The old secret works until")
	fresh := regexp.MustCompile(`raff_[0-9a-f]{64}`).FindString(again.source)
	k.submitTo(t, at+"/regenerate", "grace", "hour").shows(t, 200, "was already shown")
	for _, s := range []string{secret, fresh} {
		o.Do(t, "GET", "/api/v1/whoami", s, nil).Want(t, 200)
	}
	srvLater := 61 * time.Minute
	o.Advance(srvLater)
	o.Do(t, "GET", "/api/v1/whoami", secret, nil).Want(t, 401)

	k.submitTo(t, at+"/revoke", "confirm", "CI").shows(t, 400).complains(t, "confirm", "does not match")
	k.submitTo(t, at+"/revoke", "confirm", "CI 2").shows(t, 200, "API key revoked", "1 key")
	o.Do(t, "GET", "/api/v1/whoami", fresh, nil).Want(t, 401)
}

func TestAuditLog(t *testing.T) {
	o := newOffice(t)
	id, _ := o.join(t, "Alice", "member")
	hostile := `=HYPERLINK("http://evil.example.com")`
	o.owner.open(t, "/projects/new").submitTo(t, "/projects", "name", hostile).shows(t, 200)
	o.owner.open(t, "/members/"+id).submitTo(t, "/members/"+id+"/memberships/"+id, "role_id", o.RoleID(t, "account", "admin")).shows(t, 200)
	p := o.owner.open(t, "/audit").shows(t, 200, "Trent changed Alice’s role from Member to Admin", "Member → Admin", "Alice accepted the invitation as Member", "The operator created the account Acme", "Alice signed in")
	o.owner.open(t, "/audit?action=member.updated").shows(t, 200, "1 event", "changed Alice’s role")
	o.owner.open(t, "/audit?target="+id).shows(t, 200, "Done to Alice").lacks(t, "created the account")
	o.owner.open(t, "/audit?since=tomorrow").shows(t, 400, "Enter a date", "0 events")
	o.owner.open(t, "/audit/export?since=tomorrow").shows(t, 400, "Enter a date")
	o.owner.open(t, "/audit?until=2020-01-01").shows(t, 200, "No events")
	if !strings.Contains(p.source, "format=csv") {
		t.Error("no export")
	}

	lines := strings.Split(strings.TrimSpace(o.owner.open(t, "/audit/export?format=ndjson").shows(t, 200).source), "\n")
	last := map[string]any{}
	for _, line := range lines {
		if err := json.Unmarshal([]byte(line), &last); err != nil {
			t.Fatal(err)
		}
	}
	if last["action"] != "account.created" {
		t.Errorf("the last line is %v", last)
	}
	file := o.owner.open(t, "/audit/export?format=csv&action=project.created").shows(t, 200)
	if d := file.header.Get("Content-Disposition"); !strings.HasPrefix(d, `attachment; filename="audit-`) {
		t.Errorf("Content-Disposition %q", d)
	}
	rows, err := csv.NewReader(strings.NewReader(file.source)).ReadAll()
	if err != nil || len(rows) != 3 || !slices.Equal(rows[0], spreadsheet.EventColumns) || rows[1][7] != "'"+hostile {
		t.Errorf("%v, %v", rows, err)
	}
	_, member := o.join(t, "Max", "member")
	member.open(t, "/audit/export?format=csv").shows(t, 403)
}

func TestSettings(t *testing.T) {
	o := newOffice(t)
	p := o.owner.open(t, "/settings").shows(t, 200, "Acme", o.AccountID)
	p.submitTo(t, "/settings", "name", "").shows(t, 400).complains(t, "name", "required")
	p.submitTo(t, "/settings", "name", "Acme & Sons").shows(t, 200, "Settings saved", "Account Acme & Sons")
	p.submitTo(t, "/settings/policy", "policy", "strict").shows(t, 200, "Settings saved")
	_, ada := o.join(t, "Ada", "admin")
	ada.open(t, "/settings").post(t, "/settings/policy", "policy", "delegated").shows(t, 403, "Only the Owner in person")
	// With the strict policy, an Admin cannot assign roles with permissions that they do not hold.
	ada.open(t, "/invitations/new").shows(t, 200, "You do not hold “View billing”")

	id, _ := o.join(t, "Nora", "admin")
	form := o.owner.open(t, "/settings/owner").shows(t, 200, "Nora", "Ada")
	form.submitTo(t, "/settings/owner", "current_password", rafftest.Password).shows(t, 400, "Choose the new Owner")
	form.submitTo(t, "/settings/owner", "member_id", id, "current_password", "wrong").shows(t, 403).complains(t, "current_password", "Wrong password")
	form.submitTo(t, "/settings/owner", "member_id", id, "current_password", rafftest.Password).shows(t, 200, "You are now an Admin")
	o.owner.open(t, "/settings/owner").shows(t, 403)
	signIn(t, o.Server, "nora@example.com").open(t, "/members").shows(t, 200, "Nora nora@example.com Owner")
	ada.open(t, "/settings/owner").shows(t, 403)
}

func TestObjectsOfOtherAccountsAreNotFound(t *testing.T) {
	o := newOffice(t)
	id, _ := o.join(t, "Alice", "member")
	other := o.NewAccount(t, "Globex", "gina@globex.example.com")
	open(t, other.OwnerLink).submit(t, "name", "Gina", "password", rafftest.Password)
	gina := signIn(t, o.Server, "gina@globex.example.com")
	for _, at := range []string{"/members/" + id, "/members/" + id + "/memberships/" + id + "/remove", "/projects/" + o.ProjectID, "/projects/" + o.ProjectID + "/delete", "/keys/" + o.KeyID, "/invitations?project=" + o.ProjectID, "/members/nonsense", "/roles/nonsense"} {
		gina.open(t, at).shows(t, 404, "Page not found")
	}
	p := gina.open(t, "/members").shows(t, 200, "1 person").lacks(t, "Alice", "Acme")
	p.post(t, "/members/"+id+"/memberships/"+id, "status", "suspended").shows(t, 404)
	p.post(t, "/keys/"+o.KeyID+"/revoke", "confirm", "Owner key").shows(t, 404)
	o.Do(t, "GET", "/api/v1/whoami", o.Key, nil).Want(t, 200)
}

func TestNamesAreEscapedOnPages(t *testing.T) {
	o := newOffice(t)
	const hostile = `<script>alert(1)</script>"'&amp;`
	o.owner.open(t, "/projects/new").submitTo(t, "/projects", "name", hostile).shows(t, 200, hostile)
	o.owner.open(t, "/roles/new").submitTo(t, "/roles", "name", "<b>bold</b>", "permission", "account.members.view").shows(t, 200, "<b>bold</b>")
	o.owner.open(t, "/settings").submitTo(t, "/settings", "name", hostile).shows(t, 200)
	for _, at := range []string{"/members", "/projects", "/roles", "/audit", "/settings", "/invitations/new"} {
		o.owner.open(t, at).shows(t, 200) // parse refuses scripts that are not ours
	}
}

func TestFormOfAnotherAccountChangesNothing(t *testing.T) {
	o := newOffice(t)
	globex := *o.Server
	globex.Account = o.NewAccount(t, "Globex", "gina@globex.example.com")
	srv := o.Server
	globex.Accept(t, globex.Invite(t, "owner@example.com", srv.RoleID(t, "account", "admin")), "Trent")
	p := o.owner.open(t, "/settings")
	o.owner.open(t, "/members").submitTo(t, "/account", "account", globex.AccountID).shows(t, 200, "Globex")
	p = p.submitTo(t, "/settings", "name", "Acme & Sons").shows(t, 409, "You switched accounts", "Acme", "Nothing was changed")
	p.post(t, "/settings", "here", "", "name", "Acme & Sons").shows(t, 409, "out of date")
	p.post(t, "/settings", "here", globex.OwnerUserID, "name", "Acme & Sons").shows(t, 409, "out of date")
	o.owner.open(t, "/settings").shows(t, 200, "Globex").lacks(t, "Sons")
	p.submitTo(t, "/account", "account", o.AccountID).shows(t, 200, "Acme").lacks(t, "Sons")
}
