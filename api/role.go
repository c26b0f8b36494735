package api

// Scopes of roles and permissions.
const (
	ScopeAccount = "account"
	ScopeProject = "project"
)

// Role is a named set of permissions of one scope. System roles have no AccountID and cannot be changed.
type Role struct {
	ID          string   `json:"id"`
	AccountID   *string  `json:"account_id,omitempty"`
	Name        string   `json:"name"`
	Slug        string   `json:"slug"`
	Description string   `json:"description"`
	Scope       string   `json:"scope"`
	Permissions []string `json:"permissions"`
	IsSystem    bool     `json:"is_system"`
	CreatedBy   *string  `json:"created_by,omitempty"`
	CreatedAt   Time     `json:"created_at"`
	UpdatedAt   Time     `json:"updated_at"`
	// ExternalIDs are its external ids.
	ExternalIDs ExternalIDs `json:"external_ids,omitempty"`
}

// CreateRoleRequest creates a custom role. Its slug and scope never change.
type CreateRoleRequest struct {
	Name        *string   `json:"name,omitempty"`
	Slug        *string   `json:"slug,omitempty"`
	Description *string   `json:"description,omitempty"`
	Scope       *string   `json:"scope,omitempty"`
	Permissions *[]string `json:"permissions,omitempty"`
	// ExternalIDs are its external ids, by source.
	ExternalIDs ExternalIDs `json:"external_ids,omitempty"`
}

// UpdateRoleRequest changes the fields that are not nil. Permissions replaces the whole set. AddPermissions and
// RemovePermissions change the current set, so that concurrent changes are not lost.
type UpdateRoleRequest struct {
	Name              *string   `json:"name,omitempty"`
	Description       *string   `json:"description,omitempty"`
	Permissions       *[]string `json:"permissions,omitempty"`
	AddPermissions    *[]string `json:"add_permissions,omitempty"`
	RemovePermissions *[]string `json:"remove_permissions,omitempty"`
	// ExternalIDs changes the external ids of some sources.
	ExternalIDs *ExternalIDChange `json:"external_ids,omitempty"`
	// UpdatedAt is the version of the role to change. If the role has changed since, the request fails with status 412.
	UpdatedAt *string `json:"updated_at,omitempty"`
}

// RolePreview is what a change of a role would change.
type RolePreview struct {
	Added   []string `json:"added"`
	Removed []string `json:"removed"`
	// People and APIKeys are how many people and API keys would have other permissions.
	People  int `json:"people"`
	APIKeys int `json:"api_keys"`
	// Total is the number of memberships that would change, and Unchanged that of the other memberships with the role: pending,
	// suspended or expired ones, and those of an Owner.
	Total     int `json:"total"`
	Unchanged int `json:"unchanged"`
	// Changes are the first 20 of the memberships that would change; empty for a caller who may not view members.
	Changes []RolePreviewChange `json:"changes"`
}

// RolePreviewChange is what a change of a role would change for one membership. ProjectID is absent in the account.
type RolePreviewChange struct {
	MemberID      string   `json:"member_id"`
	PrincipalType string   `json:"principal_type"`
	Email         string   `json:"email"`
	Name          string   `json:"name,omitempty"`
	ProjectID     string   `json:"project_id,omitempty"`
	ProjectName   string   `json:"project_name,omitempty"`
	Gains         []string `json:"gains"`
	Loses         []string `json:"loses"`
}
