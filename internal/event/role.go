package event

// What happens to custom roles.
const (
	ActionRoleCreated Action = "role.created"
	ActionRoleUpdated Action = "role.updated"
	ActionRoleDeleted Action = "role.deleted"
)

var roleKinds = []kind{of[RoleCreated](), of[RoleUpdated](), of[RoleDeleted]()}

// RoleCreated tells the permissions of a new role.
type RoleCreated struct {
	Permissions []string `json:"permissions"`
}

// Action implements Payload.
func (RoleCreated) Action() Action { return ActionRoleCreated }

// RoleUpdated tells what of a role changed. Added and Removed are permissions.
type RoleUpdated struct {
	Added       []string        `json:"added,omitempty"`
	Description *Change[string] `json:"description,omitempty"`
	Name        *Change[string] `json:"name,omitempty"`
	Removed     []string        `json:"removed,omitempty"`
}

// Action implements Payload.
func (RoleUpdated) Action() Action { return ActionRoleUpdated }

// RoleDeleted tells that a role was deleted. Reassigned is how many memberships got another role instead.
type RoleDeleted struct {
	Permissions []string `json:"permissions"`
	Reassigned  int      `json:"reassigned"`
}

// Action implements Payload.
func (RoleDeleted) Action() Action { return ActionRoleDeleted }
