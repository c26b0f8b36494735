package event

// Events of API keys.
const (
	ActionAPIKeyCreated     Action = "api_key.created"
	ActionAPIKeyUpdated     Action = "api_key.updated"
	ActionAPIKeyRegenerated Action = "api_key.regenerated"
	ActionAPIKeyRevoked     Action = "api_key.revoked"
)

var apiKeyKinds = []kind{of[APIKeyCreated](), of[APIKeyUpdated](), of[APIKeyRegenerated](), of[APIKeyRevoked]()}

// APIKeyCreated records that a key was created. ExpiresAt is nil if it never expires; Role is the slug of its role in the
// account, if it has one.
type APIKeyCreated struct {
	ExpiresAt     *Expiry `json:"expires_at,omitempty"`
	KeyPrefix     string  `json:"key_prefix"`
	RateLimitTier string  `json:"rate_limit_tier"`
	Role          string  `json:"role,omitempty"`
	RoleName      string  `json:"role_name,omitempty"`
}

// Action implements Payload.
func (APIKeyCreated) Action() Action { return ActionAPIKeyCreated }

// APIKeyUpdated records what changed in a key. If the key was disabled because a person lost access, Because is the
// action that caused it, and the member is the person who was shown its secret.
type APIKeyUpdated struct {
	Because       Action          `json:"because,omitempty"`
	ExpiresAt     *Change[Expiry] `json:"expires_at,omitempty"`
	IsActive      *Change[bool]   `json:"is_active,omitempty"`
	MemberEmail   string          `json:"member_email,omitempty"`
	MemberID      string          `json:"member_id,omitempty"`
	Name          *Change[string] `json:"name,omitempty"`
	RateLimitTier *Change[string] `json:"rate_limit_tier,omitempty"`
}

// Action implements Payload.
func (APIKeyUpdated) Action() Action { return ActionAPIKeyUpdated }

// APIKeyRegenerated records that a key got a new secret. KeyPrefix is the beginning of the new secret; the old one works
// for another GraceSeconds.
type APIKeyRegenerated struct {
	GraceSeconds int    `json:"grace_seconds"`
	KeyPrefix    string `json:"key_prefix"`
}

// Action implements Payload.
func (APIKeyRegenerated) Action() Action { return ActionAPIKeyRegenerated }

// APIKeyRevoked records that a key was deleted, and how many memberships ended with it.
type APIKeyRevoked struct {
	KeyPrefix          string `json:"key_prefix"`
	MembershipsRemoved int    `json:"memberships_removed"`
}

// Action implements Payload.
func (APIKeyRevoked) Action() Action { return ActionAPIKeyRevoked }
