package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"raff/internal/rafftest"
)

func TestInvitePeople(t *testing.T) {
	smtp := rafftest.StartSMTP(t)
	o := newOffice(t, rafftest.WithSMTP(smtp.URL()))
	form := o.owner.open(t, "/invitations/new").shows(t, 200, "Invite people", "Admin", "17 permissions", "Change custom roles", "Up to 500 at once").lacks(t, "Owner key")
	admin := o.RoleID(t, "account", "admin")
	form.submitTo(t, "/invitations", "emails", "", "role_id", admin).shows(t, 400).complains(t, "emails", "at least one")
	form.submitTo(t, "/invitations", "emails", "alice@example.com").shows(t, 400, "Choose a role.")
	typed := []string{"emails", "alice@example.com, bob@example.com\nnobody at all; owner@example.com ALICE@example.com", "role_id", admin}
	for range 2 { // submitting the form twice invites no one again, and shows the same result
		sent := form.submitTo(t, "/invitations", typed...)
		sent.shows(t, 200, "2 of 4 people invited", "alice@example.com Invited.", "bob@example.com Invited.", "Enter a single email address", "You are a member already. Your access").
			complains(t, "emails", "2 of these could not be invited.")
		if left := sent.forms[len(sent.forms)-1].fields.Get("emails"); left != "nobody at all\nowner@example.com" {
			t.Errorf("emails in the form: %q", left)
		}
	}
	open(t, smtp.Wait(t, "alice@example.com").Link(t)).shows(t, 200, "Join Acme", "Your role Admin", "Trent")

	list := o.owner.open(t, "/invitations").shows(t, 200, "alice@example.com", "bob@example.com", "Pending 2", "Resend", "Cancel", "Links are sent by email only").lacks(t, "Get link")
	id := o.invitationOf(t, "alice@example.com")
	list.post(t, "/invitations/"+id+"/resend").shows(t, 200, "Invitation resent.")
	smtp.Wait(t, "alice@example.com")
	list.post(t, "/invitations/"+id+"/link").shows(t, 409, "only the invited person gets the link")
	ask := o.owner.open(t, "/invitations/"+id+"/cancel").shows(t, 200, "Cancel the invitation for alice@example.com?", "Its link stops working", "Acme", "Keep")
	o.owner.open(t, "/invitations").shows(t, 200, "Pending 2")
	ask.submitTo(t, "/invitations/"+id+"/cancel").shows(t, 200, "Invitation cancelled.", "Pending 1").lacks(t, "alice@example.com")
	o.owner.open(t, "/invitations/"+id+"/cancel").shows(t, 404)
	list.post(t, "/invitations/"+id+"/cancel").shows(t, 404)
}

// A form with errors invites no one, keeps the input, and has the status of the error.
func TestInvitationFormWithErrors(t *testing.T) {
	o := newOffice(t)
	member := o.RoleID(t, "account", "member")
	form := o.owner.open(t, "/invitations/new")
	left := func(p page) string { return p.forms[len(p.forms)-1].fields.Get("emails") }

	p := form.submitTo(t, "/invitations", "emails", "not an address", "role_id", member).shows(t, 400).complains(t, "emails", "Enter a single email address")
	if left(p) != "not an address" {
		t.Errorf("emails in the form: %q", left(p))
	}
	p = form.submitTo(t, "/invitations", "emails", "owner@example.com", "role_id", member).shows(t, 403).complains(t, "emails", "You are a member already.")
	if again := p.submitTo(t, "/invitations", "emails", "alice@example.com"); again.status != 200 {
		t.Errorf("status of the next attempt: %d", again.status)
	}
	form.submitTo(t, "/invitations", "emails", "alice@example.com", "role_id", member).shows(t, 409).complains(t, "emails", "Already invited").shows(t, 409, "Show the invitation")

	var many []string
	for i := range 2800 {
		many = append(many, fmt.Sprintf("someone.with.a.name%04d@example.com", i))
	}
	all := strings.Join(many, "\n")
	p = form.submitTo(t, "/invitations", "emails", all, "role_id", member).shows(t, 400).complains(t, "emails", "2,800 emails; at most 500")
	if left(p) != all {
		t.Error("the input is lost")
	}
	o.owner.open(t, "/invitations?state=all").shows(t, 200, "All 1")
	form.submitTo(t, "/invitations", "emails", strings.Join(many[:500], ","), "role_id", member).shows(t, 200, "500 invitations created", "1–50 of 501")
	form.submitTo(t, "/invitations", "emails", strings.Repeat("x", 2<<20), "role_id", member).shows(t, 413, "larger than 1024 KB")
}

