package team

import "time"

// Account is the tenant: everything else belongs to one.
type Account struct {
	ID   string
	Name string
	// Strict is grant_policy "strict": handing out a role then needs every permission of it.
	Strict bool
	// RequireFactor lets people in only with a second factor.
	RequireFactor bool
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

// User is a person, known by one email address; a user may be in many accounts.
type User struct {
	ID             string
	Email          string
	CanonicalEmail string
	Name           string
	// PasswordHash is empty while the person has not set a password.
	PasswordHash string
	// Proven says that whoever set up the password and the factors had shown that the address is theirs, by a link that
	// was mailed to it or came from the operator. VouchedBy is, of someone who is not, the id of the principal that
	// fetched the link they came in with.
	Proven    bool
	VouchedBy string
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Status of a membership.
type Status string

// The statuses. Everything finer about a pending one is its InvitationState.
const (
	StatusPending   Status = "pending"
	StatusActive    Status = "active"
	StatusSuspended Status = "suspended"
)

// PrincipalType says what a membership binds, or what acts.
type PrincipalType string

// The principal types. An operator acts through the server's own command line and is never a member.
const (
	TypeUser       PrincipalType = "user"
	TypeAPIKey     PrincipalType = "api_key"
	TypeInvitation PrincipalType = "invitation"
	TypeOperator   PrincipalType = "operator"
)

// Who manages a membership.
const (
	ManagedByAPI       = "api"
	ManagedByDashboard = "dashboard"
	ManagedBySCIM      = "scim"
	ManagedBySSO       = "sso"
)

// Member binds one principal to one scope through exactly one role. ID is minted once and never changes.
type Member struct {
	ID        string
	AccountID string
	// ProjectID is empty for a membership of the account itself; ProjectName is read with it.
	ProjectID   string
	ProjectName string
	Type        PrincipalType
	// UserID is set for people who are in, APIKeyID for keys; both are empty while an invitation is open.
	UserID   string
	APIKeyID string
	// Email is as typed; CanonicalEmail is what makes it unique in its scope. A key has <id>@api-key.invalid.
	Email          string
	CanonicalEmail string
	// Name is the person's or the key's name; a store reads it from there, it is not part of the membership.
	Name string
	// Role is read with the membership; a store writes only Role.ID.
	Role   Role
	Status Status
	// AccountSuspended says of a membership of a project that it grants nothing, whatever its Status, because the membership
	// of the account is suspended. A store reads it and does not write it.
	AccountSuspended bool
	IsOwner          bool
	ManagedBy        string
	// InvitedBy is the id of the principal that added or invited; InvitedAt is zero for who was added at once.
	InvitedBy  string
	InvitedAt  time.Time
	AcceptedAt time.Time
	// ExpiresAt ends the access by itself; zero means never.
	ExpiresAt time.Time
	// Invitation is nil unless one is open, declined or expired.
	Invitation *Invitation
	CreatedAt  time.Time
	UpdatedAt  time.Time

	// HeldKeys are the API keys of which a person was shown a secret. Only a change that takes access away from them fills
	// it in: a suspension, a weaker role, the end of their ownership. A store neither reads nor writes it.
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
	Scope       Scope
	// Permissions of the Owner role are everything in both scopes.
	Permissions Set
	IsSystem    bool
	CreatedBy   string
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// IsOwner reports whether this is the role that grants everything.
func (r Role) IsOwner() bool { return r.IsSystem && r.Scope == ScopeAccount && r.Slug == OwnerSlug }

// Rate limit tiers of a key.
const (
	TierStandard = "standard"
	TierHigh     = "high"
)

// APIKey is a principal of its own.
type APIKey struct {
	ID        string
	AccountID string
	Name      string
	KeyPrefix string
	// Hash is SHA-256 of the whole secret, the only thing kept of it.
	Hash []byte
	// OldHash keeps working until OldUntil after a regeneration with grace.
	OldHash  []byte
	OldUntil time.Time
	Tier     string
	// IssuedAt is when the present secret was made: ExpiresAt - IssuedAt is the lifetime a regeneration grants again.
	IssuedAt   time.Time
	ExpiresAt  time.Time
	LastUsedAt time.Time
	IsActive   bool
	// CreatedBy is the principal that made the key; CreatedByUser the person behind it, if a key made it.
	CreatedBy     string
	CreatedByUser string
	CreatedAt     time.Time
	UpdatedAt     time.Time

	// Memberships are the key's role in the account and in projects, read with it; a store does not write them.
	Memberships []Member
}

// InvitationState is how far an invitation has come.
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

// Invitation is the open offer behind a pending membership.
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

// StateAt is the state with expiry taken into account.
func (i *Invitation) StateAt(now time.Time) InvitationState {
	switch i.State {
	case InvitationQueued, InvitationSent, InvitationFailed:
		if !now.Before(i.ExpiresAt) {
			return InvitationExpired
		}
	}
	return i.State
}

// InvitationToken is one link of an invitation, kept as a hash. It knows how it went out.
type InvitationToken struct {
	Hash         []byte
	InvitationID string
	// Stale says that a newer link replaced it.
	Stale bool
	// Mailed says that only the owner of the address got the link, so that having it proves to be them. Whoever has one
	// that was fetched may be anybody the inviter gave it to; FetchedBy is the id of the principal that did.
	Mailed    bool
	FetchedBy string
}

// Project is a container with members of its own.
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

// MessageKind says what a mail is about.
type MessageKind string

// The kinds of mail.
const (
	MessageInvitation MessageKind = "invitation"
	MessagePassword   MessageKind = "password"
	// MessageCodesStopped tells a person that the codes of their authenticator app stopped.
	MessageCodesStopped MessageKind = "codes_stopped"
)

// Urgent says that the mail waits for no other: it is about how a person signs in, and belongs to no account.
func (m Message) Urgent() bool { return m.Kind != MessageInvitation }

// Message is one mail to be sent, kept in the same transaction as what it tells of. It holds no token: the worker
// mints one when it sends, so that no link is ever stored.
type Message struct {
	ID   string
	Kind MessageKind
	// AccountID and InvitationID say what an invitation is to; both are empty in a mail about how a person signs in.
	AccountID    string
	InvitationID string
	// Address is the canonical one of the person, or the one that someone typed who forgot a password. Whether anybody has
	// that is found out only when the mail is due, so that asking takes the same time for every address.
	Address   string
	Attempts  int
	NextAt    time.Time
	CreatedAt time.Time
	LastError string
}

// What a password link is for.
const (
	LinkFirst = "first" // sets the first password
	LinkReset = "reset" // sets one that was forgotten
)

// LinkToken is a one-time right to set a password, kept as a hash.
type LinkToken struct {
	Hash      []byte
	UserID    string
	Purpose   string // LinkFirst or LinkReset
	ExpiresAt time.Time
	UsedAt    time.Time
}
