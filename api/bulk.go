package api

// AddMembersRequest adds up to 500 members of the account in one transaction.
type AddMembersRequest struct {
	Members *[]AddMemberRequest `json:"members,omitempty"`
}

// AddMembersResult is how one row of AddMembersRequest ended. Exactly one of Member and Error is set.
type AddMembersResult struct {
	// Index is the row's place in the request, from 0.
	Index int `json:"index"`
	// Status is what the row alone would have been answered with: 201, or the status of Error.
	Status int     `json:"status"`
	Member *Member `json:"member,omitempty"`
	Error  *Error  `json:"error,omitempty"`
}
