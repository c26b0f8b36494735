package web_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

func TestProjects(t *testing.T) {
	o := newOffice(t)
	o.owner.open(t, "/projects").shows(t, 200, "1 project", "Default", "New project").lacks(t, "No description")
	form := o.owner.open(t, "/projects/new")
	form.submitTo(t, "/projects", "name", "").shows(t, 400).complains(t, "name", "required")
	p := form.submitTo(t, "/projects", "name", "Web shop", "description", "What customers see").shows(t, 200, "Project created.", "Web shop", "What customers see", "No members yet")
	at := pathOf(t, p)
	p.submitTo(t, at, "name", "default").shows(t, 409).complains(t, "name", "already named")
	p.submitTo(t, at, "name", "Shop").shows(t, 200, "Changes saved.", "Shop")
	o.offer(t, "erin@example.com", strings.TrimPrefix(at, "/projects/"))

	// No key is selected by default.
	viewer := o.RoleID(t, "project", "viewer")
	p.submitTo(t, at+"/keys", "role_id", viewer).shows(t, 400).complains(t, "api_key_id", "Choose a key.")
	p.submitTo(t, at+"/keys", "api_key_id", o.KeyID, "role_id", viewer).shows(t, 200, "Added.", "Owner key", "Viewer")

	o.owner.open(t, "/projects").shows(t, 200, "2 projects", "Shop What customers see 2").lacks(t, "Web shop")
	del := o.owner.open(t, at+"/delete").shows(t, 200, "Delete the project Shop?", "the roles of 1 API key in this project", "1 open invitation to this project", "lose all access to Acme").lacks(t, "person")
	del.submit(t, "name", "shop").shows(t, 400).complains(t, "name", "does not match")
	del.submit(t, "name", "Shop").shows(t, 200, "Project deleted.", "1 project")
	o.owner.open(t, at).shows(t, 404)
	o.owner.open(t, "/invitations?state=all").shows(t, 200, "All 0")
	o.owner.open(t, "/projects/"+o.ProjectID).shows(t, 200, "The Default project cannot be deleted").lacks(t, "Delete project…")
	o.owner.open(t, "/projects/"+o.ProjectID+"/delete").shows(t, 200, "cannot be deleted").post(t, "/projects/"+o.ProjectID+"/delete", "name", "Default").shows(t, 409)
}

func TestProjectsSearchCountsAndPages(t *testing.T) {
	o := newOffice(t)
	_, vera := o.joinProject(t, "Vera", "viewer")
	_, maxim := o.join(t, "Max", "member")
	defaultRow := strings.Repeat("Default ", 2) + "1" // the name, the badge, and one member
	for i := range 55 {
		o.newProject(t, fmt.Sprintf("Site %02d", i))
	}
	o.owner.open(t, "/projects?q=SITE+0").shows(t, 200, "10 projects", "Site 09").lacks(t, "Site 10", "Default")
	o.owner.open(t, "/projects?q=%25").shows(t, 200, "No matches", "Show all")
	p := o.owner.open(t, "/projects?q=site").shows(t, 200, "55 projects", "1–50 of 55")
	next := regexp.MustCompile(`href="(/projects[^"]*)" rel="next"`).FindStringSubmatch(p.source)
	o.owner.open(t, strings.ReplaceAll(next[1], "&amp;", "&")).shows(t, 200, "51–55 of 55", "Site 54").lacks(t, "Site 00")
	o.owner.open(t, "/projects").shows(t, 200, "56 projects", defaultRow)
	// The number of members is hidden from users who may not view them.
	maxim.open(t, "/projects").shows(t, 200, "56 projects").lacks(t, "Members Created", defaultRow)
	vera.open(t, "/projects").shows(t, 200, "1 project", defaultRow)
}

func TestMembersOfAProject(t *testing.T) {
	o := newOffice(t)
	id, _ := o.joinProject(t, "Vera", "viewer")
	_, petra := o.joinProject(t, "Petra", "project-admin")
	at := "/projects/" + o.ProjectID
	p := o.owner.open(t, at).shows(t, 200, "2 members", "Change the role of Vera", "Remove… Vera").lacks(t, "Search members")
	if !strings.Contains(p.source, `href="/members/`+id+`/memberships/`+id+`/remove"`) {
		t.Error("no link to remove Vera")
	}
	petra.open(t, at).shows(t, 200, "Remove… Vera").lacks(t, "Remove… Petra", "Add member")
	petra.open(t, at+"/add").shows(t, 403)
	o.owner.open(t, "/members/"+id+"/memberships/"+id+"/remove").submit(t).shows(t, 200, "Member removed.", "1 member").lacks(t, "Vera")
	for i := range 11 {
		o.offer(t, fmt.Sprintf("guest%02d@example.com", i), o.ProjectID)
	}
	o.owner.open(t, at).shows(t, 200, "12 members", "Search members")
	o.owner.open(t, at+"?q=GUEST07").shows(t, 200, "1 member", "guest07@example.com").lacks(t, "guest08", "Petra")
	o.owner.open(t, at+"?q=zzz").shows(t, 200, "No matches", "Show everyone")
}

func TestAddMemberOfTheAccountToAProject(t *testing.T) {
	o := newOffice(t)
	maxID, maxim := o.join(t, "Max", "member")
	_, ada := o.join(t, "Ada", "admin")
	o.joinProject(t, "Vera", "viewer")
	o.offer(t, "erin@example.com", "")
	at := "/projects/" + o.ProjectID
	o.owner.open(t, at).shows(t, 200, "Add member")
	p := o.owner.open(t, at+"/add").shows(t, 200, "Max", "Ada", "Viewer", "Invite by email").lacks(t, "Vera", "Trent owner@", "erin@")
	ada.open(t, at+"/add").shows(t, 200, "Max").lacks(t, "ada@example.com")
	o.owner.open(t, at+"/add?q=MA").shows(t, 200, "Max").lacks(t, "Ada")
	viewer := o.RoleID(t, "project", "viewer")
	p.submitTo(t, at+"/members", "role_id", viewer).shows(t, 400, "Choose a person.")
	p.submitTo(t, at+"/members", "member_id", maxID).shows(t, 400, "Choose a role.")
	p.submitTo(t, at+"/members", "member_id", maxID, "role_id", viewer).shows(t, 200, "Added.", "Max max@example.com Viewer Active")
	p.submitTo(t, at+"/members", "member_id", maxID, "role_id", viewer).shows(t, 409, "already has a role here.")
	o.owner.open(t, at+"/add").shows(t, 200, "Ada").lacks(t, "max@example.com")
	maxim.open(t, at).shows(t, 200).lacks(t, "Add member")
	maxim.open(t, at+"/add").shows(t, 403)
	maxim.open(t, "/profile").post(t, at+"/members", "member_id", o.OwnerMemberID, "role_id", viewer).shows(t, 403)

	for i := range 25 {
		o.NewMember(t, fmt.Sprintf("crowd%02d@example.com", i), fmt.Sprintf("Crowd %02d", i), o.RoleID(t, "account", "member"))
	}
	o.owner.open(t, at+"/add?q=crowd").shows(t, 200, "Showing the first 20 of 25 people.", "Crowd 19").lacks(t, "Crowd 20")
}
