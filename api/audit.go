package api

import "encoding/json"

// AuditEvent is what one principal did to one target. Names are those of that moment, so that an event still reads
// when its target is gone.
type AuditEvent struct {
	ID        string `json:"id"`
	AccountID string `json:"account_id"`
	ActorType string `json:"actor_type"`
	ActorID   string `json:"actor_id"`
	ActorName string `json:"actor_name"`
	// Action is "<noun>.<past participle>", for example member.added.
	Action     string  `json:"action"`
	TargetType string  `json:"target_type"`
	TargetID   string  `json:"target_id"`
	TargetName string  `json:"target_name"`
	ProjectID  *string `json:"project_id,omitempty"`
	// Delegated says that the actor handed out permissions it does not hold itself, by right of members.manage.
	Delegated bool   `json:"delegated"`
	RequestID string `json:"request_id,omitempty"`
	// Details is a JSON object of what changed, for example {"role":{"from":"member","to":"admin"}}.
	Details   json.RawMessage `json:"details"`
	CreatedAt Time            `json:"created_at"`
}
