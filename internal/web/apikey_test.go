package web_test

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

var keyLink = regexp.MustCompile(`href="(/keys/[0-9a-f-]{36})">Go to the key`)

func TestKeyIsCreatedWithRolesInProjects(t *testing.T) {
	o := newOffice(t)
	shop := pathOf(t, o.owner.open(t, "/projects/new").submitTo(t, "/projects", "name", "Web shop").shows(t, 200))
	shopID := strings.TrimPrefix(shop, "/projects/")
	viewer := o.RoleID(t, "project", "viewer")
	form := o.owner.open(t, "/keys/new").shows(t, 200, "Account role", "None", "Projects", "Web shop", "Default", "Role in these projects", "9 permissions")
	for _, c := range []struct {
		typed []string
		says  string
		focus string
	}{
		{[]string{"project_id", shopID}, "Choose the role that the key gets in these projects.", `name="project_role_id"[^>]*autofocus`},
		{[]string{"project_role_id", viewer}, "Choose the projects in which the key gets the role.", `name="project_id"[^>]*autofocus`},
	} {
		p := form.submit(t, append(c.typed, "name", "CI")...).shows(t, 400, c.says, "CI")
		if !regexp.MustCompile(c.focus).MatchString(p.source) {
			t.Errorf("%q: the field does not have the focus", c.says)
		}
	}
	p := form.submit(t, "name", "CI", "role_id", o.RoleID(t, "account", "member"), "project_id", shopID, "project_id", o.ProjectID, "project_role_id", viewer)
	at := keyLink.FindStringSubmatch(p.shows(t, 200, "API key created").source)[1]
	o.owner.open(t, at).shows(t, 200, "Account role Member", "Web shop Viewer", "Default Viewer", "also removes the key's project roles (Web shop, Default)")
	o.owner.open(t, shop).shows(t, 200, "CI", "Viewer")
	o.owner.open(t, "/audit").shows(t, 200, "created the API key CI with the role Member", "added CI as Viewer to Web shop", "added CI as Viewer to Default")
}

// TestOwnerReplacesTheirKey offers the Owner role for a key to the Owner, who may have revoked the last one that had it, and to no one
// else.
func TestOwnerReplacesTheirKey(t *testing.T) {
	o := newOffice(t)
	_, admin := o.join(t, "Ada", "admin")
	owner, member := o.RoleID(t, "account", "owner"), o.RoleID(t, "account", "member")
	option := `value="` + owner + `"`
	o.owner.open(t, "/keys/"+o.KeyID).submitTo(t, "/keys/"+o.KeyID+"/revoke", "confirm", "Owner key").shows(t, 200, "API key revoked.")
	form := o.owner.open(t, "/keys/new").shows(t, 200, "Owner")
	if !strings.Contains(form.source, option) {
		t.Fatal("the Owner is not offered the Owner role")
	}
	p := form.submit(t, "name", "Owner key", "role_id", owner).shows(t, 200, "API key created")
	at := keyLink.FindStringSubmatch(p.source)[1]
	secret := regexp.MustCompile(`raff_[0-9a-f]{64}`).FindString(p.source)
	if who := o.Do(t, "GET", "/api/v1/whoami", secret, nil).Want(t, 200).Data(t); who["principal"].(map[string]any)["is_owner"] != true {
		t.Errorf("the new key is %v", who)
	}
	if key := o.owner.open(t, at).shows(t, 200, "Account role Owner"); !regexp.MustCompile(option + ` selected`).MatchString(key.source) {
		t.Error("the role of the key is not the one that is selected")
	}

	low := o.owner.open(t, "/keys/new").submit(t, "name", "low", "role_id", member).shows(t, 200, "API key created")
	to := keyLink.FindStringSubmatch(low.source)[1]
	refused := admin.open(t, "/keys/new").shows(t, 200)
	if strings.Contains(refused.source, option) || strings.Contains(admin.open(t, to).source, option) {
		t.Error("an Admin is offered the Owner role")
	}
	refused.submit(t, "name", "Greedy", "role_id", owner).shows(t, 403)
	membership := regexp.MustCompile(`name="membership" value="([^"]+)"`).FindStringSubmatch(o.owner.open(t, to).source)[1]
	o.owner.open(t, to).submitTo(t, to+"/roles", "membership", membership, "role_id", owner).shows(t, 200, "Account role Owner")
	for _, page := range []string{"/invitations/new", "/roles/new"} {
		if strings.Contains(o.owner.open(t, page).source, option) {
			t.Errorf("%s offers the Owner role", page)
		}
	}
}

