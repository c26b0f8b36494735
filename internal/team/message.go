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
	// MessageNewEmail goes to the email that a user wants to change theirs to, with a link that confirms it.
	MessageNewEmail MessageKind = "new_email"
	// MessageNotice tells a person what happened, see Notice.
	MessageNotice MessageKind = "notice"
)

// Urgent says that the email has priority: it is about how a user signs in, and belongs to no account.
func (m Message) Urgent() bool { return m.AccountID == "" }

// Message is one email to be sent, stored in the transaction of the change that causes it. It has no token: the worker
// creates one when it sends the email, so that no link is ever stored.
type Message struct {
	ID   string
	Kind MessageKind
	// AccountID and InvitationID identify the invitation; both are empty in an email about how a user signs in. A notice about an
	// account has only the account.
	AccountID    string
	InvitationID string
	// Address is the canonical email of the user, or the email that was entered to reset a password. Whether it has a user
	// is only looked up when the email is due, so that the request takes the same time for every email.
	Address   string
	Attempts  int
	NextAt    time.Time
	CreatedAt time.Time
	LastError string
	// FailedAt is when it was given up; zero while it is to be sent.
	FailedAt time.Time
	// Details is what else the email needs, as JSON; empty for most kinds. It has no secret.
	Details string
}
