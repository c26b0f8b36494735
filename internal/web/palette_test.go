package web_test

import (
	"strings"
	"testing"
)

// TestPaletteFindsWhatTheUserMaySee finds people, projects, roles, API keys, pages and actions, each only for users who may use it.
func TestPaletteFindsWhatTheUserMaySee(t *testing.T) {
	o := newOffice(t)
	alice, _ := o.join(t, "Alice", "admin")
	_, bob := o.join(t, "Bob", "billing")
	project := o.newProject(t, "Alibaba")
	o.owner.open(t, "/palette").shows(t, 200, "Members", "Invite people", "New role", "Transfer ownership", "Keyboard shortcuts").lacks(t, "Alice")
	p := o.owner.open(t, "/palette?q=ali").shows(t, 200, "2 results", "Alice", "alice@example.com", "Alibaba", "Project")
	for _, link := range []string{"/members/" + alice, "/projects/" + project} {
		if !strings.Contains(p.source, `href="`+link+`"`) {
			t.Errorf("no link to %s", link)
		}
	}
	o.owner.open(t, "/palette?q=admin").shows(t, 200, "Admin", "Account role")
	o.owner.open(t, "/palette?q=owner+key").shows(t, 200, "API key raff_")
	o.owner.open(t, "/palette?q=%25").shows(t, 200, "No matches.")
	bob.open(t, "/palette?q=ali").shows(t, 200, "No matches.")
	bob.open(t, "/palette").shows(t, 200, "Projects", "Your profile").lacks(t, "New role", "Invite people", "New API key")
}

// TestSingleKeysCanBeTurnedOff turns off the shortcuts that speech could trigger.
func TestSingleKeysCanBeTurnedOff(t *testing.T) {
	o := newOffice(t)
	p := o.owner.open(t, "/keyboard").shows(t, 200, "Shortcuts require JavaScript.", "Search the list", "Turn off single keys").submitTo(t, "/profile/display", "keys", "off")
	if p.shows(t, 200, "are off"); !strings.Contains(o.owner.open(t, "/members").source, "no-keys") {
		t.Error("a list has shortcuts of single keys")
	}
	p.submitTo(t, "/profile/display", "keys", "").shows(t, 200, "Turn off single keys")
}
