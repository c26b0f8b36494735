package audit

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"raff/internal/event"
	"raff/internal/team"
)

// Erasure is about the personal data of one person in one log.
type Erasure struct {
	AccountID string
	// ID is the id of the erasure, and Person the pseudonym that takes the place of texts.
	ID, Person string
	// Texts returns the slots of the texts of an event that are personal data of the person.
	Texts func(*event.Event) []int
	// Keep stores in the same transaction how far the erasure got after from. It returns an error if another node was faster.
	Keep func(tx Tx, from event.Ref, p ErasedPart) error
}

// ErasedPart is the outcome of one step of an erasure: the events up to Last were read, and Events of them were changed.
type ErasedPart struct {
	Last   event.Ref
	Events int
	// Done says that there are no more events in the log.
	Done bool
}

// stepErases and stepReads are how many events one step of an erasure changes and reads at most. A transaction changes eraseAtOnce of
// them, because other changes of the account wait for it.
const (
	eraseAtOnce = 25
	stepErases  = 200
	stepReads   = 20_000
)

// errEnough ends reading events for one step of an erasure.
var errEnough = errors.New("enough events for one step")

// Erase erases personal data from the events of a log after one of them, in one step. Only sealed events are changed; SealLog before
// the first step. Events that are changed keep commitments to what was erased, and an event records which they were, so that
// Verify can tell an erasure from a change.
func (s *Service) Erase(ctx context.Context, x Erasure, after event.Ref) (ErasedPart, error) {
	ctx = team.Slow(ctx)
	out := ErasedPart{Last: after}
	head, err := s.store.LogHead(ctx, x.AccountID)
	if err != nil {
		return out, err
	}
	var found []event.Ref
	read := 0
	if !head.SealedUntil.IsZero() {
		err = s.store.EachEvent(ctx, x.AccountID, after.At, head.SealedUntil, func(e event.Event) error {
			if e.At.Equal(after.At) && e.ID <= after.ID {
				return nil
			}
			read++
			out.Last = event.Ref{AccountID: x.AccountID, ID: e.ID, At: e.At}
			if len(x.Texts(&e)) > 0 {
				found = append(found, out.Last)
			}
			if len(found) == stepErases || read == stepReads {
				return errEnough
			}
			return nil
		})
	}
	switch {
	case err == nil:
		out.Done = true
	case !errors.Is(err, errEnough):
		return out, err
	}
	end := out.Last
	for from := after; ; from = out.Last {
		some := found[:min(len(found), eraseAtOnce)]
		found = found[len(some):]
		if out.Last = end; len(found) > 0 {
			out.Last = some[len(some)-1]
		}
		n, err := s.erasePart(ctx, x, some, from, out.Last)
		if err != nil {
			return out, err
		}
		if out.Events += n; len(found) == 0 {
			return out, nil
		}
	}
}

// erasePart erases personal data from some events in one transaction, which brings the erasure from one event to another, and returns
// how many it changed.
func (s *Service) erasePart(ctx context.Context, x Erasure, some []event.Ref, from, to event.Ref) (n int, err error) {
	lock := team.Shared
	if len(some) > 0 {
		lock = team.Exclusive // what another erasure left of an event is read and changed
	}
	err = s.store.Update(ctx, x.AccountID, lock, func(tx Tx) error {
		n = 0
		told := event.PersonErased{Person: x.Person}
		digest := sha256.New()
		var seal Seal
		for _, ref := range some {
			e, slots, err := s.eraseEvent(ctx, tx, x, ref, &seal)
			if err != nil {
				return err
			}
			if len(slots) == 0 {
				continue
			}
			if n++; told.FirstSequence == 0 {
				told.FirstSequence = e.Sequence
			}
			told.LastSequence = e.Sequence
			addErased(digest, e.ID, slots)
		}
		if err := x.Keep(tx, from, ErasedPart{Last: to, Events: n}); err != nil || n == 0 {
			return err
		}
		told.Events, told.Digest = n, hex.EncodeToString(digest.Sum(nil))
		system := &team.Principal{Type: team.TypeOperator, ID: event.SystemID, Name: event.SystemID, AccountID: x.AccountID}
		return s.team.Record(ctx, tx, system, event.Target{TargetType: "person", TargetID: x.ID, TargetName: x.Person}, told)
	})
	return n, err
}

// addErased adds an event to the digest of those from which texts were erased.
func addErased(w io.Writer, id string, slots []int) {
	fmt.Fprintln(w, id, strings.Trim(fmt.Sprint(slots), "[]"))
}

// SealLog seals the new events of one log.
func (s *Service) SealLog(ctx context.Context, accountID string) error {
	_, err := s.sealAccount(team.Slow(ctx), accountID, "")
	return err
}

