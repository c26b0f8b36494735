package store

import (
	"context"
	"slices"

	"raff/internal/outbox"
	"raff/internal/store/engine"
	"raff/internal/team"
)

const messageColumns = "id, kind, account_id, invitation_id, address, attempts, next_at, created_at, last_error"

func scanMessage(s scanner) (m team.Message, err error) {
	err = s.Scan((*text)(&m.ID), (*text)(&m.Kind), (*text)(&m.AccountID), (*text)(&m.InvitationID), (*text)(&m.Address), (*number)(&m.Attempts), (*stamp)(&m.NextAt),
		(*stamp)(&m.CreatedAt), (*text)(&m.LastError))
	return m, err
}

const (
	due    = "next_at <= $1 AND (leased_until IS NULL OR leased_until <= $1)"
	urgent = "priority = 0"
	inTurn = "priority = 1 AND account_id = $3"
)

// LeaseMessage reads before it writes, so that a worker that polls every few seconds causes no commits.
func (d *DB) LeaseMessage(ctx context.Context, l outbox.Lease) (team.Message, error) {
	for range engine.MaxTries {
		waiting, err := one(ctx, d.q, engine.ScanFlag, "SELECT EXISTS (SELECT 1 FROM outbox WHERE "+urgent+" AND "+due+")", l.Now)
		if err != nil {
			return team.Message{}, err
		}
		lane, args := urgent, []any{l.Now, l.Until}
		if !waiting {
			if l.UrgentOnly {
				return team.Message{}, team.ErrNotFound
			}
			account, err := d.nextInTurn(ctx, l)
			if err != nil {
				return team.Message{}, err
			}
			lane, args = inTurn, append(args, uid(account))
		}
		m, err := d.leaseOf(ctx, lane, args)
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
	const query = "SELECT account_id FROM outbox WHERE account_id > $2 AND priority = 1 AND " + due + " ORDER BY account_id LIMIT 1"
	const first = "00000000-0000-0000-0000-000000000000"
	after := uid(l.After)
	if !after.Valid() {
		after = first
	}
	account, err := one(ctx, d.q, engine.ScanText, query, l.Now, after)
	if team.IsNotFound(err) && after != first {
		account, err = one(ctx, d.q, engine.ScanText, query, l.Now, uid(first))
	}
	return account, err
}

func (d *DB) leaseOf(ctx context.Context, lane string, args []any) (m team.Message, err error) {
	err = d.write(ctx, nil, func(t *tx) (err error) {
		m, err = one(ctx, t.q, scanMessage, "UPDATE outbox SET leased_until = $2 WHERE id = (SELECT id FROM outbox WHERE "+lane+" AND "+due+
			" ORDER BY next_at, id LIMIT 1"+t.q.Dialect().SkipLocked+") RETURNING "+messageColumns, slices.Clone(args)...)
		return err
	})
	return m, err
}

var insertMessages = insertionOf(`INSERT INTO outbox (id, kind, account_id, invitation_id, address, attempts, next_at, last_error,
	created_at, priority)`, 10, "")

func (t *tx) InsertMessage(ctx context.Context, m team.Message) error {
	return t.row(ctx, insertMessages,
		uid(m.ID), m.Kind, uid(m.AccountID), uid(m.InvitationID), m.Address, m.Attempts, m.NextAt, m.LastError, m.CreatedAt, priority(m))
}

func priority(m team.Message) int {
	if m.Urgent() {
		return 0
	}
	return 1
}

// QueuePasswordMail changes nothing in the domain, so it needs no domain transaction.
func (d *DB) QueuePasswordMail(ctx context.Context, m team.Message) error {
	return d.write(ctx, nil, func(t *tx) error { return t.InsertMessage(ctx, m) })
}

// UpdateMessage also ends the lease. Like DeleteMessage, it ignores a missing message: its invitation was closed.
func (t *tx) UpdateMessage(ctx context.Context, m team.Message) error {
	return t.later(ctx, "UPDATE outbox SET attempts = $2, next_at = $3, last_error = $4, leased_until = NULL WHERE id = $1",
		uid(m.ID), m.Attempts, m.NextAt, m.LastError)
}

func (t *tx) DeleteMessage(ctx context.Context, id string) error {
	return t.later(ctx, "DELETE FROM outbox WHERE id = $1", uid(id))
}

func (t *tx) DeleteMessagesOf(ctx context.Context, invitationID string) error {
	return t.later(ctx, "DELETE FROM outbox WHERE invitation_id = $1", uid(invitationID))
}
