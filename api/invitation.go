package api

// Invitation is the open invitation of a pending member. MemberID is the membership that accepting it activates.
type Invitation struct {
	ID          string  `json:"id"`
	Type        string  `json:"type"`
	AccountID   string  `json:"account_id"`
	AccountName string  `json:"account_name"`
	ProjectID   *string `json:"project_id,omitempty"`
	ProjectName *string `json:"project_name,omitempty"`
	MemberID    string  `json:"member_id"`
	Email       string  `json:"email"`
	RoleID      string  `json:"role_id"`
	RoleName    string  `json:"role_name"`
	State       string  `json:"state"`
	// MailState is queued, retrying, sent or failed; nil if the server does not send email, or the invitation is over. MailError is
	// why the last attempt failed, and MailRetryAt when the next one is made.
	MailState   *string `json:"mail_state,omitempty"`
	MailError   *string `json:"mail_error,omitempty"`
	MailRetryAt *Time   `json:"mail_retry_at,omitempty"`
	// ProposedName is the name that the inviter proposed. It is not verified.
	ProposedName   *string `json:"proposed_name,omitempty"`
	InvitedByID    *string `json:"invited_by_id,omitempty"`
	InvitedByEmail *string `json:"invited_by_email,omitempty"`
	InvitedByName  *string `json:"invited_by_name,omitempty"`
	ExpiresAt      Time    `json:"expires_at"`
	CreatedAt      Time    `json:"created_at"`
}

// CreateInvitationRequest invites an email with a role of the invitation's scope.
type CreateInvitationRequest struct {
	Email  *string `json:"email,omitempty"`
	RoleID *string `json:"role_id,omitempty"`
	// Projects and Name are those of AddMemberRequest.
	Projects []ProjectRole `json:"projects,omitempty"`
	Name     *string       `json:"name,omitempty"`
}

// AcceptInvitationRequest accepts an invitation. A new user sets Name and Password; an existing user enters their
// password.
type AcceptInvitationRequest struct {
	Token    *string `json:"token,omitempty"`
	Name     *string `json:"name,omitempty"`
	Password *string `json:"password,omitempty"`
	// KeepKeys keeps API keys enabled whose secret only the previous user of this email was shown.
	KeepKeys *bool `json:"keep_keys,omitempty"`
}

// DeclineInvitationRequest declines an invitation.
type DeclineInvitationRequest struct {
	Token *string `json:"token,omitempty"`
}

// InvitationLink is a link that the inviter can pass on if the server does not send email.
type InvitationLink struct {
	Link      string `json:"link"`
	ExpiresAt Time   `json:"expires_at"`
}
