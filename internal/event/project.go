package event

// Events of projects.
const (
	ActionProjectCreated Action = "project.created"
	ActionProjectUpdated Action = "project.updated"
	ActionProjectDeleted Action = "project.deleted"
)

var projectKinds = []kind{of[ProjectCreated](), of[ProjectUpdated](), of[ProjectDeleted]()}

// ProjectCreated records that a project was created.
type ProjectCreated struct{}

// Action implements Payload.
func (ProjectCreated) Action() Action { return ActionProjectCreated }

// ProjectUpdated records what changed in a project.
type ProjectUpdated struct {
	Description *Change[string] `json:"description,omitempty"`
	Name        *Change[string] `json:"name,omitempty"`
}

// Action implements Payload.
func (ProjectUpdated) Action() Action { return ActionProjectUpdated }

// ProjectDeleted records that a project was deleted, and how many memberships ended with it.
type ProjectDeleted struct {
	MembershipsRemoved int `json:"memberships_removed"`
}

// Action implements Payload.
func (ProjectDeleted) Action() Action { return ActionProjectDeleted }
