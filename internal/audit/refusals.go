package audit

import "raff/internal/team"

// Refusals of a filter of the audit log.
var (
	RefusalUnknownAction = &team.Refusal{Kind: team.KindInvalid, Code: "unknown_action", Field: "action", Text: "Unknown action %q. Known actions: %s."}
	RefusalAlmostAction  = &team.Refusal{Kind: team.KindInvalid, Code: "unknown_action", Field: "action", Text: "Unknown action %q; did you mean %s?"}
	RefusalManyActors    = &team.Refusal{Kind: team.KindInvalid, Code: "too_many_actors", Field: "who", Text: "More than %d people and API keys match. Enter more of the name or email."}
)
