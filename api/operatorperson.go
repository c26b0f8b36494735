package api

// Person is someone who can sign in, as the operator sees them.
type Person struct {
	ID            string             `json:"id"`
	Email         string             `json:"email"`
	Name          string             `json:"name"`
	EmailVerified bool               `json:"email_verified"`
	HasPassword   bool               `json:"has_password"`
	SecondFactors []PersonFactor     `json:"second_factors"`
	Sessions      []PersonSession    `json:"sessions"`
	Memberships   []PersonMembership `json:"memberships"`
	CreatedAt     Time               `json:"created_at"`
}

// PersonFactor is a second factor of a person. Kind is "totp" or "passkey".
type PersonFactor struct {
	Kind       string `json:"kind"`
	Name       string `json:"name"`
	CreatedAt  Time   `json:"created_at"`
	LastUsedAt *Time  `json:"last_used_at"`
}

// PersonSession is a browser in which a person is signed in.
type PersonSession struct {
	UserAgent  string `json:"user_agent"`
	CreatedAt  Time   `json:"created_at"`
	LastSeenAt Time   `json:"last_seen_at"`
}

// PersonMembership is a membership or an open invitation of a person: of an account, or of the project if ProjectID is not nil.
type PersonMembership struct {
	AccountID    string  `json:"account_id"`
	AccountName  string  `json:"account_name"`
	AccountState string  `json:"account_state"`
	ProjectID    *string `json:"project_id"`
	ProjectName  *string `json:"project_name"`
	MemberID     string  `json:"member_id"`
	RoleName     string  `json:"role_name"`
	Status       string  `json:"status"`
	IsOwner      bool    `json:"is_owner"`
}

// PasswordLink is a link that sets a password, once.
type PasswordLink struct {
	Link      string `json:"link"`
	ExpiresAt Time   `json:"expires_at"`
}
