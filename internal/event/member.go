package event

// Events of members of the account and of projects.
const (
	ActionMemberAdded   Action = "member.added"
	ActionMemberUpdated Action = "member.updated"
	ActionMemberRemoved Action = "member.removed"
)

var memberKinds = []kind{of[MemberAdded](), of[MemberUpdated](), of[MemberRemoved]()}

// MemberAdded records that a user or an API key became a member. Role and RoleName are the slug and the name of the role,
// PrincipalType is "user" or "api_key", MemberName is the name of a user, and ProjectName is empty in the account.
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

// MemberUpdated records that the role or the status of a member changed. SessionsEnded and APIKeysDeactivated (names)
// are the sessions and API keys that a suspension in the account ended or disabled.
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

// MemberRemoved records that a membership ended. Because is the action that caused it, if it was not removed by itself;
// ProjectMembershipsRemoved is the number of project memberships that ended with it, or nil if Because is set.
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
