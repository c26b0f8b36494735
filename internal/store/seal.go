package store

import (
	"context"
	"time"

	"raff/internal/audit"
	"raff/internal/event"
	"raff/internal/store/engine"
	"raff/internal/team"
)

const sealColumns = "account_id, seq, version, from_at, until_at, events, prev, hash, key_id, note, created_at, first_seq, merged"

func scanSeal(s scanner) (v audit.Seal, err error) {
	err = s.Scan((*ident)(&v.AccountID), (*number)(&v.Seq), (*number)(&v.Version), (*stamp)(&v.From), (*stamp)(&v.Until), (*number)(&v.Events),
		(*blob)(&v.Prev), (*blob)(&v.Hash), (*text)(&v.KeyID), (*text)(&v.Note), (*stamp)(&v.CreatedAt), (*number)(&v.First), (*text)(&v.Merged))
	return v, err
}

func (r reader) LastSeal(ctx context.Context, accountID string) (audit.Seal, error) {
	return one(ctx, r.q, scanSeal, "SELECT "+sealColumns+" FROM audit_seals WHERE account_id = $1 ORDER BY seq DESC LIMIT 1", uid(accountID))
}

func (r reader) Seals(ctx context.Context, accountID string, from int) ([]audit.Seal, error) {
	return many(ctx, r.q, scanSeal, "SELECT "+sealColumns+" FROM audit_seals WHERE account_id = $1 AND seq >= $2 ORDER BY seq", uid(accountID), from)
}

func (t *tx) InsertSeal(ctx context.Context, s audit.Seal) (bool, error) {
	return t.inserted(ctx, "INSERT INTO audit_seals ("+sealColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
		ON CONFLICT DO NOTHING`,
		uid(s.AccountID), s.Seq, s.Version, s.From, s.Until, s.Events, s.Prev, s.Hash, s.KeyID, string(s.Note), s.CreatedAt, s.First, s.Merged)
}

// MergeSeals reads only the seals of the day, from the last one back.
func (t *tx) MergeSeals(ctx context.Context, accountID string, from time.Time, last int) error {
	first, err := one(ctx, t.q, engine.ScanNumber, `SELECT COALESCE((SELECT seq FROM audit_seals WHERE account_id = $1 AND seq <= $2 AND until_at < $3
		ORDER BY seq DESC LIMIT 1), 0) + 1`, uid(accountID), last, from)
	if err != nil || first >= last {
		return err
	}
	for _, statement := range t.q.Dialect().MergeSeals {
		if err := t.later(ctx, statement, uid(accountID), first, last); err != nil {
			return err
		}
	}
	return nil
}

const headColumns = "account_id, sealed_seq, sealed_until, hash, key_id, closed_seq, closed_until, note"

func scanHead(s scanner) (h audit.LogHead, err error) {
	err = s.Scan((*ident)(&h.AccountID), (*number)(&h.SealedSeq), (*stamp)(&h.SealedUntil), (*blob)(&h.Hash), (*text)(&h.KeyID),
		(*number)(&h.ClosedSeq), (*stamp)(&h.ClosedUntil), (*text)(&h.Note))
	return h, err
}

func (r reader) LogHead(ctx context.Context, accountID string) (audit.LogHead, error) {
	return one(ctx, r.q, scanHead, "SELECT "+headColumns+" FROM audit_heads WHERE account_id = $1", uid(accountID))
}

func (t *tx) SetLogHead(ctx context.Context, h audit.LogHead) error {
	_, err := t.exec(ctx, "INSERT INTO audit_heads ("+headColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (account_id) DO UPDATE SET sealed_seq = excluded.sealed_seq, sealed_until = excluded.sealed_until, hash = excluded.hash,
		key_id = excluded.key_id, closed_seq = excluded.closed_seq, closed_until = excluded.closed_until, note = excluded.note`,
		uid(h.AccountID), h.SealedSeq, h.SealedUntil, h.Hash, h.KeyID, h.ClosedSeq, h.ClosedUntil, string(h.Note))
	return err
}

// NumberEvents gives their sequence to the next events of a log before a time. The update locks the head, so that two nodes
// do not number the same events.
func (t *tx) NumberEvents(ctx context.Context, accountID string, before time.Time) (more bool, err error) {
	if err := t.change(ctx, "UPDATE audit_heads SET numbered = numbered WHERE account_id = $1", uid(accountID)); err != nil {
		return false, err
	}
	type position struct {
		n, at int
		id    string
	}
	scan := func(s scanner) (p position, err error) {
		err = s.Scan((*number)(&p.n), (*number)(&p.at), (*ident)(&p.id))
		return p, err
	}
	from, err := one(ctx, t.q, scan, "SELECT numbered, COALESCE(numbered_at, 0), COALESCE(numbered_id, $2) FROM audit_heads WHERE account_id = $1",
		uid(accountID), uid(team.NoID))
	if err != nil {
		return false, err
	}
	const next = " FROM audit_events WHERE account_id = $1 AND at < $2 AND (at, id) > ($3, $4) ORDER BY at, id LIMIT $5"
	args := []any{uid(accountID), before, from.at, uid(from.id), eventsAtOnce}
	found, err := many(ctx, t.q, scan, "SELECT 0, at, id"+next, args...)
	if err != nil || len(found) == 0 {
		return false, err
	}
	_, err = t.exec(ctx, `UPDATE audit_events SET sequence = $6 + n.rank FROM (SELECT n.at, n.id, row_number() OVER (ORDER BY n.at, n.id) AS rank
		FROM (SELECT at, id`+next+`) n) n WHERE audit_events.account_id = $1 AND audit_events.at = n.at AND audit_events.id = n.id`,
		append(args, from.n)...)
	if err != nil {
		return false, err
	}
	last := found[len(found)-1]
	_, err = t.exec(ctx, "UPDATE audit_heads SET numbered = $2, numbered_at = $3, numbered_id = $4 WHERE account_id = $1",
		uid(accountID), from.n+len(found), last.at, uid(last.id))
	return len(found) == eventsAtOnce, err
}

