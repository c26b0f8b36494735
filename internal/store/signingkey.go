package store

import (
	"context"
	"fmt"
	"time"

	"raff/internal/signin"
	"raff/internal/store/engine"
)

// SigningKeys returns the keys that all nodes share, newest first. None of these methods takes a lock of an account, because signing
// keys are not part of the domain.
func (d *DB) SigningKeys(ctx context.Context) ([]signin.SigningKey, error) {
	scan := func(s scanner) (k signin.SigningKey, _ error) {
		return k, s.Scan((*text)(&k.ID), (*engine.Blob)(&k.Secret), (*stamp)(&k.CreatedAt), (*stamp)(&k.RetiredAt))
	}
	return many(ctx, d.q, scan, "SELECT id, secret, created_at, retired_at FROM signing_keys ORDER BY created_at DESC, id")
}

func (t *tx) insertSigningKey(ctx context.Context, k signin.SigningKey) error {
	_, err := t.exec(ctx, "INSERT INTO signing_keys (id, secret, created_at) VALUES ($1, $2, $3)", k.ID, k.Secret, k.CreatedAt)
	return err
}

// FirstSigningKey stores a key and the setting that makes it the active one, unless there is a setting: of several nodes that start on
// a new database, one stores its key.
func (d *DB) FirstSigningKey(ctx context.Context, k signin.SigningKey, setting, value string) error {
	err := d.write(ctx, nil, func(t *tx) error {
		n, err := t.exec(ctx, "INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING", setting, value)
		if err != nil || n == 0 {
			return err
		}
		return t.insertSigningKey(ctx, k)
	})
	if err != nil {
		return fmt.Errorf("create the first signing key: %w", err)
	}
	return nil
}

// AddSigningKey stores a key that is not active yet.
func (d *DB) AddSigningKey(ctx context.Context, k signin.SigningKey) error {
	return d.write(ctx, nil, func(t *tx) error { return t.insertSigningKey(ctx, k) })
}

// RetireSigningKeys records since when all keys except one no longer sign.
func (d *DB) RetireSigningKeys(ctx context.Context, except string, at time.Time) error {
	return d.write(ctx, nil, func(t *tx) error {
		_, err := t.exec(ctx, "UPDATE signing_keys SET retired_at = $2 WHERE id <> $1 AND retired_at IS NULL", except, at)
		return err
	})
}

// RemoveSigningKeys removes the keys that were retired before a time, so that nothing that they signed is recognized any more.
func (d *DB) RemoveSigningKeys(ctx context.Context, before time.Time) (n int64, err error) {
	err = d.write(ctx, nil, func(t *tx) (err error) {
		n, err = t.exec(ctx, "DELETE FROM signing_keys WHERE retired_at < $1", before)
		return err
	})
	return n, err
}
