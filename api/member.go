package api

// Statuses of a membership.
const (
	StatusPending   = "pending"
	StatusActive    = "active"
	StatusSuspended = "suspended"
)

// Principal types.
const (
	PrincipalUser       = "user"
	PrincipalAPIKey     = "api_key"
	PrincipalInvitation = "invitation"
)

// Invitation states. They refine StatusPending; members who are not pending have the state "none".
const (
	InvitationNone     = "none"
	InvitationQueued   = "queued"
	InvitationSent     = "sent"
	InvitationFailed   = "failed"
	InvitationExpired  = "expired"
	InvitationDeclined = "declined"
)

// DeliveryLink says that nobody emails an invitation: the inviter creates a link and gives it to the person.
const DeliveryLink = "link"

// Member is an account membership. Its ID never changes, not even when an invitation is accepted.
type Member struct {
	ID        string `json:"id"`
	AccountID string `json:"account_id"`
	// LastActiveAt is only set if the request asks for it and the caller manages members: when a user last used the account in a
	// browser, accurate to a minute, or when an API key was last used. Nil means never.
	LastActiveAt *Time `json:"last_active_at,omitempty"`
	Membership
}

// ProjectMember is a project membership.
type ProjectMember struct {
	ID        string `json:"id"`
	ProjectID string `json:"project_id"`
	// AccountSuspended means that the membership grants nothing, whatever its status, because the user or API key is
	// suspended in the account.
	AccountSuspended bool `json:"account_suspended,omitzero"`
	Membership
}

// Membership has the fields that account and project memberships share.
type Membership struct {
	// UserID is null for an API key, and until an invitation is accepted.
	UserID        *string `json:"user_id"`
	APIKeyID      *string `json:"api_key_id,omitempty"`
	PrincipalType string  `json:"principal_type"`
	// Email of an API key is <api_key_id>@api-key.invalid, which can never receive email.
	Email               string  `json:"email"`
	Name                string  `json:"name,omitempty"`
	Role                string  `json:"role"`
	RoleID              string  `json:"role_id"`
	RoleName            string  `json:"role_name"`
	Status              string  `json:"status"`
	IsOwner             bool    `json:"is_owner"`
	ManagedBy           string  `json:"managed_by"`
	InvitedBy           *string `json:"invited_by,omitempty"`
	InvitedAt           *Time   `json:"invited_at,omitempty"`
	AcceptedAt          *Time   `json:"accepted_at,omitempty"`
	InvitationID        *string `json:"invitation_id,omitempty"`
	InvitationState     string  `json:"invitation_state"`
	InvitationExpiresAt *Time   `json:"invitation_expires_at,omitempty"`
	// InvitationDelivery is DeliveryLink while InvitationState is "queued" on a server that sends no email; otherwise nil.
	InvitationDelivery *string `json:"invitation_delivery,omitempty"`
	CreatedAt          Time    `json:"created_at"`
	UpdatedAt          Time    `json:"updated_at"`
	// ExternalIDs are the external ids of this membership.
	ExternalIDs ExternalIDs `json:"external_ids,omitempty"`
	// KeysCreated is set in the response to a change that reduces a user's access: a suspension, a weaker role, or the end
	// of their ownership. It lists the API keys whose secret they were shown.
	KeysCreated []APIKeyRef `json:"keys_created,omitempty"`
	// Projects is set in the response to a request with projects: the project memberships that were added, or those of a member
	// that was read.
	Projects []AddedToProject `json:"projects,omitempty"`
}

// AddedToProject is a project membership that was added together with another membership of the same person or API key.
type AddedToProject struct {
	MemberID    string `json:"member_id"`
	ProjectID   string `json:"project_id"`
	ProjectName string `json:"project_name"`
	Role        string `json:"role"` // the slug
	RoleID      string `json:"role_id"`
	RoleName    string `json:"role_name"`
	Status      string `json:"status"`
}

// ProjectRole is a role in a project.
type ProjectRole struct {
	ProjectID *string `json:"project_id,omitempty"`
	RoleID    *string `json:"role_id,omitempty"`
}

// AddMemberRequest sets exactly one of Email, TargetUserID and APIKeyID, and the account role.
type AddMemberRequest struct {
	Email        *string `json:"email,omitempty"`
	TargetUserID *string `json:"target_user_id,omitempty"`
	APIKeyID     *string `json:"api_key_id,omitempty"`
	RoleID       *string `json:"role_id,omitempty"`
	// Projects are project roles, at most 20, that the member gets together with the account role: all of them, or nothing.
	Projects []ProjectRole `json:"projects,omitempty"`
	// SkipExisting skips the places where the person has the same role already, instead of refusing the request. If nothing is
	// left to add, the error is already_member or invitation_pending without a field.
	SkipExisting *bool `json:"skip_existing,omitempty"`
	// Name is proposed to an invited person, who can change it when accepting. It is ignored for people who are known already.
	Name *string `json:"name,omitempty"`
	// ExternalIDs are external ids of the new membership, by source.
	ExternalIDs ExternalIDs `json:"external_ids,omitempty"`
}

// AddProjectMemberRequest sets exactly one of TargetUserID and APIKeyID, and the project role.
type AddProjectMemberRequest struct {
	TargetUserID *string `json:"target_user_id,omitempty"`
	APIKeyID     *string `json:"api_key_id,omitempty"`
	RoleID       *string `json:"role_id,omitempty"`
	// ExternalIDs are external ids of the new membership, by source.
	ExternalIDs ExternalIDs `json:"external_ids,omitempty"`
}

// UpdateMemberRequest changes the fields that are not nil. Status is "active" or "suspended".
type UpdateMemberRequest struct {
	RoleID *string `json:"role_id,omitempty"`
	Status *string `json:"status,omitempty"`
	// KeepKeys keeps API keys enabled when a user who was shown their secret is suspended in the account.
	KeepKeys *bool `json:"keep_keys,omitempty"`
	// ExternalIDs changes the external ids of some sources.
	ExternalIDs *ExternalIDChange `json:"external_ids,omitempty"`
	// UpdatedAt is the version of the member to change. If the member has changed since, the request fails with status 412.
	UpdatedAt *string `json:"updated_at,omitempty"`
}
