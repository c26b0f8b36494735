package store

import (
	"context"
	"time"

	"raff/internal/team"
)

const externalColumns = "x.account_id, x.kind, x.source, x.value, x.object_id, x.created_at"

func scanExternalID(s scanner) (x team.ExternalID, err error) {
	err = s.Scan((*ident)(&x.AccountID), (*text)(&x.Kind), (*text)(&x.Source), (*text)(&x.Value), (*ident)(&x.ObjectID), (*stamp)(&x.CreatedAt))
	return x, err
}

func (r reader) ExternalIDs(ctx context.Context, f team.ExternalIDFilter) ([]team.ExternalID, team.Total, error) {
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
	// The total of the first page is in the cursor, so this condition is never counted.
	if after := f.After; after != nil {
		kind, value, source := team.ExternalIDAt(*after)
		if f.Kind != "" {
			c.and("(x.value, x.source) > (?, ?)", value, source)
		} else {
			c.and("(x.kind, x.value, x.source) > (?, ?, ?)", kind, value, source)
		}
	}
	l := listing{columns: externalColumns, from: "external_ids x", rows: "external_ids x", order: "x.kind, x.value, x.source", capped: true}
	return list(ctx, r.q, l, &c, f.Page, scanExternalID)
}

func (r reader) ExternalIDsOf(ctx context.Context, accountID string, objectIDs []string) ([]team.ExternalID, error) {
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

// Touch writes only the time of a change. External ids are part of the object, so they change its version.
func (t *tx) Touch(ctx context.Context, kind string, scopeID, id string, at time.Time) error {
	switch kind {
	case team.ExternalMember:
		return t.change(ctx, "UPDATE memberships SET updated_at = $3 WHERE id = $1 AND scope_id = $2", uid(id), uid(scopeID), at)
	case team.ExternalProject:
		return t.change(ctx, "UPDATE projects SET updated_at = $2 WHERE id = $1", uid(id), at)
	case team.ExternalRole:
		return t.change(ctx, "UPDATE roles SET updated_at = $2 WHERE id = $1", uid(id), at)
	}
	return t.change(ctx, "UPDATE api_keys SET updated_at = $2 WHERE id = $1", uid(id), at)
}

// identified adds the condition that the object with this id column has an external id.
func (c *condition) identified(column, kind, accountID string, x team.ExternalRef) {
	if x.Value != "" {
		c.and(column+" = (SELECT x.object_id FROM external_ids x WHERE x.account_id = ? AND x.kind = ? AND x.value = ? AND x.source = ?)",
			uid(accountID), kind, x.Value, x.Source)
	}
}
