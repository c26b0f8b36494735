package store

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"raff/internal/store/engine"
	"raff/internal/team"
)

const apiKeyColumns = `k.id, k.account_id, k.name, k.key_prefix, k.hash, k.old_hash, k.old_until, k.tier, k.issued_at,
	k.expires_at, k.last_used_at, k.is_active, k.created_by, k.created_by_user, k.created_at, k.updated_at`

func apiKeyFields(k *team.APIKey) []any {
	return []any{(*ident)(&k.ID), (*ident)(&k.AccountID), (*text)(&k.Name), (*text)(&k.KeyPrefix), (*blob)(&k.Hash),
		(*blob)(&k.OldHash), (*stamp)(&k.OldUntil), (*text)(&k.Tier), (*stamp)(&k.IssuedAt), (*stamp)(&k.ExpiresAt),
		(*stamp)(&k.LastUsedAt), (*flag)(&k.IsActive), (*ident)(&k.CreatedBy), (*ident)(&k.CreatedByUser),
		(*stamp)(&k.CreatedAt), (*stamp)(&k.UpdatedAt)}
}

func scanAPIKey(s scanner) (k team.APIKey, err error) {
	err = s.Scan(apiKeyFields(&k)...)
	return k, err
}

// keyPrincipal reads everything a request needs to know about its key as one row: the key, its account, and its
// account membership with the role.
const keyPrincipal = "SELECT " + apiKeyColumns + ", " + accountColumns + ", " + memberColumns + ", " + roleColumns + `
	FROM api_keys k JOIN accounts a ON a.id = k.account_id
	LEFT JOIN memberships m ON m.api_key_id = k.id AND m.project_id IS NULL
	LEFT JOIN roles r ON r.id = m.role_id WHERE `

func (r reader) scanKeyPrincipal(s scanner) (team.KeyPrincipal, error) {
	var p team.KeyPrincipal
	var m team.Member
	fields := make([]any, 0, 64)
	fields = append(fields, apiKeyFields(&p.Key)...)
	fields = append(fields, accountFields(&p.Account)...)
	fields = append(fields, memberFields(&m)...)
	fields = append(fields, r.roleFields(&m.Role)...)
	if err := s.Scan(fields...); err != nil {
		return p, err
	}
	if m.ID != "" {
		m.Name = p.Key.Name
		p.Member = &m
	}
	return p, nil
}

func (r reader) KeyPrincipal(ctx context.Context, hash []byte) (team.KeyPrincipal, error) {
	return rememberedIf(ctx, r.q, engine.Key{Kind: engine.KindKey, Argument: string(hash)}, func(q querier) (team.KeyPrincipal, bool, error) {
		p, err := one(ctx, q, r.scanKeyPrincipal, keyPrincipal+`k.id = COALESCE((SELECT id FROM api_keys WHERE hash = $1),
			(SELECT id FROM api_keys WHERE old_hash = $1))`, hash)
		return p, p.Member != nil, err // the memory does not notice a key's first membership
	})
}

func (r reader) KeyByHash(ctx context.Context, hash []byte) (id, accountID string, err error) {
	_, err = one(ctx, r.q, func(s scanner) (bool, error) { return true, s.Scan((*ident)(&id), (*ident)(&accountID)) },
		"SELECT k.id, k.account_id FROM api_keys k WHERE k.id = COALESCE((SELECT id FROM api_keys WHERE hash = $1), (SELECT id FROM api_keys WHERE old_hash = $1))", hash)
	return id, accountID, err
}

func (r reader) KeyPrincipalByID(ctx context.Context, keyID string) (team.KeyPrincipal, error) {
	return one(ctx, r.q, r.scanKeyPrincipal, keyPrincipal+"k.id = $1", uid(keyID))
}

func (r reader) APIKey(ctx context.Context, accountID, id string) (team.APIKey, error) {
	k, err := one(ctx, r.q, scanAPIKey, "SELECT "+apiKeyColumns+" FROM api_keys k WHERE k.id = $1", uid(id))
	if k, err = ofAccount(k, err, k.AccountID == accountID); err != nil {
		return k, err
	}
	k.Memberships, err = many(ctx, r.q, r.members(), selectMember+" WHERE m.api_key_id = $1 ORDER BY m.id", uid(id))
	return k, err
}

func (r reader) APIKeysOf(ctx context.Context, accountID string, ids []string) ([]team.APIKey, error) {
	keys, err := inParts(uids(ids), func(some []any) ([]team.APIKey, error) {
		var c condition
		c.and("k.id" + c.in(some))
		c.and("(k.account_id = ?) IS TRUE", uid(accountID))
		return many(ctx, r.q, scanAPIKey, "SELECT "+apiKeyColumns+" FROM api_keys k WHERE "+c.sql.String(), c.args...)
	})
	if err != nil {
		return nil, err
	}
	return keys, r.readMemberships(ctx, keys)
}

