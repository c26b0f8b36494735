// Package audit lists and exports the audit log, which other packages write, seals it, and verifies the seals.
package audit

import (
	"cmp"
	"context"
	"time"

	"raff/internal/event"
	"raff/internal/team"
)

// Options are what a Service needs.
type Options struct {
	Store Store
	// Team authenticates the callers, and writes events about the log itself.
	Team *team.Service
	// Keys sign events and seals; without an active key, nothing is signed.
	Keys *Ring
}

// Service holds the operations on audit logs. It is safe for concurrent use.
type Service struct {
	store Store
	team  *team.Service
	ring  *Ring
}

// New returns a Service.
func New(o Options) *Service {
	return &Service{store: o.Store, team: o.Team, ring: cmp.Or(o.Keys, &Ring{})}
}

// Store is the database as this package needs it. Missing rows are team.ErrNotFound.
type Store interface {
	Reader
	// Update runs fn in one transaction under the lock of the account; see team.Store.
	Update(ctx context.Context, accountID string, lock team.Lock, fn func(Tx) error) error
	// SealableAccounts returns the accounts that have unsealed events up to a time.
	SealableAccounts(ctx context.Context, now time.Time) ([]string, error)
	// RetainedAccounts returns the accounts whose log is not kept forever, or of which events were removed.
	RetainedAccounts(ctx context.Context) ([]string, error)
	// ChangedRetentions returns the accounts for which a shorter retention is announced.
	ChangedRetentions(ctx context.Context) ([]string, error)
	// DropExpiredEvents removes what is before the checkpoints of all accounts, if that is faster than removing single events.
	DropExpiredEvents(ctx context.Context) error
	// MissingEvents returns the events that this node wrote and that were missing when a seal covered their time. Each is
	// returned once.
	MissingEvents(ctx context.Context) ([]event.Ref, error)
}

// Reader has the reads, inside or outside a transaction.
type Reader interface {
	Account(ctx context.Context, id string) (team.Account, error)
	// Events lists the events that a filter selects, newest first, and counts them; see team.Total.
	Events(ctx context.Context, f Filter) ([]event.Event, team.Total, error)
	// EachEvent calls fn for every event with from <= At < until, oldest first. Zero times do not limit it.
	EachEvent(ctx context.Context, accountID string, from, until time.Time, fn func(event.Event) error) error
	// OpenedEvent returns one event, as EachEvent does.
	OpenedEvent(ctx context.Context, ref event.Ref) (event.Event, error)
	// LastSeal returns the newest seal of an account.
	LastSeal(ctx context.Context, accountID string) (Seal, error)
	// Seals returns the seals of an account with Seq >= from, oldest first.
	Seals(ctx context.Context, accountID string, from int) ([]Seal, error)
	// SealOf returns the seal that covers an event.
	SealOf(ctx context.Context, e event.Event) (Seal, error)
	// LogSecrets returns the secrets of a log from which the salts of the events from one sequence to another follow.
	LogSecrets(ctx context.Context, accountID string, from, to int) ([]Secret, error)
	// LogHead returns the head of an account's log.
	LogHead(ctx context.Context, accountID string) (LogHead, error)
	// NewestEvent returns the time of the newest event with from <= At < before.
	NewestEvent(ctx context.Context, accountID string, from, before time.Time) (time.Time, error)
	// LoggedAccounts returns the ids of all accounts, including those of which only the log remains.
	LoggedAccounts(ctx context.Context) ([]string, error)
	// SealKeyIDs returns the ids of the keys of the last seals.
	SealKeyIDs(ctx context.Context) ([]string, error)
	// Retention returns for how many days the log of an account is kept, or team.ErrNotFound if forever.
	Retention(ctx context.Context, accountID string) (days int, err error)
	// Checkpoint returns where the log of an account begins since events were removed, or team.ErrNotFound.
	Checkpoint(ctx context.Context, accountID string) (Checkpoint, error)
	// SealBefore returns the last seal of an account with Until <= before.
	SealBefore(ctx context.Context, accountID string, before time.Time) (Seal, error)
	// LastHeartbeat returns when any node was last alive.
	LastHeartbeat(ctx context.Context) (time.Time, error)
}

// Tx is a Reader inside a transaction, with the writes.
type Tx interface {
	Reader
	team.EventTx
	// InsertSeal returns false, and writes nothing, if a seal with this number exists.
	InsertSeal(ctx context.Context, s Seal) (bool, error)
	// MergeSeals merges the seals of an account with Until >= from and Seq <= last into one, if all are regular ones with the
	// same key.
	MergeSeals(ctx context.Context, accountID string, from time.Time, last int) error
	// SetRetention sets for how many days the log of an account is kept; 0 means forever.
	SetRetention(ctx context.Context, accountID string, days int) error
	// ApplyRetention puts an announced retention into effect, and reports whether it was due.
	ApplyRetention(ctx context.Context, accountID string, now time.Time) (bool, error)
	// SetCheckpoint moves the checkpoint of a log to a seal.
	SetCheckpoint(ctx context.Context, c Checkpoint) error
	// RemoveExpired removes some of what is before the checkpoint of a log, and reports whether there is more.
	RemoveExpired(ctx context.Context, accountID string) (more bool, err error)
	// HoldLog blocks, until the commit, transactions that write events of this account under the lock of another account.
	HoldLog(ctx context.Context, accountID string) error
	SetLogHead(ctx context.Context, h LogHead) error
	// InsertSecret stores the first secret of a log, unless it has one.
	InsertSecret(ctx context.Context, accountID string, n Secret) error
	// ForgetSecret removes a secret of a log, and stores others in its place.
	ForgetSecret(ctx context.Context, accountID string, removed Secret, added []Secret) error
	// EraseEvent stores the texts and the openings of an event from which texts of a person were erased.
	EraseEvent(ctx context.Context, e event.Event, person string) error
	// NumberEvents sets Sequence of the next events of a log with At < before, which must be closed, and reports whether there
	// may be more of them. The log must have a head.
	NumberEvents(ctx context.Context, accountID string, before time.Time) (more bool, err error)
}
