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
	// Snapshot is Pin for a request whose reads must all see the database as it was at one moment, after Snapshot was
	// called. The reads must not overlap.
	Snapshot(ctx context.Context) (pinned context.Context, done func())
	// TrySnapshot is a cheaper Snapshot. Any read of it may fail with ErrChanged, because of a change in the meantime: the
	// request must then be read again with Snapshot.
	TrySnapshot(ctx context.Context) (pinned context.Context, done func())
	// Update runs fn in one transaction under the lock of the account: all of fn's writes commit, or none. fn may
	// run more than once and touches nothing but its Tx. Update returns after the commit is durable.
	Update(ctx context.Context, accountID string, lock Lock, fn func(Tx) error) error
	// Try runs fn like Update, and rolls back its writes.
	Try(ctx context.Context, accountID string, lock Lock, fn func(Tx) error) error
	// UpdateAll is Update under the locks of several accounts.
	UpdateAll(ctx context.Context, accountIDs []string, lock Lock, fn func(Tx) error) error
	// SyncSystemRoles makes the stored system roles equal to these (insert, update; never delete one in use).
	SyncSystemRoles(ctx context.Context, roles []Role) error
	// ReplaceFetchedTokens makes all fetched invitation links stale, for a server that sends email.
	ReplaceFetchedTokens(ctx context.Context) error
	// TouchAPIKeys records when keys were last used. It writes no event.
	TouchAPIKeys(ctx context.Context, used map[string]time.Time) error
	// ExpiredSupport returns the accounts with support access, or a session of support, that has expired.
	ExpiredSupport(ctx context.Context, now time.Time) ([]string, error)
	// TouchSupport records the use of support sessions. It writes no event.
	TouchSupport(ctx context.Context, used map[string]SupportUse) error
	// TouchSession records when a session was last used, and from which network address. It writes no event.
	TouchSession(ctx context.Context, id, address string, at time.Time) error
	// Take counts one attempt against each limit, or none if one of them is exceeded. The limits apply across all nodes.
	Take(ctx context.Context, limits []Limit, at time.Time) (bool, error)
	// RemoveStale deletes pending memberships whose invitation expired or was declined before the given moment, and
	// closed invitations and used link tokens of that age, and idempotency keys that are no longer promised to be known. It
	// returns how many memberships went.
	// Each removal writes an event dated by now, read under the account's lock.
	RemoveStale(ctx context.Context, before time.Time, now func() time.Time) (int, error)
	// Ping returns nil if the database responds.
	Ping(ctx context.Context) error
	Close() error
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

// Cursor is a position in a list: after the row with this id, and its time or, in a list by name, its sort key, or, in a list
// by status, its status.
type Cursor struct {
	At     time.Time
	Name   string
	Status Status
	ID     string
	// Total is that of the earlier page, if it is not counted again for each page.
	Total *Total
}

// CountedRows is up to how many rows a list is counted if nothing keeps count of them.
const CountedRows = 1000

// Total is the number of rows in a list.
type Total struct {
	N int
	// AtLeast says that there may be more than N: N is then greater than CountedRows, and than the number of rows up to the
	// end of the page.
	AtLeast bool
	// Once says that the rows had to be counted; later pages have the same Total in their Cursor.
	Once bool
}

// MemberFilter selects memberships of one scope. Empty fields do not filter.
type MemberFilter struct {
	AccountID     string
	ProjectID     string // empty means the account itself
	Status        Status
	RoleID        string
	Email         string // canonical
	PrincipalType PrincipalType
	Query         string // part of the address or the name, any case
	ExternalID    ExternalRef
	Page
}

// RoleFilter selects roles that an account can use, including system roles.
type RoleFilter struct {
	AccountID  string
	Scope      permission.Scope
	Prefix     string // beginning of the name, any case
	ExternalID ExternalRef
	Page
}

// ProjectFilter selects projects. With VisibleTo, only projects in which that principal has an active membership.
type ProjectFilter struct {
	AccountID     string
	Query         string // part of the name, any case
	Prefix        string // beginning of the name, any case
	VisibleToType PrincipalType
	VisibleTo     string
	ExternalID    ExternalRef
	Page
}

// APIKeyFilter selects API keys.
type APIKeyFilter struct {
	AccountID  string
	Prefix     string // beginning of the name, any case
	ExternalID ExternalRef
	Page
}

// InvitationFilter selects invitations that are open, expired or declined.
type InvitationFilter struct {
	AccountID string
	ProjectID string
	Page
}

