package api

import _ "embed" // for the description below

// OperatorAPI is the description of the operator's API in OpenAPI 3.1, which a server serves at /operator.yaml of the operator's
// listener.
//
//go:embed operator.yaml
var OperatorAPI []byte

// States of an account. An account can be resumed while its state is AccountDeleting. AccountRemoving follows, until all
// its data is removed.
const (
	AccountActive    = "active"
	AccountSuspended = "suspended"
	AccountDeleting  = "deleting"
	AccountRemoving  = "removing"
)

// Scopes of an operator key. OperatorSupport is reading and opening support sessions. OperatorWrite is everything.
const (
	OperatorRead    = "read"
	OperatorSupport = "support"
	OperatorWrite   = "write"
)

// OperatorWhoami is the operator key of a request.
type OperatorWhoami struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Scope string `json:"scope"`
}

// OperatedAccount is an account as the operator sees it.
type OperatedAccount struct {
	ID                  string            `json:"id"`
	Name                string            `json:"name"`
	State               string            `json:"state"`
	StateReason         string            `json:"state_reason,omitempty"`
	DeleteAt            *Time             `json:"delete_at,omitempty"` // only while State is AccountDeleting or AccountRemoving
	Owner               AccountOwner      `json:"owner"`
	GrantPolicy         string            `json:"grant_policy"`
	RequireSecondFactor bool              `json:"require_second_factor"`
	Limits              AccountLimits     `json:"limits"`
	Attributes          map[string]string `json:"attributes"`
	Branding            AccountBranding   `json:"branding"`
	// AuditRetentionDays is for how many days audit events are kept; nil means forever. NextAuditRetentionDays takes its place at
	// NextAuditRetentionAt.
	AuditRetentionDays     *int  `json:"audit_retention_days"`
	NextAuditRetentionDays *int  `json:"next_audit_retention_days,omitempty"`
	NextAuditRetentionAt   *Time `json:"next_audit_retention_at,omitempty"`
	CreatedAt              Time  `json:"created_at"`
	UpdatedAt              Time  `json:"updated_at"`
	// Usage is only present in the response for one account.
	Usage *AccountUsage `json:"usage,omitempty"`
}

// AccountOwner is the person who owns an account.
type AccountOwner struct {
	MemberID string `json:"member_id"`
	UserID   string `json:"user_id"`
	Email    string `json:"email"`
	Name     string `json:"name"`
}

// AccountLimits are the maximum numbers of an account; nil means that only the quota of the server applies. Members counts
// the people who are members of the account or of any of its projects, each once, including those who are invited.
type AccountLimits struct {
	Members  *int `json:"members"`
	Projects *int `json:"projects"`
	APIKeys  *int `json:"api_keys"`
	Roles    *int `json:"roles"`
}

// AccountBranding is what an account has of its own in place of the operator's brand; nil means that it is the operator's. If
// MailSenderName is nil and ProductName is not, the sender of emails has that name.
type AccountBranding struct {
	ProductName    *string `json:"product_name"`
	AccentColor    *string `json:"accent_color"` // as #rrggbb
	Support        *string `json:"support"`      // an email or an https URL
	MailSenderName *string `json:"mail_sender_name"`
	MailFooter     *string `json:"mail_footer"`
	LogoSHA256     *string `json:"logo_sha256"` // hash of the PNG file, in hexadecimal
}

// AccountUsage says how much of each limit is used.
type AccountUsage struct {
	Members  int `json:"members"`
	Projects int `json:"projects"`
	APIKeys  int `json:"api_keys"`
	Roles    int `json:"roles"`
}

// CreateAccountRequest describes a new account and its Owner.
type CreateAccountRequest struct {
	Name       *string             `json:"name,omitempty"`
	OwnerEmail *string             `json:"owner_email,omitempty"`
	Limits     *map[string]*int    `json:"limits,omitempty"`
	Attributes *map[string]*string `json:"attributes,omitempty"`
	// Branding has the entries of UpdateOperatedAccountRequest.
	Branding Nullable[map[string]*string] `json:"branding,omitzero"`
}

// CreatedAccount is a new account. APIKey, which has the Owner role, and OwnerLink are shown only once; OwnerLink lets the Owner
// set a password and is absent if they have one. Both are absent from the response to a repeated request.
type CreatedAccount struct {
	OperatedAccount
	DefaultProjectID string `json:"default_project_id"`
	APIKeyID         string `json:"api_key_id"`
	APIKey           string `json:"api_key,omitempty"`
	OwnerLink        string `json:"owner_link,omitempty"`
}

// UpdateOperatedAccountRequest changes the fields that are not nil. In Limits, Attributes and Branding it changes the entries that
// are present: nil removes one.
type UpdateOperatedAccountRequest struct {
	Name       *string             `json:"name,omitempty"`
	Limits     *map[string]*int    `json:"limits,omitempty"`
	Attributes *map[string]*string `json:"attributes,omitempty"`
	// Branding has the names of the fields of AccountBranding; null removes all of them.
	Branding Nullable[map[string]*string] `json:"branding,omitzero"`
	// AuditRetentionDays is for how many days audit events are kept, at least 30; null means forever.
	AuditRetentionDays Nullable[int] `json:"audit_retention_days,omitzero"`
}

// SuspendAccountRequest has the operator's own note of why.
type SuspendAccountRequest struct {
	Reason *string `json:"reason,omitempty"`
}

// ChangeOwnerRequest names the active member who becomes the Owner: exactly one of the two.
type ChangeOwnerRequest struct {
	MemberID *string `json:"member_id,omitempty"`
	Email    *string `json:"email,omitempty"`
}

// ChangedOwner is an account with its new Owner. DisabledAPIKeys are the names of keys with the Owner role that no longer work.
type ChangedOwner struct {
	OperatedAccount
	DisabledAPIKeys []string `json:"disabled_api_keys"`
}
