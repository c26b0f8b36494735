package store

import (
	"context"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"raff/internal/team"
)

const userColumns = `u.id, u.email, u.email_canonical, u.name, u.password_hash, u.proven, u.vouched_by, u.language,
	u.created_at, u.updated_at`

func userFields(u *team.User) []any {
	return []any{(*ident)(&u.ID), (*text)(&u.Email), (*text)(&u.CanonicalEmail), (*text)(&u.Name), (*text)(&u.PasswordHash),
		(*flag)(&u.Proven), (*ident)(&u.VouchedBy), (*text)(&u.Language), (*stamp)(&u.CreatedAt), (*stamp)(&u.UpdatedAt)}
}

func scanUser(s scanner) (u team.User, err error) {
	err = s.Scan(userFields(&u)...)
	return u, err
}

// nameKey is the form in which names are compared and searched: names that differ only in case are equal.
func nameKey(name string) string { return strings.ToLower(norm.NFC.String(name)) }

func (r reader) User(ctx context.Context, id string) (team.User, error) {
	return one(ctx, r.q, scanUser, "SELECT "+userColumns+" FROM users u WHERE u.id = $1", uid(id))
}

func (r reader) UserByEmail(ctx context.Context, canonical string) (team.User, error) {
	return one(ctx, r.q, scanUser, "SELECT "+userColumns+" FROM users u WHERE u.email_canonical = $1", canonical)
}

func (r reader) KnownUser(ctx context.Context, accountID, userID string) (team.User, error) {
	return one(ctx, r.q, scanUser, "SELECT "+userColumns+` FROM account_users au JOIN users u ON u.id = au.user_id
		WHERE au.account_id = $1 AND au.user_id = $2`, uid(accountID), uid(userID))
}

func (r reader) KnownUsers(ctx context.Context, accountID string, ids []string) ([]team.User, error) {
	return inParts(uids(ids), func(some []any) ([]team.User, error) {
		var c condition
		c.and("au.account_id = ?", uid(accountID))
		c.and("au.user_id" + c.in(some))
		return many(ctx, r.q, scanUser, "SELECT "+userColumns+" FROM account_users au JOIN users u ON u.id = au.user_id WHERE "+c.sql.String(), c.args...)
	})
}

func (t *tx) InsertUser(ctx context.Context, u team.User) (bool, error) {
	return t.inserted(ctx, `INSERT INTO users (id, email, email_canonical, name, name_key, password_hash, proven, vouched_by, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING`,
		uid(u.ID), u.Email, u.CanonicalEmail, u.Name, nameKey(u.Name), u.PasswordHash, u.Proven, word(u.VouchedBy), u.CreatedAt, u.UpdatedAt)
}

// UpdateUser also updates the email of the person's memberships and their position in sorted lists.
func (t *tx) UpdateUser(ctx context.Context, u team.User) error {
	key := team.SortKey(u.Name, u.CanonicalEmail)
	if err := t.later(ctx, "UPDATE account_users SET sort_key = $2 WHERE user_id = $1 AND sort_key <> $2", uid(u.ID), key); err != nil {
		return err
	}
	if err := t.later(ctx, `UPDATE memberships SET sort_key = $2, email = $3, email_canonical = $4
		WHERE user_id = $1 AND (sort_key <> $2 OR email <> $3)`, uid(u.ID), key, u.Email, u.CanonicalEmail); err != nil {
		return err
	}
	return t.change(ctx, `UPDATE users SET email = $2, email_canonical = $3, name = $4, name_key = $5, password_hash = $6,
		proven = $7, vouched_by = $8, updated_at = $9, language = $10 WHERE id = $1`,
		uid(u.ID), u.Email, u.CanonicalEmail, u.Name, nameKey(u.Name), u.PasswordHash, u.Proven, word(u.VouchedBy), u.UpdatedAt, u.Language)
}

var insertKnown = insertionOf("INSERT INTO account_users (account_id, user_id, known_at, sort_key)", 4, " ON CONFLICT DO NOTHING")

func (t *tx) KnowUser(ctx context.Context, accountID string, u team.User, at time.Time) error {
	return t.row(ctx, insertKnown, uid(accountID), uid(u.ID), at, team.SortKey(u.Name, u.CanonicalEmail))
}
