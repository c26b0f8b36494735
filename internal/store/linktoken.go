package store

import (
	"context"
	"time"

	"raff/internal/team"
)

func scanLinkToken(s scanner) (t team.LinkToken, err error) {
	err = s.Scan((*blob)(&t.Hash), (*ident)(&t.UserID), (*text)(&t.Purpose), (*text)(&t.Email), (*stamp)(&t.ExpiresAt), (*stamp)(&t.UsedAt))
	return t, err
}

func (r reader) LinkToken(ctx context.Context, hash []byte) (team.LinkToken, error) {
	return one(ctx, r.q, scanLinkToken, "SELECT hash, user_id, purpose, email, expires_at, used_at FROM link_tokens WHERE hash = $1", hash)
}

func (r reader) LinkTokensOf(ctx context.Context, userID string) ([]team.LinkToken, error) {
	scan := func(s scanner) (t team.LinkToken, err error) {
		err = s.Scan((*text)(&t.Purpose), (*text)(&t.Email), (*stamp)(&t.ExpiresAt), (*stamp)(&t.UsedAt))
		return t, err
	}
	return many(ctx, r.q, scan, "SELECT purpose, email, expires_at, used_at FROM link_tokens WHERE user_id = $1 ORDER BY expires_at, hash", uid(userID))
}

func (t *tx) InsertLinkToken(ctx context.Context, l team.LinkToken) error {
	return t.later(ctx, "INSERT INTO link_tokens (hash, user_id, purpose, email, expires_at, used_at) VALUES ($1, $2, $3, $4, $5, $6)",
		l.Hash, uid(l.UserID), l.Purpose, l.Email, l.ExpiresAt, l.UsedAt)
}

func (t *tx) UseLinkToken(ctx context.Context, hash []byte, at time.Time) (bool, error) {
	n, err := t.exec(ctx, "UPDATE link_tokens SET used_at = $2 WHERE hash = $1 AND used_at IS NULL", hash, at)
	return n == 1, err
}

func (t *tx) UseLinkTokensOf(ctx context.Context, userID string, at time.Time) error {
	return t.later(ctx, "UPDATE link_tokens SET used_at = $2 WHERE user_id = $1 AND used_at IS NULL", uid(userID), at)
}
