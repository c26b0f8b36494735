package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"raff/internal/team"
)

// staleMember says which pending memberships nobody can bring to life any more.
const staleMember = `m.principal_type = 'invitation'
	AND (i.state = 'declined' AND i.updated_at < $1 OR i.state IN ('queued', 'sent', 'failed') AND i.expires_at < $1)`

// staleRows are what nobody will ask for again; $1 is the age.
var staleRows = []string{
	`DELETE FROM invitations WHERE updated_at < $1 AND state IN ('accepted', 'cancelled')`,
	`DELETE FROM link_tokens WHERE used_at < $1 OR expires_at < $1`,
	`DELETE FROM idempotency_keys WHERE created_at < $1`,
	`DELETE FROM sessions WHERE expires_at < $1 OR last_seen_at < $1`,
	`DELETE FROM limits WHERE until < $1`,
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
		for _, query := range staleRows {
			if err := t.later(ctx, query, before); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return removed, fmt.Errorf("remove closed invitations and used tokens: %w", err)
	}
	return removed, nil
}

func (d *DB) removeStaleMembers(ctx context.Context, account string, before time.Time, now func() time.Time) (int, error) {
	var stale []team.Member
	err := d.write(ctx, []accountLock{{account, team.TakesAway}}, func(t *tx) (err error) {
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
			if err := t.InsertEvent(ctx, removedEvent(m, now())); err != nil {
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

func removedEvent(m team.Member, at time.Time) team.Event {
	return team.Event{
		ID: uuid.Must(uuid.NewV7()).String(), AccountID: m.AccountID, At: at,
		ActorType: team.TypeOperator, ActorID: "system", ActorName: "system",
		Action: team.ActionInvitationRemoved, TargetType: "member", TargetID: m.ID, TargetName: m.Email, ProjectID: m.ProjectID,
		Details: `{"invitation_state":"` + string(m.Invitation.StateAt(at)) + `"}`,
	}
}
