package event

// Events of external ids.
const (
	ActionExternalIDSet     Action = "external_id.set"
	ActionExternalIDRemoved Action = "external_id.removed"
)

var externalIDKinds = []kind{of[ExternalIDSet](), of[ExternalIDRemoved]()}

// ExternalIDSet records that an object got the name that another system uses for it, or that a resource of that name now
// belongs to a project.
type ExternalIDSet struct {
	ID     string `json:"id"`
	Kind   string `json:"kind"`
	Source string `json:"source"`
}

// Action implements Payload.
func (ExternalIDSet) Action() Action { return ActionExternalIDSet }

// ExternalIDRemoved records that such a name was removed.
type ExternalIDRemoved ExternalIDSet

// Action implements Payload.
func (ExternalIDRemoved) Action() Action { return ActionExternalIDRemoved }
