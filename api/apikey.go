package api

// Rate limit tiers. Only the operator of the server can set TierHigh.
const (
	TierStandard = "standard"
	TierHigh     = "high"
)

// APIKey is an API key. RoleID, RoleName, RoleSlug and ProjectAccesses show its memberships.
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
	// MemberID is the key's account membership, absent for a key without an account role.
	MemberID        *string               `json:"member_id,omitempty"`
	ProjectAccesses []APIKeyProjectAccess `json:"project_accesses"`
	CreatedBy       *string               `json:"created_by,omitempty"`
	CreatedAt       Time                  `json:"created_at"`
	// UpdatedAt changes when the key is updated or rotated, not when it is used.
	UpdatedAt Time `json:"updated_at"`
	// ExternalIDs are its external ids.
	ExternalIDs ExternalIDs `json:"external_ids,omitempty"`
	// AccountSuspended means that none of its roles grants anything, because the key is suspended in the account.
	AccountSuspended bool `json:"account_suspended,omitzero"`
}

// APIKeyProjectAccess is a project membership of an API key.
type APIKeyProjectAccess struct {
	ProjectID   string `json:"project_id"`
	ProjectName string `json:"project_name"`
	RoleID      string `json:"role_id"`
	RoleName    string `json:"role_name"`
	RoleSlug    string `json:"role_slug"`
}

// APIKeyWithSecret is the response to creating or rotating an API key. The secret is shown only once.
type APIKeyWithSecret struct {
	APIKey
	Secret string `json:"secret"`
}

// CreateAPIKeyRequest creates an API key, with an account role if RoleID is set.
type CreateAPIKeyRequest struct {
	Name          *string `json:"name,omitempty"`
	RateLimitTier *string `json:"rate_limit_tier,omitempty"`
	ExpiresAt     *string `json:"expires_at,omitempty"`
	RoleID        *string `json:"role_id,omitempty"`
	// ExternalIDs are its external ids, by source.
	ExternalIDs ExternalIDs `json:"external_ids,omitempty"`
}

// RegenerateAPIKeyRequest is the optional body of a request to rotate the secret of a key.
type RegenerateAPIKeyRequest struct {
	// GraceSeconds is how long the old secret keeps working (0 to 604800, default 0).
	GraceSeconds *int `json:"grace_seconds,omitempty"`
}

// UpdateAPIKeyRequest changes the fields that are not nil. A null ExpiresAt means never.
type UpdateAPIKeyRequest struct {
	Name          *string          `json:"name,omitempty"`
	RateLimitTier *string          `json:"rate_limit_tier,omitempty"`
	ExpiresAt     Nullable[string] `json:"expires_at,omitzero"`
	IsActive      *bool            `json:"is_active,omitempty"`
	// ExternalIDs changes the external ids of some sources.
	ExternalIDs *ExternalIDChange `json:"external_ids,omitempty"`
	// UpdatedAt is the version of the key to change. If the key has changed since, the request fails with status 412.
	UpdatedAt *string `json:"updated_at,omitempty"`
}
