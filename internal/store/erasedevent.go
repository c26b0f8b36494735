package store

import (
	"context"
	"encoding/hex"
	"encoding/json"

	"raff/internal/audit"
	"raff/internal/event"
)

func (r reader) SealOf(ctx context.Context, e event.Event) (audit.Seal, error) {
	return one(ctx, r.q, scanSeal, "SELECT "+sealColumns+" FROM audit_seals WHERE account_id = $1 AND until_at > $2 ORDER BY seq LIMIT 1", uid(e.AccountID), e.At)
}

// LogSecrets reads from the last secret that begins at or before from.
func (r reader) LogSecrets(ctx context.Context, accountID string, from, to int) ([]audit.Secret, error) {
	scan := func(s scanner) (n audit.Secret, err error) {
		err = s.Scan((*number)(&n.First), (*number)(&n.Level), (*blob)(&n.Secret))
		return n, err
	}
	return many(ctx, r.q, scan, `SELECT first, level, secret FROM audit_secrets WHERE account_id = $1 AND first <= $3
		AND first >= COALESCE((SELECT MAX(s.first) FROM audit_secrets s WHERE s.account_id = $1 AND s.first <= $2), 0) ORDER BY first`, uid(accountID), from, to)
}

func (t *tx) InsertSecret(ctx context.Context, accountID string, n audit.Secret) error {
	return t.later(ctx, "INSERT INTO audit_secrets (account_id, first, level, secret) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING", uid(accountID), n.First, n.Level, n.Secret)
}

func (t *tx) ForgetSecret(ctx context.Context, accountID string, removed audit.Secret, added []audit.Secret) error {
	if forget := t.q.Dialect().ForgetSecret; forget != "" {
		type secret struct {
			First  int    `json:"first"`
			Level  int    `json:"level"`
			Secret string `json:"secret"`
		}
		list := make([]secret, len(added))
		for i, n := range added {
			list[i] = secret{n.First, n.Level, hex.EncodeToString(n.Secret)}
		}
		b, err := json.Marshal(list)
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, forget, uid(accountID), removed.First, string(b))
		return err
	}
	if err := t.change(ctx, "DELETE FROM audit_secrets WHERE account_id = $1 AND first = $2", uid(accountID), removed.First); err != nil {
		return err
	}
	for _, n := range added {
		if err := t.InsertSecret(ctx, accountID, n); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) EraseEvent(ctx context.Context, e event.Event, person string) error {
	if erase := t.q.Dialect().EraseEvent; erase != "" {
		_, err := t.exec(ctx, erase, uid(e.AccountID), e.At, uid(e.ID), person, e.ActorName, e.TargetName, e.Address == "", e.UserAgent, e.Details, e.Openings)
		return err
	}
	err := t.change(ctx, `UPDATE audit_events SET actor_name = $4, target_name = $5, address = $6, user_agent = $7, details = $8
		WHERE account_id = $1 AND at = $2 AND id = $3`, uid(e.AccountID), e.At, uid(e.ID), e.ActorName, e.TargetName, netAddress(e.Address).arg(), e.UserAgent, e.Details)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO erased_events (account_id, at, id, openings) VALUES ($1, $2, $3, $4)
		ON CONFLICT (account_id, at, id) DO UPDATE SET openings = excluded.openings`, uid(e.AccountID), e.At, uid(e.ID), e.Openings)
	return err
}
