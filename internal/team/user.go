package team

import "time"

// User is a person, identified by one email; a user can be in several accounts.
type User struct {
	ID             string
	Email          string
	CanonicalEmail string
	Name           string
	// PasswordHash is empty while the person has not set a password.
	PasswordHash string
	// Proven says that the email is verified: the person who set up the password and the factors had opened a link that
	// was emailed to it or came from the operator. VouchedBy is, for an unverified user, the id of the principal that
	// fetched the link with which they joined.
	Proven    bool
	VouchedBy string
	// Language is the one that the person chose for pages and emails, or empty.
	Language  string
	CreatedAt time.Time
	UpdatedAt time.Time
}

// The purposes of a link.
const (
	LinkFirst = "first" // sets the first password
	LinkReset = "reset" // sets one that was forgotten
	LinkEmail = "email" // confirms a new email
)

// LinkToken is the token of a single-use link, stored as a hash.
type LinkToken struct {
	Hash      []byte
	UserID    string
	Purpose   string
	Email     string // the new email, for LinkEmail
	ExpiresAt time.Time
	UsedAt    time.Time
}
