package team

import (
	"time"

	"raff/internal/permission"
)

// Account is the tenant: everything else belongs to one.
type Account struct {
	ID   string
	Name string
	// Strict is grant_policy "strict": assigning a role then requires every permission in it.
	Strict bool
	// RequireFactor requires people to have a second factor.
	RequireFactor bool
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

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
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Status of a membership.
type Status string

// The statuses. InvitationState has more details about a pending membership.
const (
	StatusPending   Status = "pending"
	StatusActive    Status = "active"
	StatusSuspended Status = "suspended"
)

// PrincipalType is the type of a member or of an actor.
type PrincipalType string

// The principal types. An operator acts through the server's command line and is never a member.
const (
	TypeUser       PrincipalType = "user"
	TypeAPIKey     PrincipalType = "api_key"
	TypeInvitation PrincipalType = "invitation"
	TypeOperator   PrincipalType = "operator"
)

// The values of Member.ManagedBy.
const (
	ManagedByAPI       = "api"
	ManagedByDashboard = "dashboard"
	ManagedBySCIM      = "scim"
	ManagedBySSO       = "sso"
)

// Member is a membership: one principal in one scope with exactly one role. ID never changes.
type Member struct {
	ID        string
	AccountID string
	// ProjectID is empty for a membership of the account itself; ProjectName is read with it.
	ProjectID   string
	ProjectName string
	Type        PrincipalType
	// UserID is set for people who have joined, APIKeyID for keys; both are empty while an invitation is open.
	UserID   string
	APIKeyID string
	// Email is as entered; CanonicalEmail is unique in its scope. A key has the placeholder <id>@api-key.invalid.
	Email          string
	CanonicalEmail string
	// Name is the person's or the key's name; a store reads it from there, it is not part of the membership.
	Name string
	// Role is read with the membership; a store writes only Role.ID.
	Role   Role
	Status Status
	// AccountSuspended says that a project membership grants nothing, whatever its Status, because the account membership
	// is suspended. A store reads it and does not write it.
	AccountSuspended bool
	IsOwner          bool
	ManagedBy        string
	// InvitedBy is the id of the principal that added or invited the member; InvitedAt is zero for members who were added
	// without an invitation.
	InvitedBy  string
	InvitedAt  time.Time
	AcceptedAt time.Time
	// ExpiresAt is when the access ends automatically; zero means never.
	ExpiresAt time.Time
	// Invitation is nil unless one is open, declined or expired.
	Invitation *Invitation
	CreatedAt  time.Time
	UpdatedAt  time.Time

	// HeldKeys are the API keys whose secret a person was shown. It is only set by a change that takes access away from
	// the person: a suspension, a weaker role, the end of their ownership. A store neither reads nor writes it.
	HeldKeys []HeldKey
}

// Role is a named set of permissions of one scope.
type Role struct {
	ID string
	// AccountID is empty for system roles, which every account has.
	AccountID   string
	Name        string
	Slug        string
	Description string
	Scope       permission.Scope
	// Permissions of the Owner role are all permissions of both scopes.
	Permissions permission.Set
	IsSystem    bool
	CreatedBy   string
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// IsOwner reports whether this is the role that grants everything.
func (r Role) IsOwner() bool {
	return r.IsSystem && r.Scope == permission.ScopeAccount && r.Slug == permission.OwnerSlug
}

// Rate limit tiers of a key.
const (
	TierStandard = "standard"
	TierHigh     = "high"
)

// APIKey is an API key, which is a principal with its own roles.
type APIKey struct {
	ID        string
	AccountID string
	Name      string
	KeyPrefix string
	// Hash is the SHA-256 of the whole secret, which is not stored itself.
	Hash []byte
	// OldHash is the hash of the previous secret, which works until OldUntil, the end of the grace period.
	OldHash  []byte
	OldUntil time.Time
	Tier     string
	// IssuedAt is when the current secret was created. ExpiresAt - IssuedAt is the lifetime that a regeneration grants again.
	IssuedAt   time.Time
	ExpiresAt  time.Time
	LastUsedAt time.Time
	IsActive   bool
	// CreatedBy is the principal that created the key; CreatedByUser is the person behind it, if an API key created it.
	CreatedBy     string
	CreatedByUser string
	CreatedAt     time.Time
	UpdatedAt     time.Time

	// Memberships are the key's role in the account and in projects, read with it; a store does not write them.
	Memberships []Member
}

// InvitationState is the state of an invitation.
type InvitationState string

// The stored states. Expired is never stored: it follows from ExpiresAt. The last two close an invitation for good.
const (
	InvitationQueued    InvitationState = "queued"
	InvitationSent      InvitationState = "sent"
	InvitationFailed    InvitationState = "failed"
	InvitationDeclined  InvitationState = "declined"
	InvitationExpired   InvitationState = "expired"
	InvitationAccepted  InvitationState = "accepted"
	InvitationCancelled InvitationState = "cancelled"
)

// Invitation is the invitation of a pending membership.
type Invitation struct {
	ID        string
	AccountID string
	ProjectID string // empty for an invitation into the account
	MemberID  string
	Email     string
	State     InvitationState
	InvitedBy string // id of the principal that sent it
	// InvitedByUser is the person behind it: InvitedBy itself, or the person who made the key.
	InvitedByUser string
	ExpiresAt     time.Time
	CreatedAt     time.Time
	UpdatedAt     time.Time

	// Read with the invitation, not written.

	AccountName    string
	ProjectName    string
	Role           Role
	InviterName    string
	InviterEmail   string
	MemberStatus   Status
	CanonicalEmail string
}

// StateAt is the state at a time, which can be expired.
func (i *Invitation) StateAt(now time.Time) InvitationState {
	switch i.State {
	case InvitationQueued, InvitationSent, InvitationFailed:
		if !now.Before(i.ExpiresAt) {
			return InvitationExpired
		}
	}
	return i.State
}

// InvitationToken is one link of an invitation, stored as a hash, and how it was delivered.
type InvitationToken struct {
	Hash         []byte
	InvitationID string
	// Stale says that a newer link has replaced it.
	Stale bool
	// Mailed says that the link was only sent to the owner of the email, so that it verifies the email. A fetched link may
	// be used by anyone to whom the inviter gave it; FetchedBy is the id of the principal that fetched it.
	Mailed    bool
	FetchedBy string
}

// Project is a part of an account with its own members.
type Project struct {
	ID            string
	AccountID     string
	Name          string
	Slug          string
	Description   string
	DefaultRegion string
	IsDefault     bool
	IsActive      bool
	CreatedBy     string
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

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

// The purposes of a password link.
const (
	LinkFirst = "first" // sets the first password
	LinkReset = "reset" // sets one that was forgotten
)

// LinkToken is the token of a single-use password link, stored as a hash.
type LinkToken struct {
	Hash      []byte
	UserID    string
	Purpose   string // LinkFirst or LinkReset
	ExpiresAt time.Time
	UsedAt    time.Time
}
