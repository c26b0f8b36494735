package api

// Results of verifying a credential.
const (
	VerifyValid        = "VALID"
	VerifyNotFound     = "NOT_FOUND"
	VerifyDisabled     = "DISABLED"
	VerifyExpired      = "EXPIRED"
	VerifySuspended    = "SUSPENDED"
	VerifyInsufficient = "INSUFFICIENT_PERMISSIONS"
	VerifyRateLimited  = "RATE_LIMITED"
)

// VerifyKeyRequest asks whether an API key that a service received is valid, and what it may do.
type VerifyKeyRequest struct {
	Key *string `json:"key,omitempty"`
	// ProjectID is where the permissions are asked for. Without it, that is the account.
	ProjectID *string `json:"project_id,omitempty"`
	// Permission is a combination of permissions, such as "vm.view AND (vm.power OR vm.manage)".
	Permission *string `json:"permission,omitempty"`
}

// VerifySessionRequest asks the same about the token of a dashboard session.
type VerifySessionRequest struct {
	Token *string `json:"token,omitempty"`
	// ProjectID and Permission are as in VerifyKeyRequest.
	ProjectID  *string `json:"project_id,omitempty"`
	Permission *string `json:"permission,omitempty"`
}

// Verification is the result. Everything but Code and Valid is absent if Code is VerifyNotFound.
type Verification struct {
	Code      string             `json:"code"`
	Valid     bool               `json:"valid"`
	Principal *VerifiedPrincipal `json:"principal,omitempty"`
	Account   *VerifiedAccount   `json:"account,omitempty"`
	// Permissions are those in the project or account that was asked about.
	Permissions []string        `json:"permissions,omitempty"`
	Limits      *VerifiedLimits `json:"limits,omitempty"`
	ExpiresAt   *Time           `json:"expires_at,omitempty"`
}

// VerifiedPrincipal is the API key or the user.
type VerifiedPrincipal struct {
	Type string `json:"type"`
	ID   string `json:"id"`
	Name string `json:"name"`
}

// VerifiedAccount is the account.
type VerifiedAccount struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// VerifiedLimits is the rate limit of the principal, which each verification counts against.
type VerifiedLimits struct {
	Tier              string  `json:"tier"`
	RequestsPerSecond float64 `json:"requests_per_second"`
	Burst             int     `json:"burst"`
	Remaining         int     `json:"remaining"`
}
