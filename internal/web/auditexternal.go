package web

import "raff/internal/event"

var externalIDWords = []wording{
	describes("Set", func(t *eventText, p event.ExternalIDSet) {
		t.say("{actor} set an external ID of {target}")
		describeExternalID(t, p)
	}),
	describes("Removed", func(t *eventText, p event.ExternalIDRemoved) {
		t.say("{actor} removed an external ID of {target}")
		describeExternalID(t, event.ExternalIDSet(p))
	}),
}

func describeExternalID(t *eventText, x event.ExternalIDSet) {
	t.fact("ID", x.ID)
	t.fact("Source", x.Source)
	if x.Kind != t.event.TargetType {
		t.fact("Resource type", x.Kind)
	}
}