// Choosing a project with the Choose button, which only browsers without scripts show, keeps the input.
func TestChoosingAProjectKeepsTheInput(t *testing.T) {
	o := newOffice(t)
	p := o.owner.open(t, "/invitations/new").shows(t, 200, "Billing")
	if !strings.Contains(p.source, `formaction="/invitations/new" formnovalidate>Choose</button>`) {
		t.Error("no button to choose a project")
	}
	fields := url.Values{"here": {o.AccountID}, "project": {o.ProjectID}, "emails": {"alice@example.com, bob"}}
	p = p.send(t, form{action: "/invitations/new", fields: fields}, nil).shows(t, 200, "Project Admin", "alice@example.com, bob").lacks(t, "Billing")
	if strings.Contains(p.url, "alice") {
		t.Errorf("URL of the page: %s", p.url)
	}
	// A role of another project or scope is refused.
	p.submitTo(t, "/invitations", "role_id", o.RoleID(t, "account", "admin")).shows(t, 400, "Choose a role.", "alice@example.com, bob")
	p.submitTo(t, "/invitations", "emails", "alice@example.com", "role_id", o.RoleID(t, "project", "viewer")).shows(t, 200, "1 invitation created.", "alice@example.com by Trent Default as Viewer")
}

func TestLinkIsShownOnAServerWithoutEmail(t *testing.T) {
	o := newOffice(t)
	o.owner.open(t, "/invitations/new").submitTo(t, "/invitations", "emails", "alice@example.com", "role_id", o.RoleID(t, "account", "member")).
		shows(t, 200, "1 invitation created. Give each person their link.", "Renew", "This server sends no email: get the link of each invitation and give it to the person.").lacks(t, "Links are sent by email only")
	o.owner.open(t, "/members").shows(t, 200, "No email sent")
	list := o.owner.open(t, "/invitations")
	id := o.invitationOf(t, "alice@example.com")
	f := list.formOf(t, "/invitations/"+id+"/resend")
	f.action = "/invitations/" + id + "/link"
	links := regexp.MustCompile(`http://[^<"]+/invite/[\w-]+`)
	p := list.send(t, f, nil).shows(t, 200, "Invitation link for alice@example.com", "works once")
	link := links.FindString(p.source)
	// Loading the page again creates no other link.
	before := o.events(t, "invitation.link_fetched")
	if again := list.send(t, f, nil).shows(t, 200, "The link was already shown."); links.MatchString(again.source) {
		t.Error("the link is shown a second time")
	}
	if after := o.events(t, "invitation.link_fetched"); before != 1 || after != 1 {
		t.Errorf("%d links were created, then %d", before, after)
	}
	open(t, link).submit(t, "answer", "accept", "name", "Alice", "password", rafftest.Password).shows(t, 200, "Invitation accepted")
}

// formOf returns the form of the page with this action.
func (p page) formOf(t *testing.T, action string) form {
	t.Helper()
	for _, f := range p.forms {
		if f.action == action {
			return f
		}
	}
	t.Fatalf("%s has no form for %s", p.url, action)
	return form{}
}

// events counts the events with an action.
func (o *office) events(t *testing.T, action string) int {
	t.Helper()
	body, _ := o.Do(t, "GET", "/api/v1/audit-events?limit=1&action="+action, o.Key, nil).Want(t, http.StatusOK).JSON(t)["total"].(float64)
	return int(body)
}

