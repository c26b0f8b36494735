package api

// Status of a membership.
const (
	StatusPending   = "pending"
	StatusActive    = "active"
	StatusSuspended = "suspended"
)

// Principal types: who a membership binds.
const (
	PrincipalUser       = "user"
	PrincipalAPIKey     = "api_key"
	PrincipalInvitation = "invitation"
)

// Invitation states: finer than Status, which stays "pending" for all of them but none.
const (
	InvitationNone     = "none"
	InvitationQueued   = "queued"
	InvitationSent     = "sent"
	InvitationFailed   = "failed"
	InvitationExpired  = "expired"
	InvitationDeclined = "declined"
)

// Member is a membership of the account. ID is minted once and never changes, not even when an invitation is accepted.
type Member struct {
	ID        string `json:"id"`
	AccountID string `json:"account_id"`
	Membership
}

// ProjectMember is a membership of one project.
type ProjectMember struct {
	ID        string `json:"id"`
	ProjectID string `json:"project_id"`
	// AccountSuspended says that the membership grants nothing, whatever its status, because the person or the API key is
	// suspended in the account.
	AccountSuspended bool `json:"account_suspended,omitzero"`
	Membership
}

// Membership is what a membership says whatever it is of: who, through which role, in which state.
type Membership struct {
	// UserID is null while the invitation has not been accepted, and for API keys.
	UserID        *string `json:"user_id"`
	APIKeyID      *string `json:"api_key_id,omitempty"`
	PrincipalType string  `json:"principal_type"`
	// Email of an API key is <api_key_id>@api-key.invalid, an address that can never receive mail.
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
	CreatedAt           Time    `json:"created_at"`
	UpdatedAt           Time    `json:"updated_at"`
	// KeysCreated is in answers to a change that takes access away from a person: a suspension, a weaker role, the end of
	// their ownership. It lists the API keys of which they were shown the secret.
	KeysCreated []APIKeyRef `json:"keys_created,omitempty"`
}

// AddMemberRequest names exactly one of Email, TargetUserID and APIKeyID, and the account role it gets.
type AddMemberRequest struct {
	Email        *string `json:"email,omitempty"`
	TargetUserID *string `json:"target_user_id,omitempty"`
	APIKeyID     *string `json:"api_key_id,omitempty"`
	RoleID       *string `json:"role_id,omitempty"`
}

// AddProjectMemberRequest names exactly one of TargetUserID and APIKeyID, and the project role it gets.
type AddProjectMemberRequest struct {
	TargetUserID *string `json:"target_user_id,omitempty"`
	APIKeyID     *string `json:"api_key_id,omitempty"`
	RoleID       *string `json:"role_id,omitempty"`
}

// UpdateMemberRequest changes what it names; nil leaves as it is. Status is "active" or "suspended".
type UpdateMemberRequest struct {
	RoleID *string `json:"role_id,omitempty"`
	Status *string `json:"status,omitempty"`
	// KeepKeys leaves the API keys working of which a person was shown the secret who is suspended in the account.
	KeepKeys *bool `json:"keep_keys,omitempty"`
	// UpdatedAt is that of the member the change was made for; another version is refused with status 412.
	UpdatedAt *string `json:"updated_at,omitempty"`
}
