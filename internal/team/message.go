package team

import "time"

// MessageKind is the kind of an email.
type MessageKind string

// The kinds of email.
const (
	MessageInvitation MessageKind = "invitation"
	MessagePassword   MessageKind = "password"
	// MessageCodesStopped tells a person that the codes of their authenticator app stopped.
	MessageCodesStopped MessageKind = "codes_stopped"
)

// Urgent says that the email has priority: it is about how a user signs in, and belongs to no account.
func (m Message) Urgent() bool { return m.Kind != MessageInvitation }

// Message is one email to be sent, stored in the transaction of the change that causes it. It has no token: the worker
// creates one when it sends the email, so that no link is ever stored.
type Message struct {
	ID   string
	Kind MessageKind
	// AccountID and InvitationID identify the invitation; both are empty in an email about how a user signs in.
	AccountID    string
	InvitationID string
	// Address is the canonical email of the user, or the email that was entered to reset a password. Whether it has a user
	// is only looked up when the email is due, so that the request takes the same time for every email.
	Address   string
	Attempts  int
	NextAt    time.Time
	CreatedAt time.Time
	LastError string
}
