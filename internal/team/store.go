package team

import (
	"context"
	"time"

	"raff/internal/permission"
)

// Lock is the lock that a change takes on its account.
type Lock int

const (
	// Shared is for changes that take nothing away: they run concurrently, and exclude only Exclusive.
	Shared Lock = iota
	// Exclusive is for changes that take away or move access, and for those that add many rows, which would otherwise wait
	// for each other row by row: they run alone in their account.
	Exclusive
)

// Store is the interface that a database implements. A read outside Update sees everything that was committed before it
// started, on any node. Missing rows are ErrNotFound; a database that is unreachable, full or read-only is Unavailable.
type Store interface {
	Reader
	// Pin starts a read-only request. All its reads may return the state at one time after Pin was called, which saves
	// checking for changes at each read. A request that writes must not be pinned, because it would not see its own
	// changes. Call done when the request has finished reading.
	Pin(ctx context.Context) (pinned context.Context, done func())
	// Update runs fn in one transaction under the lock of the account: all of fn's writes commit, or none. fn may
	// run more than once and touches nothing but its Tx. Update returns after the commit is durable.
	Update(ctx context.Context, accountID string, lock Lock, fn func(Tx) error) error
	// Try runs fn like Update, and rolls back its writes.
	Try(ctx context.Context, accountID string, lock Lock, fn func(Tx) error) error
	// UpdateAll is Update under the locks of several accounts.
	UpdateAll(ctx context.Context, accountIDs []string, lock Lock, fn func(Tx) error) error
	// SyncSystemRoles makes the stored system roles equal to these (insert, update; never delete one in use).
	SyncSystemRoles(ctx context.Context, roles []Role) error
	// RoleTexts are all roles of all accounts, with their permissions as they are stored.
	RoleTexts(ctx context.Context) ([]RoleText, error)
	// AccountIDs are the ids of all accounts.
	AccountIDs(ctx context.Context) ([]string, error)
	// SigningKey returns the key of this name that all nodes share: the stored key, or else fresh, which is then stored.
	SigningKey(ctx context.Context, name string, fresh []byte) ([]byte, error)
	// ReplaceFetchedTokens makes all fetched invitation links stale, for a server that sends email.
	ReplaceFetchedTokens(ctx context.Context) error
	// TouchAPIKeys records when keys were last used. It writes no event.
	TouchAPIKeys(ctx context.Context, used map[string]time.Time) error
	// TouchSession records when a session was last used. It writes no event.
	TouchSession(ctx context.Context, id string, at time.Time) error
	// Take counts one attempt against each limit, or none if one of them is used up. The limits apply across all nodes.
	Take(ctx context.Context, limits []Limit, at time.Time) (bool, error)
	// Refund removes all attempts counted against the limits in all, and one attempt against each of the others.
	Refund(ctx context.Context, all, one []Limit, at time.Time) error
	// QueuePasswordMail queues a password link for an email, which may have no user.
	QueuePasswordMail(ctx context.Context, m Message) error
	// LeaseMessage returns the next due message and hides it from other workers until the lease ends, or ErrNotFound if
	// none is due. Urgent messages come first, then accounts take turns.
	LeaseMessage(ctx context.Context, l Lease) (Message, error)
	// RemoveStale deletes pending memberships whose invitation expired or was declined before the given moment, and
	// closed invitations and used link tokens of that age, and idempotency keys that are no longer promised to be known. It
	// returns how many memberships went.
	// Each removal writes an event dated by now, read under the account's lock.
	RemoveStale(ctx context.Context, before time.Time, now func() time.Time) (int, error)
	// Heartbeat records that this node is alive, removes nodes that have not been seen for the given time, by the
	// database's clock, and returns the number of nodes.
	Heartbeat(ctx context.Context, node string, deadAfter time.Duration) (int, error)
	// Ping reports whether the database answers.
	Ping(ctx context.Context) error
	Close() error
}

// Lease says which message a worker can take.
type Lease struct {
	// Now is the current time, Until is when the lease ends.
	Now, Until time.Time
	// UrgentOnly is for a worker that is reserved for urgent messages.
	UrgentOnly bool
	// After is the account whose message was sent last.
	After string
}