// OfferFilter selects invitations that are open, expired or declined, in the account and in its projects.
type OfferFilter struct {
	AccountID string
	// State is InvitationSent for all that can be accepted, whether or not the email was sent, InvitationFailed for those of
	// them whose email was not delivered and is not tried again, or InvitationExpired or InvitationDeclined. Empty means all.
	State InvitationState
	Query string // part of the email, any case
	// Everywhere selects invitations to all places, otherwise only to Places: ids of projects, or of the account.
	Everywhere bool
	Places     []string
	// Now is the time for deciding what is expired.
	Now time.Time
	// CountPeople lets OfferCounts have People, which takes longer than to count the invitations.
	CountPeople bool
	Page
}

// OfferCounts are the numbers of invitations by state.
type OfferCounts struct {
	Pending, Expired, Declined int
	// People is how many people have the pending invitations: one person may be invited to several places.
	People int
	// Failed is how many of those pending have an email that was not delivered and is not tried again.
	Failed int
	// Many says that there are too many invitations to count them by state.
	Many bool
}

// CountedOffers is the maximum number of invitations that are counted by state.
const CountedOffers = 500

// Reader contains the reads, inside or outside a transaction. Each list also returns the exact number of rows that match
// its filter.
type Reader interface {
	AccountReader
	MemberReader
	RoleReader
	UserReader
	APIKeyReader
	InvitationReader
	ProjectReader
	DecisionReader
	ExternalIDReader
	SupportReader
}

// AccountReader reads accounts.
type AccountReader interface {
	Account(ctx context.Context, id string) (Account, error)
	// Logo returns the PNG file with this SHA-256 hash that is or was just the logo of an account.
	Logo(ctx context.Context, sum []byte) ([]byte, error)
	// Count returns how many of these the account has, in constant time.
	Count(ctx context.Context, accountID string, of Counted) (int, error)
}

// MemberReader reads memberships.
type MemberReader interface {
	Member(ctx context.Context, accountID, projectID, id string) (Member, error)
	MemberByEmail(ctx context.Context, accountID, projectID, canonical string) (Member, error)
	// MemberOf returns the membership of a user or API key in one scope.
	MemberOf(ctx context.Context, accountID, projectID string, t PrincipalType, id string) (Member, error)
	// MembershipsOf returns all memberships, account and projects, of one canonical email in an account.
	MembershipsOf(ctx context.Context, accountID, canonical string) ([]Member, error)
	// MembershipsOfAll is MembershipsOf for many emails.
	MembershipsOfAll(ctx context.Context, accountID string, canonicals []string) ([]Member, error)
	Members(ctx context.Context, f MemberFilter) ([]Member, Total, error)
	// MemberAnywhere returns a membership of the account or of any of its projects.
	MemberAnywhere(ctx context.Context, accountID, id string) (Member, error)
	// People returns the people of an account with their project memberships, in order of their first selected membership.
	People(ctx context.Context, f PersonFilter) ([]Person, Total, error)
	// RoleHolders returns the first n memberships with this role in the account, including pending ones, and their number.
	RoleHolders(ctx context.Context, accountID, roleID string, n int) ([]Member, int, error)
	// HasManager reports whether an active, unexpired person holds the Owner role or the permission.
	HasManager(ctx context.Context, accountID, permission string, now time.Time) (bool, error)
}

// RoleReader reads roles.
type RoleReader interface {
	Role(ctx context.Context, accountID, id string) (Role, error)
	// RoleLike returns another role of the same scope, in the account or a system role, with the slug or the folded name of r.
	RoleLike(ctx context.Context, r Role) (Role, error)
	// RoleUse returns how many have each of these roles in the account, including pending memberships, by role id.
	RoleUse(ctx context.Context, accountID string, roleIDs []string) (map[string]RoleUse, error)
	// RoleUseIn is RoleUse in these scopes only: accounts and projects, by id.
	RoleUseIn(ctx context.Context, scopes, roleIDs []string) (map[string]RoleUse, error)
	// Roles returns system roles first, then sorts by name and slug.
	Roles(ctx context.Context, f RoleFilter) ([]Role, int, error)
}

