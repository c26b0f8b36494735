package signin

import (
	"context"
	"time"

	"raff/internal/team"
)

// Store is the database as this package needs it. Missing rows are team.ErrNotFound.
type Store interface {
	Reader
	// Update runs fn in one transaction under the lock of the account, and UpdateAll under those of several accounts; see
	// team.Store.
	Update(ctx context.Context, accountID string, lock team.Lock, fn func(Tx) error) error
	UpdateAll(ctx context.Context, accountIDs []string, lock team.Lock, fn func(Tx) error) error
	// FactorsAfter returns up to n factors of all users, by id, after the one with this id (team.NoID for the first ones).
	FactorsAfter(ctx context.Context, id string, n int) ([]Factor, error)
	// ReplaceFactorSecret replaces the stored secret of a factor; false means that it was not old any more.
	ReplaceFactorSecret(ctx context.Context, id string, old, fresh []byte) (bool, error)
	// Take counts one attempt against each limit, or none if one of them is exceeded. The limits apply across all nodes.
	Take(ctx context.Context, limits []team.Limit, at time.Time) (bool, error)
	// Refund removes all attempts counted against the limits in all, and one attempt against each of the others.
	Refund(ctx context.Context, all, one []team.Limit) error
	// QueuePasswordMail queues a password link for an email, which may have no user.
	QueuePasswordMail(ctx context.Context, m team.Message) error
}

// Reader has the reads, inside or outside a transaction.
type Reader interface {
	User(ctx context.Context, id string) (team.User, error)
	UserByEmail(ctx context.Context, canonical string) (team.User, error)
	// Session returns the session with this token hash and its user, in one query. It returns every session that exists; the
	// Service decides whether it has ended. Inside a transaction it also locks the session until the commit, so that ending
	// the session waits for the transaction.
	Session(ctx context.Context, hash []byte, now time.Time) (team.SessionRow, error)
	// SessionsOf returns all sessions of a user, most recently used first.
	SessionsOf(ctx context.Context, userID string) ([]team.Session, error)
	// Factors returns the second factors of a user, including unconfirmed ones.
	Factors(ctx context.Context, userID string) ([]Factor, error)
	RecoveryCodesLeft(ctx context.Context, userID string) (int, error)
	// Ceremony returns the state of a session's passkey ceremony, or ErrNotFound.
	Ceremony(ctx context.Context, sessionID string) ([]byte, error)
	// LinkToken finds a password link by the hash of its token.
	LinkToken(ctx context.Context, hash []byte) (team.LinkToken, error)
	// AccountsWith returns the ids of the accounts in which a user is an active or suspended member at a time.
	AccountsWith(ctx context.Context, userID string, now time.Time) ([]string, error)
	// AccountsOf returns the accounts to which a user has access at a time, by name.
	AccountsOf(ctx context.Context, userID string, now time.Time) ([]team.Account, error)
	// SuspendedIn returns the accounts in which the user is suspended, by name.
	SuspendedIn(ctx context.Context, userID string) ([]team.Account, error)
	// LimitWait returns the time until all limits allow n more attempts. It counts nothing.
	LimitWait(ctx context.Context, limits []team.Limit, n int, at time.Time) (time.Duration, error)
}

// Tx is a Reader inside a transaction, with the writes.
type Tx interface {
	Reader
	team.EventTx
	// Team is the same transaction as package team sees it.
	Team() team.Tx

	InsertUser(ctx context.Context, u team.User) (bool, error)
	UpdateUser(ctx context.Context, u team.User) error
	InsertLinkToken(ctx context.Context, t team.LinkToken) error
	// UseLinkToken marks a token as used; false means that it already was.
	UseLinkToken(ctx context.Context, hash []byte, at time.Time) (bool, error)
	// UseLinkTokensOf marks all password links of a user as used.
	UseLinkTokensOf(ctx context.Context, userID string, at time.Time) error
	// InsertSession returns false, and writes nothing, if the user's password hash has changed. It cannot change until the
	// commit. awaits reports whether the session has to wait for a second factor, because the user has one.
	InsertSession(ctx context.Context, s team.Session, hash []byte, passwordHash string) (ok, awaits bool, err error)
	// InsertWholeSession inserts a session that does not wait for a second factor.
	InsertWholeSession(ctx context.Context, s team.Session, hash []byte) error
	// KeepSessions deletes all but the n most recently used sessions of a user that wait for a second factor or, if awaiting
	// is false, of those that do not.
	KeepSessions(ctx context.Context, userID string, awaiting bool, n int) error
	// TakeAwaiting deletes a session that waits for a second factor; false means that it no longer exists.
	TakeAwaiting(ctx context.Context, hash []byte) (bool, error)
	// SetCeremony stores the state of a session's passkey ceremony; nil deletes it.
	SetCeremony(ctx context.Context, sessionID string, state []byte) error
	// TakeCeremony deletes this state of a passkey ceremony; false means that it was already deleted or replaced.
	TakeCeremony(ctx context.Context, sessionID string, state []byte) (bool, error)
	// HoldUser prevents sign-ins with the user's password and changes of their credentials until the commit; false means that
	// the user does not exist.
	HoldUser(ctx context.Context, userID string) (bool, error)
	InsertFactor(ctx context.Context, f Factor) error
	UpdateFactor(ctx context.Context, f Factor) error
	// UseFactorStep records that the code of a time step was used; false means that this or a later step was used before.
	UseFactorStep(ctx context.Context, id string, step int, at time.Time) (bool, error)
	// DeleteFactor deletes a second factor of the user. If it is not theirs, the error is ErrNotFound.
	DeleteFactor(ctx context.Context, userID, id string) error
	ReplaceRecoveryCodes(ctx context.Context, userID string, hashes [][]byte) error
	// UseRecoveryCode uses up a recovery code; false means that it is not one of the user's, or was used before.
	UseRecoveryCode(ctx context.Context, userID string, hash []byte, at time.Time) (bool, error)
	// MoveSession switches a session to another account.
	MoveSession(ctx context.Context, id, accountID string) error
	DeleteSession(ctx context.Context, hash []byte) error
	// DeleteSessionOf deletes a session of the user. If it is not theirs, the error is ErrNotFound.
	DeleteSessionOf(ctx context.Context, userID, id string) error
	// DeleteSessionsOf deletes the sessions of a user in the account (empty: in any account), except one (empty: none).
	DeleteSessionsOf(ctx context.Context, userID, accountID, but string) error
	// TakeLimit counts up to n attempts against each of the limits, and returns how many all of them allowed. It must be
	// called before the transaction inserts anything that another transaction may wait for.
	TakeLimit(ctx context.Context, limits []team.Limit, n int, at time.Time) (int, error)
	InsertMessage(ctx context.Context, m team.Message) error
	DeleteMessage(ctx context.Context, m team.Message) error
}