// offer invites an email to the account or to a project, and returns the id of the invitation.
func (o *office) offer(t *testing.T, email, projectID string) string {
	t.Helper()
	if projectID == "" {
		d := o.Do(t, "POST", "/api/v1/members", o.Key, map[string]any{"email": email, "role_id": o.RoleID(t, "account", "member")}).Want(t, 201).Data(t)
		return d["invitation_id"].(string)
	}
	d := o.Do(t, "POST", "/api/v1/projects/"+projectID+"/invitations", o.Key, map[string]any{"email": email, "role_id": o.RoleID(t, "project", "viewer")}).Want(t, 201).Data(t)
	return d["id"].(string)
}

func (o *office) newProject(t *testing.T, name string) string {
	t.Helper()
	return o.Do(t, "POST", "/api/v1/projects", o.Key, map[string]any{"name": name}).Want(t, 201).Data(t)["id"].(string)
}

func TestListOfInvitations(t *testing.T) {
	o := newOffice(t)
	o.joinProject(t, "Vera", "viewer")
	o.join(t, "Max", "member")
	o.join(t, "Bill", "billing")
	shop := o.newProject(t, "Web shop")
	o.offer(t, "old@example.com", "")
	o.Advance(8 * 24 * time.Hour)
	o.owner = signIn(t, o.Server, "owner@example.com")
	vera, maxim, bill := signIn(t, o.Server, "vera@example.com"), signIn(t, o.Server, "max@example.com"), signIn(t, o.Server, "bill@example.com")
	o.offer(t, "erin@example.com", "")
	o.offer(t, "pat@example.com", o.ProjectID)
	sam := o.offer(t, "sam@example.com", shop)
	no := o.offer(t, "no@example.com", shop)
	link := o.Do(t, "POST", "/api/v1/invitations/"+no+"/link", o.Key, nil).Want(t, 200).Data(t)["link"].(string)
	open(t, link).submit(t, "answer", "decline")
	day := o.Node.Service().Now().UTC().Format("2 Jan 2006")

	p := o.owner.open(t, "/invitations").shows(t, 200, "Pending 3", "Expired 1", "Declined 1", "All 5",
		"erin@example.com by Trent Account as Member Pending until", "pat@example.com by Trent Default as Viewer", "sam@example.com by Trent Web shop as Viewer").lacks(t, "old@", "no@")
	if strings.Index(p.text(), "sam@") > strings.Index(p.text(), "erin@") {
		t.Error("the newest invitation is not the first")
	}
	o.owner.open(t, "/invitations?state=expired").shows(t, 200, "old@example.com", "Expired", "Pending 3", "Remove…").lacks(t, "until", "erin@")
	o.owner.open(t, "/invitations?state=declined").shows(t, 200, "no@example.com by Trent Web shop as Viewer Declined "+day).lacks(t, "until", "erin@")
	o.owner.open(t, "/invitations?state=all").shows(t, 200, "old@", "no@", "erin@", "sam@", "pat@")
	o.owner.open(t, "/invitations?q=SAM%40").shows(t, 200, "sam@example.com", "Pending 1", "Expired 0").lacks(t, "erin@")
	o.owner.open(t, "/invitations?q=zzz").shows(t, 200, "No matches")
	o.owner.open(t, "/invitations?project="+shop).shows(t, 200, "sam@example.com", "Declined 1").lacks(t, "erin@", "pat@")
	o.owner.open(t, "/invitations?project=account").shows(t, 200, "erin@example.com", "Expired 1").lacks(t, "sam@", "pat@")
	o.owner.open(t, "/invitations?project=nonsense").shows(t, 404)

	// Each user sees the invitations that they may see, and why they cannot change them.
	maxim.open(t, "/invitations").shows(t, 200, "erin@example.com", "Pending 1", "Your role lets you see invitations, but not send or cancel them.").lacks(t, "pat@", "sam@", "Resend", "Cancel…", "Renew")
	vera.open(t, "/invitations").shows(t, 200, "pat@example.com", "Pending 1", "Expired 0").lacks(t, "erin@", "sam@", "Invite people", "Renew")
	vera.open(t, "/invitations?project="+shop).shows(t, 403)
	vera.open(t, "/invitations?project=account").shows(t, 403)
	bill.open(t, "/invitations").shows(t, 403)
	deaf := o.Do(t, "POST", "/api/v1/roles", o.Key, map[string]any{"name": "Deaf", "slug": "deaf", "scope": "project", "permissions": []string{"project.settings.view"}}).Want(t, 201).Data(t)["id"]
	billUser := o.Do(t, "GET", "/api/v1/members?q=bill", o.Key, nil).Want(t, 200).JSON(t)["data"].([]any)[0].(map[string]any)["user_id"]
	o.Do(t, "POST", "/api/v1/projects/"+shop+"/members", o.Key, map[string]any{"target_user_id": billUser, "role_id": deaf}).Want(t, 201)
	bill.open(t, "/invitations").shows(t, 403)
	maxim.open(t, "/invitations/"+sam+"/cancel").shows(t, 403)

	// An action returns to the list with its filters.
	from := o.owner.open(t, "/invitations?project="+shop+"&q=sam")
	cancel := regexp.MustCompile(`href="(/invitations/` + sam + `/cancel[^"]*)"`).FindStringSubmatch(from.source)[1]
	p = o.owner.open(t, strings.ReplaceAll(cancel, "&amp;", "&")).submitTo(t, "/invitations/"+sam+"/cancel")
	if at := p.path(t); !strings.Contains(at, "project="+shop) || !strings.Contains(at, "q=sam") {
		t.Errorf("the action redirects to %s", at)
	}
	p.shows(t, 200, "Invitation cancelled.", "No matches")
	from.post(t, "/invitations/"+no+"/resend", "back", "https://evil.example.com/invitations").shows(t, 200, "Invitation renewed.", "no@example.com")
}