// UserReader reads users and their sessions.
type UserReader interface {
	User(ctx context.Context, id string) (User, error)
	UserByEmail(ctx context.Context, canonical string) (User, error)
	// KnownUser returns a user who is or was a member in the account or its projects, otherwise ErrNotFound.
	KnownUser(ctx context.Context, accountID, userID string) (User, error)
	// KnownUsers returns those of the users whom KnownUser would find, in any order.
	KnownUsers(ctx context.Context, accountID string, ids []string) ([]User, error)
	// Session returns the session with this token hash and its user, in one query. It returns every session that exists; the
	// Service decides whether it has ended. Inside a transaction it also locks the session until the commit, so that ending
	// the session waits for the transaction.
	Session(ctx context.Context, hash []byte, now time.Time) (SessionRow, error)
	// HasFactor reports whether a user has a second factor that is in effect.
	HasFactor(ctx context.Context, userID string) (bool, error)
	// Activity returns what is known of these users and API keys in an account, by their ids. It has no entries for ids of which
	// nothing is known.
	Activity(ctx context.Context, accountID string, users, keys []string) (map[string]Activity, error)
	// SessionsOf returns all sessions of a user, most recently used first.
	SessionsOf(ctx context.Context, userID string) ([]Session, error)
}

// APIKeyReader reads API keys and who was shown their secrets.
type APIKeyReader interface {
	// KeyPrincipal returns the key with this secret hash, with its account membership and role, in one query. It returns
	// every key that exists; the Service decides whether it is expired or disabled.
	KeyPrincipal(ctx context.Context, hash []byte) (KeyPrincipal, error)
	// KeyByHash returns the id and the account of the key with this secret hash, the current or the old one.
	KeyByHash(ctx context.Context, hash []byte) (id, accountID string, err error)
	// KeyPrincipalByID is KeyPrincipal by the key's id, for the check inside a write.
	KeyPrincipalByID(ctx context.Context, keyID string) (KeyPrincipal, error)
	APIKey(ctx context.Context, accountID, id string) (APIKey, error)
	// APIKeysOf returns those of the keys that APIKey would find, in any order.
	APIKeysOf(ctx context.Context, accountID string, ids []string) ([]APIKey, error)
	APIKeys(ctx context.Context, f APIKeyFilter) ([]APIKey, int, error)
	// SecretHolders returns everyone who was ever shown a secret of a key.
	SecretHolders(ctx context.Context, keyID string) ([]SecretHolder, error)
	// KeysHeldBy returns the keys of which a user was ever shown a secret, in order of creation.
	KeysHeldBy(ctx context.Context, accountID, userID string, now time.Time) ([]HeldKey, error)
}

// InvitationReader reads invitations, their emails and the limits on them.
type InvitationReader interface {
	Invitation(ctx context.Context, accountID, id string) (Invitation, error)
	// InvitationByToken finds an invitation by the hash of any token it ever had.
	InvitationByToken(ctx context.Context, hash []byte) (Invitation, InvitationToken, error)
	Invitations(ctx context.Context, f InvitationFilter) ([]Invitation, int, error)
	// Offers returns the invitations of an account and its projects, newest first.
	Offers(ctx context.Context, f OfferFilter) ([]Invitation, Total, error)
	// OfferCounts counts the matching invitations by state, ignoring the filter's State.
	OfferCounts(ctx context.Context, f OfferFilter) (OfferCounts, error)
	// InvitationsSentBy returns the open invitations that a user sent, directly or through a key whose secret they were shown.
	InvitationsSentBy(ctx context.Context, accountID, userID string) ([]Invitation, error)
	// LimitWait returns the time until all limits allow n more attempts. It counts nothing.
	LimitWait(ctx context.Context, limits []Limit, n int, at time.Time) (time.Duration, error)
}

// ProjectReader reads projects.
type ProjectReader interface {
	Project(ctx context.Context, accountID, id string) (Project, error)
	// ProjectLike returns another project of the account with the same folded name as p.
	ProjectLike(ctx context.Context, p Project) (Project, error)
	// ProjectSlugTaken reports whether a project of the account has the slug.
	ProjectSlugTaken(ctx context.Context, accountID, slug string) (bool, error)
	Projects(ctx context.Context, f ProjectFilter) ([]Project, Total, error)
	// MemberCounts returns the numbers of memberships of these projects, including pending ones. A project without members has
	// no entry.
	MemberCounts(ctx context.Context, projectIDs []string) (map[string]int, error)
}

// Tx is a Reader inside a transaction, with the writes. Insert methods return false, and write nothing, if a unique
// constraint is violated; the conflicting row can then be read.
type Tx interface {
	Reader
	AccountTx
	MemberTx
	RoleTx
	UserTx
	APIKeyTx
	InvitationTx
	ProjectTx
	ExternalIDTx
	SupportTx
	IdempotencyTx
	EventTx
}

// AccountTx writes accounts.
type AccountTx interface {
	InsertAccount(ctx context.Context, a Account) error
	UpdateAccount(ctx context.Context, a Account) error
}

