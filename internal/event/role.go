package event

// Events of custom roles.
const (
	ActionRoleCreated Action = "role.created"
	ActionRoleUpdated Action = "role.updated"
	ActionRoleDeleted Action = "role.deleted"
)

var roleKinds = []kind{of[RoleCreated](), of[RoleUpdated](), of[RoleDeleted]()}

// RoleCreated records the permissions of a new role.
type RoleCreated struct {
	Permissions []string `json:"permissions"`
}

// Action implements Payload.
func (RoleCreated) Action() Action { return ActionRoleCreated }

// RoleUpdated records what changed in a role. Added and Removed are permissions.
type RoleUpdated struct {
	Added       []string        `json:"added,omitempty"`
	Description *Change[string] `json:"description,omitempty"`
	Name        *Change[string] `json:"name,omitempty"`
	Removed     []string        `json:"removed,omitempty"`
}

// Action implements Payload.
func (RoleUpdated) Action() Action { return ActionRoleUpdated }

// RoleDeleted records that a role was deleted. Reassigned is the number of memberships that got another role.
type RoleDeleted struct {
	Permissions []string `json:"permissions"`
	Reassigned  int      `json:"reassigned"`
}

// Action implements Payload.
func (RoleDeleted) Action() Action { return ActionRoleDeleted }
