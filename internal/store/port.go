package store

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"raff/internal/audit"
	"raff/internal/operator"
	"raff/internal/outbox"
	"raff/internal/signin"
	"raff/internal/store/engine"
	"raff/internal/team"
)

// Port is the database as one package of the domain sees it. T is the interface of its transactions.
type Port[T any] struct{ *DB }

// For returns the port of a package with the transactions T, which tx must implement.
func For[T any](d *DB) Port[T] { return Port[T]{d} }

// The ports of the domain.
var (
	_ team.Store     = Port[team.Tx]{}
	_ team.Tx        = (*tx)(nil)
	_ audit.Store    = Port[audit.Tx]{}
	_ audit.Tx       = (*tx)(nil)
	_ signin.Store   = Port[signin.Tx]{}
	_ signin.Tx      = (*tx)(nil)
	_ outbox.Store   = Port[outbox.Tx]{}
	_ outbox.Tx      = (*tx)(nil)
	_ operator.Store = Port[operator.Tx]{}
	_ operator.Tx    = (*tx)(nil)
)

// Update runs fn in one transaction under the lock of the account; see team.Store. If fn panics, the transaction is
// rolled back and the panic continues in the caller.
func (p Port[T]) Update(ctx context.Context, accountID string, lock team.Lock, fn func(T) error) error {
	return p.write(ctx, []accountLock{{AccountID: accountID, Mode: lock}}, func(t *tx) error { return fn(any(t).(T)) })
}

// Try is Update without the commit. Statements that Update would delay until the commit are sent, so that Try returns
// the same errors.
func (p Port[T]) Try(ctx context.Context, accountID string, lock team.Lock, fn func(T) error) error {
	err := p.write(ctx, []accountLock{{AccountID: accountID, Mode: lock}}, func(t *tx) error {
		if err := fn(any(t).(T)); err != nil {
			return err
		}
		if _, err := t.exec(ctx, "SELECT 1"); err != nil {
			return err
		}
		return engine.ErrTried
	})
	if errors.Is(err, engine.ErrTried) {
		return nil
	}
	return err
}

// UpdateAll is Update for a change that concerns several accounts.
func (p Port[T]) UpdateAll(ctx context.Context, accountIDs []string, lock team.Lock, fn func(T) error) error {
	locks := make([]accountLock, len(accountIDs))
	for i, id := range accountIDs {
		locks[i] = accountLock{AccountID: id, Mode: lock}
	}
	// All changes take their locks in the same order, to avoid deadlocks.
	slices.SortFunc(locks, func(a, b accountLock) int { return cmp.Compare(a.Key(), b.Key()) })
	return p.write(ctx, locks, func(t *tx) error { return fn(any(t).(T)) })
}

// Team is this transaction as package team sees it.
func (t *tx) Team() team.Tx { return t }