// A user who may change only some of the invitations sees a reason at the others.
func TestReasonWhyAnInvitationCannotBeSent(t *testing.T) {
	o := newOffice(t)
	_, userID := o.NewMember(t, "max@example.com", "Max", o.RoleID(t, "account", "member"))
	o.Do(t, "POST", "/api/v1/projects/"+o.ProjectID+"/members", o.Key, map[string]any{"target_user_id": userID, "role_id": o.RoleID(t, "project", "project-admin")}).Want(t, 201)
	erin, pat := o.offer(t, "erin@example.com", ""), o.offer(t, "pat@example.com", o.ProjectID)
	maxim := signIn(t, o.Server, "max@example.com")
	p := maxim.open(t, "/invitations").shows(t, 200, "Invite people", "Renew the invitation for pat@", "Cancel… the invitation for pat@", "Why not? Invitation for erin@example.com Why not? Your role does not include the permission").
		lacks(t, "Renew the invitation for erin@", "Cancel… the invitation for erin@", "Why not? Invitation for pat@")
	if strings.Contains(p.source, "title=\"Your role") {
		t.Error("the reason is in a title attribute, which is not accessible by touch or keyboard")
	}
	maxim.open(t, "/invitations/"+erin+"/cancel").shows(t, 200, "Your role does not include the permission").lacks(t, "Cancel the invitation Keep invitation")
	p.post(t, "/invitations/"+erin+"/cancel").shows(t, 403)
	p.post(t, "/invitations/"+pat+"/cancel").shows(t, 200, "Invitation cancelled.")
	// With the strict policy, an Admin cannot cancel an invitation with permissions that they do not hold.
	_, ada := o.join(t, "Ada", "admin")
	o.Do(t, "POST", "/api/v1/members", o.Key, map[string]any{"email": "bill@example.com", "role_id": o.RoleID(t, "account", "billing")}).Want(t, 201)
	ada.open(t, "/invitations").shows(t, 200, "Cancel… the invitation for bill@")
	o.owner.open(t, "/settings").submitTo(t, "/settings/policy", "policy", "strict").shows(t, 200)
	ada.open(t, "/invitations").shows(t, 200, "Cancel… the invitation for erin@", "Why not? Invitation for bill@").lacks(t, "Cancel… the invitation for bill@")
	// An invitation on hold cannot be resent.
	id := o.offer(t, "zoe@example.com", "")
	member := o.Do(t, "GET", "/api/v1/invitations/"+id, o.Key, nil).Want(t, 200).Data(t)["member_id"].(string)
	o.Do(t, "PATCH", "/api/v1/members/"+member, o.Key, map[string]any{"status": "suspended"}).Want(t, 200)
	o.owner.open(t, "/invitations").shows(t, 200, "On hold", "Cancel… the invitation for zoe@").lacks(t, "Renew the invitation for zoe@")
}

