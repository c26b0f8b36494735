// Package api is the contract as Go types: what the server writes and what every client reads. It holds structs and
// no behaviour, so that both sides can share it without sharing anything else. openapi.yaml beside it describes the
// same in OpenAPI 3.1; a test keeps the two equal.
package api

import "time"

// Envelope wraps one object: {"success": true, "data": {…}}.
type Envelope[T any] struct {
	Success bool `json:"success"`
	Data    T    `json:"data"`
}

// Page wraps one page of a list. Total counts all rows that match the filters, not only those of this page.
type Page[T any] struct {
	Success bool `json:"success"`
	Data    []T  `json:"data"`
	Total   int  `json:"total"`
	// NextCursor continues the walk when passed as ?cursor=; it is empty on the last page.
	NextCursor string `json:"next_cursor,omitempty"`
}

// Done answers an operation that leaves no object behind.
type Done struct {
	Success bool   `json:"success"`
	Message string `json:"message"`
	// KeysCreated are the API keys of which a removed person was shown the secret: those they made or regenerated.
	KeysCreated []APIKeyRef `json:"keys_created,omitempty"`
	// InvitationsSent are the open invitations a removed person sent; they stay valid.
	InvitationsSent []InvitationRef `json:"invitations_sent,omitempty"`
	// ProjectRoles are the roles in projects that a removal from the account has ended.
	ProjectRoles []ProjectRoleRef `json:"project_roles,omitempty"`
}

// ProjectRoleRef names a role in a project.
type ProjectRoleRef struct {
	ProjectID string `json:"project_id"`
	RoleID    string `json:"role_id"`
	RoleName  string `json:"role_name"`
}

// APIKeyRef names an API key.
type APIKeyRef struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	KeyPrefix string `json:"key_prefix"`
	// Disabled says that this change deactivated the key.
	Disabled bool `json:"disabled,omitempty"`
}

// InvitationRef names an invitation.
type InvitationRef struct {
	ID    string `json:"id"`
	Email string `json:"email"`
}

// Error is the body of every refusal. Code is stable and meant for programs; Message tells a person what to do next.
type Error struct {
	Error     string `json:"error"`
	Message   string `json:"message"`
	Code      string `json:"code"`
	Field     string `json:"field,omitempty"`
	RequestID string `json:"request_id,omitempty"`

	// The facts a client needs to act; each is present only with the codes it belongs to.

	MemberID    string   `json:"member_id,omitempty"`   // already_member, invitation_pending
	Permission  string   `json:"permission,omitempty"`  // permission_denied: one permission that would be enough
	Missing     []string `json:"missing,omitempty"`     // escalation_denied: the permissions the caller does not hold
	Suggestion  string   `json:"suggestion,omitempty"`  // unknown_permission: the nearest valid name
	Holders     []Holder `json:"holders,omitempty"`     // role_in_use
	HolderCount int      `json:"holder_count,omitzero"` // role_in_use: how many there are; holders lists the first ones
	// RetryAfterSeconds is the header Retry-After of a refusal with 429, also for one row of a bulk request.
	RetryAfterSeconds int `json:"retry_after_seconds,omitzero"`
}

// Holder is a principal that has a role.
type Holder struct {
	MemberID      string `json:"member_id"`
	PrincipalType string `json:"principal_type"`
	Email         string `json:"email"`
	Name          string `json:"name,omitempty"`
	ProjectID     string `json:"project_id,omitempty"`
}

// Health answers /health and /ready.
type Health struct {
	Status string `json:"status"`
}

// Time is a moment as the API writes it: RFC 3339 in UTC with at most microseconds.
type Time = time.Time
