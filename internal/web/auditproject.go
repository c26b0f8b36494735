package web

import "raff/internal/event"

var projectWords = []wording{
	says[event.ProjectCreated]("Created", "created the project ", theTarget),
	tells("Changed", func(t *telling, p event.ProjectUpdated) {
		t.say("changed the project ", theTarget)
		tellChange(t, "Name", p.Name, asIs)
		tellChange(t, "Description", p.Description, asIs)
	}),
	tells("Deleted", func(t *telling, p event.ProjectDeleted) {
		t.say("deleted the project ", theTarget)
		t.count("Removed with it", p.MembershipsRemoved, "membership")
	}),
}
