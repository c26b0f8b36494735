package store

import (
	"context"
	"fmt"

	"raff/internal/store/engine"
	"raff/internal/team"
)

// Count sums the few counter rows that triggers maintain; see the table member_counts.
func (r reader) Count(ctx context.Context, accountID string, of team.Counted) (int, error) {
	if of == team.CountedPeople {
		return one(ctx, r.q, engine.ScanNumber, "SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) FROM member_counts WHERE scope_id = $1 AND status = 'active' AND principal_type = 'user'",
			uid(accountID))
	}
	if of == team.CountedMembers {
		return one(ctx, r.q, engine.ScanNumber, "SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) FROM member_counts WHERE account_id = $1 AND lead AND principal_type IN ('user', 'invitation')",
			uid(accountID))
	}
	return one(ctx, r.q, engine.ScanNumber, "SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) FROM account_counts WHERE account_id = $1 AND kind = $2", uid(accountID), of)
}

const (
	// foldAtOnce is how many names are folded in one transaction. Each name writes pages all over the indexes, so small
	// transactions would write every page repeatedly.
	foldAtOnce = 50_000
	// foldSent is how many names are sent to the database in one batch.
	foldSent = 2000
)

// foldNames computes the unique form of every name that has none. A migration cannot do it, because only the program
// knows how names are folded. If several existing names have the same folded form, the oldest one gets it; the others
// get a form that includes their id, so that they keep working and can still be renamed.
func (d *DB) foldNames(ctx context.Context, report func(Progress)) error {
	for table, same := range map[string]string{
		"roles":    "o.account_id = roles.account_id AND o.scope = roles.scope",
		"projects": "o.account_id = projects.account_id",
	} {
		update := fmt.Sprintf(`UPDATE %s SET name_unique = CASE WHEN (SELECT 1 FROM %s o WHERE %s AND o.name_unique = $2 LIMIT 1) IS NULL
			THEN $2 ELSE $3 END WHERE id = $1 AND name_unique IS NULL`, table, table, same)
		after := team.NoID // skips the rows that are done, whose old index entries would otherwise be scanned each time
		for left := true; left; {
			last := after
			err := d.write(ctx, nil, func(t *tx) error {
				type named struct{ id, name string }
				rows, err := many(ctx, t.q, func(s scanner) (n named, err error) {
					err = s.Scan((*ident)(&n.id), (*text)(&n.name))
					return n, err
				}, fmt.Sprintf("SELECT id, name FROM %s WHERE name_unique IS NULL AND id > $1 ORDER BY id LIMIT %d", table, foldAtOnce), uid(after))
				if err != nil {
					return err
				}
				left = len(rows) == foldAtOnce
				if report != nil && left {
					report(Progress{Step: "unique names of " + table})
				}
				if many := t.q.Dialect().ManyPages; many != "" && len(rows) > foldSent {
					if _, err := t.exec(ctx, many); err != nil {
						return err
					}
				}
				for i, n := range rows {
					folded := team.FoldName(n.name)
					err := t.later(ctx, update, uid(n.id), folded, folded+" "+n.id)
					if err == nil && i%foldSent == foldSent-1 {
						_, err = t.exec(ctx, "SELECT 1")
					}
					if err != nil {
						return err
					}
					last = n.id
				}
				return nil
			})
			after = last
			if few := d.q.Dialect().FewPages; err == nil && few != "" {
				err = d.write(ctx, nil, func(t *tx) error {
					_, err := t.exec(ctx, few)
					return err
				})
			}
			if err != nil {
				return fmt.Errorf("fold the names of %s: %w", table, err)
			}
		}
	}
	return nil
}
