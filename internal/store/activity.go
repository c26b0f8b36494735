package store

import (
	"context"
	"time"

	"raff/internal/team"
)

// Activity reads all in one statement. What sessions know that ended is in account_users.
func (r reader) Activity(ctx context.Context, accountID string, users, keys []string) (map[string]team.Activity, error) {
	var c condition
	account := c.number("?", uid(accountID))
	query := ""
	if len(users) > 0 {
		in := c.in(values[uid](users))
		query = "SELECT s.user_id, MAX(s.last_seen_at), FALSE FROM sessions s WHERE s.user_id" + in + " AND (s.account_id = " + account + `) IS TRUE AND NOT s.awaits GROUP BY s.user_id
			UNION ALL SELECT a.user_id, a.seen_at, FALSE FROM account_users a WHERE a.account_id = ` + account + " AND a.user_id" + in + ` AND a.seen_at IS NOT NULL
			UNION ALL SELECT DISTINCT f.user_id, CAST(NULL AS BIGINT), TRUE FROM factors f WHERE f.confirmed AND f.user_id` + in
	}
	if len(keys) > 0 {
		if query != "" {
			query += " UNION ALL "
		}
		query += "SELECT k.id, k.last_used_at, FALSE FROM api_keys k WHERE k.id" + c.in(values[uid](keys)) + " AND (k.account_id = " + account + ") IS TRUE"
	}
	found := map[string]team.Activity{}
	_, err := many(ctx, r.q, func(s scanner) (struct{}, error) {
		var id string
		var at time.Time
		var factor bool
		if err := s.Scan((*ident)(&id), (*stamp)(&at), (*flag)(&factor)); err != nil {
			return struct{}{}, err
		}
		a := found[id]
		if a.HasFactor = a.HasFactor || factor; at.After(a.LastActiveAt) {
			a.LastActiveAt = at
		}
		found[id] = a
		return struct{}{}, nil
	}, query, c.args...)
	return found, err
}
