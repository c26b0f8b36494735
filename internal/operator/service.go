// Package operator has the operations of the operator of the platform: accounts and their limits, operator keys, and the
// catalog of permissions and system roles. Each change is recorded in the operator's own audit log, and a change of an account
// also in the log of that account, in the same transaction.
package operator

import (
	"context"
	"crypto/rand"
	"io"
	"time"

	"raff/internal/audit"
	"raff/internal/event"
	"raff/internal/outbox"
	"raff/internal/permission"
	"raff/internal/signin"
	"raff/internal/team"
)

// Options are what a Service needs. Rand may be nil.
type Options struct {
	Store  Store
	Team   *team.Service
	SignIn *signin.Service
	// Log erases personal data from audit logs.
	Log    *audit.Service
	Outbox *outbox.Service
	Jobs   Jobs
	// Rand is the source of operator keys; nil means crypto/rand.
	Rand io.Reader
	// MailQueued is called after a commit after which queued emails can be sent; nil means that it is not called.
	MailQueued func()
}

// Service holds the operations of the operator. It is safe for concurrent use.
type Service struct {
	store      Store
	team       *team.Service
	signin     *signin.Service
	log        *audit.Service
	outbox     *outbox.Service
	jobs       Jobs
	rand       io.Reader
	mailQueued func()
	used       used
	activity   activity
}

// New returns a Service.
func New(o Options) *Service {
	s := &Service{store: o.Store, team: o.Team, signin: o.SignIn, log: o.Log, outbox: o.Outbox, jobs: o.Jobs, rand: o.Rand, mailQueued: o.MailQueued}
	if s.rand == nil {
		s.rand = rand.Reader
	}
	if s.mailQueued == nil {
		s.mailQueued = func() {}
	}
	return s
}

// Store is the database as this package needs it. Missing rows are team.ErrNotFound.
type Store interface {
	Reader
	// RoleTexts returns all roles of all accounts, with their permissions as stored.
	RoleTexts(ctx context.Context) ([]RoleText, error)
	// AccountIDs returns the ids of all accounts.
	AccountIDs(ctx context.Context) ([]string, error)
	// AccountsToRemove returns the ids of the accounts whose grace period is over, or whose removal has begun.
	AccountsToRemove(ctx context.Context, now time.Time) ([]string, error)
	// OperatorKeys returns all operator keys, oldest first.
	OperatorKeys(ctx context.Context) ([]Key, error)
	// Setting returns a setting, or "".
	Setting(ctx context.Context, name string) (string, error)
	// Nodes returns all nodes, oldest first.
	Nodes(ctx context.Context) ([]Node, error)
	// TouchOperatorKey records when a key was last used. It writes no event.
	TouchOperatorKey(ctx context.Context, k Key) error
	// AddUsage adds to what is stored, in one transaction, except for accounts that no longer exist.
	AddUsage(ctx context.Context, all []Activity) error
	// FoldUsage replaces the ids of some days before a day by their number, and reports whether there are more; ForgetUsage removes some of
	// the days before a day.
	FoldUsage(ctx context.Context, before int) (more bool, err error)
	ForgetUsage(ctx context.Context, before int) (more bool, err error)
	// OpenErasures returns the erasures that are not done, oldest first.
	OpenErasures(ctx context.Context) ([]StoredErasure, error)
	// EraseTexts replaces the emails and names of a person, in whatever is not an audit log, by a pseudonym.
	EraseTexts(ctx context.Context, p PersonTexts, person string) error
	// Update runs fn in one transaction under the lock of an account, and UpdateAll under those of several; see team.Store.
	Update(ctx context.Context, accountID string, lock team.Lock, fn func(Tx) error) error
	UpdateAll(ctx context.Context, accountIDs []string, lock team.Lock, fn func(Tx) error) error
}