// HoldLog waits for transactions that write events of this account while holding the lock of another account.
func (t *tx) HoldLog(ctx context.Context, accountID string) error {
	return t.s.LockLog(ctx, accountID, true)
}

func (r reader) NewestEvent(ctx context.Context, accountID string, from, before time.Time) (time.Time, error) {
	after := int64(0)
	if !from.IsZero() {
		after = from.UnixMicro()
	}
	return one(ctx, r.q, scanStamp, "SELECT at FROM audit_events WHERE account_id = $1 AND at >= $2 AND at < $3 ORDER BY at DESC LIMIT 1",
		uid(accountID), after, before)
}

func scanStamp(s scanner) (t time.Time, err error) {
	err = s.Scan((*stamp)(&t))
	return t, err
}

// SealableAccounts checks for each account whether it has an event after its last seal, using two indexes. The log of an account that
// is being removed is not sealed any more.
func (d *DB) SealableAccounts(ctx context.Context, now time.Time) ([]string, error) {
	return many(ctx, d.q, engine.ScanID, `SELECT h.account_id FROM audit_heads h WHERE (h.closed_seq > h.sealed_seq OR EXISTS (
		SELECT 1 FROM audit_events e WHERE e.account_id = h.account_id AND e.at >= COALESCE(h.sealed_until, 0)
		AND (e.at <= $1 OR e.at <= COALESCE(h.closed_until, 0) + 1))) AND h.account_id NOT IN (SELECT r.id FROM accounts r WHERE r.state = 'removing')
		UNION SELECT a.id FROM accounts a WHERE NOT EXISTS (SELECT 1 FROM audit_heads h WHERE h.account_id = a.id)`, now)
}

func (r reader) LoggedAccounts(ctx context.Context) ([]string, error) {
	return many(ctx, r.q, engine.ScanID, `SELECT id FROM accounts UNION SELECT account_id FROM audit_heads UNION SELECT account_id FROM audit_seals
		UNION SELECT account_id FROM audit_events ORDER BY 1`)
}

func (r reader) SealKeyIDs(ctx context.Context) ([]string, error) {
	return many(ctx, r.q, engine.ScanText, "SELECT DISTINCT key_id FROM audit_heads WHERE key_id <> ''")
}

// eventsAtOnce is the maximum number of events that EachEvent holds in memory.
const eventsAtOnce = 1000

// endOfTime is later than any time that can be stored.
const endOfTime = int64(1)<<62 - 1

// openedEvents selects events with what an erasure left of them.
const openedEvents = "SELECT " + eventColumns + `, COALESCE(x.openings, '') FROM audit_events e
	LEFT JOIN erased_events x ON x.account_id = e.account_id AND x.at = e.at AND x.id = e.id`

func (r reader) OpenedEvent(ctx context.Context, ref event.Ref) (event.Event, error) {
	return one(ctx, r.q, scanOpenedEvent, openedEvents+" WHERE e.account_id = $1 AND e.at = $2 AND e.id = $3", uid(ref.AccountID), ref.At.UnixMicro(), uid(ref.ID))
}

func (r reader) EachEvent(ctx context.Context, accountID string, from, until time.Time, fn func(event.Event) error) error {
	after, id, before := int64(0), "00000000-0000-0000-0000-000000000000", endOfTime
	if !from.IsZero() {
		after = from.UnixMicro()
	}
	if !until.IsZero() {
		before = until.UnixMicro()
	}
	for {
		events, err := many(ctx, r.q, scanOpenedEvent, openedEvents+`
			WHERE e.account_id = $1 AND e.at < $2 AND (e.at, e.id) > ($3, $4) ORDER BY e.at, e.id LIMIT $5`,
			uid(accountID), before, after, uid(id), eventsAtOnce)
		if err != nil {
			return err
		}
		for _, e := range events {
			if err := fn(e); err != nil {
				return err
			}
		}
		if len(events) < eventsAtOnce {
			return nil
		}
		after, id = events[len(events)-1].At.UnixMicro(), events[len(events)-1].ID
	}
}
