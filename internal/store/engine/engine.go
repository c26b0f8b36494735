// Package engine defines what a database system provides to the queries of package store. Packages sqlite and postgres
// implement it.
package engine

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"log/slog"
	"strings"

	"raff/internal/team"
)

// Engine is one database system. It runs queries outside transactions and commits changes.
type Engine interface {
	Querier
	// Update runs fn in one transaction, under the given locks, and returns once it is durable. fn may be called more than
	// once.
	Update(ctx context.Context, locks []Lock, c *Change, fn func(Session) error) error
	// Pin lets the reads that use the returned context share one check whether the database has changed. done must be
	// called.
	Pin(ctx context.Context) (pinned context.Context, done func())
	// Snapshot is Pin for a request whose reads must all see the database as it was at one moment, after Snapshot was called.
	// The reads must not overlap.
	Snapshot(ctx context.Context) (pinned context.Context, done func())
	// TrySnapshot is Snapshot without a transaction for as long as all rows are remembered. A read that needs the database
	// after another change was committed fails with team.ErrChanged.
	TrySnapshot(ctx context.Context) (pinned context.Context, done func())
	// Ping returns nil if the database responds and accepts writes.
	Ping(ctx context.Context) error
	// About names the database system and its version, such as "PostgreSQL 17.2".
	About() string
	// Stats returns statistics of the connections, without a query.
	Stats() Stats
	// Close waits for running changes and closes all connections.
	Close() error
}

// Querier runs a query. The arguments are nil, string, int64, bool, []byte or a valid UID. The caller closes the rows before the next
// query.
type Querier interface {
	Query(ctx context.Context, query string, args []any) (Rows, error)
	Dialect() *Dialect
}

// Session is the single connection of a transaction. After an error the transaction can no longer commit.
type Session interface {
	Querier
	// Exec returns the number of rows that the statement wrote.
	Exec(ctx context.Context, query string, args []any) (int64, error)
	// Later may delay the statement and send it with the next one or with the commit, to save a round trip. An error of
	// the statement is then reported there.
	Later(ctx context.Context, query string, args []any) error
	// LogEnd returns the end of the account's audit log if it was read together with the account lock, else known is false.
	LogEnd(ctx context.Context, accountID string) (end LogEnd, known bool, err error)
	// LockLog locks the audit log of an account until the commit. Shared, it keeps the log from being sealed; exclusive
	// (alone), it also keeps other transactions from writing to it. Holding the lock of the account has the same effect.
	LockLog(ctx context.Context, accountID string, alone bool) error
}

// Rememberer is a Querier with a memory of rows that the database validates; see store.remembered.
type Rememberer interface {
	// Remembered returns the row for the key from memory, or calls read. keep is false if the row must not be remembered.
	Remembered(ctx context.Context, key Key, read func(Querier) (row any, keep bool, err error)) (any, error)
}

// Key identifies a remembered row: the query and its argument.
type Key struct {
	Kind     Kind
	Argument string
}

// Kind is a query whose rows are remembered.
type Kind uint8

// The queries of which rows are remembered. That something does not exist is only remembered of subjects, grants and places.
const (
	KindKey      Kind   = iota // an API key with its account, its membership and role
	KindMember                 // a member with its role, invitation and mail
	KindMembers                // a page of members with their total
	KindSubject                // a user or API key with what they are granted
	KindGrant                  // what a subject is granted in one place
	KindPlace                  // a project, or another resource in it
	KindRevision               // the last event of an account
	Kinds        = iota        // the number of kinds
)

// MaxRemembered is the maximum number of rows of each kind in a memory, about a kilobyte each.
const MaxRemembered = 8192

// A page is remembered if it has at most MaxPageRows rows, so all remembered pages have as many rows as another kind.
const (
	maxPages    = 64
	MaxPageRows = MaxRemembered / maxPages
)

// Most returns how many rows, or pages, of a kind a memory holds at most.
func (k Kind) Most() int {
	if k == KindMembers {
		return maxPages
	}
	return MaxRemembered
}

// MaxTries is the maximum number of attempts of a transaction that conflicts with another one.
const MaxTries = 6

// Scanner reads the columns of the current row into the destinations defined in this package.
type Scanner interface{ Scan(dest ...any) error }

// Rows is the result of a query.
type Rows interface {
	Scanner
	Next() bool
	Err() error
	Close()
}

// Lock is an account lock that a change takes first.
type Lock struct {
	AccountID string
	Mode      team.Lock
}

// Key returns the last half of the account's id, which is random. Two accounts with the same key merely wait for each
// other.
func (l *Lock) Key() int64 {
	b, err := hex.DecodeString(strings.ReplaceAll(l.AccountID, "-", ""))
	if err != nil || len(b) != 16 {
		return 0
	}
	return int64(binary.BigEndian.Uint64(b[8:])) //nolint:gosec // any 64 bits work
}

// Options are the settings of an engine.
type Options struct {
	Logger    *slog.Logger
	Observers Observers
	Schema    Schemas
	// Progress is called while Open migrates the database, or waits for another program that does; it may be nil.
	Progress func(Progress)
}
