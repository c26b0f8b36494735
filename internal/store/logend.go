package store

import (
	"context"
	"slices"
	"sync"
	"time"

	"raff/internal/event"
	"raff/internal/store/engine"
	"raff/internal/team"
)

// logEnd reads the end of the log once per transaction, under a lock that keeps the log from being sealed.
func (t *tx) logEnd(ctx context.Context, accountID string) (logEnd, error) {
	if end, ok := t.ends[accountID]; ok {
		return end, nil
	}
	end, known, err := t.s.LogEnd(ctx, accountID)
	if err == nil && !known {
		if err := t.s.LockLog(ctx, accountID, false); err != nil {
			return end, err
		}
		if end, err = one(ctx, t.q, engine.ScanLogEnd, engine.LogEndQuery, uid(accountID)); team.IsNotFound(err) {
			err = nil
		}
	}
	if err != nil {
		return end, err
	}
	if t.ends == nil {
		t.ends = map[string]logEnd{}
	}
	t.ends[accountID] = end
	return end, nil
}

// place sets the time of an event, so that it follows everything that is sealed or being sealed, regardless of the clock.
func (t *tx) place(ctx context.Context, e *event.Event) error {
	end, err := t.logEnd(ctx, e.AccountID)
	if err != nil {
		return err
	}
	e.At = e.At.UTC().Truncate(time.Microsecond)
	if !end.Until.IsZero() && !e.At.After(end.Until) {
		e.At = end.Until.Add(time.Microsecond)
	}
	e.AfterSeal, e.MAC = end.Seq, nil
	if t.sign != nil {
		err = t.sign(e)
	}
	t.wrote = append(t.wrote, event.Ref{AccountID: e.AccountID, ID: e.ID, At: e.At})
	return err
}

// maxWritten bounds how many unsealed events a node remembers.
const maxWritten = 100_000

// written is the set of unsealed events that this node wrote. After a seal is created it is compared with the database,
// because nothing else would detect that an event was removed before it was sealed.
type written struct {
	mu   sync.Mutex
	refs map[string][]event.Ref // by account
	n    int
}

func (w *written) add(refs []event.Ref) {
	if len(refs) == 0 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.refs == nil || w.n+len(refs) > maxWritten {
		w.refs, w.n = map[string][]event.Ref{}, 0 // sealing is far behind: forgotten events are not compared
	}
	for _, r := range refs {
		w.refs[r.AccountID] = append(w.refs[r.AccountID], r)
	}
	w.n += len(refs)
}

// take returns and removes the events written in an account before the given time.
func (w *written) take(accountID string, before time.Time) (taken []event.Ref) {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.refs[accountID]
	kept := all[:0:0]
	for _, r := range all {
		if r.At.Before(before) {
			taken = append(taken, r)
		} else {
			kept = append(kept, r)
		}
	}
	w.n -= len(taken)
	if w.refs[accountID] = kept; len(kept) == 0 {
		delete(w.refs, accountID)
	}
	return taken
}

func (w *written) accounts() (ids []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id := range w.refs {
		ids = append(ids, id)
	}
	return ids
}

// MissingEvents returns the events that this node wrote, that should be covered by a seal by now, and that are not in
// the database.
func (d *DB) MissingEvents(ctx context.Context) (missing []event.Ref, err error) {
	for _, account := range d.accounts() {
		head, err := d.LogHead(ctx, account)
		if err != nil && !team.IsNotFound(err) {
			return missing, err
		}
		removed, err := d.removedAccount(ctx, account)
		if err != nil {
			return missing, err
		}
		if removed {
			d.take(account, forever)
			continue
		}
		refs := d.take(account, head.SealedUntil)
		gone, err := d.missing(ctx, account, refs)
		if err != nil {
			d.add(refs)
			return missing, err
		}
		missing = append(missing, gone...)
	}
	return missing, nil
}

// forever is after every event.
var forever = time.UnixMicro(endOfTime)

// removedAccount reports whether the log belongs to an account that is being removed, or was.
func (d *DB) removedAccount(ctx context.Context, id string) (bool, error) {
	if id == event.OperatorLog {
		return false, nil
	}
	a, err := d.Account(ctx, id)
	if team.IsNotFound(err) {
		return true, nil
	}
	return a.State == team.AccountRemoving, err
}

func (d *DB) missing(ctx context.Context, accountID string, refs []event.Ref) (gone []event.Ref, err error) {
	if len(refs) == 0 {
		return nil, nil
	}
	byTime := func(a, b event.Ref) int { return a.At.Compare(b.At) }
	first, last := slices.MinFunc(refs, byTime), slices.MaxFunc(refs, byTime)
	ids, err := many(ctx, d.q, engine.ScanID, "SELECT id FROM audit_events WHERE account_id = $1 AND at >= $2 AND at <= $3", uid(accountID), first.At, last.At)
	if err != nil {
		return nil, err
	}
	there := make(map[string]bool, len(ids))
	for _, id := range ids {
		there[id] = true
	}
	for _, r := range refs {
		if !there[r.ID] {
			gone = append(gone, r)
		}
	}
	return gone, nil
}