// Page selects a part of a list. If After is set, the list continues after that row and Offset is ignored.
type Page struct {
	// Limit is the maximum number of rows; 0 means all.
	Limit  int
	Offset int
	After  *Cursor
	// SkipTotal skips counting the matching rows: the total is then 0.
	SkipTotal bool
}

// Cursor is a position in a list: after the row with this id, and its time or, in a list by name, its sort key.
type Cursor struct {
	At   time.Time
	Name string
	ID   string
}

// MemberFilter selects memberships of one scope. Empty fields do not filter.
type MemberFilter struct {
	AccountID     string
	ProjectID     string // empty: memberships of the account itself
	Status        Status
	RoleID        string
	Email         string // canonical
	PrincipalType PrincipalType
	Query         string // part of the address or the name, any case
	Page
}

// RoleFilter selects roles an account can use, system roles included.
type RoleFilter struct {
	AccountID string
	Scope     permission.Scope
	Page
}

// ProjectFilter selects projects. With VisibleTo only those in which that principal has an active membership.
type ProjectFilter struct {
	AccountID     string
	Query         string // part of the name, any case
	VisibleToType PrincipalType
	VisibleTo     string
	Page
}

// InvitationFilter selects invitations that are open, expired or declined.
type InvitationFilter struct {
	AccountID string
	ProjectID string
	Page
}

// OfferFilter selects invitations that are open, expired or declined, in the account and in its projects at once.
type OfferFilter struct {
	AccountID string
	// State leaves one of three: InvitationSent stands for all that can be accepted, be the mail on its way or not, then
	// there are InvitationExpired and InvitationDeclined. Empty is all of them.
	State InvitationState
	Query string // part of the address, any case
	// Everywhere lets all of them count, else only those into Places count: projects, or the account by its own id.
	Everywhere bool
	Places     []string
	// Now is when expiry is judged.
	Now time.Time
	Page
}

// OfferCounts says how many invitations there are in each state that OfferFilter knows.
type OfferCounts struct{ Pending, Expired, Declined int }

