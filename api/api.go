// Package api defines the types of the API's requests and responses, which server and clients share. It contains only
// structs, no behavior. openapi.yaml describes the same API in OpenAPI 3.1; a test keeps both in sync.
package api

import "time"

// Envelope wraps one object: {"success": true, "data": {…}}.
type Envelope[T any] struct {
	Success bool `json:"success"`
	Data    T    `json:"data"`
}

// The values of Page.TotalIs.
const (
	TotalExact   = "exact"
	TotalAtLeast = "at_least"
)

// Page wraps one page of a list. Total counts all rows that match the filters, not only those on this page.
type Page[T any] struct {
	Success bool `json:"success"`
	Data    []T  `json:"data"`
	Total   int  `json:"total"`
	// TotalIs is TotalAtLeast if counting ended at Total and there may be more rows; else TotalExact. Empty means TotalExact.
	TotalIs string `json:"total_is,omitempty"`
	// NextCursor returns the next page when passed as ?cursor=; it is empty on the last page.
	NextCursor string `json:"next_cursor,omitempty"`
}

// Done is the response of an operation that returns no object.
type Done struct {
	Success bool   `json:"success"`
	Message string `json:"message"`
	// KeysCreated are the API keys whose secret a removed user was shown: those they created or rotated.
	KeysCreated []APIKeyRef `json:"keys_created,omitempty"`
	// InvitationsSent are the open invitations that a removed user sent; they stay valid.
	InvitationsSent []InvitationRef `json:"invitations_sent,omitempty"`
	// ProjectRoles are the project roles that ended with a removal from the account.
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
	// Disabled is true if this change disabled the key.
	Disabled bool `json:"disabled,omitempty"`
}

// InvitationRef names an invitation.
type InvitationRef struct {
	ID    string `json:"id"`
	Email string `json:"email"`
}

// Error is the body of every error response. Code is stable and for programs; Message says what to do next.
type Error struct {
	Error     string `json:"error"`
	Message   string `json:"message"`
	Code      string `json:"code"`
	Field     string `json:"field,omitempty"`
	RequestID string `json:"request_id,omitempty"`

	// Details for programs. Each field is present only with the codes that its comment names.

	MemberID    string   `json:"member_id,omitempty"`   // already_member, invitation_pending
	ProjectID   string   `json:"project_id,omitempty"`  // the one of several projects that the refusal is about
	Permission  string   `json:"permission,omitempty"`  // permission_denied: one permission that would be sufficient
	Missing     []string `json:"missing,omitempty"`     // escalation_denied: the permissions the caller does not hold
	Suggestion  string   `json:"suggestion,omitempty"`  // unknown_permission: the most similar valid name
	Holders     []Holder `json:"holders,omitempty"`     // role_in_use
	HolderCount int      `json:"holder_count,omitzero"` // role_in_use: total number; Holders has only the first ones
	// RetryAfterSeconds has the value of the Retry-After header of a 429 response, also for one row of a bulk request.
	RetryAfterSeconds int `json:"retry_after_seconds,omitzero"`
	// Current and Limit say, with limit_reached, how many there are and how many there may be.
	Current *int `json:"current,omitempty"`
	Limit   *int `json:"limit,omitempty"`
}

// Holder is a principal that has a role.
type Holder struct {
	MemberID      string `json:"member_id"`
	PrincipalType string `json:"principal_type"`
	Email         string `json:"email"`
	Name          string `json:"name,omitempty"`
	ProjectID     string `json:"project_id,omitempty"`
}

// Health is the response of /health and /ready.
type Health struct {
	Status string `json:"status"`
}

// Time is a time as the API writes it: RFC 3339 in UTC, with up to microseconds.
type Time = time.Time
