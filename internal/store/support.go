package store

import (
	"context"
	"maps"
	"slices"
	"time"

	"raff/internal/store/engine"
	"raff/internal/team"
)

const supportGrantColumns = "g.id, g.account_id, g.level, g.reason, g.granted_by_type, g.granted_by, g.granted_by_name, g.created_at, g.expires_at"

func supportGrantFields(g *team.SupportGrant) []any {
	return []any{(*ident)(&g.ID), (*ident)(&g.AccountID), (*text)(&g.Level), (*text)(&g.Reason), (*text)(&g.GrantedByType), (*ident)(&g.GrantedBy),
		(*text)(&g.GrantedByName), (*stamp)(&g.CreatedAt), (*stamp)(&g.ExpiresAt)}
}

func scanSupportGrant(s scanner) (g team.SupportGrant, err error) {
	err = s.Scan(supportGrantFields(&g)...)
	return g, err
}

const supportSessionColumns = `s.id, s.account_id, s.grant_id, s.operator_key_id, s.operator_key_name, s.person, s.reason, s.requests,
	s.created_at, s.expires_at, s.last_used_at`

func supportSessionFields(v *team.SupportSession) []any {
	return []any{(*ident)(&v.ID), (*ident)(&v.AccountID), (*ident)(&v.GrantID), (*ident)(&v.OperatorKeyID), (*text)(&v.OperatorKeyName),
		(*text)(&v.Person), (*text)(&v.Reason), (*number)(&v.Requests), (*stamp)(&v.CreatedAt), (*stamp)(&v.ExpiresAt), (*stamp)(&v.LastUsedAt)}
}

func scanSupportSession(s scanner) (v team.SupportSession, err error) {
	err = s.Scan(supportSessionFields(&v)...)
	return v, err
}

func (r reader) SupportGrant(ctx context.Context, accountID string) (team.SupportGrant, error) {
	return one(ctx, r.q, scanSupportGrant, "SELECT "+supportGrantColumns+" FROM support_grants g WHERE g.account_id = $1", uid(accountID))
}

func (r reader) SupportSessions(ctx context.Context, accountID string) ([]team.SupportSession, error) {
	return many(ctx, r.q, scanSupportSession, "SELECT "+supportSessionColumns+" FROM support_sessions s WHERE s.account_id = $1 ORDER BY s.id", uid(accountID))
}

// supportRow reads everything a request needs to know about its support session as one row: the session, its grant and the account.
const supportRow = "SELECT " + supportSessionColumns + ", " + supportGrantColumns + ", " + accountColumns + ` FROM support_sessions s
	JOIN operator_keys k ON k.id = s.operator_key_id JOIN support_grants g ON g.account_id = s.account_id AND g.id = s.grant_id
	JOIN accounts a ON a.id = s.account_id WHERE `

// supportBy has the query for each kind of secret.
var supportBy = map[team.SupportSecret]string{
	team.SupportCredential: supportRow + "s.hash = $1",
	team.SupportLink:       supportRow + "s.link_hash = $1",
	team.SupportCookie:     supportRow + "s.web_hash = $1",
}

func scanSupportRow(s scanner) (v team.SupportRow, err error) {
	fields := make([]any, 0, 32)
	fields = append(fields, supportSessionFields(&v.Session)...)
	fields = append(fields, supportGrantFields(&v.Grant)...)
	fields = append(fields, accountFields(&v.Account)...)
	err = s.Scan(fields...)
	return v, err
}

func (r reader) SupportByHash(ctx context.Context, kind team.SupportSecret, hash []byte) (team.SupportRow, error) {
	return one(ctx, r.q, scanSupportRow, supportBy[kind], hash)
}

func (t *tx) SupportByHash(ctx context.Context, kind team.SupportSecret, hash []byte) (team.SupportRow, error) {
	return one(ctx, t.q, scanSupportRow, supportBy[kind]+t.q.Dialect().Hold("k"), hash)
}

// ExpiredSupport may return an account twice. Without duplicates, SQLite would read both tables in the order of the accounts.
func (r reader) ExpiredSupport(ctx context.Context, now time.Time) ([]string, error) {
	return many(ctx, r.q, engine.ScanID, `SELECT account_id FROM support_grants WHERE expires_at <= $1
		UNION ALL SELECT account_id FROM support_sessions WHERE expires_at <= $1`, now)
}

func (t *tx) SetSupportGrant(ctx context.Context, g team.SupportGrant) error {
	return t.later(ctx, `INSERT INTO support_grants (account_id, id, level, reason, granted_by_type, granted_by, granted_by_name, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, uid(g.AccountID), uid(g.ID), string(g.Level), g.Reason, string(g.GrantedByType), word(g.GrantedBy),
		g.GrantedByName, g.CreatedAt, g.ExpiresAt)
}

func (t *tx) DeleteSupport(ctx context.Context, accountID string) error {
	if err := t.later(ctx, "DELETE FROM support_sessions WHERE account_id = $1", uid(accountID)); err != nil {
		return err
	}
	return t.later(ctx, "DELETE FROM support_grants WHERE account_id = $1", uid(accountID))
}

func (t *tx) InsertSupportSession(ctx context.Context, s team.SupportSession, hash, linkHash []byte) error {
	return t.later(ctx, `INSERT INTO support_sessions (id, account_id, grant_id, operator_key_id, operator_key_name, person, reason, hash, link_hash,
		created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`, uid(s.ID), uid(s.AccountID), uid(s.GrantID),
		uid(s.OperatorKeyID), s.OperatorKeyName, s.Person, s.Reason, hash, linkHash, s.CreatedAt, s.ExpiresAt)
}

func (t *tx) TakeSupportLink(ctx context.Context, linkHash, cookieHash []byte) (bool, error) {
	n, err := t.exec(ctx, "UPDATE support_sessions SET link_hash = NULL, web_hash = $2 WHERE link_hash = $1", linkHash, cookieHash)
	return n == 1, err
}

func (t *tx) DeleteSupportSession(ctx context.Context, id string) error {
	return t.change(ctx, "DELETE FROM support_sessions WHERE id = $1", uid(id))
}

// TouchSupport updates the sessions in the order of their ids, so that two nodes cannot deadlock, and never moves a time back.
func (d *DB) TouchSupport(ctx context.Context, used map[string]team.SupportUse) error {
	return d.write(ctx, nil, func(t *tx) error {
		for _, id := range slices.Sorted(maps.Keys(used)) {
			if err := t.later(ctx, `UPDATE support_sessions SET requests = requests + $2,
				last_used_at = CASE WHEN last_used_at > $3 THEN last_used_at ELSE $3 END WHERE id = $1`, uid(id), used[id].Requests, used[id].LastAt); err != nil {
				return err
			}
		}
		return nil
	})
}