// Reader has the reads, inside or outside a transaction. Each list also returns the exact number of rows that match its
// filter.
type Reader interface {
	Account(ctx context.Context, id string) (Account, error)
	// Count returns how many of these the account has, in constant time.
	Count(ctx context.Context, accountID string, of Counted) (int, error)

	// KeyPrincipal is who acts with the key of this secret hash, with its account membership and role, in one query.
	// It answers for every key that exists; the Service decides whether it is expired or inactive.
	KeyPrincipal(ctx context.Context, hash []byte) (KeyPrincipal, error)
	// KeyPrincipalByID is the same by the key's id, for the check inside a write.
	KeyPrincipalByID(ctx context.Context, keyID string) (KeyPrincipal, error)

	Member(ctx context.Context, accountID, projectID, id string) (Member, error)
	MemberByEmail(ctx context.Context, accountID, projectID, canonical string) (Member, error)
	// MemberOf is the membership of a user or key in one scope.
	MemberOf(ctx context.Context, accountID, projectID string, t PrincipalType, id string) (Member, error)
	// MembershipsOf are all memberships, account and projects, of one canonical address in an account.
	MembershipsOf(ctx context.Context, accountID, canonical string) ([]Member, error)
	// MembershipsOfAll are those of many addresses.
	MembershipsOfAll(ctx context.Context, accountID string, canonicals []string) ([]Member, error)
	Members(ctx context.Context, f MemberFilter) ([]Member, int, error)
	// MemberAnywhere is a membership of the account or of any of its projects.
	MemberAnywhere(ctx context.Context, accountID, id string) (Member, error)
	// People are the people of an account, by creation of their first membership that counts, with their projects.
	People(ctx context.Context, f PersonFilter) ([]Person, int, error)
	// RoleHolders are the memberships with this role in the account, pending ones included: the first n, and how many.
	RoleHolders(ctx context.Context, accountID, roleID string, n int) ([]Member, int, error)
	// HasManager reports whether an active, unexpired person holds the Owner role or the permission.
	HasManager(ctx context.Context, accountID, permission string, now time.Time) (bool, error)

	Role(ctx context.Context, accountID, id string) (Role, error)
	// RoleLike is another role of the account, or of the system, that has the slug or, folded, the name of r in its scope.
	RoleLike(ctx context.Context, r Role) (Role, error)
	// RoleUse counts who has each role of the account, pending memberships included, by the role's id.
	RoleUse(ctx context.Context, accountID string) (map[string]RoleUse, error)
	// Roles come system first, then by name, then by slug.
	Roles(ctx context.Context, f RoleFilter) ([]Role, int, error)

	User(ctx context.Context, id string) (User, error)
	UserByEmail(ctx context.Context, canonical string) (User, error)
	// KnownUser is a user who is or once was a member of something in the account; others are ErrNotFound.
	KnownUser(ctx context.Context, accountID, userID string) (User, error)

	// KnownUsers are those of many ids whom KnownUser finds, in no order.
	KnownUsers(ctx context.Context, accountID string, ids []string) ([]User, error)

	APIKey(ctx context.Context, accountID, id string) (APIKey, error)
	// APIKeysOf are those of many ids that APIKey finds, in no order.
	APIKeysOf(ctx context.Context, accountID string, ids []string) ([]APIKey, error)
	APIKeys(ctx context.Context, accountID string, p Page) ([]APIKey, int, error)
	// SecretHolders are who was ever shown a secret of a key.
	SecretHolders(ctx context.Context, keyID string) ([]SecretHolder, error)
	// KeysHeldBy are the keys of which a person was ever shown a secret, in order of creation.
	KeysHeldBy(ctx context.Context, accountID, userID string, now time.Time) ([]HeldKey, error)

	Invitation(ctx context.Context, accountID, id string) (Invitation, error)
	// InvitationByToken finds an invitation by the hash of any token it ever had.
	InvitationByToken(ctx context.Context, hash []byte) (Invitation, InvitationToken, error)
	Invitations(ctx context.Context, f InvitationFilter) ([]Invitation, int, error)
	// Offers are the invitations of an account and its projects, newest first.
	Offers(ctx context.Context, f OfferFilter) ([]Invitation, int, error)
	// OfferCounts counts what the filter selects but for its State.
	OfferCounts(ctx context.Context, f OfferFilter) (OfferCounts, error)
	// InvitationsSentBy are the open invitations a person sent, directly or through a key of which they were shown a secret.
	InvitationsSentBy(ctx context.Context, accountID, userID string) ([]Invitation, error)
	// LimitWait is how long it takes until each of the limits has room for n more attempts; it counts nothing.
	LimitWait(ctx context.Context, limits []Limit, n int, at time.Time) (time.Duration, error)
	// LinkToken finds a password link by the hash of its token.
	LinkToken(ctx context.Context, hash []byte) (LinkToken, error)

	// SuspendedIn are the accounts in which a person's membership is suspended, by name.
	SuspendedIn(ctx context.Context, userID string) ([]Account, error)
	// Session is who is signed in with the token of this hash, in one query. It answers for every session that exists;
	// the Service decides whether it is over. Inside a transaction it also holds the session until the commit, so that
	// whoever ends it waits for that.
	Session(ctx context.Context, hash []byte, now time.Time) (SessionRow, error)
	// SessionsOf are all sessions of a person, the last used first.
	SessionsOf(ctx context.Context, userID string) ([]Session, error)
	// Factors are the second factors of a person, those that are not confirmed included.
	Factors(ctx context.Context, userID string) ([]Factor, error)
	RecoveryCodesLeft(ctx context.Context, userID string) (int, error)
	// Ceremony is what a passkey is being asked in a session, or ErrNotFound.
	Ceremony(ctx context.Context, sessionID string) ([]byte, error)
	// AccountsWith are the ids of the accounts a person is in at a moment, be they suspended there or not.
	AccountsWith(ctx context.Context, userID string, now time.Time) ([]string, error)
	// AccountsOf are the accounts a person has access to at a moment, by name.
	AccountsOf(ctx context.Context, userID string, now time.Time) ([]Account, error)

	Project(ctx context.Context, accountID, id string) (Project, error)
	// ProjectLike is another project of the account that has, folded, the name of p.
	ProjectLike(ctx context.Context, p Project) (Project, error)
	// ProjectSlugTaken reports whether a project of the account has the slug.
	ProjectSlugTaken(ctx context.Context, accountID, slug string) (bool, error)
	Projects(ctx context.Context, f ProjectFilter) ([]Project, int, error)
	// MemberCounts are the numbers of memberships of these projects, pending ones included; none has no entry.
	MemberCounts(ctx context.Context, projectIDs []string) (map[string]int, error)
}