// eraseEvent erases texts of one event in a transaction, and returns their slots. seal is the one of the event before, and becomes that of
// this event.
func (s *Service) eraseEvent(ctx context.Context, tx Tx, x Erasure, ref event.Ref, seal *Seal) (e event.Event, erased []int, err error) {
	e, err = tx.OpenedEvent(ctx, ref)
	if errors.Is(err, team.ErrNotFound) { // it has just expired
		return event.Event{}, nil, nil
	}
	if err != nil {
		return e, nil, err
	}
	open, err := openings(&e)
	if err != nil {
		return e, nil, err
	}
	texts, _ := slots(&e)
	for _, i := range x.Texts(&e) {
		if i < len(texts) && texts[i] != "" && (i >= len(open) || open[i].Commitment == "") {
			erased = append(erased, i)
		}
	}
	if len(erased) == 0 {
		return e, nil, nil
	}
	slices.Sort(erased)
	if !e.At.Before(seal.Until) {
		if *seal, err = tx.SealOf(ctx, e); err != nil {
			return e, nil, fmt.Errorf("find the seal of event %s: %w", e.ID, err)
		}
	}
	if open == nil {
		if open, err = s.open(ctx, tx, &e, *seal, len(texts)); err != nil {
			return e, nil, err
		}
	}
	whole, known := salt{}, false
	if seal.keyed() {
		key, ours, err := s.ring.keys.signer(&e)
		if err != nil {
			return e, nil, err
		}
		if known = ours; ours {
			whole, _ = key.salt(&e)
		}
	}
	for _, i := range erased {
		var c [sha256.Size]byte
		of, err := hex.DecodeString(open[i].Salt)
		switch {
		case err == nil && len(of) == saltSize:
			c = commitment(salt(of), texts[i])
		case known:
			c = commitment(slotSalt(whole, i), texts[i])
		default: // the log was damaged before: what has to be forgotten is forgotten anyway
			_, _ = rand.Read(c[:]) // never fails
		}
		open[i] = opening{Commitment: hex.EncodeToString(c[:]), Person: x.Person}
		if err := put(&e, i, x.Person); err != nil {
			return e, nil, err
		}
	}
	b, err := json.Marshal(open)
	if err != nil {
		return e, nil, err
	}
	e.Openings = string(b)
	return e, erased, tx.EraseEvent(ctx, e, x.Person)
}

// open returns the openings of an event from which nothing was erased yet. If its salt is in the database, it is forgotten, and those
// of the texts take its place.
func (s *Service) open(ctx context.Context, tx Tx, e *event.Event, seal Seal, texts int) ([]opening, error) {
	open := make([]opening, texts)
	if seal.keyed() {
		return open, nil
	}
	kept, err := tx.LogSecrets(ctx, e.AccountID, e.Sequence, e.Sequence)
	if err != nil {
		return nil, err
	}
	tree := newTree(kept)
	whole, known := tree.salt(e.Sequence)
	if !known {
		return open, nil
	}
	for i := range open {
		one := slotSalt(whole, i)
		open[i].Salt = hex.EncodeToString(one[:])
	}
	removed, added, _ := tree.forget(e.Sequence)
	return open, tx.ForgetSecret(ctx, e.AccountID, removed, added)
}

// keyed reports whether the salts of the events of a seal follow from the keys that signed them, which are not in the database.
func (v Seal) keyed() bool { return v.KeyID != "" && v.Note != SealAdopted }

// salts returns the salts of the events of a seal.
func (s *Service) salts(ctx context.Context, seal Seal) (salting, error) {
	if seal.keyed() {
		return s.ring.keys.salt, nil
	}
	kept, err := s.store.LogSecrets(ctx, seal.AccountID, 0, math.MaxInt)
	if err != nil {
		return nil, err
	}
	if len(kept) == 0 {
		root := make([]byte, saltSize)
		_, _ = rand.Read(root) // never fails
		err := s.store.Update(ctx, seal.AccountID, team.Shared, func(tx Tx) error {
			return tx.InsertSecret(ctx, seal.AccountID, Secret{0, treeLevels, root})
		})
		if err != nil {
			return nil, err
		}
		if kept, err = s.store.LogSecrets(ctx, seal.AccountID, 0, math.MaxInt); err != nil {
			return nil, err
		}
	}
	return newTree(kept).of, nil
}

func (t *secretTree) of(e *event.Event) (salt, bool) { return t.salt(e.Sequence) }

// salt returns the salt of an event that one of these keys signed.
func (k SealKeys) salt(e *event.Event) (salt, bool) {
	key, ours, err := k.signer(e)
	if err != nil || !ours {
		return salt{}, false
	}
	return key.salt(e)
}
