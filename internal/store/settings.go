package store

import (
	"context"

	"raff/internal/store/engine"
	"raff/internal/team"
)

// Setting returns a setting that is stored for all programs that use the database; empty if it is not set.
func (d *DB) Setting(ctx context.Context, name string) (string, error) {
	values, err := many(ctx, d.q, engine.ScanText, "SELECT value FROM settings WHERE name = $1", name)
	if err != nil || len(values) == 0 {
		return "", err
	}
	return values[0], nil
}

// SetSetting stores a setting.
func (d *DB) SetSetting(ctx context.Context, name, value string) error {
	return d.write(ctx, nil, func(t *tx) error { return t.SetSetting(ctx, name, value) })
}

// HoldSetting writes, so that another transaction that holds the setting waits.
func (t *tx) HoldSetting(ctx context.Context, name string) (string, error) {
	value, err := one(ctx, t.q, engine.ScanText, "UPDATE settings SET value = value WHERE name = $1 RETURNING value", name)
	if team.IsNotFound(err) {
		return "", nil
	}
	return value, err
}

func (t *tx) SetSetting(ctx context.Context, name, value string) error {
	_, err := t.exec(ctx, "INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, value)
	return err
}
