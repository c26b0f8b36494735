package api

// States of an Erasure.
const (
	ErasureRunning = "running"
	ErasureDone    = "done"
)

// ErasePersonRequest names the person to erase: exactly one of both.
type ErasePersonRequest struct {
	Email    *string `json:"email,omitempty"`
	PersonID *string `json:"person_id,omitempty"`
}

// Erasure is the erasure of a person. Pseudonym takes the place of their name and email in audit logs. PersonID is the id that the
// person had; nil if they were only invited. MembershipsRemoved is only set in the response to the request for the erasure, EventsErased is the
// number of audit events that were changed so far.
type Erasure struct {
	ID                 string  `json:"id"`
	Pseudonym          string  `json:"pseudonym"`
	PersonID           *string `json:"person_id"`
	State              string  `json:"state"`
	OrderedBy          string  `json:"ordered_by"`
	MembershipsRemoved *int    `json:"memberships_removed,omitempty"`
	EventsErased       int     `json:"events_erased"`
	CreatedAt          Time    `json:"created_at"`
	DoneAt             *Time   `json:"done_at"`
}
