package store

import (
	"context"
	"time"

	"raff/internal/team"
)

func (t *tx) ClaimIdempotencyKey(ctx context.Context, k team.KeptAnswer, cutoff time.Time) (old team.KeptAnswer, fresh bool, err error) {
	if err := t.later(ctx, "DELETE FROM idempotency_keys WHERE principal = $1 AND key = $2 AND created_at <= $3",
		uid(k.PrincipalID), k.Key, cutoff); err != nil {
		return old, false, err
	}
	fresh, err = t.inserted(ctx, `INSERT INTO idempotency_keys (principal, key, operation, body_hash, created_at)
		VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`, uid(k.PrincipalID), k.Key, k.Operation, k.BodyHash, k.CreatedAt)
	if err != nil || fresh {
		return old, fresh, err
	}
	old, err = one(ctx, t.q, scanKeptAnswer,
		"SELECT principal, key, operation, body_hash, response, created_at FROM idempotency_keys WHERE principal = $1 AND key = $2",
		uid(k.PrincipalID), k.Key)
	return old, false, err
}

func (t *tx) KeepAnswer(ctx context.Context, k team.KeptAnswer) error {
	return t.change(ctx, "UPDATE idempotency_keys SET status = 1, response = $3 WHERE principal = $1 AND key = $2",
		uid(k.PrincipalID), k.Key, k.Answer)
}

func scanKeptAnswer(s scanner) (k team.KeptAnswer, err error) {
	err = s.Scan((*text)(&k.PrincipalID), (*text)(&k.Key), (*text)(&k.Operation), (*blob)(&k.BodyHash), (*blob)(&k.Answer), (*stamp)(&k.CreatedAt))
	return k, err
}
