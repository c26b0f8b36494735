package web

import "raff/internal/event"

var roleWords = []wording{
	describes("Created", func(t *eventText, p event.RoleCreated) {
		t.say("{actor} created the role {target}")
		t.fact("Permissions", t.permissions(p.Permissions))
	}),
	describes("Changed", func(t *eventText, p event.RoleUpdated) {
		t.say("{actor} changed the role {target}")
		describeChange(t, "Name", p.Name, asIs)
		describeChange(t, "Description", p.Description, asIs)
		t.fact("Gained", t.permissions(p.Added))
		t.fact("Lost", t.permissions(p.Removed))
	}),
	describes("Deleted", func(t *eventText, p event.RoleDeleted) {
		t.say("{actor} deleted the role {target}")
		t.fact("Permissions", t.permissions(p.Permissions))
		t.count("Moved to another role", p.Reassigned, "membership")
	}),
}