// Reader has the reads, inside or outside a transaction.
type Reader interface {
	UserByEmail(ctx context.Context, canonical string) (team.User, error)
	User(ctx context.Context, id string) (team.User, error)
	Factors(ctx context.Context, userID string) ([]signin.Factor, error)
	SessionsOf(ctx context.Context, userID string) ([]team.Session, error)
	// PersonMemberships returns the memberships and open invitations of an email in all accounts.
	PersonMemberships(ctx context.Context, canonical string) ([]PersonMembership, error)
	// AccountsOfPerson returns the ids of the accounts with memberships or open invitations of a user or an email, sorted; KnownAccounts
	// those of which a user is or was a member.
	AccountsOfPerson(ctx context.Context, userID, canonical string) ([]string, error)
	KnownAccounts(ctx context.Context, userID string) ([]string, error)
	Erasure(ctx context.Context, id string) (StoredErasure, error)
	// LinkTokensOf returns the links of a person, without what they open with.
	LinkTokensOf(ctx context.Context, userID string) ([]team.LinkToken, error)
	RecoveryCodesLeft(ctx context.Context, userID string) (int, error)
	// ExternalIDsOf returns the external ids of these objects of an account.
	ExternalIDsOf(ctx context.Context, accountID string, objectIDs []string) ([]team.ExternalID, error)
	// Events lists the events that a filter selects, newest first.
	Events(ctx context.Context, f audit.Filter) ([]event.Event, team.Total, error)
	// NewestEvent returns the time of the newest event with from <= At < before.
	NewestEvent(ctx context.Context, accountID string, from, before time.Time) (time.Time, error)
	// OperatorKey finds a key by the hash of its secret, and OperatorKeyByID by its id. Inside a transaction they also lock the
	// key until the commit, so that revoking it waits for the transaction.
	OperatorKey(ctx context.Context, hash []byte) (Key, error)
	OperatorKeyByID(ctx context.Context, id string) (Key, error)
	// UsageOf returns the days of an account from one day to another, including both, oldest first; those without any use are missing.
	// UsageOn lists the accounts that were used on a day.
	UsageOf(ctx context.Context, accountID string, from, to int) ([]UsageDay, error)
	UsageOn(ctx context.Context, day int, p team.Page) ([]UsageDay, team.Total, error)
	// UsageBy returns the days on which a person was active in an account, as far as ids are still stored.
	UsageBy(ctx context.Context, accountID, userID string) ([]UsageDay, error)
	OperatedAccount(ctx context.Context, id string) (Account, error)
	// Logo returns the file of the logo of an account by its SHA-256 hash.
	Logo(ctx context.Context, sum []byte) ([]byte, error)
	OperatedAccounts(ctx context.Context, f AccountFilter) ([]Account, team.Total, error)
	// Count returns how many of these an account has, in constant time.
	Count(ctx context.Context, accountID string, of team.Counted) (int, error)
	Roles(ctx context.Context, f team.RoleFilter) ([]team.Role, int, error)
	Projects(ctx context.Context, f team.ProjectFilter) ([]team.Project, team.Total, error)
	APIKeys(ctx context.Context, f team.APIKeyFilter) ([]team.APIKey, int, error)
	Members(ctx context.Context, f team.MemberFilter) ([]team.Member, team.Total, error)
	Invitations(ctx context.Context, f team.InvitationFilter) ([]team.Invitation, int, error)
	ExternalIDs(ctx context.Context, f team.ExternalIDFilter) ([]team.ExternalID, team.Total, error)
	// EachEvent calls fn with each event of a log, oldest first. Seals returns the seals of a log from a number on.
	EachEvent(ctx context.Context, accountID string, from, until time.Time, fn func(event.Event) error) error
	Seals(ctx context.Context, accountID string, from int) ([]audit.Seal, error)
	// LogHead returns the head of the audit log of an account.
	LogHead(ctx context.Context, accountID string) (audit.LogHead, error)
}

