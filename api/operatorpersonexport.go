package api

// Types of the records of an export of a person, besides ExportedExternalID, ExportedAPIKey and ExportedAuditEvent.
const (
	ExportedPerson        = "person"
	ExportedSession       = "session"
	ExportedLink          = "link"
	ExportedPersonAccount = "account" // ExportPersonAccount
	ExportedMembership    = "membership"
	ExportedEmail         = "email" // Email
	ExportedActiveDay     = "active_day"
)

// ExportPerson is a person, with the second factors in effect but without what they and the password are.
type ExportPerson struct {
	ID                string         `json:"id"`
	Email             string         `json:"email"`
	Name              string         `json:"name"`
	Language          string         `json:"language"`
	EmailVerified     bool           `json:"email_verified"`
	HasPassword       bool           `json:"has_password"`
	SecondFactors     []PersonFactor `json:"second_factors"`
	RecoveryCodesLeft int            `json:"recovery_codes_left"`
	CreatedAt         Time           `json:"created_at"`
	UpdatedAt         Time           `json:"updated_at"`
}

// ExportSession is a browser in which the person is or was signed in. Address is the network address of the last use.
type ExportSession struct {
	ID         string  `json:"id"`
	AccountID  *string `json:"account_id"`
	UserAgent  string  `json:"user_agent"`
	Address    string  `json:"address"`
	CreatedAt  Time    `json:"created_at"`
	LastSeenAt Time    `json:"last_seen_at"`
	ExpiresAt  Time    `json:"expires_at"`
}

// ExportLink is a link that the person got, without what opens it. Purpose is "first" or "reset" for a password, or "email" for a new
// email, which is then in Email.
type ExportLink struct {
	Purpose   string  `json:"purpose"`
	Email     *string `json:"email"`
	ExpiresAt Time    `json:"expires_at"`
	UsedAt    *Time   `json:"used_at"`
}

// ExportPersonAccount is an account of which the person is or was a member.
type ExportPersonAccount struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	State string `json:"state"`
}

// ExportMembership is a membership or an open invitation of a person: of an account, or of the project if ProjectID is not nil.
type ExportMembership struct {
	ID              string  `json:"id"`
	AccountID       string  `json:"account_id"`
	AccountName     string  `json:"account_name"`
	ProjectID       *string `json:"project_id"`
	ProjectName     *string `json:"project_name"`
	RoleID          string  `json:"role_id"`
	RoleSlug        string  `json:"role_slug"`
	RoleName        string  `json:"role_name"`
	Status          string  `json:"status"`
	IsOwner         bool    `json:"is_owner"`
	ManagedBy       string  `json:"managed_by"`
	InvitedBy       *string `json:"invited_by"`
	InvitationState *string `json:"invitation_state"` // nil unless the invitation is open
	InvitationEnds  *Time   `json:"invitation_expires_at"`
	InvitedAt       *Time   `json:"invited_at"`
	AcceptedAt      *Time   `json:"accepted_at"`
	ExpiresAt       *Time   `json:"expires_at"`
	CreatedAt       Time    `json:"created_at"`
	UpdatedAt       Time    `json:"updated_at"`
}

// ExportActiveDay says that the person made a request in an account on a day. This is only stored for about two days.
type ExportActiveDay struct {
	AccountID string `json:"account_id"`
	Date      string `json:"date"`
}
