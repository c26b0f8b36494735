package store

import (
	"context"
	"time"

	"raff/internal/audit"
	"raff/internal/store/engine"
	"raff/internal/team"
)

func (r reader) Retention(ctx context.Context, accountID string) (int, error) {
	return one(ctx, r.q, engine.ScanNumber, "SELECT days FROM audit_retention WHERE account_id = $1", uid(accountID))
}

func (t *tx) SetRetention(ctx context.Context, accountID string, days int) error {
	_, err := t.exec(ctx, "DELETE FROM audit_retention WHERE account_id = $1", uid(accountID))
	if err == nil {
		_, err = t.exec(ctx, "DELETE FROM audit_retention_changes WHERE account_id = $1", uid(accountID))
	}
	if err == nil && days > 0 {
		_, err = t.exec(ctx, "INSERT INTO audit_retention (account_id, days) VALUES ($1, $2)", uid(accountID), days)
	}
	return err
}

// AnnounceRetention uses the clock of the database on PostgreSQL.
func (t *tx) AnnounceRetention(ctx context.Context, accountID string, days int, effective time.Time) (time.Time, error) {
	if announce := t.q.Dialect().AnnounceRetention; announce != "" {
		at, err := one(ctx, t.q, engine.ScanNumber, announce, uid(accountID), days)
		if err != nil || at == 0 {
			return time.Time{}, err
		}
		return time.UnixMicro(int64(at)).UTC(), nil
	}
	current, err := t.Retention(ctx, accountID)
	if err := team.NotFoundIs(err, nil); err != nil {
		return time.Time{}, err
	}
	if days == 0 || current > 0 && days >= current {
		return time.Time{}, t.SetRetention(ctx, accountID, days)
	}
	_, err = t.exec(ctx, `INSERT INTO audit_retention_changes (account_id, days, effective_at) VALUES ($1, $2, $3)
		ON CONFLICT (account_id) DO UPDATE SET days = excluded.days, effective_at = excluded.effective_at`, uid(accountID), days, effective)
	return effective, err
}

// ChangedRetentions reads all announcements, which are few.
func (d *DB) ChangedRetentions(ctx context.Context) ([]string, error) {
	return many(ctx, d.q, engine.ScanID, "SELECT account_id FROM audit_retention_changes ORDER BY account_id")
}

func (t *tx) ApplyRetention(ctx context.Context, accountID string, now time.Time) (bool, error) {
	if apply := t.q.Dialect().ApplyRetention; apply != "" {
		return one(ctx, t.q, engine.ScanFlag, apply, uid(accountID))
	}
	days, err := one(ctx, t.q, engine.ScanNumber, "SELECT days FROM audit_retention_changes WHERE account_id = $1 AND effective_at <= $2", uid(accountID), now)
	if err != nil {
		return false, team.NotFoundIs(err, nil)
	}
	return true, t.SetRetention(ctx, accountID, days)
}

// RetainedAccounts includes accounts whose retention was reset while events were being removed.
func (d *DB) RetainedAccounts(ctx context.Context) ([]string, error) {
	return many(ctx, d.q, engine.ScanID, "SELECT account_id FROM audit_retention UNION SELECT account_id FROM audit_checkpoints ORDER BY 1")
}

// SealBefore reads from the checkpoint on.
func (r reader) SealBefore(ctx context.Context, accountID string, before time.Time) (audit.Seal, error) {
	return one(ctx, r.q, scanSeal, "SELECT "+sealColumns+" FROM audit_seals WHERE account_id = $1 AND until_at <= $2 ORDER BY seq DESC LIMIT 1", uid(accountID), before)
}

const checkpointColumns = "account_id, seq, until_at, hash, sequence, days, key_id, mac, created_at"

func (r reader) Checkpoint(ctx context.Context, accountID string) (audit.Checkpoint, error) {
	scan := func(s scanner) (c audit.Checkpoint, err error) {
		err = s.Scan((*ident)(&c.AccountID), (*number)(&c.Seq), (*stamp)(&c.Until), (*blob)(&c.Hash), (*number)(&c.Sequence), (*number)(&c.Days),
			(*text)(&c.KeyID), (*blob)(&c.MAC), (*stamp)(&c.CreatedAt))
		return c, err
	}
	return one(ctx, r.q, scan, "SELECT "+checkpointColumns+" FROM audit_checkpoints WHERE account_id = $1", uid(accountID))
}

func (t *tx) SetCheckpoint(ctx context.Context, c audit.Checkpoint) error {
	_, err := t.exec(ctx, t.q.Dialect().SetCheckpoint, uid(c.AccountID), c.Seq, c.Until, c.Hash, c.Sequence, c.Days, c.KeyID, c.MAC, c.CreatedAt)
	return err
}

// RemoveExpired removes up to eventsAtOnce events, and the rest when no event is left.
func (t *tx) RemoveExpired(ctx context.Context, accountID string) (more bool, err error) {
	d := t.q.Dialect()
	if _, err := t.exec(ctx, d.RemoveExpiredEvents, uid(accountID), eventsAtOnce); err != nil {
		return false, err
	}
	more, err = one(ctx, t.q, engine.ScanFlag, `SELECT EXISTS (SELECT 1 FROM audit_events WHERE account_id = $1
		AND at < (SELECT until_at FROM audit_checkpoints WHERE account_id = $1))`, uid(accountID))
	if err != nil || more {
		return more, err
	}
	for _, statement := range d.RemoveExpiredRest {
		if err := t.later(ctx, statement, uid(accountID)); err != nil {
			return false, err
		}
	}
	return false, nil
}