// Tx is a transaction of a Store.
type Tx interface {
	Reader
	team.EventTx
	// Team is the same transaction as package team sees it.
	Team() team.Tx
	// OperateAccount stores what the operator decides about an account: its name, state, limits and attributes.
	OperateAccount(ctx context.Context, a Account) error
	// SetLogo stores the PNG file of the logo of an account with its SHA-256 hash, or removes it if sum is nil.
	SetLogo(ctx context.Context, accountID string, sum, content []byte) error
	// AnnounceRetention sets for how many days the log of an account is kept; 0 means forever. A longer time takes effect immediately, and a shorter
	// one at effective or about that time, which it returns.
	AnnounceRetention(ctx context.Context, accountID string, days int, effective time.Time) (at time.Time, err error)
	// RemovePart removes some rows of an account, but not the account itself and the head of its log, and reports whether there are
	// more. RemoveAccount removes the rest.
	RemovePart(ctx context.Context, accountID string) (more bool, err error)
	RemoveAccount(ctx context.Context, accountID string) error
	// ReleaseMail makes the queued emails of an account due.
	ReleaseMail(ctx context.Context, accountID string) error
	// RemovePerson removes a user with everything they sign in with, and all memberships, invitations and emails of the user or the
	// email. userID may be empty. Where the user granted support access, the pseudonym takes the place of their name.
	RemovePerson(ctx context.Context, userID, canonical, pseudonym string) error
	InsertErasure(ctx context.Context, x StoredErasure) error
	// AdvanceErasure stores that an erasure read the events after from up to to, and changed some of them. It returns an error if
	// the erasure was not at from any more.
	AdvanceErasure(ctx context.Context, id string, from, to event.Ref, events int) error
	// FinishErasure also forgets what was looked for.
	FinishErasure(ctx context.Context, id string, at time.Time) error
	InsertOperatorKey(ctx context.Context, k Key) error
	DeleteOperatorKey(ctx context.Context, id string) error
	// SyncSystemRoles makes the stored system roles equal to these, written with the names of the catalog c.
	SyncSystemRoles(ctx context.Context, c *permission.Catalog, roles []team.Role) error
	SetSetting(ctx context.Context, name, value string) error
	// HoldSetting returns a setting, or "", and locks it until the commit.
	HoldSetting(ctx context.Context, name string) (string, error)
	Node(ctx context.Context, id string) (Node, error)
	DeleteNode(ctx context.Context, id string) error
}

// Caller is who acts as the operator: an operator key, or a program that has the database.
type Caller struct {
	ID, Name string
	Scope    Scope
	// hash is that of the secret of an operator key; nil for a program.
	hash []byte
}

// Program is the Caller for the commands of the server's program, which have the database.
var Program = Caller{ID: event.OperatorID, Name: "raffd", Scope: ScopeWrite}

// actor returns the caller as the actor in the operator's log.
func (c Caller) actor() *team.Principal {
	return &team.Principal{Type: team.TypeOperator, ID: c.ID, AccountID: event.OperatorLog, Name: c.Name}
}

// again reads the key of the caller again in a transaction, so that a key that was revoked cannot write.
func (s *Service) again(ctx context.Context, tx Tx, c Caller) error {
	if c.hash == nil {
		return nil
	}
	now, err := s.callerOf(ctx, tx, c.hash)
	if err == nil && now.Scope != ScopeWrite {
		err = RefusalReadOnlyKey.With()
	}
	return err
}

// record writes an event to the operator's log.
func (s *Service) record(ctx context.Context, tx Tx, c Caller, to event.Target, told event.Payload) error {
	return s.team.Record(ctx, tx, c.actor(), to, told)
}

// recordBoth writes an event to the operator's log and one to the log of the account.
func (s *Service) recordBoth(ctx context.Context, tx Tx, c Caller, a *Account, ours, theirs event.Payload) error {
	if err := s.record(ctx, tx, c, a.Target(), ours); err != nil {
		return err
	}
	return s.team.Record(ctx, tx, team.Operator(a.ID), a.Target(), theirs)
}
