package store

import (
	"context"
	"fmt"
	"time"

	"raff/internal/store/engine"
	"raff/internal/team"
)

const sessionColumns = "s.id, s.user_id, s.account_id, s.user_agent, s.address, s.created_at, s.last_seen_at, s.expires_at, s.awaits"

func sessionFields(s *team.Session) []any {
	return []any{(*ident)(&s.ID), (*ident)(&s.UserID), (*ident)(&s.AccountID), (*text)(&s.UserAgent), (*text)(&s.Address), (*stamp)(&s.CreatedAt),
		(*stamp)(&s.LastSeenAt), (*stamp)(&s.ExpiresAt), (*flag)(&s.Awaits)}
}

func scanSession(s scanner) (v team.Session, err error) {
	err = s.Scan(sessionFields(&v)...)
	return v, err
}

// sessionRow reads everything a request needs to know about its session as one row: the session, the user, the account,
// the user's account membership with the role, and the support access that the account grants.
const sessionRow = "SELECT " + sessionColumns + ", " + userColumns + ", " + accountColumns + ", " + memberColumns + ", " + roleColumns + ", " + supportGrantColumns + `,
	EXISTS (SELECT 1 FROM memberships pm WHERE pm.user_id = s.user_id AND pm.account_id = s.account_id AND pm.project_id IS NOT NULL
		AND pm.status = 'active' AND (pm.expires_at IS NULL OR pm.expires_at > $2)),
	EXISTS (SELECT 1 FROM factors f WHERE f.user_id = s.user_id AND f.confirmed)
	FROM sessions s JOIN users u ON u.id = s.user_id LEFT JOIN accounts a ON a.id = s.account_id
	LEFT JOIN memberships m ON m.user_id = s.user_id AND m.scope_id = s.account_id
	LEFT JOIN roles r ON r.id = m.role_id LEFT JOIN support_grants g ON g.account_id = s.account_id WHERE s.hash = $1`

func (r reader) scanSessionRow(s scanner) (team.SessionRow, error) {
	var v team.SessionRow
	var m team.Member
	u := &v.User
	fields := make([]any, 0, 64)
	fields = append(fields, sessionFields(&v.Session)...)
	fields = append(fields, userFields(u)...)
	fields = append(fields, accountFields(&v.Account)...)
	fields = append(fields, memberFields(&m)...)
	fields = append(fields, r.roleFields(&m.Role)...)
	fields = append(fields, supportGrantFields(&v.Support)...)
	fields = append(fields, (*flag)(&v.InProject), (*flag)(&v.HasFactor))
	if err := s.Scan(fields...); err != nil {
		return v, err
	}
	if m.ID != "" {
		m.Name = u.Name
		v.Member = &m
	}
	return v, nil
}

func (r reader) Session(ctx context.Context, hash []byte, now time.Time) (team.SessionRow, error) {
	return one(ctx, r.q, r.scanSessionRow, sessionRow, hash, now)
}

func (t *tx) Session(ctx context.Context, hash []byte, now time.Time) (team.SessionRow, error) {
	return one(ctx, t.q, t.scanSessionRow, sessionRow+t.q.Dialect().Hold("s"), hash, now)
}

func (r reader) SessionsOf(ctx context.Context, userID string) ([]team.Session, error) {
	return many(ctx, r.q, scanSession, "SELECT "+sessionColumns+" FROM sessions s WHERE s.user_id = $1 ORDER BY s.last_seen_at DESC, s.id DESC", uid(userID))
}

func (r reader) AccountsWith(ctx context.Context, userID string, now time.Time) ([]string, error) {
	return many(ctx, r.q, engine.ScanID, `SELECT DISTINCT m.account_id FROM memberships m WHERE m.user_id = $1
		AND (m.status = 'suspended' OR m.status = 'active' AND (m.expires_at IS NULL OR m.expires_at > $2)) ORDER BY m.account_id`, uid(userID), now)
}

// AccountsOf leaves out accounts in which the user is suspended, because a suspension also covers project roles.
func (r reader) AccountsOf(ctx context.Context, userID string, now time.Time) ([]team.Account, error) {
	return many(ctx, r.q, scanAccount, "SELECT "+accountColumns+` FROM accounts a
		WHERE a.id IN (SELECT m.account_id FROM memberships m WHERE m.user_id = $1 AND m.status = 'active' AND (m.expires_at IS NULL OR m.expires_at > $2))
		AND NOT EXISTS (SELECT 1 FROM memberships m WHERE m.user_id = $1 AND m.scope_id = a.id AND m.status = 'suspended')
		ORDER BY a.name, a.id`, uid(userID), now)
}