func (r reader) APIKeys(ctx context.Context, f team.APIKeyFilter) ([]team.APIKey, int, error) {
	var c condition
	c.and("k.account_id = ?", uid(f.AccountID))
	c.identified("k.id", team.ExternalAPIKey, f.AccountID, f.ExternalID)
	l := listing{columns: apiKeyColumns, from: "api_keys k", rows: "api_keys k", id: "k.id", seek: seek{"k.account_id"}}
	switch {
	case f.Prefix != "":
		c.prefixed("k.name_key", f.Prefix)
		l.order, l.id = "k.name_key, k.id", ""
	case f.ExternalID.Value == "":
		l.counts = "(SELECT account_id, n FROM account_counts WHERE kind = 'api_keys') k"
	}
	keys, total, err := page(ctx, r.q, l, &c, f.Page, scanAPIKey)
	if err != nil {
		return nil, 0, err
	}
	return keys, total, r.readMemberships(ctx, keys)
}

// readMemberships fills in the memberships of keys, with one query for every hundred keys.
func (r reader) readMemberships(ctx context.Context, keys []team.APIKey) error {
	place := make(map[string]*team.APIKey, len(keys))
	for i := range keys {
		place[keys[i].ID] = &keys[i]
	}
	for some := range slices.Chunk(keys, 100) {
		var c condition
		ids := make([]string, len(some))
		for i, k := range some {
			ids[i] = c.number("?", uid(k.ID))
		}
		members, err := many(ctx, r.q, r.members(), selectMember+" WHERE m.api_key_id IN ("+strings.Join(ids, ", ")+") ORDER BY m.id", c.args...)
		if err != nil {
			return err
		}
		for _, m := range members {
			k := place[m.APIKeyID]
			k.Memberships = append(k.Memberships, m)
		}
	}
	return nil
}

func (t *tx) InsertAPIKey(ctx context.Context, k team.APIKey) error {
	return t.later(ctx, `INSERT INTO api_keys (id, account_id, name, name_key, key_prefix, hash, old_hash, old_until, tier, issued_at,
		expires_at, last_used_at, is_active, created_by, created_by_user, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
		uid(k.ID), uid(k.AccountID), k.Name, nameKey(k.Name), k.KeyPrefix, k.Hash, k.OldHash, k.OldUntil, k.Tier, k.IssuedAt,
		k.ExpiresAt, k.LastUsedAt, k.IsActive, word(k.CreatedBy), personID(k.CreatedByUser), k.CreatedAt, k.UpdatedAt)
}

// UpdateAPIKey also updates the text by which the key's memberships are searched.
func (t *tx) UpdateAPIKey(ctx context.Context, k team.APIKey) error {
	key := team.SortKey(k.Name, team.KeyEmail(k.ID))
	if err := t.later(ctx, "UPDATE memberships SET sort_key = $2 WHERE api_key_id = $1 AND sort_key <> $2", uid(k.ID), key); err != nil {
		return err
	}
	return t.change(ctx, `UPDATE api_keys SET name = $2, name_key = $3, key_prefix = $4, hash = $5, old_hash = $6, old_until = $7,
		tier = $8, issued_at = $9, expires_at = $10, last_used_at = $11, is_active = $12, updated_at = $13 WHERE id = $1`,
		uid(k.ID), k.Name, nameKey(k.Name), k.KeyPrefix, k.Hash, k.OldHash, k.OldUntil, k.Tier, k.IssuedAt, k.ExpiresAt,
		k.LastUsedAt, k.IsActive, k.UpdatedAt)
}

func (t *tx) DeleteAPIKey(ctx context.Context, id string) error {
	// This also removes the key as a holder of other keys' secrets; people who were shown a secret through the key have
	// their own rows.
	for _, query := range []string{
		"DELETE FROM memberships WHERE api_key_id = $1", "DELETE FROM secret_holders WHERE key_id = $1", "DELETE FROM secret_holders WHERE holder_id = $1",
	} {
		if err := t.later(ctx, query, uid(id)); err != nil {
			return err
		}
	}
	return t.change(ctx, "DELETE FROM api_keys WHERE id = $1", uid(id))
}

// TouchAPIKeys updates the keys in the order of their ids, so that two nodes cannot deadlock.
func (d *DB) TouchAPIKeys(ctx context.Context, used map[string]time.Time) error {
	if len(used) == 0 {
		return nil
	}
	return d.write(ctx, nil, func(t *tx) error {
		for _, id := range slices.Sorted(maps.Keys(used)) {
			if err := t.later(ctx, "UPDATE api_keys SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)",
				uid(id), used[id]); err != nil {
				return err
			}
		}
		return nil
	})
}
