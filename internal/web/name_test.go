package web_test

import (
	"testing"

	"raff/internal/rafftest"
)

// TestPeopleChangeTheirName changes a name, which the lists of the account show and sort by, and its log records.
func TestPeopleChangeTheirName(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		open(t, srv.OwnerLink).submit(t, "name", "Trent", "password", rafftest.Password)
		owner := signIn(t, srv, "owner@example.com")
		id, _ := srv.NewMember(t, "alice@example.com", "Alice", srv.RoleID(t, "account", "member"))
		alice := signIn(t, srv, "alice@example.com")
		profile := alice.open(t, "/profile").shows(t, 200, "Your name")
		profile.submitTo(t, "/profile/name", "name", " ").shows(t, 400).complains(t, "own-name", "name")
		profile.submitTo(t, "/profile/name", "name", "Zoe\u200b").shows(t, 400)
		profile.submitTo(t, "/profile/name", "name", " Zoe ").shows(t, 200, "Name changed.", "Zoe, alice@example.com")
		if got := srv.Do(t, "GET", "/api/v1/members/"+id, srv.Key, nil).Want(t, 200).Data(t)["name"]; got != "Zoe" {
			t.Errorf("name: %v", got)
		}
		owner.open(t, "/members?sort=name-back&q=zoe").shows(t, 200, "1 person", "Zoe")
		owner.open(t, "/audit?action=user.name_changed").shows(t, 200, "1 event", "changed their name", "Before Alice", "After Zoe")
		profile.submitTo(t, "/profile/name", "name", "Zoe").shows(t, 200, "Name changed.")
		owner.open(t, "/audit?action=user.name_changed").shows(t, 200, "1 event")
	}, rafftest.WithName())
}
