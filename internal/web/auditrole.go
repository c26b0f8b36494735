package web

import "raff/internal/event"

var roleWords = []wording{
	tells("Created", func(t *telling, p event.RoleCreated) {
		t.say("created the role ", theTarget)
		t.fact("Permissions", t.permissions(p.Permissions))
	}),
	tells("Changed", func(t *telling, p event.RoleUpdated) {
		t.say("changed the role ", theTarget)
		tellChange(t, "Name", p.Name, asIs)
		tellChange(t, "Description", p.Description, asIs)
		t.fact("Gained", t.permissions(p.Added))
		t.fact("Lost", t.permissions(p.Removed))
	}),
	tells("Deleted", func(t *telling, p event.RoleDeleted) {
		t.say("deleted the role ", theTarget)
		t.fact("Permissions", t.permissions(p.Permissions))
		t.count("Moved to another role", p.Reassigned, "membership")
	}),
}
