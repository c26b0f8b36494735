package store

import (
	"context"

	"raff/internal/operator"
	"raff/internal/store/engine"
	"raff/internal/team"
)

// Kinds of ids in usage_ids.
const (
	usedByMember = "member"
	usedByKey    = "api_key"
)

var (
	insertUsageDays = insertionOf("INSERT INTO usage_days (day, account_id, requests, decisions)", 4, ` ON CONFLICT (day, account_id) DO UPDATE SET
		requests = usage_days.requests + excluded.requests, decisions = usage_days.decisions + excluded.decisions`)
	insertUsageIDs = insertionOf("INSERT INTO usage_ids (account_id, kind, id, day)", 4, " ON CONFLICT DO NOTHING")
)

// AddUsage locks the days in the same order on every node, and before their ids, so that nodes wait for each other and do not deadlock.
// A server whose database was away for days adds no ids to days whose ids are numbers already: nobody knows which of them were counted.
func (d *DB) AddUsage(ctx context.Context, all []operator.Activity) error {
	return d.write(ctx, nil, func(t *tx) error {
		ids := make([]string, len(all))
		for i := range all {
			ids[i] = all[i].AccountID
		}
		alive, err := inParts(uids(ids), func(some []any) ([]string, error) {
			var c condition
			c.and("id" + c.in(some))
			return many(ctx, t.q, engine.ScanID, "SELECT id FROM accounts WHERE "+c.sql.String()+" AND state <> 'removing'", c.args...)
		})
		if err != nil {
			return err
		}
		exists := make(map[string]bool, len(alive))
		for _, id := range alive {
			exists[id] = true
		}
		for i := range all {
			if u := &all[i]; exists[u.AccountID] {
				if err := t.row(ctx, insertUsageDays, u.Day, uid(u.AccountID), u.Requests, u.Decisions); err != nil {
					return err
				}
			}
		}
		folded, err := t.foldedUsage(ctx, all)
		if err != nil {
			return err
		}
		for i := range all {
			if u := &all[i]; exists[u.AccountID] && !folded[usageAt{u.Day, u.AccountID}] {
				if err := t.usedBy(ctx, u, usedByKey, u.APIKeys); err != nil {
					return err
				}
				if err := t.usedBy(ctx, u, usedByMember, u.Members); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// usageAt is a day of an account.
type usageAt struct {
	day     int
	account string
}

func scanUsageAt(s scanner) (v usageAt, err error) {
	err = s.Scan((*number)(&v.day), (*ident)(&v.account))
	return v, err
}

// foldedUsage returns the days of these accounts whose ids were replaced by numbers. The transaction has locked the days.
func (t *tx) foldedUsage(ctx context.Context, all []operator.Activity) (map[usageAt]bool, error) {
	if len(all) == 0 {
		return nil, nil
	}
	ids, first, last := make([]string, len(all)), all[0].Day, all[0].Day
	for i := range all {
		ids[i], first, last = all[i].AccountID, min(first, all[i].Day), max(last, all[i].Day)
	}
	days, err := inParts(uids(ids), func(some []any) ([]usageAt, error) {
		var c condition
		c.and("account_id" + c.in(some))
		c.and("day >= ?", first)
		c.and("day <= ?", last)
		return many(ctx, t.q, scanUsageAt, "SELECT day, account_id FROM usage_days WHERE "+c.sql.String()+" AND NOT open", c.args...)
	})
	folded := make(map[usageAt]bool, len(days))
	for _, d := range days {
		folded[d] = true
	}
	return folded, err
}

func (t *tx) usedBy(ctx context.Context, u *operator.Activity, kind string, ids []string) error {
	for _, id := range ids {
		if err := t.row(ctx, insertUsageIDs, uid(u.AccountID), kind, uid(id), u.Day); err != nil {
			return err
		}
	}
	return nil
}

const usageColumns = `d.day, d.account_id, d.members + (SELECT COUNT(*) FROM usage_ids i WHERE i.account_id = d.account_id AND i.kind = 'member' AND i.day = d.day),
	d.api_keys + (SELECT COUNT(*) FROM usage_ids i WHERE i.account_id = d.account_id AND i.kind = 'api_key' AND i.day = d.day), d.requests, d.decisions`

func usageFields(u *operator.UsageDay, day *number) []any {
	return []any{day, (*ident)(&u.AccountID), (*number)(&u.Members), (*number)(&u.APIKeys), (*number)(&u.Requests), (*number)(&u.Decisions)}
}

func (r reader) UsageOf(ctx context.Context, accountID string, from, to int) ([]operator.UsageDay, error) {
	return many(ctx, r.q, func(s scanner) (u operator.UsageDay, err error) {
		var day number
		err = s.Scan(usageFields(&u, &day)...)
		u.Day = operator.DayAt(int(day))
		return u, err
	}, "SELECT "+usageColumns+" FROM usage_days d WHERE d.account_id = $1 AND d.day BETWEEN $2 AND $3 ORDER BY d.day", uid(accountID), from, to)
}

func (r reader) UsageOn(ctx context.Context, day int, p team.Page) ([]operator.UsageDay, team.Total, error) {
	var c condition
	c.and("d.day = ?", day)
	l := listing{columns: usageColumns + ", a.name", from: "usage_days d JOIN accounts a ON a.id = d.account_id", rows: "usage_days d", id: "d.account_id", joined: true, seek: seek{"d.day"}}
	found, n, err := page(ctx, r.q, l, &c, p, func(s scanner) (u operator.UsageDay, err error) {
		var on number
		err = s.Scan(append(usageFields(&u, &on), (*text)(&u.AccountName))...)
		u.Day = operator.DayAt(int(on))
		return u, err
	})
	return found, team.Total{N: n}, err
}

func (r reader) UsageBy(ctx context.Context, accountID, userID string) ([]operator.UsageDay, error) {
	return many(ctx, r.q, func(s scanner) (u operator.UsageDay, err error) {
		var day number
		err = s.Scan(&day)
		u.Day, u.AccountID = operator.DayAt(int(day)), accountID
		return u, err
	}, "SELECT day FROM usage_ids WHERE account_id = $1 AND kind = 'member' AND id = $2 ORDER BY day", uid(accountID), uid(userID))
}

// foldedAtOnce is how many days of accounts a transaction folds or removes.
const foldedAtOnce = 200

// FoldUsage takes the days first, so that what it counts is not counted by another node and nothing is added meanwhile.
func (d *DB) FoldUsage(ctx context.Context, before int) (more bool, err error) {
	err = d.write(ctx, nil, func(t *tx) error {
		days, err := many(ctx, t.q, scanUsageAt, `UPDATE usage_days SET open = FALSE WHERE open AND day < $1 AND (day, account_id) IN (SELECT d.day, d.account_id FROM usage_days d WHERE d.open AND d.day < $1
			ORDER BY d.day, d.account_id LIMIT $2`+t.q.Dialect().SkipLocked+") RETURNING day, account_id", before, foldedAtOnce)
		if err != nil {
			return err
		}
		more = len(days) == foldedAtOnce
		for _, v := range days {
			if err := t.later(ctx, `UPDATE usage_days SET members = members + (SELECT COUNT(*) FROM usage_ids i WHERE i.account_id = $2 AND i.kind = 'member' AND i.day = $1),
				api_keys = api_keys + (SELECT COUNT(*) FROM usage_ids i WHERE i.account_id = $2 AND i.kind = 'api_key' AND i.day = $1)
				WHERE day = $1 AND account_id = $2`, v.day, uid(v.account)); err != nil {
				return err
			}
			if err := t.later(ctx, "DELETE FROM usage_ids WHERE account_id = $2 AND day = $1", v.day, uid(v.account)); err != nil {
				return err
			}
		}
		return nil
	})
	return more, err
}

// ForgetUsage removes whole days.
func (d *DB) ForgetUsage(ctx context.Context, before int) (more bool, err error) {
	err = d.write(ctx, nil, func(t *tx) error {
		n, err := t.exec(ctx, "DELETE FROM usage_days WHERE day < $1 AND (day, account_id) IN (SELECT d.day, d.account_id FROM usage_days d WHERE d.day < $1 LIMIT $2"+
			t.q.Dialect().SkipLocked+")", before, foldedAtOnce)
		more = n == foldedAtOnce
		return err
	})
	return more, err
}

// forgetUsage replaces the id of a person who is erased by a number.
func (t *tx) forgetUsage(ctx context.Context, userID string) error {
	const theirs = `SELECT i.account_id, i.day FROM account_users u JOIN usage_ids i ON i.account_id = u.account_id AND i.kind = 'member' AND i.id = $1
		WHERE u.user_id = $1`
	if err := t.later(ctx, "UPDATE usage_days SET members = members + 1 WHERE (account_id, day) IN ("+theirs+")", uid(userID)); err != nil {
		return err
	}
	return t.later(ctx, "DELETE FROM usage_ids WHERE (account_id, day) IN ("+theirs+") AND kind = 'member' AND id = $1", uid(userID))
}
