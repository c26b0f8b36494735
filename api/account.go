package api

// TransferOwnershipRequest names the member who becomes the Owner.
type TransferOwnershipRequest struct {
	MemberID *string `json:"member_id,omitempty"`
	// CurrentPassword, or a passkey's response in the form that the browser returned it, confirms that the request comes from the Owner.
	CurrentPassword *string `json:"current_password,omitempty"`
	Passkey         *string `json:"passkey,omitempty"`
}

// Grant policies say who can assign a role.
const (
	GrantPolicyDelegated = "delegated" // anyone who manages members
	GrantPolicyStrict    = "strict"    // only principals who hold all of the role's permissions
)

// LanguageAuto is the language of an account whose pages and emails have none by default: pages have that of the browser, and emails are in
// English.
const LanguageAuto = "auto"

// Account is the tenant, with its settings.
type Account struct {
	ID                  string `json:"id"`
	Name                string `json:"name"`
	GrantPolicy         string `json:"grant_policy"`
	RequireSecondFactor bool   `json:"require_second_factor"`
	// Language is that of pages and emails for people who have not chosen one: "en", "de" or LanguageAuto.
	Language string `json:"language"`
	// AuditRetentionDays is for how many days audit events are kept, which only the operator of the server can set; nil means
	// forever.
	AuditRetentionDays *int `json:"audit_retention_days"`
	// SupportAccess is the access that the account grants to the operator's support; nil if there is none.
	SupportAccess *SupportGrant `json:"support_access"`
	CreatedAt     Time          `json:"created_at"`
	UpdatedAt     Time          `json:"updated_at"`
}

// UpdateAccountRequest changes the fields that are not nil. Only the Owner can change GrantPolicy, and only a signed-in
// user can change RequireSecondFactor; an API key can change neither.
type UpdateAccountRequest struct {
	Name                *string `json:"name,omitempty"`
	GrantPolicy         *string `json:"grant_policy,omitempty"`
	RequireSecondFactor *bool   `json:"require_second_factor,omitempty"`
	Language            *string `json:"language,omitempty"`
}
