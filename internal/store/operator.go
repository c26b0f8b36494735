package store

import (
	"context"
	"encoding/json"
	"fmt"

	"raff/internal/operator"
	"raff/internal/team"
)

const (
	operatedColumns = accountColumns + ", a.state_reason, a.delete_at, a.attributes, m.id, u.id, u.email, u.name, COALESCE(k.days, 0), COALESCE(n.days, 0), n.effective_at"
	operatedJoins   = "accounts a LEFT JOIN memberships m ON m.account_id = a.id AND m.is_owner LEFT JOIN users u ON u.id = m.user_id" +
		" LEFT JOIN audit_retention k ON k.account_id = a.id LEFT JOIN audit_retention_changes n ON n.account_id = a.id"
)

func scanOperated(s scanner) (a operator.Account, err error) {
	attributes := ""
	fields := append(accountFields(&a.Account), (*text)(&a.Reason), (*stamp)(&a.DeleteAt), (*text)(&attributes),
		(*ident)(&a.Owner.MemberID), (*ident)(&a.Owner.UserID), (*text)(&a.Owner.Email), (*text)(&a.Owner.Name),
		(*number)(&a.Retention), (*number)(&a.NextRetention), (*stamp)(&a.NextRetentionAt))
	if err := s.Scan(fields...); err != nil {
		return a, err
	}
	if err := json.Unmarshal([]byte(attributes), &a.Attributes); err != nil {
		return a, fmt.Errorf("read the attributes of account %s: %w", a.ID, err)
	}
	return a, nil
}

func (r reader) OperatedAccount(ctx context.Context, id string) (operator.Account, error) {
	return one(ctx, r.q, scanOperated, "SELECT "+operatedColumns+" FROM "+operatedJoins+" WHERE a.id = $1", uid(id))
}

func (r reader) OperatedAccounts(ctx context.Context, f operator.AccountFilter) ([]operator.Account, team.Total, error) {
	var c condition
	l := listing{columns: operatedColumns, from: operatedJoins, rows: "accounts a", id: "a.id", joined: true}
	if f.State != "" {
		c.and("a.state = ?", string(f.State))
	}
	switch {
	case uid(f.Query).Valid():
		c.and("a.id = ?", uid(f.Query))
	case f.Query != "":
		l.rows, l.joined = operatedJoins, false
		like := containing(nameKey(f.Query))
		c.and(`(a.name_key LIKE ? ESCAPE '\' OR u.email_canonical LIKE ? ESCAPE '\')`, like, like)
	}
	if c.sql.Len() == 0 {
		c.and("TRUE")
	}
	found, n, err := page(ctx, r.q, l, &c, f.Page, scanOperated)
	return found, team.Total{N: n}, err
}

// PersonMemberships reads from the index of emails, in which those of a person are together.
func (r reader) PersonMemberships(ctx context.Context, canonical string) ([]operator.PersonMembership, error) {
	scan := func(s scanner) (m operator.PersonMembership, err error) {
		err = s.Scan((*ident)(&m.AccountID), (*text)(&m.AccountName), (*text)(&m.AccountState), (*ident)(&m.ProjectID), (*text)(&m.ProjectName),
			(*ident)(&m.MemberID), (*text)(&m.RoleName), (*text)(&m.Status), (*flag)(&m.IsOwner),
			(*ident)(&m.RoleID), (*text)(&m.RoleSlug), (*text)(&m.ManagedBy), (*ident)(&m.InvitedBy), (*text)(&m.InvitationState),
			(*stamp)(&m.InvitationEnds), (*stamp)(&m.InvitedAt), (*stamp)(&m.AcceptedAt), (*stamp)(&m.ExpiresAt), (*stamp)(&m.CreatedAt), (*stamp)(&m.UpdatedAt))
		return m, err
	}
	return many(ctx, r.q, scan, `SELECT a.id, a.name, a.state, m.project_id, COALESCE(p.name, ''), m.id, r.name, m.status, m.is_owner,
		r.id, r.slug, m.managed_by, m.invited_by, COALESCE(i.state, ''), i.expires_at, m.invited_at, m.accepted_at, m.expires_at, m.created_at, m.updated_at
		FROM memberships m JOIN accounts a ON a.id = m.account_id JOIN roles r ON r.id = m.role_id LEFT JOIN projects p ON p.id = m.project_id
		LEFT JOIN invitations i ON i.account_id = m.account_id AND i.`+notClosed+` AND i.id = m.invitation_id
		WHERE m.email_canonical = $1 ORDER BY a.id, m.project_id IS NOT NULL, m.id`, canonical)
}

