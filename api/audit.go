package api

import "encoding/json"

// AuditEvent records what one principal did to one target. Names are those at the time of the event, so that it remains
// readable after its target was removed.
type AuditEvent struct {
	ID        string `json:"id"`
	AccountID string `json:"account_id"`
	ActorType string `json:"actor_type"`
	ActorID   string `json:"actor_id"`
	ActorName string `json:"actor_name"`
	// OnBehalfOf is set if the operator's support acted. ActorID is then the operator key, and ActorName the person.
	OnBehalfOf *OnBehalfOf `json:"on_behalf_of,omitempty"`
	// Action is "<noun>.<past participle>", for example member.added.
	Action     string  `json:"action"`
	TargetType string  `json:"target_type"`
	TargetID   string  `json:"target_id"`
	TargetName string  `json:"target_name"`
	ProjectID  *string `json:"project_id,omitempty"`
	// Delegated is true if the actor assigned permissions that it does not hold itself, because it may manage members.
	Delegated bool   `json:"delegated"`
	RequestID string `json:"request_id,omitempty"`
	// Address and UserAgent are the network address and the browser of the client that caused the event. They are empty for the
	// server itself and the operator's commands; API keys have no UserAgent. After failed sign-ins, they are those of the last
	// attempt.
	Address   string `json:"address,omitempty"`
	UserAgent string `json:"user_agent,omitempty"`
	// Details is a JSON object that describes the change, such as {"role":{"from":"member","to":"admin"}}.
	Details   json.RawMessage `json:"details"`
	CreatedAt Time            `json:"created_at"`
	// Sequence numbers the events of an account from 1, without gaps, in the order of the log. It is nil for about a
	// minute, until no earlier event can be added any more.
	Sequence *int `json:"sequence,omitempty"`
}
