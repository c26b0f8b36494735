package audit

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"raff/internal/event"
	"raff/internal/team"
)

// Seal covers the events of an account with From <= At < Until, and the seal before it. Its hash covers that seal's hash
// and those events, so that a later change, removal or addition is detected. Seals are created after the events were
// written, one for many events, so that they do not slow down writes.
type Seal struct {
	AccountID string
	// Seq counts an account's seals from 1.
	Seq int
	// First is Seq, or less if seals were merged: then it is the number of the first of them, and Seq that of the last one.
	// From and Prev are those of the first, Until and Hash those of the last. Merged lists them; see parts.
	First  int
	Merged string
	// Version is 1 for seals of older servers, which have no From, Prev, KeyID and Note, and 2 for those that cover the texts of events
	// themselves, from which nothing can be erased.
	Version     int
	From, Until time.Time
	Events      int
	// Prev is the hash of the previous seal.
	Prev []byte
	Hash []byte
	// KeyID is the id of the key that signed Hash; empty means no key.
	KeyID     string
	Note      SealNote
	CreatedAt time.Time
}

// SealNote says how a seal was created; empty means in the regular way.
type SealNote string

const (
	// SealRestarted marks a seal that was created after the head of the log was lost or reset. Earlier events may have
	// been changed.
	SealRestarted SealNote = "restarted"
	// SealAdopted marks the first seal with a key on a log that was sealed without one, created by a command of the
	// operator.
	SealAdopted SealNote = "adopted"
)

// LogHead is the state of an account's audit log.
type LogHead struct {
	AccountID string
	// SealedSeq, SealedUntil, Hash and KeyID are those of the last seal.
	SealedSeq   int
	SealedUntil time.Time
	Hash        []byte
	KeyID       string
	// ClosedSeq is SealedSeq, or one more while the next seal is being created. All events before ClosedUntil have been
	// written; new events always get a later time, regardless of clocks.
	ClosedSeq   int
	ClosedUntil time.Time
	// Note is for the next seal.
	Note SealNote
}

// inStep reports whether the closed part continues where the last seal ends.
func (h LogHead) inStep() bool {
	return (h.ClosedSeq == h.SealedSeq || h.ClosedSeq == h.SealedSeq+1) && !h.ClosedUntil.Before(h.SealedUntil)
}

// sealVersion is the version of new seals, and chainedVersion the first one with From and Prev.
const (
	sealVersion    = 3
	chainedVersion = 2
)

// Seal seals the new events of every account and returns the number of new seals. A server calls it every minute. A
// failure in one account does not stop the others.
func (s *Service) Seal(ctx context.Context) (int, error) {
	ctx = team.Slow(ctx)
	due, err := s.store.SealableAccounts(ctx, s.team.Now())
	if err != nil {
		return 0, err
	}
	n, failed := 0, []error{s.missEvents(ctx)}
	for _, account := range due {
		made, err := s.sealAccount(ctx, account, "")
		if made {
			n++
		}
		if err != nil && !s.removed(ctx, account) {
			failed = append(failed, fmt.Errorf("seal the audit log of account %s: %w", account, err))
		}
	}
	return n, errors.Join(failed...)
}

// sealAccount seals the new events of an account. The events are hashed without a lock; closeLog makes sure that none
// are added to them.
func (s *Service) sealAccount(ctx context.Context, account string, note SealNote) (made bool, err error) {
	for resumed := true; resumed; {
		var head LogHead
		var due bool
		if head, due, resumed, err = s.closeLog(ctx, account, note); err != nil || !due {
			return made, err
		}
		if err := s.number(ctx, head); err != nil {
			return made, err
		}
		seal, err := s.newSeal(ctx, head)
		if errors.Is(err, errNotEverywhere) && note == "" {
			return made, nil // the next run seals it
		}
		if err != nil {
			return made, err
		}
		kept, err := s.keepSeal(ctx, head, seal)
		if made = made || kept; err != nil {
			return made, err
		}
		if kept {
			note = ""
		}
	}
	return made, nil
}

