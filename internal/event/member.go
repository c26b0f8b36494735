package event

// What happens to members of the account and of projects.
const (
	ActionMemberAdded   Action = "member.added"
	ActionMemberUpdated Action = "member.updated"
	ActionMemberRemoved Action = "member.removed"
)

var memberKinds = []kind{of[MemberAdded](), of[MemberUpdated](), of[MemberRemoved]()}

// MemberAdded tells that a user or an API key became a member. Role and RoleName are the slug and the name of the role,
// PrincipalType is "user" or "api_key", MemberName is the name of a user, ProjectName is empty in the account.
type MemberAdded struct {
	MemberName    string `json:"member_name,omitempty"`
	PrincipalType string `json:"principal_type"`
	ProjectName   string `json:"project_name,omitempty"`
	Role          string `json:"role"`
	RoleName      string `json:"role_name"`
	Status        string `json:"status"`
}

// Action implements Payload.
func (MemberAdded) Action() Action { return ActionMemberAdded }

// MemberUpdated tells that the role or the status of a member changed. SessionsEnded and APIKeysDeactivated (names) are
// what a suspension in the account ended.
type MemberUpdated struct {
	APIKeysDeactivated []string        `json:"api_keys_deactivated,omitempty"`
	MemberName         string          `json:"member_name,omitempty"`
	ProjectName        string          `json:"project_name,omitempty"`
	Role               *Change[string] `json:"role,omitempty"`
	RoleName           Name            `json:"role_name"`
	SessionsEnded      int             `json:"sessions_ended,omitempty"`
	Status             *Change[string] `json:"status,omitempty"`
}

// Action implements Payload.
func (MemberUpdated) Action() Action { return ActionMemberUpdated }

// MemberRemoved tells that a membership ended. Because is the action that it follows from, if it was not removed itself;
// ProjectMembershipsRemoved is how many memberships in projects ended with it, and nil if it follows from something else.
type MemberRemoved struct {
	APIKeysDeactivated        []string `json:"api_keys_deactivated,omitempty"`
	Because                   Action   `json:"because,omitempty"`
	MemberName                string   `json:"member_name,omitempty"`
	ProjectMembershipsRemoved *int     `json:"project_memberships_removed,omitempty"`
	ProjectName               string   `json:"project_name,omitempty"`
	Role                      string   `json:"role"`
	RoleName                  string   `json:"role_name"`
	SessionsEnded             int      `json:"sessions_ended,omitempty"`
	Status                    string   `json:"status"`
}

// Action implements Payload.
func (MemberRemoved) Action() Action { return ActionMemberRemoved }
