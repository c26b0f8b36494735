package api

// Rate limit tiers. Only the operator of the server sets TierHigh.
const (
	TierStandard = "standard"
	TierHigh     = "high"
)

// APIKey is a principal of its own. RoleID, RoleName, RoleSlug and ProjectAccesses are views of its memberships.
type APIKey struct {
	ID            string  `json:"id"`
	AccountID     string  `json:"account_id"`
	Name          string  `json:"name"`
	KeyPrefix     string  `json:"key_prefix"`
	Scope         string  `json:"scope"`
	RateLimitTier string  `json:"rate_limit_tier"`
	ExpiresAt     *Time   `json:"expires_at,omitempty"`
	LastUsedAt    *Time   `json:"last_used_at,omitempty"`
	IsActive      bool    `json:"is_active"`
	RoleID        *string `json:"role_id,omitempty"`
	RoleName      *string `json:"role_name,omitempty"`
	RoleSlug      *string `json:"role_slug,omitempty"`
	// MemberID is the key's membership of the account, absent for a key without a role there.
	MemberID        *string               `json:"member_id,omitempty"`
	ProjectAccesses []APIKeyProjectAccess `json:"project_accesses"`
	CreatedBy       *string               `json:"created_by,omitempty"`
	CreatedAt       Time                  `json:"created_at"`
	// UpdatedAt changes with what PATCH and regenerate change, not with use.
	UpdatedAt Time `json:"updated_at"`
}

// APIKeyProjectAccess is one project membership of a key.
type APIKeyProjectAccess struct {
	ProjectID   string `json:"project_id"`
	ProjectName string `json:"project_name"`
	RoleID      string `json:"role_id"`
	RoleName    string `json:"role_name"`
	RoleSlug    string `json:"role_slug"`
}

// APIKeyWithSecret is what creating and regenerating answer. The secret is shown this once and cannot be read again.
type APIKeyWithSecret struct {
	APIKey
	Secret string `json:"secret"`
}

// CreateAPIKeyRequest makes a key, with an account role if RoleID is given.
type CreateAPIKeyRequest struct {
	Name          *string `json:"name,omitempty"`
	RateLimitTier *string `json:"rate_limit_tier,omitempty"`
	ExpiresAt     *string `json:"expires_at,omitempty"`
	RoleID        *string `json:"role_id,omitempty"`
}

// RegenerateAPIKeyRequest is the optional body of regenerate.
type RegenerateAPIKeyRequest struct {
	// GraceSeconds keeps the old secret working for so long (0..604800, default 0).
	GraceSeconds *int `json:"grace_seconds,omitempty"`
}

// UpdateAPIKeyRequest changes what it names; nil leaves as it is. ExpiresAt set to null means never.
type UpdateAPIKeyRequest struct {
	Name          *string          `json:"name,omitempty"`
	RateLimitTier *string          `json:"rate_limit_tier,omitempty"`
	ExpiresAt     Nullable[string] `json:"expires_at,omitzero"`
	IsActive      *bool            `json:"is_active,omitempty"`
	// UpdatedAt is that of the key the change was made for; another version is refused with status 412.
	UpdatedAt *string `json:"updated_at,omitempty"`
}
