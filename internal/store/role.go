package store

import (
	"context"
	"fmt"

	"raff/internal/operator"
	"raff/internal/permission"
	"raff/internal/store/engine"
	"raff/internal/team"
)

const roleColumns = `r.id, r.account_id, r.name, r.slug, r.description, r.scope, r.permissions, r.is_system, r.created_by,
	r.created_at, r.updated_at`

func (r reader) roleFields(v *team.Role) []any {
	return []any{(*ident)(&v.ID), (*ident)(&v.AccountID), (*text)(&v.Name), (*text)(&v.Slug), (*text)(&v.Description),
		(*text)(&v.Scope), &permissions{Catalog: r.c, Set: &v.Permissions}, (*flag)(&v.IsSystem), (*ident)(&v.CreatedBy),
		(*stamp)(&v.CreatedAt), (*stamp)(&v.UpdatedAt)}
}

func (r reader) scanRole(s scanner) (v team.Role, err error) {
	err = s.Scan(r.roleFields(&v)...)
	return v, err
}

func (r reader) Role(ctx context.Context, accountID, id string) (team.Role, error) {
	v, err := one(ctx, r.q, r.scanRole, "SELECT "+roleColumns+" FROM roles r WHERE r.id = $1", uid(id))
	return ofAccount(v, err, v.AccountID == accountID || v.AccountID == "")
}

func (r reader) RoleLike(ctx context.Context, v team.Role) (team.Role, error) {
	return one(ctx, r.q, r.scanRole, "SELECT "+roleColumns+` FROM roles r WHERE r.id IN (
		SELECT id FROM roles WHERE account_id = $1 AND scope = $2 AND slug = $3
		UNION ALL SELECT id FROM roles WHERE account_id = $1 AND scope = $2 AND name_unique = $4
		UNION ALL SELECT id FROM roles WHERE account_id IS NULL AND scope = $2 AND (slug = $3 OR name_unique = $4))
		AND r.id <> $5 ORDER BY r.slug <> $3, r.id LIMIT 1`, uid(v.AccountID), v.Scope, v.Slug, team.FoldName(v.Name), uid(v.ID))
}

// Roles reads the system roles, of which there are few, and then the account's own roles with an index by name.
func (r reader) Roles(ctx context.Context, f team.RoleFilter) ([]team.Role, int, error) {
	if f.ExternalID.Value != "" {
		var c condition
		c.and("(r.account_id = ?) IS TRUE", uid(f.AccountID))
		if f.Scope != "" {
			c.and("r.scope = ?", f.Scope)
		}
		c.identified("r.id", team.ExternalRole, f.AccountID, f.ExternalID)
		l := listing{columns: roleColumns, from: "roles r", rows: "roles r", order: "r.id"}
		return page(ctx, r.q, l, &c, f.Page, r.scanRole)
	}
	var c, named condition
	c.and("r.account_id = ?", uid(f.AccountID))
	named.and("r.account_id IS NULL")
	for _, c := range []*condition{&c, &named} {
		if f.Scope != "" {
			c.and("r.scope = ?", f.Scope)
		}
		c.prefixed("r.name_key", f.Prefix)
	}
	system, err := many(ctx, r.q, r.scanRole, "SELECT "+roleColumns+" FROM roles r WHERE "+named.sql.String()+" ORDER BY r.name_key, r.slug, r.id", named.args...)
	if err != nil {
		return nil, 0, err
	}
	skip := max(0, f.Offset-len(system))
	rows := system[min(max(0, f.Offset), len(system)):]
	if f.Limit > 0 && len(rows) > f.Limit {
		rows = rows[:f.Limit]
	}
	l := listing{columns: roleColumns, from: "roles r", rows: "roles r", order: "r.name_key, r.slug, r.id"}
	if f.Prefix == "" {
		l.counts = "(SELECT account_id, n FROM account_counts WHERE kind = 'roles') r"
		if f.Scope != "" {
			l.counts = "(SELECT account_id, CASE kind WHEN 'roles.account' THEN 'account' ELSE 'project' END AS scope, n FROM account_counts WHERE kind IN ('roles.account', 'roles.project')) r"
		}
	}
	if full := f.Limit > 0 && len(rows) == f.Limit; full {
		if f.SkipTotal {
			return rows, 0, nil
		}
		count := l.count(&c, f.Page)
		own, err := one(ctx, r.q, engine.ScanNumber, count, c.args...)
		return rows, len(system) + own, err
	}
	p := team.Page{Limit: max(0, f.Limit-len(rows)), Offset: skip, SkipTotal: f.SkipTotal}
	own, total, err := page(ctx, r.q, l, &c, p, r.scanRole)
	if !f.SkipTotal {
		total += len(system)
	}
	return append(rows, own...), total, err
}

// RoleUse reads the counters, which triggers maintain.
func (r reader) RoleUse(ctx context.Context, accountID string, roleIDs []string) (map[string]team.RoleUse, error) {
	use := roleUse{}
	_, err := inParts(uids(roleIDs), func(some []any) ([]struct{}, error) {
		var c condition
		account := c.number("?", uid(accountID))
		in := c.in(some)
		return many(ctx, r.q, use.scan, "SELECT m.role_id, m.principal_type = 'api_key', m.n FROM member_counts m WHERE m.scope_id = "+account+" AND m.role_id"+in+
			" UNION ALL SELECT r.role_id, r.status = 'keys', r.n FROM role_counts r WHERE r.account_id = "+account+" AND r.role_id"+in, c.args...)
	})
	return use.held(), err
}

