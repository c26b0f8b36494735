package store

import (
	"context"
	"time"

	"raff/internal/team"
)

func (t *tx) ClaimIdempotencyKey(ctx context.Context, k team.IdempotencyRecord, cutoff time.Time) (old team.IdempotencyRecord, fresh bool, err error) {
	if err := t.later(ctx, "DELETE FROM idempotency_keys WHERE account_id = $1 AND principal = $2 AND key = $3 AND created_at <= $4",
		uid(k.AccountID), uid(k.PrincipalID), k.Key, cutoff); err != nil {
		return old, false, err
	}
	fresh, err = t.inserted(ctx, `INSERT INTO idempotency_keys (account_id, principal, key, operation, body_hash, created_at)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`, uid(k.AccountID), uid(k.PrincipalID), k.Key, k.Operation, k.BodyHash, k.CreatedAt)
	if err != nil || fresh {
		return old, fresh, err
	}
	old, err = one(ctx, t.q, scanIdempotencyRecord,
		`SELECT account_id, principal, key, operation, body_hash, response, created_at FROM idempotency_keys
		WHERE account_id = $1 AND principal = $2 AND key = $3`, uid(k.AccountID), uid(k.PrincipalID), k.Key)
	return old, false, err
}

func (t *tx) SaveIdempotencyRecord(ctx context.Context, k team.IdempotencyRecord) error {
	return t.change(ctx, "UPDATE idempotency_keys SET response = $4 WHERE account_id = $1 AND principal = $2 AND key = $3",
		uid(k.AccountID), uid(k.PrincipalID), k.Key, k.Answer)
}

func scanIdempotencyRecord(s scanner) (k team.IdempotencyRecord, err error) {
	err = s.Scan((*ident)(&k.AccountID), (*ident)(&k.PrincipalID), (*text)(&k.Key), (*text)(&k.Operation), (*blob)(&k.BodyHash), (*blob)(&k.Answer), (*stamp)(&k.CreatedAt))
	return k, err
}
