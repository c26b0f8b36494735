package event

// What happens to external ids.
const (
	ActionExternalIDSet     Action = "external_id.set"
	ActionExternalIDRemoved Action = "external_id.removed"
)

var externalIDKinds = []kind{of[ExternalIDSet](), of[ExternalIDRemoved]()}

// ExternalIDSet tells that an object got the name that another system uses for it, or that a resource of that name now
// belongs to a project.
type ExternalIDSet struct {
	ID     string `json:"id"`
	Kind   string `json:"kind"`
	Source string `json:"source"`
}

// Action implements Payload.
func (ExternalIDSet) Action() Action { return ActionExternalIDSet }

// ExternalIDRemoved tells that such a name was removed.
type ExternalIDRemoved ExternalIDSet

// Action implements Payload.
func (ExternalIDRemoved) Action() Action { return ActionExternalIDRemoved }