func (r reader) SuspendedIn(ctx context.Context, userID string) ([]team.Account, error) {
	return many(ctx, r.q, scanAccount, "SELECT "+accountColumns+` FROM accounts a
		WHERE a.id IN (SELECT m.scope_id FROM memberships m WHERE m.user_id = $1 AND m.scope_id = m.account_id AND m.status = 'suspended')
		ORDER BY a.name, a.id`, uid(userID))
}

// InsertSession updates the user's row without changing it, so that it either waits for a concurrent change of the
// password or makes that change wait.
func (t *tx) InsertSession(ctx context.Context, s team.Session, hash []byte, passwordHash string) (ok, awaits bool, err error) {
	n, err := t.exec(ctx, "UPDATE users SET password_hash = password_hash WHERE id = $1 AND password_hash = $2", uid(s.UserID), passwordHash)
	if err != nil || n == 0 {
		return false, false, err
	}
	awaits, err = one(ctx, t.q, engine.ScanFlag, insertSession+"EXISTS (SELECT 1 FROM factors WHERE user_id = $3 AND confirmed)) RETURNING awaits", sessionArgs(s, hash)...)
	return err == nil, awaits, err
}

const insertSession = `INSERT INTO sessions (id, hash, user_id, account_id, user_agent, address, created_at, last_seen_at, expires_at, awaits)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, `

func sessionArgs(s team.Session, hash []byte) []any {
	return []any{uid(s.ID), hash, uid(s.UserID), uid(s.AccountID), s.UserAgent, s.Address, s.CreatedAt, s.LastSeenAt, s.ExpiresAt}
}

func (t *tx) InsertWholeSession(ctx context.Context, s team.Session, hash []byte) error {
	return t.later(ctx, insertSession+"FALSE)", sessionArgs(s, hash)...)
}

func (t *tx) KeepSessions(ctx context.Context, userID string, awaiting bool, n int) error {
	return t.later(ctx, `DELETE FROM sessions WHERE user_id = $1 AND awaits = $2 AND id NOT IN (SELECT s.id FROM sessions s
		WHERE s.user_id = $1 AND s.awaits = $2 ORDER BY s.last_seen_at DESC, s.created_at DESC, s.id DESC LIMIT $3)`, uid(userID), awaiting, n)
}

func (t *tx) TakeAwaiting(ctx context.Context, hash []byte) (bool, error) {
	n, err := t.exec(ctx, "DELETE FROM sessions WHERE hash = $1 AND awaits", hash)
	return n == 1, err
}

func (t *tx) HoldUser(ctx context.Context, userID string) (bool, error) {
	n, err := t.exec(ctx, "UPDATE users SET password_hash = password_hash WHERE id = $1", uid(userID))
	return n == 1, err
}

func (r reader) Ceremony(ctx context.Context, sessionID string) ([]byte, error) {
	return one(ctx, r.q, engine.ScanBlob, "SELECT ceremony FROM sessions WHERE id = $1 AND ceremony IS NOT NULL", uid(sessionID))
}

func (t *tx) SetCeremony(ctx context.Context, sessionID string, state []byte) error {
	return t.change(ctx, "UPDATE sessions SET ceremony = $2 WHERE id = $1", uid(sessionID), state)
}

func (t *tx) TakeCeremony(ctx context.Context, sessionID string, state []byte) (bool, error) {
	n, err := t.exec(ctx, "UPDATE sessions SET ceremony = NULL WHERE id = $1 AND ceremony = $2", uid(sessionID), state)
	return n == 1, err
}

func (t *tx) MoveSession(ctx context.Context, id, accountID string) error {
	return t.change(ctx, "UPDATE sessions SET account_id = $2 WHERE id = $1", uid(id), uid(accountID))
}

func (t *tx) DeleteSession(ctx context.Context, hash []byte) error {
	return t.later(ctx, "DELETE FROM sessions WHERE hash = $1", hash)
}

func (t *tx) DeleteSessionOf(ctx context.Context, userID, id string) error {
	return t.change(ctx, "DELETE FROM sessions WHERE id = $1 AND user_id = $2", uid(id), uid(userID))
}

func (t *tx) DeleteSessionsOf(ctx context.Context, userID, accountID, but string) error {
	var c condition
	c.and("user_id = ?", uid(userID))
	if accountID != "" {
		c.and("account_id = ?", uid(accountID))
	}
	if but != "" {
		c.and("id <> ?", uid(but))
	}
	return t.later(ctx, "DELETE FROM sessions WHERE "+c.sql.String(), c.args...)
}

// TouchSession never moves the time back, even if a node's clock is behind.
func (d *DB) TouchSession(ctx context.Context, id, address string, at time.Time) error {
	err := d.write(ctx, nil, func(t *tx) error {
		return t.later(ctx, "UPDATE sessions SET last_seen_at = $2, address = $3 WHERE id = $1 AND last_seen_at < $2", uid(id), at, address)
	})
	if err != nil {
		return fmt.Errorf("record the use of the session: %w", err)
	}
	return nil
}
