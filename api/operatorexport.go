package api

// An export of an account or a person is lines of JSON, each an ExportRecord. The last one is the ExportManifest. Ids in the export of an
// account refer to other records of the same export. It has no secrets and no hashes of them.

// ExportFormat, PersonExportFormat and ExportVersion identify the format of an export in its manifest.
const (
	ExportFormat       = "raff-account-export"
	PersonExportFormat = "raff-person-export"
	ExportVersion      = 1
)

// Types of the records of an export.
const (
	ExportedAccount    = "account" // OperatedAccount
	ExportedLogo       = "logo"    // ExportLogo, if the account has one of its own
	ExportedRole       = "role"    // ExportRole, and so on
	ExportedProject    = "project"
	ExportedAPIKey     = "api_key"
	ExportedMember     = "member" // of the account or of a project
	ExportedInvitation = "invitation"
	ExportedExternalID = "external_id"
	ExportedSupport    = "support_access" // SupportAccess, if the account grants support access
	ExportedUsageDay   = "usage_day"      // UsageDay, oldest first
	ExportedAuditEvent = "audit_event"    // AuditEvent, oldest first
	ExportedAuditSeal  = "audit_seal"
	ExportedManifest   = "manifest"
)

// ExportManifest is the last record of an export. SHA256 is the hash (hexadecimal) of all lines before it, with their line feeds.
type ExportManifest struct {
	Format     string          `json:"format"`
	Version    int             `json:"version"`
	AccountID  string          `json:"account_id,omitempty"` // of an export of an account
	PersonID   string          `json:"person_id,omitempty"`  // of an export of a person
	Email      string          `json:"email,omitempty"`      // of an export of a person who was only invited
	ExportedAt Time            `json:"exported_at"`
	Sections   []ExportSection `json:"sections"`
	SHA256     string          `json:"sha256"`
}

// ExportSection has the number of records of a type and the hash of their lines.
type ExportSection struct {
	Type    string `json:"type"`
	Records int    `json:"records"`
	SHA256  string `json:"sha256"`
}

// ExportRole is a custom or system role.
type ExportRole struct {
	ID          string   `json:"id"`
	Scope       string   `json:"scope"`
	Slug        string   `json:"slug"`
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Permissions []string `json:"permissions"`
	IsSystem    bool     `json:"is_system"`
	CreatedBy   *string  `json:"created_by"`
	CreatedAt   Time     `json:"created_at"`
	UpdatedAt   Time     `json:"updated_at"`
}

// ExportProject is a project.
type ExportProject struct {
	ID            string  `json:"id"`
	Name          string  `json:"name"`
	Slug          string  `json:"slug"`
	Description   string  `json:"description"`
	DefaultRegion string  `json:"default_region"`
	IsDefault     bool    `json:"is_default"`
	IsActive      bool    `json:"is_active"`
	CreatedBy     *string `json:"created_by"`
	CreatedAt     Time    `json:"created_at"`
	UpdatedAt     Time    `json:"updated_at"`
}

// ExportAPIKey is an API key without its secret.
type ExportAPIKey struct {
	ID         string  `json:"id"`
	Name       string  `json:"name"`
	KeyPrefix  string  `json:"key_prefix"`
	Tier       string  `json:"tier"`
	IsActive   bool    `json:"is_active"`
	CreatedBy  *string `json:"created_by"`
	IssuedAt   Time    `json:"issued_at"`
	ExpiresAt  *Time   `json:"expires_at"`
	LastUsedAt *Time   `json:"last_used_at"`
	CreatedAt  Time    `json:"created_at"`
	UpdatedAt  Time    `json:"updated_at"`
}

// ExportMember is a membership of the account, or of the project if ProjectID is not nil. Type is "user", "api_key" or
// "invitation".
type ExportMember struct {
	ID         string  `json:"id"`
	ProjectID  *string `json:"project_id"`
	Type       string  `json:"type"`
	UserID     *string `json:"user_id"`
	APIKeyID   *string `json:"api_key_id"`
	Email      *string `json:"email"` // nil for an API key
	Name       string  `json:"name"`
	RoleID     string  `json:"role_id"`
	Status     string  `json:"status"`
	IsOwner    bool    `json:"is_owner"`
	ManagedBy  string  `json:"managed_by"`
	InvitedBy  *string `json:"invited_by"`
	InvitedAt  *Time   `json:"invited_at"`
	AcceptedAt *Time   `json:"accepted_at"`
	ExpiresAt  *Time   `json:"expires_at"`
	CreatedAt  Time    `json:"created_at"`
	UpdatedAt  Time    `json:"updated_at"`
}

// ExportInvitation is an invitation that was not accepted yet.
type ExportInvitation struct {
	ID        string  `json:"id"`
	ProjectID *string `json:"project_id"`
	MemberID  string  `json:"member_id"`
	Email     string  `json:"email"`
	// ProposedName is the name that the inviter proposed.
	ProposedName *string `json:"proposed_name,omitempty"`
	State        string  `json:"state"`
	InvitedBy    *string `json:"invited_by"`
	ExpiresAt    Time    `json:"expires_at"`
	CreatedAt    Time    `json:"created_at"`
	UpdatedAt    Time    `json:"updated_at"`
}

// ExportExternalID is an id in another system. Kind is "member", "project", "role" or "api_key", or a type of resource that belongs
// to the project ObjectID.
type ExportExternalID struct {
	Kind      string `json:"kind"`
	ObjectID  string `json:"object_id"`
	Source    string `json:"source"`
	Value     string `json:"value"`
	CreatedAt Time   `json:"created_at"`
}

// ExportAuditSeal is a seal of the audit log, or several that were merged: of the events of a period, and the seal before it.
type ExportAuditSeal struct {
	First     int    `json:"first"`
	Last      int    `json:"last"`
	From      *Time  `json:"from"`
	Until     Time   `json:"until"`
	Events    int    `json:"events"`
	Hash      string `json:"hash"`
	CreatedAt Time   `json:"created_at"`
}

// ExportLogo is the logo that an account has of its own.
type ExportLogo struct {
	PNG string `json:"png"` // the file in base64
}
