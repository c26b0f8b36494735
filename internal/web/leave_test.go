package web_test

import (
	"strings"
	"testing"

	"raff/internal/rafftest"
)

// TestPeopleLeaveAnAccount lets a member and someone who is only in a project leave, and not the Owner.
func TestPeopleLeaveAnAccount(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		o := &office{srv, nil}
		open(t, srv.OwnerLink).submit(t, "name", "Trent", "password", rafftest.Password)
		o.owner = signIn(t, srv, "owner@example.com")
		alice, in := o.join(t, "Alice", "admin")
		o.joinProject(t, "Peggy", "viewer")
		o.owner.open(t, "/profile").shows(t, 200, "You are the Owner. Transfer the ownership").lacks(t, "Leave this account")

		profile := in.open(t, "/profile").shows(t, 200, "Leave Acme")
		profile.submitTo(t, "/profile/leave").shows(t, 400, "Confirm that you want to leave.")
		profile.submitTo(t, "/profile/leave", "sure", "yes", "account", "other").shows(t, 409, "You switched accounts")
		in.open(t, "/members").shows(t, 200, "3 people")
		profile.submitTo(t, "/profile/leave", "sure", "yes").shows(t, 200, "Sign in", "You left the account.")
		srv.Do(t, "GET", "/api/v1/members/"+alice, srv.Key, nil).Want(t, 404)
		in.open(t, "/members").shows(t, 200, "Sign in")
		o.owner.open(t, "/audit").shows(t, 200, "Alice removed")

		peggy := signIn(t, srv, "peggy@example.com")
		peggy.open(t, "/profile").submitTo(t, "/profile/leave", "sure", "yes").shows(t, 200, "You left the account.").lacks(t, "Acme")
		o.owner.open(t, "/members").shows(t, 200, "1 person")
	}, rafftest.WithName())
}

// TestUsedInvitationLeadsIn opens an invitation that was accepted already: who accepted it goes to the account, anyone else signs in.
func TestUsedInvitationLeadsIn(t *testing.T) {
	o := newOffice(t)
	link := o.URL + "/invite/" + o.Token(t, o.Invite(t, "bob@example.com", o.RoleID(t, "account", "member")))
	b := newBrowser(t, o.URL)
	b.open(t, link).submit(t, "answer", "accept", "name", "Bob", "password", rafftest.Password).shows(t, 200, "Invitation accepted. You now have access to Acme.", "Members")
	if again := b.open(t, link).shows(t, 200, "Members"); again.path(t) != "/members" || strings.Contains(again.text(), "Invitation accepted") {
		t.Errorf("opened again, the invitation leads to %s", again.path(t))
	}
	o.owner.open(t, link).shows(t, 410, "already used")
	open(t, link).shows(t, 410, "already used")
}

// TestRefusalsNameWhoCanHelp names the people who manage roles to users who may see them, and to no others.
func TestRefusalsNameWhoCanHelp(t *testing.T) {
	o := newOffice(t)
	o.join(t, "Ada", "admin")
	_, member := o.join(t, "Max", "member")
	_, billing := o.join(t, "Bill", "billing")
	member.open(t, "/roles/new").shows(t, 403, "Not allowed", "You can ask Trent (owner@example.com), Ada (ada@example.com).")
	billing.open(t, "/roles/new").shows(t, 403, "Not allowed").lacks(t, "ada@example.com", "Trent")
}

// TestNewRoleStartsFromAnother chooses the role whose permissions a new one begins with, and keeps what was entered.
func TestNewRoleStartsFromAnother(t *testing.T) {
	o := newOffice(t)
	member := o.RoleID(t, "account", "member")
	p := o.owner.open(t, "/roles/new?from="+member+"&name=Desk&scope=account&slug=&description=").shows(t, 200, "Start from", "The permissions of Member")
	f := p.formOf(t, "/roles").fields
	if f.Get("name") != "Desk" || len(f["permission"]) != 3 || f.Get("from") != member {
		t.Errorf("%v", f)
	}
	p.submitTo(t, "/roles").shows(t, 200, "Role created", "Desk")
	if f := o.owner.open(t, "/roles/new?from="+member).formOf(t, "/roles").fields; f.Get("name") != "Copy of Member" {
		t.Errorf("%v", f)
	}
}
