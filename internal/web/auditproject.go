package web

import "raff/internal/event"

var projectWords = []wording{
	sentence[event.ProjectCreated]("Created", "{actor} created the project {target}"),
	describes("Changed", func(t *eventText, p event.ProjectUpdated) {
		t.say("{actor} changed the project {target}")
		describeChange(t, "Name", p.Name, asIs)
		describeChange(t, "Description", p.Description, asIs)
	}),
	describes("Deleted", func(t *eventText, p event.ProjectDeleted) {
		t.say("{actor} deleted the project {target}")
		t.count("Removed with it", p.MembershipsRemoved, "membership")
	}),
}
