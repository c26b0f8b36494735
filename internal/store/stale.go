package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"raff/internal/event"
	"raff/internal/team"
)

// staleMember says which pending memberships nobody can bring to life any more.
const staleMember = `m.principal_type = 'invitation'
	AND (i.state = 'declined' AND i.updated_at < $1 OR i.state IN ('queued', 'sent', 'failed') AND i.expires_at < $1)`

// staleRows are what nobody will ask for again; $1 is the age.
var staleRows = []struct{ table, key, stale string }{
	{"invitations", "id", "updated_at < $1 AND state IN ('accepted', 'cancelled')"},
	{"link_tokens", "hash", "used_at < $1 OR expires_at < $1"},
	{"sessions", "id", "expires_at < $1 OR last_seen_at < $1"},
	{"limits", "subject", "until < $1"},
}

// remove deletes rows of which nobody knows, and passes over those that someone else is changing: it takes them in another
// order than others do, who would wait for it while it waits for them.
func (t *tx) remove(ctx context.Context, table, key, stale string, before time.Time) error {
	return t.later(ctx, "DELETE FROM "+table+" WHERE "+key+" IN (SELECT "+strings.Trim(key, "()")+" FROM "+table+" WHERE "+stale+t.q.dialect().skipLocked+")", before)
}

// RemoveStale works account by account under its lock, because it takes something away.
func (d *DB) RemoveStale(ctx context.Context, before time.Time, now func() time.Time) (int, error) {
	accounts, err := many(ctx, d.q, scanText, `SELECT DISTINCT m.account_id FROM memberships m
		JOIN invitations i ON i.id = m.invitation_id WHERE `+staleMember, before)
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
		return t.remove(ctx, "idempotency_keys", "(account_id, principal, key)", "created_at < $1", now().Add(-team.IdempotencyTTL))
	})
	if err != nil {
		return removed, fmt.Errorf("remove closed invitations and used tokens: %w", err)
	}
	return removed, nil
}

func (d *DB) removeStaleMembers(ctx context.Context, account string, before time.Time, now func() time.Time) (int, error) {
	var stale []team.Member
	err := d.write(ctx, []accountLock{{account, team.Exclusive}}, func(t *tx) (err error) {
		stale, err = many(ctx, t.q, t.members(), selectMember+" WHERE "+staleMember+" AND m.account_id = $2", before, uid(account))
		if err != nil {
			return err
		}
		for _, m := range stale {
			if err := t.later(ctx, "DELETE FROM memberships WHERE id = $1", uid(m.ID)); err != nil {
				return err
			}
			if err := t.later(ctx, "DELETE FROM invitations WHERE id = $1", uid(m.Invitation.ID)); err != nil {
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
		ID: uuid.Must(uuid.NewV7()).String(), AccountID: m.AccountID, At: at,
		ActorType: event.Operator, ActorID: event.SystemID, ActorName: event.SystemID,
		Target: event.Target{TargetType: "member", TargetID: m.ID, TargetName: m.Email, ProjectID: m.ProjectID},
	}
	err := e.Put(event.InvitationRemoved{InvitationState: string(m.Invitation.StateAt(at))})
	return e, err
}
