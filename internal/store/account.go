package store

import (
	"context"

	"raff/internal/team"
)

const accountColumns = "a.id, a.name, a.grant_strict, a.require_factor, a.has_external_ids, a.created_at, a.updated_at"

func accountFields(a *team.Account) []any {
	return []any{(*ident)(&a.ID), (*text)(&a.Name), (*flag)(&a.Strict), (*flag)(&a.RequireFactor), (*flag)(&a.HasExternalIDs), (*stamp)(&a.CreatedAt), (*stamp)(&a.UpdatedAt)}
}

func scanAccount(s scanner) (a team.Account, err error) {
	err = s.Scan(accountFields(&a)...)
	return a, err
}

func (r reader) Account(ctx context.Context, id string) (team.Account, error) {
	return one(ctx, r.q, scanAccount, "SELECT "+accountColumns+" FROM accounts a WHERE a.id = $1", uid(id))
}

// InsertAccount also creates the head of the account's audit log. An account without a head therefore means that the
// head was deleted.
func (t *tx) InsertAccount(ctx context.Context, a team.Account) error {
	if err := t.later(ctx, "INSERT INTO accounts (id, name, grant_strict, require_factor, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6)",
		uid(a.ID), a.Name, a.Strict, a.RequireFactor, a.CreatedAt, a.UpdatedAt); err != nil {
		return err
	}
	return t.later(ctx, "INSERT INTO audit_heads (account_id, sealed_seq, key_id, closed_seq, note) VALUES ($1, 0, '', 0, '')", uid(a.ID))
}

func (t *tx) UpdateAccount(ctx context.Context, a team.Account) error {
	return t.change(ctx, "UPDATE accounts SET name = $2, grant_strict = $3, require_factor = $4, updated_at = $5 WHERE id = $1",
		uid(a.ID), a.Name, a.Strict, a.RequireFactor, a.UpdatedAt)
}