// Tx is a Reader inside a transaction, with the writes. Insert methods return false, and write nothing, if a unique
// constraint is violated; the conflicting row can then be read.
type Tx interface {
	Reader

	InsertAccount(ctx context.Context, a Account) error
	UpdateAccount(ctx context.Context, a Account) error

	InsertMember(ctx context.Context, m Member) (bool, error)
	// InsertNewMember is InsertMember where no unique rule can stand in the way: the caller has looked, and nobody else changes
	// the account until the commit.
	InsertNewMember(ctx context.Context, m Member) error
	UpdateMember(ctx context.Context, m Member) error
	DeleteMember(ctx context.Context, id string) error

	InsertRole(ctx context.Context, r Role) (bool, error)
	UpdateRole(ctx context.Context, r Role) error
	DeleteRole(ctx context.Context, id string) error

	InsertUser(ctx context.Context, u User) (bool, error)
	UpdateUser(ctx context.Context, u User) error
	// KnowUser notes that a user belongs or belonged to the account.
	KnowUser(ctx context.Context, accountID, userID string, at time.Time) error

	InsertAPIKey(ctx context.Context, k APIKey) error
	UpdateAPIKey(ctx context.Context, k APIKey) error
	// ShowSecret records who was shown the current secret of a key.
	ShowSecret(ctx context.Context, keyID string, to []SecretHolder) error
	// EndSecrets ends what was shown of a key so far: the present secret at until, those in an earlier grace at once.
	EndSecrets(ctx context.Context, keyID string, at, until time.Time) error
	// DeleteAPIKey removes the key and all its memberships.
	DeleteAPIKey(ctx context.Context, id string) error

	InsertInvitation(ctx context.Context, i Invitation) error
	UpdateInvitation(ctx context.Context, i Invitation) error
	// CloseInvitation sets a final state if the invitation is still open; false means someone else closed it first.
	CloseInvitation(ctx context.Context, id string, state InvitationState, at time.Time) (bool, error)
	// AddToken makes a token of the invitation, and forgets the oldest where there are many; ReplaceTokens first makes all earlier
	// ones stale.
	AddToken(ctx context.Context, t InvitationToken, at time.Time) error
	ReplaceTokens(ctx context.Context, invitationID string) error
	InsertLinkToken(ctx context.Context, t LinkToken) error
	// UseLinkToken marks it used; false means that it already was.
	UseLinkToken(ctx context.Context, hash []byte, at time.Time) (bool, error)

	// UseLinkTokensOf makes all password links of a person used.
	UseLinkTokensOf(ctx context.Context, userID string, at time.Time) error

	// InsertSession returns false, and writes nothing, when the person's password hash is not this one any more. Until
	// the commit nobody can change it. Whether the session awaits a second factor follows from whether the person has one.
	InsertSession(ctx context.Context, s Session, hash []byte, passwordHash string) (ok, awaits bool, err error)
	// InsertWholeSession inserts a session that awaits nothing.
	InsertWholeSession(ctx context.Context, s Session, hash []byte) error
	// KeepSessions deletes those sessions of a person, that await a second factor or that do not, which were used longest
	// ago, but for the newest n.
	KeepSessions(ctx context.Context, userID string, awaiting bool, n int) error
	// TakeAwaiting deletes a session that awaits a second factor; false when it is gone.
	TakeAwaiting(ctx context.Context, hash []byte) (bool, error)
	// SetCeremony keeps what a passkey is being asked in a session; nil forgets it.
	SetCeremony(ctx context.Context, sessionID string, state []byte) error
	// TakeCeremony forgets this question; false when it was forgotten before.
	TakeCeremony(ctx context.Context, sessionID string, state []byte) (bool, error)
	// HoldUser keeps others from signing in as the person with a password, and from changing their ways in, until the
	// commit; false when there is no such person.
	HoldUser(ctx context.Context, userID string) (bool, error)

	InsertFactor(ctx context.Context, f Factor) error
	UpdateFactor(ctx context.Context, f Factor) error
	// UseFactorStep takes up a time step of an authenticator app; false when a step as late as it was used before.
	UseFactorStep(ctx context.Context, id string, step int, at time.Time) (bool, error)
	// DeleteFactor deletes a factor of a person; one that is not theirs is ErrNotFound.
	DeleteFactor(ctx context.Context, userID, id string) error
	ReplaceRecoveryCodes(ctx context.Context, userID string, hashes [][]byte) error
	// UseRecoveryCode takes up a code; false when it is not one of the person's, or was used before.
	UseRecoveryCode(ctx context.Context, userID string, hash []byte, at time.Time) (bool, error)
	// MoveSession makes a session work in another account.
	MoveSession(ctx context.Context, id, accountID string) error
	DeleteSession(ctx context.Context, hash []byte) error
	// DeleteSessionOf deletes one session of a person; one that is not theirs is ErrNotFound.
	DeleteSessionOf(ctx context.Context, userID, id string) error
	// DeleteSessionsOf deletes the sessions of a person that work in the account (empty: in any), but for one (empty: none).
	DeleteSessionsOf(ctx context.Context, userID, accountID, but string) error

	InsertProject(ctx context.Context, p Project) (bool, error)
	UpdateProject(ctx context.Context, p Project) (bool, error)
	// DeleteProject removes the project with its memberships and their invitations.
	DeleteProject(ctx context.Context, id string) error

	// ClaimIdempotencyKey remembers a request under its account, principal and key, unless one is remembered that was made
	// after the cutoff: then fresh is false and it is returned.
	ClaimIdempotencyKey(ctx context.Context, k IdempotencyRecord, cutoff time.Time) (old IdempotencyRecord, fresh bool, err error)
	// SaveIdempotencyRecord adds the answer to a claimed key.
	SaveIdempotencyRecord(ctx context.Context, k IdempotencyRecord) error

	EventTx
	// TakeLimit counts up to n attempts against each of the limits, and returns for how many there was room in all of
	// them. A transaction calls it before it inserts anything for which another one may wait.
	TakeLimit(ctx context.Context, limits []Limit, n int, at time.Time) (int, error)
	// RefundLimit refunds n attempts that were counted but not made.
	RefundLimit(ctx context.Context, limits []Limit, n int) error
	InsertMessage(ctx context.Context, m Message) error
	// SyncSystemRoles is that of Store, in the words of the catalog c.
	SyncSystemRoles(ctx context.Context, c *permission.Catalog, roles []Role) error
	SetSetting(ctx context.Context, name, value string) error
	UpdateMessage(ctx context.Context, m Message) error
	DeleteMessage(ctx context.Context, id string) error
	// DeleteMessagesOf removes what is still to be sent for an invitation.
	DeleteMessagesOf(ctx context.Context, invitationID string) error
}

// SessionRow is one row that says everything a request needs about the session it came with.
type SessionRow struct {
	Session Session
	User    User
	Account Account // zero where the session is in none
	// Member is nil for who has no membership of the account itself.
	Member *Member
	// InProject says that there is an active membership of at least one of the account's projects.
	InProject bool
	// HasFactor says that the person has a second factor that counts.
	HasFactor bool
}

// KeyPrincipal is one row that says everything a request needs about the key it came with.
type KeyPrincipal struct {
	Key     APIKey // without Memberships
	Account Account
	// Member is nil for a key without a role in the account.
	Member *Member
}
