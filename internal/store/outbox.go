package store

import (
	"context"
	"time"

	"raff/internal/outbox"
	"raff/internal/store/engine"
	"raff/internal/team"
)

const messageColumns = "id, kind, account_id, invitation_id, address, attempts, next_at, created_at, last_error, details, failed_at"

func scanMessage(s scanner) (m team.Message, err error) {
	err = s.Scan((*ident)(&m.ID), (*text)(&m.Kind), (*ident)(&m.AccountID), (*ident)(&m.InvitationID), (*text)(&m.Address), (*number)(&m.Attempts), (*stamp)(&m.NextAt),
		(*stamp)(&m.CreatedAt), (*text)(&m.LastError), (*text)(&m.Details), (*stamp)(&m.FailedAt))
	if m.AccountID == team.NoID {
		m.AccountID = ""
	}
	return m, err
}

const (
	due = "failed_at IS NULL AND next_at <= $1 AND (leased_until IS NULL OR leased_until <= $1)"
	// noAccount is the account of messages that belong to none. They are urgent; see team.Message.
	noAccount = uid(team.NoID)
)

// lane returns the account whose turn a message has to wait for.
func lane(m team.Message) uid {
	if m.Urgent() {
		return noAccount
	}
	return uid(m.AccountID)
}

// subject returns the key of a message in its lane: an invitation has at most one.
func subject(m team.Message) uid {
	if m.InvitationID != "" {
		return uid(m.InvitationID)
	}
	return uid(m.ID)
}

// LeaseMessage reads before it writes, so that a worker that polls every few seconds causes no commits.
func (d *DB) LeaseMessage(ctx context.Context, l outbox.Lease) (team.Message, error) {
	for range engine.MaxTries {
		waiting, err := one(ctx, d.q, engine.ScanFlag, "SELECT EXISTS (SELECT 1 FROM outbox WHERE account_id = $2 AND "+due+")", l.Now, noAccount)
		if err != nil {
			return team.Message{}, err
		}
		from := string(noAccount)
		if !waiting {
			if l.UrgentOnly {
				return team.Message{}, team.ErrNotFound
			}
			if from, err = d.nextInTurn(ctx, l); err != nil {
				return team.Message{}, err
			}
		}
		m, err := d.leaseOf(ctx, l, from)
		if !team.IsNotFound(err) {
			return m, err
		}
		// Another worker has taken it.
	}
	return team.Message{}, team.ErrNotFound
}

// nextInTurn returns the first account after l.After that has a message due, starting again from the first account
// after the last.
func (d *DB) nextInTurn(ctx context.Context, l outbox.Lease) (string, error) {
	const query = "SELECT account_id FROM outbox WHERE account_id > $2 AND " + due + " ORDER BY account_id LIMIT 1"
	after := uid(l.After)
	if !after.Valid() {
		after = noAccount
	}
	account, err := one(ctx, d.q, engine.ScanID, query, l.Now, after)
	if team.IsNotFound(err) && after != noAccount {
		account, err = one(ctx, d.q, engine.ScanID, query, l.Now, noAccount)
	}
	return account, err
}

// leaseOf takes the message of an account that became due first.
func (d *DB) leaseOf(ctx context.Context, l outbox.Lease, account string) (m team.Message, err error) {
	err = d.write(ctx, nil, func(t *tx) (err error) {
		m, err = one(ctx, t.q, scanMessage, "UPDATE outbox SET leased_until = $2 WHERE account_id = $3 AND subject_id = (SELECT subject_id FROM outbox WHERE account_id = $3 AND "+due+
			" ORDER BY next_at, id LIMIT 1"+t.q.Dialect().SkipLocked+") RETURNING "+messageColumns, l.Now, l.Until, uid(account))
		return err
	})
	return m, err
}

// insertMessages replaces the message of an invitation.
var insertMessages = insertionOf(`INSERT INTO outbox (account_id, subject_id, id, kind, invitation_id, address, attempts, next_at, last_error,
	created_at, details)`, 11, ` ON CONFLICT (account_id, subject_id) DO UPDATE SET id = excluded.id, attempts = excluded.attempts, next_at = excluded.next_at,
	last_error = excluded.last_error, created_at = excluded.created_at, leased_until = NULL, failed_at = NULL`)

func (t *tx) InsertMessage(ctx context.Context, m team.Message) error {
	return t.row(ctx, insertMessages,
		lane(m), subject(m), uid(m.ID), m.Kind, uid(m.InvitationID), m.Address, m.Attempts, m.NextAt, m.LastError, m.CreatedAt, m.Details)
}

