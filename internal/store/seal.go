package store

import (
	"context"
	"time"

	"raff/internal/team"
)

const sealColumns = "account_id, seq, until_at, events, hash, created_at"

func scanSeal(s scanner) (v team.Seal, err error) {
	err = s.Scan((*text)(&v.AccountID), (*number)(&v.Seq), (*stamp)(&v.Until), (*number)(&v.Events), (*blob)(&v.Hash), (*stamp)(&v.CreatedAt))
	return v, err
}

func (r reader) LastSeal(ctx context.Context, accountID string) (team.Seal, error) {
	return one(ctx, r.q, scanSeal, "SELECT "+sealColumns+" FROM audit_seals WHERE account_id = $1 ORDER BY seq DESC LIMIT 1", uid(accountID))
}

func (r reader) Seals(ctx context.Context, accountID string) ([]team.Seal, error) {
	return many(ctx, r.q, scanSeal, "SELECT "+sealColumns+" FROM audit_seals WHERE account_id = $1 ORDER BY seq", uid(accountID))
}

func (t *tx) InsertSeal(ctx context.Context, s team.Seal) error {
	_, err := t.exec(ctx, "INSERT INTO audit_seals ("+sealColumns+") VALUES ($1, $2, $3, $4, $5, $6)",
		uid(s.AccountID), s.Seq, s.Until, s.Events, s.Hash, s.CreatedAt)
	return err
}

// SealableAccounts asks for each account whether it has an event behind its last seal, which two indexes answer.
func (d *DB) SealableAccounts(ctx context.Context, before time.Time) ([]string, error) {
	return many(ctx, d.q, scanText, `SELECT a.id FROM accounts a WHERE EXISTS (
		SELECT 1 FROM audit_events e WHERE e.account_id = a.id AND e.at < $1
		AND e.at >= COALESCE((SELECT MAX(s.until_at) FROM audit_seals s WHERE s.account_id = a.id), 0))`, before)
}

func (r reader) Accounts(ctx context.Context) ([]string, error) {
	return many(ctx, r.q, scanText, "SELECT id FROM accounts ORDER BY id")
}

// eventsAtOnce bounds how many events EachEvent holds in memory.
const eventsAtOnce = 1000

func (r reader) EachEvent(ctx context.Context, accountID string, from, until time.Time, fn func(team.Event) error) error {
	after, id := int64(0), "00000000-0000-0000-0000-000000000000"
	if !from.IsZero() {
		after = from.UnixMicro()
	}
	for {
		events, err := many(ctx, r.q, scanEvent, "SELECT "+eventColumns+` FROM audit_events e
			WHERE e.account_id = $1 AND e.at < $2 AND (e.at, e.id) > ($3, $4) ORDER BY e.at, e.id LIMIT $5`,
			uid(accountID), until, after, uid(id), eventsAtOnce)
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
