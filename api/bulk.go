package api

// AddMembersRequest adds up to 500 members of the account, or of a project, in one transaction.
type AddMembersRequest struct {
	Members *[]AddMemberRequest `json:"members,omitempty"`
	// DryRun answers what would happen, and changes nothing.
	DryRun *bool `json:"dry_run,omitempty"`
}

// AddMembersResult is how one row of AddMembersRequest ended in the account.
type AddMembersResult = BulkResult[Member]

// AddProjectMembersResult is how one row of AddMembersRequest ended in a project.
type AddProjectMembersResult = BulkResult[ProjectMember]

// BulkResult is how one row of AddMembersRequest ended. Exactly one of Member and Error is set. With DryRun the ids of Member
// and of its invitation, and those of rows before in Error, are the UUID of zeros: nothing has them.
type BulkResult[M any] struct {
	// Index is the row's place in the request, from 0.
	Index int `json:"index"`
	// Status is what the row alone would have been answered with: 201, or the status of Error.
	Status int    `json:"status"`
	Member *M     `json:"member,omitempty"`
	Error  *Error `json:"error,omitempty"`
}
