package audit

import "raff/internal/team"

// Refusals of a filter of the audit log.
var (
	RefusalUnknownAction = &team.Refusal{Kind: team.KindInvalid, Code: "unknown_action", Field: "action", Text: "Unknown action %q. Known actions: %s."}
	RefusalAlmostAction  = &team.Refusal{Kind: team.KindInvalid, Code: "unknown_action", Field: "action", Text: "Unknown action %q; did you mean %s?"}
)