func TestInvitationsArePaged(t *testing.T) {
	o := newOffice(t)
	shop := o.newProject(t, "Web shop")
	var rows []map[string]any
	for i := range 60 {
		rows = append(rows, map[string]any{"email": fmt.Sprintf("many%03d@example.com", i), "role_id": o.RoleID(t, "account", "member")})
	}
	o.Do(t, "POST", "/api/v1/members/bulk", o.Key, map[string]any{"members": rows}).Want(t, 200)
	for i := range 5 {
		o.offer(t, fmt.Sprintf("many1%02d@example.com", i), shop)
	}
	address := regexp.MustCompile(`<bdi class="name">many\d+@`)
	first := o.owner.open(t, "/invitations?q=many").shows(t, 200, "Pending 65", "1–50 of 65", "Web shop")
	next := regexp.MustCompile(`href="(/invitations[^"]*)" rel="next"`).FindStringSubmatch(first.source)
	second := o.owner.open(t, strings.ReplaceAll(next[1], "&amp;", "&")).shows(t, 200, "51–65 of 65").lacks(t, "Next page")
	seen := map[string]bool{}
	for _, p := range []page{first, second} {
		for _, a := range address.FindAllString(p.source, -1) {
			seen[a] = true
		}
	}
	if len(seen) != 65 {
		t.Errorf("the pages show %d of 65 invitations", len(seen))
	}
}

func TestInviteToAProject(t *testing.T) {
	o := newOffice(t)
	_, padmin := o.joinProject(t, "Petra", "project-admin")
	_, pview := o.joinProject(t, "Vera", "viewer")
	viewer := o.RoleID(t, "project", "viewer")
	at := "/invitations/new?project=" + o.ProjectID
	form := padmin.open(t, at).shows(t, 200, "The project Default", "Viewer", "9 permissions").lacks(t, "The account Acme", "Billing")
	form.submitTo(t, "/invitations", "emails", "new@example.com", "role_id", viewer).shows(t, 200, "1 invitation created.", "new@example.com by Petra Default", "Renew", "Invite people")
	// Someone who is already in the account gets the role immediately.
	o.join(t, "Max", "member")
	form.submitTo(t, "/invitations", "emails", "max@example.com", "role_id", viewer).shows(t, 200, "1 person already in the account, added with the role.")
	padmin.open(t, "/projects/"+o.ProjectID).shows(t, 200, "new@example.com", "No email sent", "Invite people", "Max")
	padmin.open(t, "/invitations/new").shows(t, 200, "The project Default")
	pview.open(t, at).shows(t, 403)
	pview.open(t, "/projects/"+o.ProjectID).shows(t, 200, "Petra").lacks(t, "Invite people", "Name and description")
	pview.open(t, "/profile").post(t, "/invitations", "project", o.ProjectID, "emails", "more@example.com", "role_id", viewer).shows(t, 403)
}
