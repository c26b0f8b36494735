package store

import (
	"context"
	"fmt"

	"raff/internal/store/engine"
)

// SigningKey takes no account lock, because it does not change the domain.
func (d *DB) SigningKey(ctx context.Context, name string, fresh []byte) (key []byte, err error) {
	err = d.write(ctx, nil, func(t *tx) error {
		if _, err := t.exec(ctx, "INSERT INTO signing_keys (name, secret) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING", name, fresh); err != nil {
			return err
		}
		key, err = one(ctx, t.q, engine.ScanBlob, "SELECT secret FROM signing_keys WHERE name = $1", name)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the key %q: %w", name, err)
	}
	return key, nil
}