// QueuePasswordMail changes nothing in the domain, so it needs no domain transaction.
func (d *DB) QueuePasswordMail(ctx context.Context, m team.Message) error {
	return d.write(ctx, nil, func(t *tx) error { return t.InsertMessage(ctx, m) })
}

// UpdateMessage also ends the lease. Like DeleteMessage, it ignores a missing message: its invitation was closed.
func (t *tx) UpdateMessage(ctx context.Context, m team.Message) error {
	return t.later(ctx, "UPDATE outbox SET attempts = $4, next_at = $5, last_error = $6, failed_at = $7, leased_until = NULL WHERE account_id = $1 AND subject_id = $2 AND id = $3",
		lane(m), subject(m), uid(m.ID), m.Attempts, m.NextAt, m.LastError, m.FailedAt)
}

func (t *tx) DeleteMessage(ctx context.Context, m team.Message) error {
	return t.later(ctx, "DELETE FROM outbox WHERE account_id = $1 AND subject_id = $2 AND id = $3", lane(m), subject(m), uid(m.ID))
}

func (t *tx) DeleteMessagesOf(ctx context.Context, i team.Invitation) error {
	return t.later(ctx, "DELETE FROM outbox WHERE account_id = $1 AND subject_id = $2", uid(i.AccountID), uid(i.ID))
}

const (
	entryColumns = "q.id, q.kind, q.account_id, q.invitation_id, q.address, q.attempts, q.next_at, q.created_at, q.last_error, q.details, q.failed_at, COALESCE(a.name, ''), COALESCE(i.email, q.address)"
	entryJoins   = "outbox q LEFT JOIN accounts a ON a.id = q.account_id LEFT JOIN invitations i ON i.account_id = q.account_id AND i." + notClosed + " AND i.id = q.invitation_id"
)

func scanEntry(s scanner) (e outbox.Entry, err error) {
	m := &e.Message
	err = s.Scan((*ident)(&m.ID), (*text)(&m.Kind), (*ident)(&m.AccountID), (*ident)(&m.InvitationID), (*text)(&m.Address), (*number)(&m.Attempts), (*stamp)(&m.NextAt),
		(*stamp)(&m.CreatedAt), (*text)(&m.LastError), (*text)(&m.Details), (*stamp)(&m.FailedAt), (*text)(&e.AccountName), (*text)(&e.To))
	if m.AccountID == team.NoID {
		m.AccountID = ""
	}
	return e, err
}

// Messages reads the whole outbox or, with an account, its part.
func (r reader) Messages(ctx context.Context, f outbox.Filter) ([]outbox.Entry, team.Total, error) {
	var c condition
	c.and("TRUE")
	if f.AccountID != "" {
		c.and("q.account_id = ?", uid(f.AccountID))
	}
	switch f.State {
	case outbox.StateQueued:
		c.and("q.failed_at IS NULL AND q.attempts = 0")
	case outbox.StateRetrying:
		c.and("q.failed_at IS NULL AND q.attempts > 0")
	case outbox.StateFailed:
		c.and("q.failed_at IS NOT NULL")
	}
	found, n, err := page(ctx, r.q, listing{columns: entryColumns, from: entryJoins, rows: "outbox q", id: "q.id", newest: true}, &c, f.Page, scanEntry)
	return found, team.Total{N: n}, err
}

func (r reader) MessageEntry(ctx context.Context, id string) (outbox.Entry, error) {
	return one(ctx, r.q, scanEntry, "SELECT "+entryColumns+" FROM "+entryJoins+" WHERE q.id = $1", uid(id))
}

// HoldMessage writes, so that a worker that wants to lease the message waits for the commit or takes another one.
func (t *tx) HoldMessage(ctx context.Context, id string) (m team.Message, leased time.Time, err error) {
	m, err = one(ctx, t.q, func(s scanner) (m team.Message, err error) {
		return scanMessage(withLease{s, &leased})
	}, "UPDATE outbox SET leased_until = leased_until WHERE id = $1 RETURNING "+messageColumns+", leased_until", uid(id))
	return m, leased, err
}

// withLease reads the end of the lease, which follows the columns of a message.
type withLease struct {
	scanner
	until *time.Time
}

func (l withLease) Scan(dest ...any) error { return l.scanner.Scan(append(dest, (*stamp)(l.until))...) }
