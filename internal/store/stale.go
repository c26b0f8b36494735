package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"raff/internal/event"
	"raff/internal/outbox"
	"raff/internal/store/engine"
	"raff/internal/team"
	"raff/internal/uuid"
)

// staleOffer is the condition for invitations that can no longer be accepted.
const staleOffer = `o.closed = FALSE
	AND (o.state = 'declined' AND o.updated_at < $1 OR o.state IN ('queued', 'sent', 'failed') AND o.expires_at < $1)`

// staleRows are the rows that are no longer needed. $1 is the time before which they are stale.
var staleRows = []struct{ table, key, stale string }{
	{"invitations", "(account_id, closed, id)", "updated_at < $1 AND closed"},
	{"link_tokens", "hash", "used_at < $1 OR expires_at < $1"},
	{"sessions", "id", "expires_at < $1 OR last_seen_at < $1"},
	{"secret_holders", "(key_id, holder_id)", "until < $1"},
	{"factors", "id", "NOT confirmed AND created_at < $1"},
}

// remove deletes stale rows, except those that another transaction has locked: that transaction may lock rows in a
// different order, which could cause a deadlock.
func (t *tx) remove(ctx context.Context, table, key, stale string, before time.Time) error {
	return t.later(ctx, "DELETE FROM "+table+" WHERE "+key+" IN (SELECT "+strings.Trim(key, "()")+" FROM "+table+" WHERE "+stale+t.q.Dialect().SkipLocked+")", before)
}

// RemoveStale takes the lock of each account in turn, because it removes members.
func (d *DB) RemoveStale(ctx context.Context, before time.Time, now func() time.Time) (int, error) {
	accounts, err := many(ctx, d.q, engine.ScanID, "SELECT DISTINCT o.account_id FROM invitations o WHERE "+staleOffer, before)
	if err != nil {
		return 0, fmt.Errorf("look for stale invitations: %w", err)
	}
	removed := 0
	for _, account := range accounts {
		n, err := d.removeStaleMembers(ctx, account, before, now)
		removed += n
		if err != nil {
			return removed, fmt.Errorf("remove stale invitations of account %s: %w", account, err)
		}
	}
	err = d.write(ctx, nil, func(t *tx) error {
		for _, r := range staleRows {
			if err := t.remove(ctx, r.table, r.key, r.stale, before); err != nil {
				return err
			}
		}
		if err := t.remove(ctx, "limits", "subject", "until < $1", now()); err != nil {
			return err
		}
		if err := t.remove(ctx, "outbox", "(account_id, subject_id)", "failed_at < $1", now().Add(-outbox.KeepFailed)); err != nil {
			return err
		}
		return t.remove(ctx, "idempotency_keys", "(account_id, principal, key)", "created_at < $1", now().Add(-team.IdempotencyTTL))
	})
	if err != nil {
		return removed, fmt.Errorf("remove closed invitations and used tokens: %w", err)
	}
	return removed, d.removeStrangers(ctx, before)
}

// belongsToNothing is the condition for users u who are and were in no account, and are not invited to any.
const belongsToNothing = `NOT EXISTS (SELECT 1 FROM account_users au WHERE au.user_id = u.id)
	AND NOT EXISTS (SELECT 1 FROM memberships m WHERE m.email_canonical = u.email_canonical) AND NOT EXISTS (SELECT 1 FROM memberships m WHERE m.user_id = u.id)`

// removeUsers removes users with everything they sign in with.
func (t *tx) removeUsers(ctx context.Context, ids []string) error {
	for _, id := range ids {
		for _, of := range []string{"sessions WHERE user_id", "link_tokens WHERE user_id", "recovery_codes WHERE user_id", "factors WHERE user_id", "users WHERE id"} {
			if err := t.later(ctx, "DELETE FROM "+of+" = $1", uid(id)); err != nil {
				return err
			}
		}
	}
	return nil
}

// removeStrangers removes users who belong to nothing: who are and were in no account, and are not invited to any. Someone who
// was removed from their last account stays known there, because its log names them. A user who is being changed is skipped.
func (d *DB) removeStrangers(ctx context.Context, before time.Time) error {
	const strangers = "SELECT u.id FROM users u WHERE u.updated_at < $1 AND " + belongsToNothing + ` AND NOT EXISTS (SELECT 1 FROM link_tokens l WHERE l.user_id = u.id)
		AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.user_id = u.id AND s.last_seen_at >= $1) LIMIT 500`
	err := d.write(ctx, nil, func(t *tx) error {
		ids, err := many(ctx, t.q, engine.ScanID, strangers+t.q.Dialect().SkipLocked, before)
		if err != nil {
			return err
		}
		return t.removeUsers(ctx, ids)
	})
	if err != nil {
		return fmt.Errorf("remove users who belong to nothing: %w", err)
	}
	return nil
}

func (d *DB) removeStaleMembers(ctx context.Context, account string, before time.Time, now func() time.Time) (int, error) {
	var stale []team.Member
	err := d.write(ctx, []accountLock{{AccountID: account, Mode: team.Exclusive}}, func(t *tx) (err error) {
		stale, err = many(ctx, t.q, t.members(), selectMember+` WHERE (m.scope_id, m.id) IN (
			SELECT o.scope_id, o.member_id FROM invitations o WHERE o.account_id = $2 AND `+staleOffer+") AND m.principal_type = 'invitation' AND i.id IS NOT NULL", before, uid(account))
		if err != nil {
			return err
		}
		for _, m := range stale {
			if err := t.later(ctx, "DELETE FROM memberships WHERE id = $1 AND scope_id = $2", uid(m.ID), scope(account, m.ProjectID)); err != nil {
				return err
			}
			if err := t.later(ctx, "DELETE FROM invitations WHERE id = $1 AND account_id = $2 AND "+notClosed, uid(m.Invitation.ID), uid(account)); err != nil {
				return err
			}
			e, err := removedEvent(m, now())
			if err != nil {
				return err
			}
			if err := t.InsertEvent(ctx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return len(stale), nil
}

func removedEvent(m team.Member, at time.Time) (event.Event, error) {
	e := event.Event{
		ID: uuid.New(), AccountID: m.AccountID, At: at,
		ActorType: event.Operator, ActorID: event.SystemID, ActorName: event.SystemID,
		Target: event.Target{TargetType: "member", TargetID: m.ID, TargetName: m.Email, ProjectID: m.ProjectID},
	}
	err := e.Put(event.InvitationRemoved{InvitationState: string(m.Invitation.StateAt(at))})
	return e, err
}
