package web

import "raff/internal/event"

var projectWords = []wording{
	sentence[event.ProjectCreated]("Created", "created the project ", theTarget),
	describes("Changed", func(t *eventText, p event.ProjectUpdated) {
		t.say("changed the project ", theTarget)
		describeChange(t, "Name", p.Name, asIs)
		describeChange(t, "Description", p.Description, asIs)
	}),
	describes("Deleted", func(t *eventText, p event.ProjectDeleted) {
		t.say("deleted the project ", theTarget)
		t.count("Removed with it", p.MembershipsRemoved, "membership")
	}),
}
