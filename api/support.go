package api

// Levels of support access. SupportWrite includes SupportRead.
const (
	SupportRead  = "read"  // view everything
	SupportWrite = "write" // also change members, roles and projects
)

// SupportGrant grants the operator's support access to an account for a limited time.
type SupportGrant struct {
	Level  string `json:"level"`
	Reason string `json:"reason,omitempty"`
	// GrantedBy is the name of the member or API key that granted it.
	GrantedBy string `json:"granted_by"`
	GrantedAt Time   `json:"granted_at"`
	ExpiresAt Time   `json:"expires_at"`
}

// SupportSession is the access of one person of support.
type SupportSession struct {
	ID     string `json:"id"`
	Person string `json:"person"`
	Reason string `json:"reason"`
	// OperatorKey is the name of the operator key with which it was opened.
	OperatorKey string `json:"operator_key"`
	OpenedAt    Time   `json:"opened_at"`
	ExpiresAt   Time   `json:"expires_at"`
	// Requests is about how many requests were made, and LastUsedAt when the last one was. Both lag behind by up to 10 seconds.
	Requests   int   `json:"requests"`
	LastUsedAt *Time `json:"last_used_at,omitempty"`
}

// SupportAccess is the support access of an account, and who of support uses it. Grant is nil if support is not let in.
type SupportAccess struct {
	Grant    *SupportGrant    `json:"grant"`
	Sessions []SupportSession `json:"sessions"`
}

// GrantSupportRequest grants support access. Without Level it can only read, without Hours for 24 hours.
type GrantSupportRequest struct {
	Level  *string `json:"level,omitempty"`
	Hours  *int    `json:"hours,omitempty"` // 1 to 168
	Reason *string `json:"reason,omitempty"`
}

// OpenSupportRequest describes a support session to open. Person and Reason are required; the account sees both. Without Minutes it
// lasts an hour, and never longer than the account grants support access.
type OpenSupportRequest struct {
	Person  *string `json:"person,omitempty"`
	Reason  *string `json:"reason,omitempty"`
	Minutes *int    `json:"minutes,omitempty"` // 5 to 720
}

// OpenedSupportSession is a new support session. Its secrets are shown only once.
type OpenedSupportSession struct {
	ID        string `json:"id"`
	AccountID string `json:"account_id"`
	Person    string `json:"person"`
	Reason    string `json:"reason"`
	Level     string `json:"level"`
	OpenedAt  Time   `json:"opened_at"`
	ExpiresAt Time   `json:"expires_at"`
	// Credential is for the X-API-Key header of /api/v1.
	Credential string `json:"credential"`
	// Link opens the dashboard, once and within 15 minutes.
	Link string `json:"link"`
}

// OnBehalfOf says for whom the operator's support acted.
type OnBehalfOf struct {
	Type             string `json:"type"` // always "account"
	ID               string `json:"id"`
	Name             string `json:"name"`
	GrantedBy        string `json:"granted_by"`
	SupportSessionID string `json:"support_session_id"`
}
