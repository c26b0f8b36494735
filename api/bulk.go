package api

// AddMembersRequest adds up to 500 members to the account or to a project, in one transaction.
type AddMembersRequest struct {
	Members *[]AddMemberRequest `json:"members,omitempty"`
	// DryRun returns what would happen, without changing anything.
	DryRun *bool `json:"dry_run,omitempty"`
}

// AddMembersResult is the result of one row of an AddMembersRequest for the account.
type AddMembersResult = BulkResult[Member]

// AddProjectMembersResult is the result of one row of an AddMembersRequest for a project.
type AddProjectMembersResult = BulkResult[ProjectMember]

// BulkResult is the result of one row of an AddMembersRequest. Exactly one of Member and Error is set. With DryRun, the ids
// of new members and invitations, also those that Error refers to, are 00000000-0000-0000-0000-000000000000.
type BulkResult[M any] struct {
	// Index is the row's position in the request, starting at 0.
	Index int `json:"index"`
	// Status is the HTTP status that the row would have had on its own: 201, or the status of Error.
	Status int    `json:"status"`
	Member *M     `json:"member,omitempty"`
	Error  *Error `json:"error,omitempty"`
}
