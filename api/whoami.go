package api

// Whoami describes the caller.
type Whoami struct {
	Principal WhoamiPrincipal `json:"principal"`
	Account   WhoamiAccount   `json:"account"`
	// Role is null for a principal without an account role.
	Role *WhoamiRole `json:"role"`
	// Permissions are the effective account permissions, in catalog order.
	Permissions []string `json:"permissions"`
	// Projects are the projects in which the caller has a role. The Owner, who has access to all projects, has none listed.
	Projects []WhoamiProject `json:"projects"`
}

// WhoamiPrincipal is the caller.
type WhoamiPrincipal struct {
	Type     string  `json:"type"`
	ID       string  `json:"id"`
	Name     string  `json:"name"`
	Email    string  `json:"email"`
	MemberID *string `json:"member_id,omitempty"`
	IsOwner  bool    `json:"is_owner"`
}

// WhoamiAccount is the account that the credential belongs to.
type WhoamiAccount struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// WhoamiRole is the caller's account role.
type WhoamiRole struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Slug string `json:"slug"`
}

// WhoamiProject is a project role of the caller.
type WhoamiProject struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Role        string   `json:"role"`
	Permissions []string `json:"permissions"`
}