// number gives their sequence to the events of the closed part of a log, in small transactions.
func (s *Service) number(ctx context.Context, head LogHead) error {
	for more := true; more; {
		err := s.store.Update(ctx, head.AccountID, team.Shared, func(tx Tx) (err error) {
			more, err = tx.NumberEvents(ctx, head.AccountID, head.ClosedUntil)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// keepSeal stores a seal, unless another node was faster.
func (s *Service) keepSeal(ctx context.Context, head LogHead, seal Seal) (kept bool, err error) {
	err = s.store.Update(ctx, head.AccountID, team.Shared, func(tx Tx) error {
		kept = false
		now, err := tx.LogHead(ctx, head.AccountID)
		if err != nil || now.SealedSeq != head.SealedSeq || now.ClosedSeq != head.ClosedSeq {
			return err
		}
		if kept, err = tx.InsertSeal(ctx, seal); err != nil || !kept {
			return err
		}
		now.SealedSeq, now.SealedUntil, now.Hash, now.KeyID, now.Note = seal.Seq, seal.Until, seal.Hash, seal.KeyID, ""
		if err := tx.SetLogHead(ctx, now); err != nil {
			return err
		}
		return mergeDay(ctx, tx, head, seal)
	})
	return kept, err
}

// closeLog decides where the next seal of an account ends. It holds the exclusive lock of the account, so that all
// events before that time have been written and none will be added. resumed says that another node, which may have been
// killed, had already closed it.
func (s *Service) closeLog(ctx context.Context, account string, note SealNote) (head LogHead, due, resumed bool, err error) {
	err = s.store.Update(ctx, account, team.Exclusive, func(tx Tx) error {
		if err := tx.HoldLog(ctx, account); err != nil {
			return err
		}
		var changed bool
		if head, changed, err = s.logHead(ctx, tx, account); err != nil {
			return err
		}
		due = head.ClosedSeq > head.SealedSeq
		resumed = due
		if note != "" && head.Note == "" {
			head.Note, changed = note, true
		}
		if !due {
			// Events with a time in the future wait for their time, unless they were placed after the last seal.
			before := head.ClosedUntil.Add(time.Microsecond)
			if now := s.team.Now(); now.After(before) {
				before = now
			}
			newest, err := tx.NewestEvent(ctx, account, head.SealedUntil, before.Add(time.Microsecond))
			if err != nil && !team.IsNotFound(err) {
				return err
			}
			if team.IsNotFound(err) && note != "" {
				newest, err = head.ClosedUntil, nil
			}
			if due = err == nil; due {
				head.ClosedSeq, head.ClosedUntil, changed = head.ClosedSeq+1, newest.Add(time.Microsecond), true
			}
		}
		if !changed {
			return nil
		}
		return tx.SetLogHead(ctx, head)
	})
	return head, due, resumed, err
}

// logHead returns the head of a log. changed says that the stored head was lost or reset and has been reconstructed,
// which the next seal records.
func (s *Service) logHead(ctx context.Context, r Reader, account string) (head LogHead, changed bool, err error) {
	head, err = r.LogHead(ctx, account)
	lost := team.IsNotFound(err)
	if err != nil && !lost {
		return head, false, err
	}
	last, err := r.LastSeal(ctx, account)
	if err != nil && !team.IsNotFound(err) {
		return head, false, err
	}
	switch {
	case lost || last.Seq > head.SealedSeq:
		head.SealedSeq, head.SealedUntil, head.Hash, head.KeyID = last.Seq, last.Until, last.Hash, last.KeyID
	case head.inStep():
		return head, false, nil
	}
	head.AccountID, head.ClosedSeq, head.Note = account, head.SealedSeq, SealRestarted
	if head.ClosedUntil.Before(head.SealedUntil) {
		head.ClosedUntil = head.SealedUntil
	}
	return head, true, nil
}

// newSeal creates the seal of a closed part of the log.
func (s *Service) newSeal(ctx context.Context, head LogHead) (Seal, error) {
	key, err := s.sealingKey(head)
	if err != nil {
		return Seal{}, err
	}
	seal := Seal{
		AccountID: head.AccountID, Seq: head.ClosedSeq, First: head.ClosedSeq, Version: sealVersion, From: head.SealedUntil, Until: head.ClosedUntil,
		Prev: head.Hash, Note: head.Note, CreatedAt: s.team.Now(),
	}
	if key != nil && head.KeyID == "" && head.Note != SealAdopted {
		ours, err := s.allSigned(ctx, seal)
		if err != nil {
			return Seal{}, err
		}
		if !ours {
			key = nil // a log that begins with events of a program without the key must be adopted explicitly
		}
	}
	if key != nil {
		seal.KeyID = key.ID
	}
	salts, err := s.salts(ctx, seal)
	if err != nil {
		return Seal{}, err
	}
	digest := sha256.New()
	err = s.store.EachEvent(ctx, head.AccountID, seal.From, seal.Until, func(e event.Event) error {
		seal.Events++
		line, err := coveredLine(&e, salts)
		digest.Write(line)
		return err
	})
	if err != nil {
		return Seal{}, err
	}
	seal.Hash, err = seal.hash(key, digest.Sum(nil))
	return seal, err
}

// sealingKey returns the key for the next seal, or nil. A log that was sealed with a key is never sealed without one. A
// log that was sealed without a key stays so until the operator adopts it, because a server that did this by itself
// would sign whatever is in the database.
func (s *Service) sealingKey(head LogHead) (*SealKey, error) {
	if head.KeyID != "" {
		if _, known := s.ring.keys.named(head.KeyID); !known {
			return nil, fmt.Errorf("it was sealed with the key %s: start the server with a --seal-key-file that contains this key", head.KeyID)
		}
	}
	now := s.ring.now.Load()
	switch {
	case head.KeyID != "" && now == nil:
		key, _ := s.ring.keys.named(head.KeyID)
		return &key, nil
	case now == nil || head.KeyID == "" && head.SealedSeq > 0 && head.Note != SealAdopted:
		return nil, nil
	case head.KeyID == "" && !now.everywhere:
		return nil, errNotEverywhere
	}
	return &now.key, nil
}

// errNotEverywhere says that a log waits for its first seal, because some servers do not sign with the key yet. They do within seconds.
var errNotEverywhere = errors.New("some servers do not sign with the key yet")

// hash returns the hash of a seal over the digest of its events.
func (v Seal) hash(key *SealKey, digest []byte) ([]byte, error) {
	b, err := json.Marshal(struct {
		Account        string
		Seq            int
		From, Until    int64
		Events         int
		Prev, Digest   []byte
		KeyID          string
		Note           SealNote
		CreatedAtMicro int64
	}{v.AccountID, v.Seq, micro(v.From), micro(v.Until), v.Events, v.Prev, digest, v.KeyID, v.Note, micro(v.CreatedAt)})
	if err != nil {
		return nil, fmt.Errorf("encode seal %d: %w", v.Seq, err)
	}
	h := sha256.New()
	if key != nil {
		h = hmac.New(sha256.New, key.Secret)
	}
	fmt.Fprintf(h, "raff audit seal %d\n", v.Version)
	h.Write(b)
	return h.Sum(nil), nil
}

func micro(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// allSigned reports whether the keys of this server signed all events that a seal covers.
func (s *Service) allSigned(ctx context.Context, seal Seal) (bool, error) {
	all := true
	err := s.store.EachEvent(ctx, seal.AccountID, seal.From, seal.Until, func(e event.Event) error {
		_, ours, err := s.ring.keys.signer(&e)
		all = all && ours
		return err
	})
	return all, err
}

// olderLine returns an event in the form that seals of an older version cover. The names and their order never change.
func olderLine(e event.Event, version int) ([]byte, error) {
	type first struct {
		ID         string
		AccountID  string
		At         time.Time
		ActorType  event.ActorType
		ActorID    string
		ActorName  string
		Action     event.Action
		TargetType string
		TargetID   string
		TargetName string
		ProjectID  string
		Delegated  bool
		RequestID  string
		Details    string
	}
	v1 := first{
		e.ID, e.AccountID, e.At.UTC(), e.ActorType, e.ActorID, e.ActorName, e.Action, e.TargetType, e.TargetID, e.TargetName,
		e.ProjectID, e.Delegated, e.RequestID, e.Details,
	}
	var line any = v1
	if version > 1 {
		line = struct {
			first
			AfterSeal int
			MAC       []byte
			Address   string `json:",omitempty"`
			UserAgent string `json:",omitempty"`
		}{v1, e.AfterSeal, e.MAC, e.Address, e.UserAgent}
	}
	b, err := json.Marshal(line)
	if err != nil {
		return nil, fmt.Errorf("encode event %s: %w", e.ID, err)
	}
	return append(b, '\n'), nil
}
