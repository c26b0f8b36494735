package web_test

import (
	"testing"
)

// A notice is shown once, and not for URLs that someone else could send.
func TestNoticesAreShownOnce(t *testing.T) {
	srv := house(t)
	id, _ := srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "member"))
	b := signIn(t, srv, "owner@example.com")

	const notice = "Role created."
	p := b.open(t, "/roles/new").submitTo(t, "/roles", "name", "Auditors", "permission", "account.audit.view").shows(t, 200, notice)
	b.open(t, p.path(t)).lacks(t, notice)

	b.open(t, "/roles?done=role-created").lacks(t, notice)
	b.open(t, "/members/"+id+"?done=suspended").lacks(t, "Member suspended.")
	newBrowser(t, srv.URL).open(t, "/sign-in?done=lost").lacks(t, "not saved")

	// A notice is shown on its own page only.
	b.open(t, "/profile").submitTo(t, "/sign-out").shows(t, 200, "You are signed out.")
	b.open(t, "/sign-in").lacks(t, "You are signed out.")
}
