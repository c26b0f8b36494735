package store

import (
	"context"
	"time"

	"raff/internal/store/engine"
)

// removedAtOnce is the maximum number of rows of one kind that a transaction removes.
const removedAtOnce = 500

// removals are the statements that remove up to $2 rows of the account $1, in the order in which its rows refer to each other.
// Removing an invitation also removes its tokens and its email.
var removals = []string{
	`UPDATE sessions SET account_id = NULL WHERE id IN (SELECT s.id FROM account_users u JOIN sessions s ON s.user_id = u.user_id
		WHERE u.account_id = $1 AND s.account_id = $1 LIMIT $2)`,
	"DELETE FROM account_logos WHERE account_id = $1 AND account_id IN (SELECT l.account_id FROM account_logos l WHERE l.account_id = $1 LIMIT $2)",
	"DELETE FROM support_grants WHERE account_id = $1 AND account_id IN (SELECT g.account_id FROM support_grants g WHERE g.account_id = $1 LIMIT $2)",
	"DELETE FROM support_sessions WHERE id IN (SELECT s.id FROM support_sessions s WHERE s.account_id = $1 LIMIT $2)",
	`DELETE FROM external_ids WHERE account_id = $1 AND (kind, value, source) IN (SELECT x.kind, x.value, x.source FROM external_ids x
		WHERE x.account_id = $1 LIMIT $2)`,
	"DELETE FROM outbox WHERE account_id = $1 AND subject_id IN (SELECT o.subject_id FROM outbox o WHERE o.account_id = $1 LIMIT $2)",
	"DELETE FROM invitations WHERE account_id = $1 AND (closed, id) IN (SELECT i.closed, i.id FROM invitations i WHERE i.account_id = $1 LIMIT $2)",
	`DELETE FROM memberships WHERE (scope_id, id) IN (SELECT m.scope_id, m.id FROM projects p JOIN memberships m ON m.scope_id = p.id
		WHERE p.account_id = $1 LIMIT $2)`,
	"DELETE FROM memberships WHERE scope_id = $1 AND id IN (SELECT m.id FROM memberships m WHERE m.scope_id = $1 LIMIT $2)",
	`DELETE FROM secret_holders WHERE (key_id, holder_id) IN (SELECT h.key_id, h.holder_id FROM api_keys k JOIN secret_holders h ON h.key_id = k.id
		WHERE k.account_id = $1 LIMIT $2)`,
	"DELETE FROM api_keys WHERE id IN (SELECT k.id FROM api_keys k WHERE k.account_id = $1 LIMIT $2)",
	"DELETE FROM roles WHERE id IN (SELECT r.id FROM roles r WHERE r.account_id = $1 LIMIT $2)",
	"DELETE FROM usage_ids WHERE account_id = $1 AND (kind, id, day) IN (SELECT i.kind, i.id, i.day FROM usage_ids i WHERE i.account_id = $1 LIMIT $2)",
	"DELETE FROM usage_days WHERE account_id = $1 AND day IN (SELECT d.day FROM usage_days d WHERE d.account_id = $1 LIMIT $2)",
	"DELETE FROM idempotency_keys WHERE account_id = $1 AND (principal, key) IN (SELECT k.principal, k.key FROM idempotency_keys k WHERE k.account_id = $1 LIMIT $2)",
}

// removeProjects comes after everything else, because counters belong to projects.
const removeProjects = "DELETE FROM projects WHERE id IN (SELECT p.id FROM projects p WHERE p.account_id = $1 LIMIT $2)"

func (r reader) AccountsToRemove(ctx context.Context, now time.Time) ([]string, error) {
	return many(ctx, r.q, engine.ScanID, `SELECT id FROM accounts WHERE state = 'removing' UNION ALL
		SELECT id FROM accounts WHERE state = 'deleting' AND delete_at <= $1 ORDER BY 1`, now)
}

func (t *tx) RemovePart(ctx context.Context, accountID string) (more bool, err error) {
	for _, statement := range removals {
		if more, err = t.removed(ctx, statement, accountID); more || err != nil {
			return more, err
		}
	}
	if more, err = t.removePeople(ctx, accountID); more || err != nil {
		return more, err
	}
	if more, err = t.removeLog(ctx, accountID); more || err != nil {
		return more, err
	}
	if err := t.removeRest(ctx, accountID); err != nil {
		return false, err
	}
	return t.removed(ctx, removeProjects, accountID)
}

// removeRest removes the counters, first those of the projects, while they exist, and at the end those of the account.
func (t *tx) removeRest(ctx context.Context, accountID string) error {
	for _, statement := range t.q.Dialect().RemoveRest {
		if err := t.later(ctx, statement, uid(accountID)); err != nil {
			return err
		}
	}
	return nil
}

// removed reports whether the statement removed as many rows as it may, so that there are probably more.
func (t *tx) removed(ctx context.Context, statement, accountID string) (more bool, err error) {
	n, err := t.exec(ctx, statement, uid(accountID), removedAtOnce)
	return n >= removedAtOnce, err
}

// removeLog removes a part of the audit log.
func (t *tx) removeLog(ctx context.Context, accountID string) (more bool, err error) {
	for _, statement := range t.q.Dialect().RemoveLog {
		if _, err := t.exec(ctx, statement, uid(accountID), removedAtOnce); err != nil {
			return false, err
		}
	}
	return one(ctx, t.q, engine.ScanFlag, `SELECT EXISTS (SELECT 1 FROM audit_events WHERE account_id = $1)
		OR EXISTS (SELECT 1 FROM event_slices WHERE account_id = $1) OR EXISTS (SELECT 1 FROM audit_seals WHERE account_id = $1)
		OR EXISTS (SELECT 1 FROM erased_events WHERE account_id = $1) OR EXISTS (SELECT 1 FROM audit_secrets WHERE account_id = $1)`, uid(accountID))
}

// removePeople forgets who was in the account, and removes those who now belong to nothing.
func (t *tx) removePeople(ctx context.Context, accountID string) (more bool, err error) {
	ids, err := many(ctx, t.q, engine.ScanID, "SELECT user_id FROM account_users WHERE account_id = $1 LIMIT $2", uid(accountID), removedAtOnce)
	if err != nil || len(ids) == 0 {
		return false, err
	}
	for _, id := range ids {
		if err := t.later(ctx, "DELETE FROM account_users WHERE account_id = $1 AND user_id = $2", uid(accountID), uid(id)); err != nil {
			return false, err
		}
		alone, err := many(ctx, t.q, engine.ScanID, "SELECT u.id FROM users u WHERE u.id = $1 AND "+belongsToNothing+t.q.Dialect().SkipLocked, uid(id))
		if err != nil {
			return false, err
		}
		if err := t.removeUsers(ctx, alone); err != nil {
			return false, err
		}
	}
	return true, nil
}

// RemoveAccount also removes what was sealed while the log was removed.
func (t *tx) RemoveAccount(ctx context.Context, accountID string) error {
	for more := true; more; {
		var err error
		if more, err = t.removeLog(ctx, accountID); err != nil {
			return err
		}
	}
	if err := t.removeRest(ctx, accountID); err != nil {
		return err
	}
	if err := t.later(ctx, "DELETE FROM audit_heads WHERE account_id = $1", uid(accountID)); err != nil {
		return err
	}
	return t.change(ctx, "DELETE FROM accounts WHERE id = $1", uid(accountID))
}