func (t *tx) OperateAccount(ctx context.Context, a operator.Account) error {
	attributes, err := json.Marshal(a.Attributes)
	if err != nil {
		return fmt.Errorf("encode the attributes of account %s: %w", a.ID, err)
	}
	if len(a.Attributes) == 0 {
		attributes = []byte("{}")
	}
	return t.change(ctx, `UPDATE accounts SET name = $2, name_key = $3, state = $4, state_reason = $5, delete_at = $6, max_members = $7,
		max_projects = $8, max_api_keys = $9, max_roles = $10, attributes = $11, updated_at = $12, branding = $13 WHERE id = $1`,
		uid(a.ID), a.Name, nameKey(a.Name), string(a.State), a.Reason, a.DeleteAt, most(a.Limits.Members),
		most(a.Limits.Projects), most(a.Limits.APIKeys), most(a.Limits.Roles), string(attributes), a.UpdatedAt, a.Branding)
}

// ReleaseMail leaves leased messages alone: a worker is sending them.
func (t *tx) ReleaseMail(ctx context.Context, accountID string) error {
	return t.later(ctx, "UPDATE outbox SET next_at = created_at WHERE account_id = $1 AND leased_until IS NULL", uid(accountID))
}

const operatorKeyColumns = "k.id, k.name, k.scope, k.key_prefix, k.hash, k.expires_at, k.last_used_at, k.created_at"

func scanOperatorKey(s scanner) (k operator.Key, err error) {
	err = s.Scan((*ident)(&k.ID), (*text)(&k.Name), (*text)(&k.Scope), (*text)(&k.Prefix), (*blob)(&k.Hash), (*stamp)(&k.ExpiresAt),
		(*stamp)(&k.LastUsedAt), (*stamp)(&k.CreatedAt))
	return k, err
}

const (
	operatorKeyByHash = "SELECT " + operatorKeyColumns + " FROM operator_keys k WHERE k.hash = $1"
	operatorKeyByID   = "SELECT " + operatorKeyColumns + " FROM operator_keys k WHERE k.id = $1"
)

func (r reader) OperatorKey(ctx context.Context, hash []byte) (operator.Key, error) {
	return one(ctx, r.q, scanOperatorKey, operatorKeyByHash, hash)
}

func (t *tx) OperatorKey(ctx context.Context, hash []byte) (operator.Key, error) {
	return one(ctx, t.q, scanOperatorKey, operatorKeyByHash+t.q.Dialect().Hold("k"), hash)
}

func (r reader) OperatorKeyByID(ctx context.Context, id string) (operator.Key, error) {
	return one(ctx, r.q, scanOperatorKey, operatorKeyByID, uid(id))
}

func (r reader) OperatorKeys(ctx context.Context) ([]operator.Key, error) {
	return many(ctx, r.q, scanOperatorKey, "SELECT "+operatorKeyColumns+" FROM operator_keys k ORDER BY k.id")
}

func (t *tx) InsertOperatorKey(ctx context.Context, k operator.Key) error {
	return t.later(ctx, `INSERT INTO operator_keys (id, name, scope, key_prefix, hash, expires_at, last_used_at, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, uid(k.ID), k.Name, string(k.Scope), k.Prefix, k.Hash, k.ExpiresAt, k.LastUsedAt, k.CreatedAt)
}

func (t *tx) DeleteOperatorKey(ctx context.Context, id string) error {
	return t.change(ctx, "DELETE FROM operator_keys WHERE id = $1", uid(id))
}

// TouchOperatorKey never moves the time back, even if a node's clock is behind.
func (d *DB) TouchOperatorKey(ctx context.Context, k operator.Key) error {
	return d.write(ctx, nil, func(t *tx) error {
		return t.later(ctx, "UPDATE operator_keys SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)", uid(k.ID), k.LastUsedAt)
	})
}
