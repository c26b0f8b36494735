package web

import "raff/internal/event"

var externalIDWords = []wording{
	tells("Set", func(t *telling, p event.ExternalIDSet) {
		t.say("set an external ID of ", theTarget)
		tellExternalID(t, p)
	}),
	tells("Removed", func(t *telling, p event.ExternalIDRemoved) {
		t.say("removed an external ID of ", theTarget)
		tellExternalID(t, event.ExternalIDSet(p))
	}),
}

func tellExternalID(t *telling, x event.ExternalIDSet) {
	t.fact("ID", x.ID)
	t.fact("Source", x.Source)
	if x.Kind != t.event.TargetType {
		t.fact("Resource type", x.Kind)
	}
}