// MemberTx writes memberships.
type MemberTx interface {
	InsertMember(ctx context.Context, m Member) (bool, error)
	// InsertNewMember is InsertMember for a member that cannot violate a unique constraint: the caller has checked, and runs
	// exclusively in the account.
	InsertNewMember(ctx context.Context, m Member) error
	UpdateMember(ctx context.Context, m Member) error
	DeleteMember(ctx context.Context, m Member) error
}

// RoleTx writes roles.
type RoleTx interface {
	InsertRole(ctx context.Context, r Role) (bool, error)
	UpdateRole(ctx context.Context, r Role) error
	DeleteRole(ctx context.Context, id string) error
}

// UserTx writes users and their sessions.
type UserTx interface {
	// KnowUser records that a user is or was a member in the account.
	KnowUser(ctx context.Context, accountID string, u User, at time.Time) error
	// DeleteSessionsOf deletes the sessions of a user in the account (empty: in any account), except one (empty: none).
	DeleteSessionsOf(ctx context.Context, userID, accountID, but string) error
}

// APIKeyTx writes API keys and who was shown their secrets.
type APIKeyTx interface {
	InsertAPIKey(ctx context.Context, k APIKey) error
	UpdateAPIKey(ctx context.Context, k APIKey) error
	// ShowSecret records who was shown the current secret of a key.
	ShowSecret(ctx context.Context, keyID string, to []SecretHolder) error
	// EndSecrets sets the end of what was shown of a key so far: until for the current secret, at for those in a grace period.
	EndSecrets(ctx context.Context, keyID string, at, until time.Time) error
	// DeleteAPIKey removes the key and all its memberships.
	DeleteAPIKey(ctx context.Context, id string) error
}

// InvitationTx writes invitations, their emails and the limits on them.
type InvitationTx interface {
	InsertInvitation(ctx context.Context, i Invitation) error
	UpdateInvitation(ctx context.Context, i Invitation) error
	// CloseInvitation sets a final state if the invitation is still open; false means someone else closed it first.
	CloseInvitation(ctx context.Context, i Invitation, state InvitationState, at time.Time) (bool, error)
	// LeadInvitation makes another invitation the one whose email is about this one, too; see Invitation.LeadID.
	LeadInvitation(ctx context.Context, i Invitation, leadID string) error
	// AddToken adds a token to the invitation, and deletes the oldest if there are too many. ReplaceTokens also invalidates
	// all earlier ones.
	AddToken(ctx context.Context, t InvitationToken, at time.Time) error
	ReplaceTokens(ctx context.Context, invitationID string) error
	// TakeLimit counts up to n attempts against each of the limits, and returns how many all of them allowed. It must be
	// called before the transaction inserts anything that another transaction may wait for.
	TakeLimit(ctx context.Context, limits []Limit, n int, at time.Time) (int, error)
	// RefundLimit refunds n attempts that were counted but not made.
	RefundLimit(ctx context.Context, limits []Limit, n int) error
	InsertMessage(ctx context.Context, m Message) error
	DeleteMessage(ctx context.Context, m Message) error
	// DeleteMessagesOf deletes the unsent emails of an invitation.
	DeleteMessagesOf(ctx context.Context, i Invitation) error
}

// ProjectTx writes projects.
type ProjectTx interface {
	InsertProject(ctx context.Context, p Project) (bool, error)
	UpdateProject(ctx context.Context, p Project) (bool, error)
	// DeleteProject removes the project with its memberships and their invitations.
	DeleteProject(ctx context.Context, id string) error
}

// IdempotencyTx writes idempotency keys.
type IdempotencyTx interface {
	// ClaimIdempotencyKey stores a request under its account, principal and key. If one is already stored that is newer than
	// the cutoff, fresh is false and old is that record.
	ClaimIdempotencyKey(ctx context.Context, k IdempotencyRecord, cutoff time.Time) (old IdempotencyRecord, fresh bool, err error)
	// SaveIdempotencyRecord adds the response to a stored request.
	SaveIdempotencyRecord(ctx context.Context, k IdempotencyRecord) error
}

// SessionRow contains everything that a request needs to know about its session.
type SessionRow struct {
	Session Session
	User    User
	Account Account // zero if the session has no account
	// Member is nil for a user without an account membership.
	Member *Member
	// InProject says that the user has an active membership in at least one project of the account.
	InProject bool
	// HasFactor says that the user has a confirmed second factor.
	HasFactor bool
	// Support is the support access that the account grants, even if it has expired; zero if there is none.
	Support SupportGrant
}

// KeyPrincipal contains everything that a request needs to know about its API key.
type KeyPrincipal struct {
	Key     APIKey // without Memberships
	Account Account
	// Member is nil for a key without an account role.
	Member *Member
}
