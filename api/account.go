package api

// TransferOwnershipRequest names the member of the account that becomes its Owner.
type TransferOwnershipRequest struct {
	MemberID *string `json:"member_id,omitempty"`
}