// RoleUseIn reads the counters of each scope, so that it does not depend on the number of memberships.
func (r reader) RoleUseIn(ctx context.Context, scopes, roleIDs []string) (map[string]team.RoleUse, error) {
	use := roleUse{}
	_, err := inParts(uids(roleIDs), func(roles []any) ([]struct{}, error) {
		return inParts(uids(scopes), func(some []any) ([]struct{}, error) {
			var c condition
			in, of := c.in(some), c.in(roles)
			return many(ctx, r.q, use.scan, "SELECT m.role_id, m.principal_type = 'api_key', m.n FROM member_counts m WHERE m.scope_id"+in+" AND m.role_id"+of, c.args...)
		})
	})
	return use.held(), err
}

// roleUse adds up the counters of each role.
type roleUse map[string]team.RoleUse

func (use roleUse) scan(s scanner) (none struct{}, _ error) {
	var role ident
	var ofKeys flag
	var n number
	if err := s.Scan(&role, &ofKeys, &n); err != nil {
		return none, err
	}
	u := use[string(role)]
	if ofKeys {
		u.Keys += int(n)
	} else {
		u.People += int(n)
	}
	use[string(role)] = u
	return none, nil
}

// held returns the roles that somebody has. The counters of a role can add up to none.
func (use roleUse) held() map[string]team.RoleUse {
	for id, u := range use {
		if u == (team.RoleUse{}) {
			delete(use, id)
		}
	}
	return use
}

const insertRole = `INSERT INTO roles (id, account_id, scope, slug, name, name_key, description, permissions, is_system,
	created_by, created_at, updated_at, name_unique) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`

func (t *tx) roleArgs(r team.Role) []any {
	return []any{uid(r.ID), uid(r.AccountID), r.Scope, r.Slug, r.Name, nameKey(r.Name), r.Description,
		t.c.Encode(r.Permissions, r.IsOwner()), r.IsSystem, word(r.CreatedBy), r.CreatedAt, r.UpdatedAt, team.FoldName(r.Name)}
}

func (t *tx) InsertRole(ctx context.Context, r team.Role) (bool, error) {
	return t.inserted(ctx, insertRole+" ON CONFLICT DO NOTHING", t.roleArgs(r)...)
}

// UpdateRole does not write account, scope and slug, which are immutable. A name that another role has is a Conflict. The condition
// is not NOT EXISTS, because PostgreSQL 18 would read all roles into a hash table for that.
func (t *tx) UpdateRole(ctx context.Context, r team.Role) error {
	err := t.change(ctx, `UPDATE roles SET name = $2, name_key = $3, description = $4, permissions = $5, updated_at = $6,
		name_unique = CASE WHEN name = $2 THEN name_unique ELSE $7 END
		WHERE id = $1 AND (name = $2 OR (SELECT 1 FROM roles o WHERE o.account_id = roles.account_id
		AND o.scope = roles.scope AND o.name_unique = $7 AND o.id <> $1 LIMIT 1) IS NULL)`,
		uid(r.ID), r.Name, nameKey(r.Name), r.Description, t.c.Encode(r.Permissions, r.IsOwner()), r.UpdatedAt, team.FoldName(r.Name))
	if !team.IsNotFound(err) {
		return err
	}
	if _, err := t.Role(ctx, r.AccountID, r.ID); err != nil {
		return err
	}
	return team.RefusalRoleNameRace.With()
}

func (t *tx) DeleteRole(ctx context.Context, id string) error {
	return t.change(ctx, "DELETE FROM roles WHERE id = $1", uid(id))
}

// SyncSystemRoles writes only what differs, so that a start without changes writes nothing.
func (d *DB) SyncSystemRoles(ctx context.Context, roles []team.Role) error {
	return d.write(ctx, nil, func(t *tx) error { return t.SyncSystemRoles(ctx, d.c, roles) })
}

func (t *tx) SyncSystemRoles(ctx context.Context, c *permission.Catalog, roles []team.Role) error {
	in := tx{reader: reader{q: t.q, c: c}}
	for _, r := range roles {
		if err := t.later(ctx, insertRole+` ON CONFLICT (id) DO UPDATE SET name = excluded.name, name_key = excluded.name_key,
			slug = excluded.slug, description = excluded.description, permissions = excluded.permissions, updated_at = excluded.updated_at,
			name_unique = excluded.name_unique
			WHERE roles.name <> excluded.name OR roles.slug <> excluded.slug OR roles.description <> excluded.description
			OR roles.permissions <> excluded.permissions`, in.roleArgs(r)...); err != nil {
			return fmt.Errorf("system role %s: %w", r.Slug, err)
		}
	}
	return nil
}

// RoleTexts returns the permissions as text, because the current catalog may not define all of them.
func (d *DB) RoleTexts(ctx context.Context) ([]operator.RoleText, error) {
	return many(ctx, d.q, func(s scanner) (v operator.RoleText, err error) {
		err = s.Scan((*ident)(&v.ID), (*ident)(&v.AccountID), (*text)(&v.Name), (*text)(&v.Slug), (*text)(&v.Scope), (*flag)(&v.IsSystem),
			(*text)(&v.Permissions), (*number)(&v.Holders))
		return v, err
	}, `SELECT r.id, r.account_id, r.name, r.slug, r.scope, r.is_system, r.permissions,
		(SELECT COUNT(*) FROM memberships m WHERE m.role_id = r.id) FROM roles r ORDER BY r.id`)
}

// AccountIDs returns the ids of all accounts.
func (d *DB) AccountIDs(ctx context.Context) ([]string, error) {
	return many(ctx, d.q, engine.ScanID, "SELECT id FROM accounts ORDER BY id")
}
