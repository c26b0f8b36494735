package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"

	"raff/internal/rafftest"
)

// TestOverviewSaysWhatWaits shows who is in the account and what needs attention, only to those who manage members.
func TestOverviewSaysWhatWaits(t *testing.T) {
	o := newOffice(t)
	o.owner.open(t, "/overview").shows(t, 200, "1 person", "First steps", "Invite the people you work with", "Create a project", "1 person without a second factor")
	_, admin := o.join(t, "Ada", "admin")
	_, member := o.join(t, "Max", "member")
	o.newProject(t, "Shop")
	id := o.newRole(t, "Unused", "account.members.view")
	token := o.Token(t, o.Invite(t, "dora@example.com", o.RoleID(t, "account", "member")))
	open(t, o.URL+"/invite/"+token).submit(t, "answer", "decline").shows(t, 200, "declined")
	p := admin.open(t, "/overview").shows(t, 200, "3 people", "1 invitation declined", "No one has the role Unused", "3 people without a second factor", ": done")
	if !strings.Contains(p.source, id) || !strings.Contains(p.source, `href="/invitations?state=declined"`) {
		t.Error("what waits is not linked")
	}
	member.open(t, "/overview").shows(t, 403, "Not allowed")
	if strings.Contains(member.open(t, "/members").source, "/overview") {
		t.Error("the navigation leads to a page that is not allowed")
	}
}

// TestOverviewCountsInvitedPeople invites one person to several places: each place has an invitation.
func TestOverviewCountsInvitedPeople(t *testing.T) {
	o := newOffice(t)
	role := o.RoleID(t, "project", "viewer")
	o.Invite(t, "alice@example.com", o.RoleID(t, "account", "member"))
	o.owner.open(t, "/overview").shows(t, 200, "1 open invitation").lacks(t, "invitation to 1 person")
	for i, email := range []string{"Alice@example.com", "alice@example.com", "bob@example.com"} {
		project := o.newProject(t, fmt.Sprint("Shop ", i))
		o.Do(t, "POST", "/api/v1/projects/"+project+"/invitations", o.Key, map[string]any{"email": email, "role_id": role}).Want(t, 201)
	}
	o.owner.open(t, "/overview").shows(t, 200, "4 open invitations to 2 people")
	o.owner.open(t, "/invitations").shows(t, 200, "Pending 4")
	// One person with a role in two projects has two memberships.
	o.owner.open(t, "/roles/"+role).shows(t, 200, "3 project memberships")
}

// TestOverviewSaysWhichEmailsFailed counts the invitations whose email was refused, and leads to a list of them.
func TestOverviewSaysWhichEmailsFailed(t *testing.T) {
	mail := rafftest.StartSMTP(t, rafftest.SMTPOptions{Refuse: func(to string, _ int) *smtp.SMTPError {
		if strings.HasPrefix(to, "nobody") {
			return &smtp.SMTPError{Code: 550, Message: "no such mailbox"}
		}
		return nil
	}})
	o := newOffice(t, rafftest.WithSMTP(mail.URL()))
	o.Invite(t, "nobody@example.com", o.RoleID(t, "account", "member"))
	o.Invite(t, "alice@example.com", o.RoleID(t, "account", "member"))
	mail.Wait(t, "alice@example.com")
	soon(t, "the refused email is counted", func() bool {
		return strings.Contains(o.owner.open(t, "/overview").source, "1 invitation was not delivered")
	})
	o.owner.open(t, "/overview").shows(t, 200, "2 open invitations")
	o.owner.open(t, "/invitations?state=failed").shows(t, 200, "Not delivered", "nobody@example.com", "Email not delivered").lacks(t, "alice@example.com")
	o.owner.open(t, "/invitations").shows(t, 200, "nobody@example.com", "alice@example.com")
	other := newOffice(t)
	other.owner.open(t, "/invitations").lacks(t, "Not delivered")
	other.owner.open(t, "/invitations?state=failed").shows(t, 200, "Every email was delivered")
}

// TestWellKnownFiles has the files that browsers, password managers and crawlers ask for.
func TestWellKnownFiles(t *testing.T) {
	o := newOffice(t)
	robots := open(t, o.URL+"/robots.txt")
	if robots.status != 200 || !strings.HasPrefix(robots.header.Get("Content-Type"), "text/plain") || !strings.Contains(robots.source, "Disallow: /") {
		t.Errorf("robots.txt: %d %s", robots.status, robots.source)
	}
	if icon := open(t, o.URL+"/favicon.ico"); icon.status != 200 || icon.header.Get("Content-Type") != "image/svg+xml" {
		t.Errorf("favicon.ico: %d %s", icon.status, icon.header.Get("Content-Type"))
	}
	if at := o.owner.open(t, "/.well-known/change-password").shows(t, 200, "New password").path(t); at != "/profile" {
		t.Errorf("change-password leads to %s", at)
	}
	if p := fetch(t, http.MethodGet, o.URL+"/.well-known/change-password", nil, nil).shows(t, 200, "Sign in"); !strings.Contains(p.url, "next=%2Fprofile") {
		t.Errorf("signed out, change-password leads to %s", p.url)
	}
}
