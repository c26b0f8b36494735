package store

import (
	"context"
	"time"

	"raff/internal/signin"
	"raff/internal/store/engine"
)

func scanFactor(s scanner) (f signin.Factor, err error) {
	err = s.Scan((*ident)(&f.ID), (*ident)(&f.UserID), (*text)(&f.Kind), (*text)(&f.Name), (*flag)(&f.Confirmed), (*blob)(&f.Secret),
		(*number)(&f.Step), (*stamp)(&f.CreatedAt), (*stamp)(&f.LastUsedAt))
	return f, err
}

func (r reader) Factors(ctx context.Context, userID string) ([]signin.Factor, error) {
	return many(ctx, r.q, scanFactor, `SELECT id, user_id, kind, name, confirmed, secret, step, created_at, last_used_at FROM factors
		WHERE user_id = $1 ORDER BY created_at, id`, uid(userID))
}

func (r reader) FactorsAfter(ctx context.Context, id string, n int) ([]signin.Factor, error) {
	return many(ctx, r.q, scanFactor, `SELECT id, user_id, kind, name, confirmed, secret, step, created_at, last_used_at FROM factors
		WHERE id > $1 ORDER BY id LIMIT $2`, uid(id), n)
}

// ReplaceFactorSecret takes no lock: it changes how a secret is stored, not the secret.
func (d *DB) ReplaceFactorSecret(ctx context.Context, id string, old, fresh []byte) (ok bool, err error) {
	err = d.write(ctx, nil, func(t *tx) error {
		n, err := t.exec(ctx, "UPDATE factors SET secret = $3 WHERE id = $1 AND secret = $2", uid(id), old, fresh)
		ok = n == 1
		return err
	})
	return ok, err
}

func (t *tx) InsertFactor(ctx context.Context, f signin.Factor) error {
	return t.later(ctx, `INSERT INTO factors (id, user_id, kind, name, confirmed, secret, step, created_at, last_used_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		uid(f.ID), uid(f.UserID), f.Kind, f.Name, f.Confirmed, f.Secret, f.Step, f.CreatedAt, f.LastUsedAt)
}

func (t *tx) UpdateFactor(ctx context.Context, f signin.Factor) error {
	return t.change(ctx, "UPDATE factors SET name = $2, confirmed = $3, secret = $4, step = $5, created_at = $6, last_used_at = $7 WHERE id = $1",
		uid(f.ID), f.Name, f.Confirmed, f.Secret, f.Step, f.CreatedAt, f.LastUsedAt)
}

func (t *tx) UseFactorStep(ctx context.Context, id string, step int, at time.Time) (bool, error) {
	n, err := t.exec(ctx, "UPDATE factors SET step = $2, last_used_at = $3 WHERE id = $1 AND step < $2", uid(id), step, at)
	return n == 1, err
}

func (t *tx) DeleteFactor(ctx context.Context, userID, id string) error {
	return t.change(ctx, "DELETE FROM factors WHERE id = $1 AND user_id = $2", uid(id), uid(userID))
}

func (r reader) HasFactor(ctx context.Context, userID string) (bool, error) {
	return one(ctx, r.q, engine.ScanFlag, "SELECT EXISTS (SELECT 1 FROM factors WHERE user_id = $1 AND confirmed)", uid(userID))
}

func (r reader) RecoveryCodesLeft(ctx context.Context, userID string) (int, error) {
	return one(ctx, r.q, engine.ScanNumber, "SELECT COUNT(*) FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL", uid(userID))
}

func (t *tx) ReplaceRecoveryCodes(ctx context.Context, userID string, hashes [][]byte) error {
	if err := t.later(ctx, "DELETE FROM recovery_codes WHERE user_id = $1", uid(userID)); err != nil {
		return err
	}
	for _, hash := range hashes {
		if err := t.later(ctx, "INSERT INTO recovery_codes (hash, user_id) VALUES ($1, $2)", hash, uid(userID)); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) UseRecoveryCode(ctx context.Context, userID string, hash []byte, at time.Time) (bool, error) {
	n, err := t.exec(ctx, "UPDATE recovery_codes SET used_at = $3 WHERE hash = $2 AND user_id = $1 AND used_at IS NULL", uid(userID), hash, at)
	return n == 1, err
}
