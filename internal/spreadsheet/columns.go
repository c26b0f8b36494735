package spreadsheet

// The columns of files that both the dashboard and the command line write, named as the fields of the API, so that a file
// from one can be used in place of a file from the other.
var (
	// MemberColumns are the columns of a list of members. The dashboard appends "projects" (see WriteProjects), and the
	// command line "external_ids".
	MemberColumns = []string{
		"id", "email", "name", "role", "status", "role_name", "role_id", "principal_type", "user_id", "api_key_id", "is_owner",
		"invitation_state", "invitation_expires_at", "invited_at", "accepted_at", "created_at",
	}
	// EventColumns are the columns of events of the audit log.
	EventColumns = []string{
		"created_at", "actor_type", "actor_id", "actor_name", "action", "target_type", "target_id", "target_name", "project_id", "delegated",
		"request_id", "address", "user_agent", "details", "id",
	}
)
