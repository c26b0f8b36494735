package store

import (
	"context"
	"slices"
	"time"

	"raff/internal/team"
)

const messageColumns = "id, kind, account_id, invitation_id, address, attempts, next_at, created_at, last_error"

func scanMessage(s scanner) (m team.Message, err error) {
	err = s.Scan((*text)(&m.ID), (*text)(&m.Kind), (*text)(&m.AccountID), (*text)(&m.InvitationID), (*text)(&m.Address), (*number)(&m.Attempts), (*stamp)(&m.NextAt),
		(*stamp)(&m.CreatedAt), (*text)(&m.LastError))
	return m, err
}

// LeaseMessages looks before it writes, so that a worker that asks every few seconds costs no commit.
func (d *DB) LeaseMessages(ctx context.Context, now time.Time, lease time.Duration, n int) ([]team.Message, error) {
	const due = "next_at <= $1 AND (leased_until IS NULL OR leased_until <= $1)"
	if waiting, err := one(ctx, d.q, scanFlag, "SELECT EXISTS (SELECT 1 FROM outbox WHERE "+due+")", now); err != nil || !waiting {
		return nil, err
	}
	var leased []team.Message
	err := d.write(ctx, nil, func(t *tx) (err error) {
		leased, err = many(ctx, t.q, scanMessage, "UPDATE outbox SET leased_until = $2 WHERE id IN (SELECT id FROM outbox WHERE "+due+
			" ORDER BY next_at, id LIMIT $3"+t.q.dialect().skipLocked+") RETURNING "+messageColumns, now, now.Add(lease), n)
		return err
	})
	slices.SortFunc(leased, func(a, b team.Message) int { return a.NextAt.Compare(b.NextAt) })
	return leased, err
}

func (t *tx) InsertMessage(ctx context.Context, m team.Message) error {
	return t.later(ctx, `INSERT INTO outbox (id, kind, account_id, invitation_id, address, attempts, next_at, last_error, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		uid(m.ID), m.Kind, uid(m.AccountID), uid(m.InvitationID), m.Address, m.Attempts, m.NextAt, m.LastError, m.CreatedAt)
}

// QueuePasswordMail tells of no change, so it needs no transaction of the domain.
func (d *DB) QueuePasswordMail(ctx context.Context, m team.Message) error {
	return d.write(ctx, nil, func(t *tx) error { return t.InsertMessage(ctx, m) })
}

// UpdateMessage also ends the lease. Like DeleteMessage it is content with a message that is gone already: somebody
// closed its invitation.
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
