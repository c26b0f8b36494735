package store

import (
	"context"

	"raff/internal/store/engine"
	"raff/internal/team"
)

const externalColumns = "x.account_id, x.kind, x.source, x.value, x.object_id, x.created_at"

func scanExternalID(s scanner) (x team.ExternalID, err error) {
	err = s.Scan((*ident)(&x.AccountID), (*text)(&x.Kind), (*text)(&x.Source), (*text)(&x.Value), (*ident)(&x.ObjectID), (*stamp)(&x.CreatedAt))
	return x, err
}

func (r reader) ExternalIDs(ctx context.Context, f team.ExternalIDFilter) ([]team.ExternalID, int, error) {
	var c condition
	c.and("x.account_id = ?", uid(f.AccountID))
	if f.Kind != "" {
		c.and("x.kind = ?", f.Kind)
	}
	if f.Value != "" {
		c.and("x.value = ?", f.Value)
	}
	if f.Source != "" {
		c.and("x.source = ?", f.Source)
	}
	if f.ObjectID != "" {
		c.and("x.object_id = ?", uid(f.ObjectID))
	}
	l := listing{columns: externalColumns, from: "external_ids x", rows: "external_ids x", order: "x.kind, x.value, x.source"}
	return page(ctx, r.q, l, &c, f.Page, scanExternalID)
}

// ExternalIDsOf asks nothing of an account that has no external ids, which is remembered.
func (r reader) ExternalIDsOf(ctx context.Context, accountID string, objectIDs []string) ([]team.ExternalID, error) {
	some, err := remembered(ctx, r.q, engine.Key{Query: "external ids", Argument: accountID}, func(q querier) (bool, error) {
		return one(ctx, q, engine.ScanFlag, "SELECT EXISTS (SELECT 1 FROM external_ids WHERE account_id = $1 AND kind IN ('member', 'project', 'role', 'api_key'))", uid(accountID))
	})
	if err != nil || !some || len(objectIDs) == 0 {
		return nil, err
	}
	return inParts(uids(objectIDs), func(some []any) ([]team.ExternalID, error) {
		var c condition
		c.and("x.object_id" + c.in(some))
		c.and("(x.account_id = ?) IS TRUE", uid(accountID))
		c.and("x.kind IN ('member', 'project', 'role', 'api_key')")
		return many(ctx, r.q, scanExternalID, "SELECT "+externalColumns+" FROM external_ids x WHERE "+c.sql.String()+" ORDER BY x.source", c.args...)
	})
}

func (t *tx) InsertExternalID(ctx context.Context, x team.ExternalID) (bool, error) {
	return t.inserted(ctx, `INSERT INTO external_ids (account_id, kind, value, source, object_id, created_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT DO NOTHING`, uid(x.AccountID), x.Kind, x.Value, x.Source, uid(x.ObjectID), x.CreatedAt)
}

func (t *tx) DeleteExternalID(ctx context.Context, x team.ExternalID) error {
	return t.change(ctx, "DELETE FROM external_ids WHERE account_id = $1 AND kind = $2 AND value = $3 AND source = $4",
		uid(x.AccountID), x.Kind, x.Value, x.Source)
}
