package store

import (
	"context"
	"time"

	"raff/internal/team"
)

func (r reader) SecretHolders(ctx context.Context, keyID string) ([]team.SecretHolder, error) {
	return many(ctx, r.q, func(s scanner) (h team.SecretHolder, err error) {
		err = s.Scan((*text)(&h.Type), (*ident)(&h.ID), (*stamp)(&h.Until), (*text)(&h.CanonicalEmail))
		return h, err
	}, `SELECT h.holder_type, h.holder_id, h.until, u.email_canonical FROM secret_holders h LEFT JOIN users u ON u.id = h.holder_id
		WHERE h.key_id = $1 ORDER BY h.holder_id`, uid(keyID))
}

func (r reader) KeysHeldBy(ctx context.Context, accountID, userID string, now time.Time) ([]team.HeldKey, error) {
	if userID == "" {
		return nil, nil
	}
	var current []bool
	keys, err := many(ctx, r.q, func(s scanner) (k team.APIKey, err error) {
		var works bool
		err = s.Scan(append(apiKeyFields(&k), (*flag)(&works))...)
		current = append(current, works)
		return k, err
	}, "SELECT "+apiKeyColumns+`, h.until IS NULL OR h.until > $3 FROM secret_holders h JOIN api_keys k ON k.id = h.key_id
		WHERE h.holder_id = $1 AND (k.account_id = $2) IS TRUE ORDER BY k.id`, uid(userID), uid(accountID), now)
	if err != nil {
		return nil, err
	}
	if err := r.readMemberships(ctx, keys); err != nil {
		return nil, err
	}
	held := make([]team.HeldKey, len(keys))
	for i := range keys {
		held[i] = team.HeldKey{APIKey: keys[i], Current: current[i]}
	}
	return held, nil
}

func (t *tx) ShowSecret(ctx context.Context, keyID string, to []team.SecretHolder) error {
	for _, h := range to {
		if err := t.later(ctx, `INSERT INTO secret_holders (key_id, holder_id, holder_type) VALUES ($1, $2, $3)
			ON CONFLICT (key_id, holder_id) DO UPDATE SET until = NULL`, uid(keyID), uid(h.ID), h.Type); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) EndSecrets(ctx context.Context, keyID string, at, until time.Time) error {
	if err := t.later(ctx, "UPDATE secret_holders SET until = $2 WHERE key_id = $1 AND until > $2", uid(keyID), at); err != nil {
		return err
	}
	return t.later(ctx, "UPDATE secret_holders SET until = $2 WHERE key_id = $1 AND until IS NULL", uid(keyID), until)
}