func TestKeyIsCreatedWithAllRolesOrNotAtAll(t *testing.T) {
	o := newOffice(t)
	shop := strings.TrimPrefix(pathOf(t, o.owner.open(t, "/projects/new").submitTo(t, "/projects", "name", "Web shop")), "/projects/")
	// Petra may create keys, and has every permission in the Default project and none in the other.
	maker := strings.TrimPrefix(o.newRole(t, "Key maker", "account.apikeys.create", "account.apikeys.view", "account.roles.view"), "/roles/")
	id, petra := o.join(t, "Petra", "member")
	d := o.Do(t, "PATCH", "/api/v1/members/"+id, o.Key, map[string]any{"role_id": maker}).Want(t, 200).Data(t)
	o.Do(t, "POST", "/api/v1/projects/"+o.ProjectID+"/members", o.Key, map[string]any{"target_user_id": d["user_id"], "role_id": o.RoleID(t, "project", "project-admin")}).Want(t, 201)
	viewer := o.RoleID(t, "project", "viewer")
	form := petra.open(t, "/keys/new").shows(t, 200, "Default").lacks(t, "Web shop")
	form.submit(t, "name", "Greedy", "project_id", o.ProjectID, "project_id", shop, "project_role_id", viewer).shows(t, 403, "does not include the permission")
	o.owner.open(t, "/keys").shows(t, 200, "1 key").lacks(t, "Greedy")
	o.owner.open(t, "/projects/"+o.ProjectID).lacks(t, "Greedy")
	form.submit(t, "name", "Modest", "project_id", o.ProjectID, "project_role_id", viewer).shows(t, 200, "API key created")
}

func TestEnteredDateIsTheExpiryOfAKey(t *testing.T) {
	o := newOffice(t)
	day := o.Now().UTC().AddDate(0, 2, 0)
	iso, words := day.Format(time.DateOnly), day.Format("2 January 2006")
	// The presets are unchanged.
	p := o.owner.open(t, "/keys/new").submit(t, "name", "CI", "expires_on", iso).shows(t, 200, "API key created")
	at := keyLink.FindStringSubmatch(p.source)[1]
	k := o.owner.open(t, at).shows(t, 200, words)
	later := day.AddDate(0, 1, 0)
	k.submitTo(t, at, "expires_on", later.Format(time.DateOnly)).shows(t, 200, "Changes saved.", later.Format("2 January 2006"))
	k.submitTo(t, at, "expires", "365").shows(t, 409, later.Format("2 January 2006")) // the page is outdated
	k = o.owner.open(t, at)
	k.submitTo(t, at, "expires_on", "2020-02-02").shows(t, 400, "That date is in the past").complains(t, "expires_on", "Choose a later one")
	k.submitTo(t, at, "expires", "365").shows(t, 200, o.Now().UTC().AddDate(0, 0, 365).Format("2 January 2006"))
}

func TestKeyPageExplainsItsActions(t *testing.T) {
	o := newOffice(t)
	p := o.owner.open(t, "/keys/new").submit(t, "name", "CI", "role_id", o.RoleID(t, "account", "member")).shows(t, 200)
	at := keyLink.FindStringSubmatch(p.source)[1]
	k := o.owner.open(t, at).shows(t, 200, "programs that still use it are refused", "Stops working immediately", "only role", "the key has no permissions").lacks(t, "term", "Made", "Take away", "Switch")
	words, last := k.text(), 0
	for _, part := range []string{"Status Active", "Access Account role", "Rotate secret", "Disable or revoke"} {
		i := strings.Index(words, part)
		if i < last {
			t.Errorf("%q is missing or in the wrong place: %s", part, words)
		}
		last = i
	}
	member := o.Do(t, "GET", "/api/v1/members?q=CI", o.Key, nil).Want(t, 200).JSON(t)["data"].([]any)[0].(map[string]any)["id"].(string)
	k.post(t, at+"/roles", "membership", member, "remove", "yes").shows(t, 200, "Role removed.", "This key has no role yet")
	// A form for a role that was removed in the meantime assigns no role.
	k.post(t, at+"/roles", "membership", member, "role_id", o.RoleID(t, "account", "admin")).shows(t, 404)
}
