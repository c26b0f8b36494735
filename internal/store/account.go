package store

import (
	"cmp"
	"context"

	"raff/internal/store/engine"
	"raff/internal/team"
)

const accountColumns = `a.id, a.name, a.grant_strict, a.require_factor, a.has_external_ids, a.state, a.language, a.branding,
	COALESCE(a.max_members + 1, 0), COALESCE(a.max_projects + 1, 0), COALESCE(a.max_api_keys + 1, 0), COALESCE(a.max_roles + 1, 0), a.created_at, a.updated_at`

func accountFields(a *team.Account) []any {
	return []any{(*ident)(&a.ID), (*text)(&a.Name), (*flag)(&a.Strict), (*flag)(&a.RequireFactor), (*flag)(&a.HasExternalIDs), (*text)(&a.State), (*text)(&a.Language), (*text)(&a.Branding),
		(*number)(&a.Limits.Members), (*number)(&a.Limits.Projects), (*number)(&a.Limits.APIKeys), (*number)(&a.Limits.Roles), (*stamp)(&a.CreatedAt), (*stamp)(&a.UpdatedAt)}
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
	if err := t.later(ctx, `INSERT INTO accounts (id, name, name_key, grant_strict, require_factor, state, max_members, max_projects, max_api_keys,
		max_roles, attributes, created_at, updated_at, branding) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		uid(a.ID), a.Name, nameKey(a.Name), a.Strict, a.RequireFactor, string(a.State), most(a.Limits.Members), most(a.Limits.Projects),
		most(a.Limits.APIKeys), most(a.Limits.Roles), cmp.Or(a.Attributes, "{}"), a.CreatedAt, a.UpdatedAt, a.Branding); err != nil {
		return err
	}
	return t.later(ctx, "INSERT INTO audit_heads (account_id, sealed_seq, key_id, closed_seq, note) VALUES ($1, 0, '', 0, '')", uid(a.ID))
}

func (t *tx) UpdateAccount(ctx context.Context, a team.Account) error {
	return t.change(ctx, "UPDATE accounts SET name = $2, name_key = $3, grant_strict = $4, require_factor = $5, updated_at = $6, language = $7 WHERE id = $1",
		uid(a.ID), a.Name, nameKey(a.Name), a.Strict, a.RequireFactor, a.UpdatedAt, a.Language)
}

// most is a limit as an argument: NULL for none.
func most(m team.Maximum) any {
	if n := m.Number(); n != nil {
		return int64(*n)
	}
	return nil
}

// Logo finds the file by its hash alone, because the address of the file has nothing else. Accounts can have the same logo.
func (r reader) Logo(ctx context.Context, sum []byte) ([]byte, error) {
	return one(ctx, r.q, engine.ScanBlob, "SELECT content FROM account_logos WHERE sum = $1 LIMIT 1", sum)
}

func (t *tx) SetLogo(ctx context.Context, accountID string, sum, content []byte) error {
	if err := t.later(ctx, "DELETE FROM account_logos WHERE account_id = $1", uid(accountID)); err != nil || sum == nil {
		return err
	}
	return t.later(ctx, "INSERT INTO account_logos (account_id, sum, content) VALUES ($1, $2, $3)", uid(accountID), sum, content)
}
